package dev.sluice.cli;

import dev.sluice.model.Kind;
import dev.sluice.model.Problem;
import dev.sluice.model.WrittenObject;
import dev.sluice.model.YamlText;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sluice edit}. */
@Command(
        name = "edit",
        description = {
            "Opens an object of a manager in an editor, and stores what was changed.",
            "What somebody else has changed meanwhile is not overwritten. What the manager refuses is shown above the text, to be mended; a text that is left as it is, or empty, changes nothing.",
            "Exit status: 0 stored (or nothing to store), 1 refused or not reachable."
        })
final class EditCommand extends OneObjectRequest {
    private static final List<String> OF_THE_MANAGER =
            List.of("managedFields", "uid", "creationTimestamp", "generation");
    private static final String MARK = "# ";

    @Option(
            names = "--editor",
            paramLabel = "COMMAND",
            defaultValue = "${env:SLUICE_EDITOR:-${env:VISUAL:-${env:EDITOR:-vi}}}",
            description =
                    "Started by the shell with the name of a file behind it (default: SLUICE_EDITOR, VISUAL, EDITOR or vi).")
    private String editor = "vi";

    @Override
    int ask(ManagerClient client, Kind kind, String name) {
        String path = ManagerClient.path(kind, name);
        String shown = YamlText.of(editable(client.get(path)));
        String trouble = "";
        while (true) {
            String wanted = edited(name, trouble, shown);
            if (wanted.isBlank() || wanted.equals(shown)) {
                if (trouble.isEmpty()) {
                    return print(Map.of("result", "unchanged"), "nothing was changed\n");
                }
                throw new CommandFailure(
                        "nothing was changed; the manager refused the text:\n" + trouble + "\n" + shown);
            }
            shown = wanted;
            trouble = problems(wanted);
            if (trouble.isEmpty()) {
                try {
                    Map<String, @Nullable Object> stored = client.put(path, wanted);
                    return print(
                            stored,
                            kind.word() + "/" + name + " stored as version "
                                    + Fields.text(stored, "metadata.resourceVersion") + "\n");
                } catch (ManagerClient.Refused e) {
                    trouble = String.valueOf(ObjectFiles.failureWithoutFiles(e).getMessage());
                    if (e.status() == HttpURLConnection.HTTP_CONFLICT || e.mayPass()) {
                        throw new CommandFailure(trouble + "\nyour text, of which nothing is stored:\n" + wanted, e);
                    }
                }
            }
        }
    }

    /** What users write of an object, and the version that they have seen. */
    static Map<String, @Nullable Object> editable(Map<String, @Nullable Object> object) {
        Map<String, @Nullable Object> copy = new LinkedHashMap<>(object);
        copy.remove("status");
        Map<String, @Nullable Object> metadata = new LinkedHashMap<>(Fields.object(object.get("metadata")));
        OF_THE_MANAGER.forEach(metadata::remove);
        copy.put("metadata", metadata);
        return copy;
    }

    private static String problems(String yaml) {
        WrittenObject.Read read = WrittenObject.read("", yaml);
        if (read.problems().isEmpty() && read.objects().size() != 1) {
            return "one object is edited, and here are " + read.objects().size();
        }
        return read.problems().stream().map(Problem::toString).collect(Collectors.joining("\n"));
    }

    /** Lets somebody change a text, and removes the file. */
    private String edited(String of, String trouble, String text) {
        try {
            // Readable by its owner only.
            Path file = Files.createTempFile("sluice-" + of + "-", ".yaml");
            try {
                String head = trouble.isEmpty()
                        ? "What stands here is to be the object. Left as it is, or empty: nothing is changed."
                        : "This was refused; nothing is changed yet.\n" + trouble;
                Files.writeString(file, MARK + head.strip().replace("\n", "\n" + MARK) + "\n" + text);
                open(file);
                String found = Files.readString(file, StandardCharsets.UTF_8);
                return found.lines()
                        .dropWhile(line -> line.startsWith("#"))
                        .collect(Collectors.joining("\n", "", "\n"));
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new CommandFailure("the text cannot be edited: " + e.getMessage(), e);
        }
    }

    private void open(Path file) throws IOException {
        try {
            int status = new ProcessBuilder("sh", "-c", editor + " \"$1\"", "sluice", file.toString())
                    .inheritIO()
                    .start()
                    .waitFor();
            if (status != 0) {
                throw new CommandFailure("the editor '" + editor + "' ended with status " + status
                        + "; nothing was changed. Name another with --editor or EDITOR");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted; nothing was changed", e);
        }
    }
}
