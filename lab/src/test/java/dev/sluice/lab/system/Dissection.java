package dev.sluice.lab.system;

import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What passes an interface, captured by tcpdump and read by tshark field by field. For one thread. */
final class Dissection implements AutoCloseable {
    private final Path file;
    private final LabProcess capture;

    /**
     * One frame as tshark sees it.
     *
     * @param fields names that were asked for
     * @param values what the frame has of each; several are separated by commas, the outermost first
     */
    record Packet(List<String> fields, List<String> values) {
        String get(String field) {
            return values.get(fields.indexOf(field));
        }

        List<String> all(String field) {
            return get(field).isEmpty() ? List.of() : List.of(get(field).split(",", -1));
        }

        /** The values as numbers. */
        List<Long> numbers(String field) {
            return all(field).stream().map(Long::decode).toList();
        }

        /** The only value as a number. */
        long number(String field) {
            return Long.decode(get(field));
        }

        boolean flag(String field) {
            return List.of("1", "True").contains(get(field));
        }
    }

    private Dissection(Path file, LabProcess capture) {
        this.file = file;
        this.capture = capture;
    }

    /** Captures what the filter (pcap-filter(7)) accepts, in both directions, from when this returns. */
    static Dissection start(Namespace namespace, String interfaceName, String filter) {
        try {
            Path file = Files.createTempFile("sluice-dissection-", ".pcap");
            LabProcess capture = Tcpdump.start(namespace, interfaceName, file, filter, "-U", "--immediate-mode");
            return new Dissection(file, capture);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until so many frames that the display filter accepts are in the file. */
    void awaitCaptured(String filter, int frames) {
        Waits.until(
                "the capture has " + frames + " of " + filter,
                Duration.ofSeconds(20),
                () -> shown(filter).size() >= frames,
                () -> String.join("\n", shown(filter)) + "\nthe last frames of all:\n"
                        + String.join("\n", lastShown()));
    }

    private List<String> lastShown() {
        List<String> all = shown("frame");
        return all.subList(Math.max(0, all.size() - 20), all.size());
    }

    private List<String> shown(String filter) {
        try {
            // It complains while the last frame is being written.
            return new ProcessBuilder("tshark", "-n", "-r", file.toString(), "-Y", filter)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .inputReader()
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the capture and reads these fields of each frame, checksums verified. */
    List<Packet> read(List<String> fields) throws IOException, InterruptedException {
        capture.stop();
        List<String> command = new ArrayList<>(List.of("tshark", "-n", "-r", file.toString()));
        for (String protocol : List.of("ip", "udp", "tcp")) {
            command.addAll(List.of("-o", protocol + ".check_checksum:TRUE"));
        }
        command.addAll(List.of("-T", "fields", "-E", "separator=;", "-E", "occurrence=a"));
        fields.forEach(field -> command.addAll(List.of("-e", field)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new LabException("tshark failed on " + file);
        }
        return output.lines()
                .map(line -> new Packet(fields, List.of(line.split(";", -1))))
                .toList();
    }

    @Override
    public void close() {
        capture.stop();
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
