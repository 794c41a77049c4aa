package dev.sluice.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs short-lived child processes to their end; argument lists only, never a shell line. */
final class Commands {
    /**
     * How a command ended.
     *
     * @param status exit status, 0 for success
     * @param output what it wrote to standard output
     * @param errors what it wrote to standard error
     */
    record Result(int status, String output, String errors) {}

    private Commands() {}

    /** Its standard output; throws with the command, its status and its own words if it fails. */
    static String run(List<String> command) {
        return run(command, "");
    }

    /** The same, with text for its standard input. */
    static String run(List<String> command, String input) {
        Result result = tryRun(command, input);
        if (result.status != 0) {
            String said = (result.errors + result.output).strip();
            throw new LabException("'" + String.join(" ", command) + "' ended with status " + result.status
                    + (said.isEmpty() ? " and said nothing" : ": " + said)
                    + (input.isEmpty() ? "" : "\n" + input.stripTrailing()));
        }
        return result.output;
    }

    /** Runs a command that may fail. */
    static Result tryRun(List<String> command, String input) {
        try {
            Process process = new ProcessBuilder(command).start();
            StringBuilder errors = new StringBuilder();
            Thread errorReader = Thread.ofVirtual().start(() -> errors.append(read(process.getErrorStream())));
            try (OutputStream stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // The command ended without reading its input: its status and its words say why.
                errors.append("");
            }
            String output = read(process.getInputStream());
            int status = process.waitFor();
            errorReader.join();
            return new Result(status, output, errors.toString());
        } catch (IOException e) {
            throw new LabException("'" + command.getFirst() + "' cannot be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while waiting for '" + String.join(" ", command) + "'", e);
        }
    }

    private static String read(InputStream stream) {
        try {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
