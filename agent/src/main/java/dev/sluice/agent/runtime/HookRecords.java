package dev.sluice.agent.runtime;

import dev.sluice.model.InstanceRuntime.Hook;
import dev.sluice.model.OwnerOnly;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** On disk, which instances hooks were asked to create; a file each. Any thread, but one at a time for each instance. */
final class HookRecords {
    private static final Logger LOG = LoggerFactory.getLogger(HookRecords.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String SUFFIX = ".hook";

    private final Path directory;

    /** In a directory that need not be there. */
    HookRecords(Path directory) {
        this.directory = directory;
    }

    private Path file(String instance) {
        return directory.resolve(instance + SUFFIX);
    }

    boolean has(String instance) {
        return Files.exists(file(instance));
    }

    void write(WantedRuntime wanted, Hook hook) throws RuntimeFailure {
        ObjectNode record = JSON.createObjectNode();
        record.put("instance", wanted.name());
        record.put("service", wanted.service());
        record.put("in", wanted.in());
        wanted.out().ifPresent(out -> record.put("out", out));
        wanted.image().ifPresent(image -> record.put("image", image));
        record.put("executable", hook.executable());
        record.put("timeoutNs", hook.timeoutNs());
        ObjectNode parameters = record.putObject("parameters");
        hook.parameters().forEach(parameters::put);
        try {
            OwnerOnly.directory(directory);
            Path part = directory.resolve(wanted.name() + ".part");
            Files.writeString(part, record.toString());
            Files.move(part, file(wanted.name()), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new RuntimeFailure("it is not made, since that could not be recorded: " + e.getMessage());
        }
    }

    void delete(String instance) throws RuntimeFailure {
        try {
            Files.deleteIfExists(file(instance));
        } catch (IOException e) {
            throw new RuntimeFailure("its record cannot be deleted: " + e.getMessage());
        }
    }

    /** All of them. */
    List<WantedRuntime> all() {
        List<WantedRuntime> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(SUFFIX)).toList()) {
                read(file).ifPresent(found::add);
            }
        } catch (IOException | UncheckedIOException e) {
            // There are none.
            return List.of();
        }
        return found;
    }

    private static Optional<WantedRuntime> read(Path file) {
        try {
            JsonNode record = JSON.readTree(Files.readString(file));
            Map<String, String> parameters = new TreeMap<>();
            record.path("parameters")
                    .properties()
                    .forEach(each ->
                            parameters.put(each.getKey(), each.getValue().asString("")));
            Hook hook = new Hook(
                    record.path("executable").asString(""),
                    parameters,
                    record.path("timeoutNs").asLong(0));
            return Optional.of(new WantedRuntime(
                    record.path("instance").asString(""),
                    record.path("service").asString(""),
                    record.path("in").asString(""),
                    Optional.ofNullable(record.get("out")).map(out -> out.asString("")),
                    Optional.ofNullable(record.get("image")).map(image -> image.asString("")),
                    hook));
        } catch (IOException | JacksonException | IllegalArgumentException e) {
            LOG.error("{} cannot be read, what a hook made for it is not removed: {}", file, e.getMessage());
            return Optional.empty();
        }
    }
}
