package dev.sluice.agent.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Runs programs that end soon: so long at most, and with so much to say at most. Stateless. */
final class ShortCommand {
    /** What is read of each of both outputs; the rest is thrown away. */
    static final int OUTPUT_BYTES_MAX = 65_536;

    private static final int WORDS_MAX = 400;
    private static final long KILLED_MS = 2_000;

    /** Where programs are looked for that the agent itself uses. */
    static final String PATH = "/usr/sbin:/usr/bin:/sbin:/bin";

    /**
     * How a program ended.
     *
     * @param status its exit status
     * @param output what it said, the beginning of it
     * @param errors what it complained of, the beginning of it
     */
    record Result(int status, String output, String errors) {
        /** What it said of its failure, in one line. */
        String words() {
            String said = (errors.isBlank() ? output : errors).strip().replaceAll("\\s*\\R\\s*", "; ");
            return said.isEmpty()
                    ? "it ended with status " + status
                    : said.length() > WORDS_MAX ? said.substring(0, WORDS_MAX) + "..." : said;
        }
    }

    private ShortCommand() {}

    /**
     * Runs a program to its end.
     *
     * @throws RuntimeFailure if it cannot be started or takes too long
     */
    static Result run(List<String> argv, String input, Map<String, String> environment, long timeoutNs)
            throws RuntimeFailure, InterruptedException {
        Process process = start(argv, environment);
        try {
            CompletableFuture<String> output = read(process.getInputStream());
            CompletableFuture<String> errors = read(process.getErrorStream());
            Thread.ofVirtual().start(() -> write(process, input));
            if (!process.waitFor(timeoutNs, TimeUnit.NANOSECONDS)) {
                throw new RuntimeFailure(argv.getFirst() + " " + word(argv) + "did not end within "
                        + TimeUnit.NANOSECONDS.toMillis(timeoutNs) + " ms and was killed");
            }
            return new Result(process.exitValue(), get(output), get(errors));
        } finally {
            // With its children: what they still hold open would keep the readers.
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** The same for a program that has to succeed. */
    static String require(List<String> argv, String input, long timeoutNs) throws RuntimeFailure, InterruptedException {
        Result result = run(argv, input, Map.of(), timeoutNs);
        if (result.status != 0) {
            throw new RuntimeFailure(argv.getFirst() + " " + word(argv) + "failed: " + result.words());
        }
        return result.output;
    }

    private static String word(List<String> argv) {
        return argv.size() > 1 ? argv.get(1) + " " : "";
    }

    private static Process start(List<String> argv, Map<String, String> environment) throws RuntimeFailure {
        ProcessBuilder builder = new ProcessBuilder(argv);
        builder.environment().clear();
        builder.environment().put("PATH", PATH);
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new RuntimeFailure(argv.getFirst() + " cannot be started: " + e.getMessage());
        }
    }

    private static void write(Process process, String input) {
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It ended without reading; its status says why.
        }
    }

    private static CompletableFuture<String> read(InputStream stream) {
        CompletableFuture<String> text = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            String said = "";
            try (stream) {
                said = new String(stream.readNBytes(OUTPUT_BYTES_MAX), StandardCharsets.UTF_8);
                text.complete(said);
                stream.transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                text.complete(said);
            }
        });
        return text;
    }

    /** Something that it left behind may hold its output open: nobody waits for that. */
    private static String get(CompletableFuture<String> text) throws InterruptedException {
        try {
            return text.get(KILLED_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return "";
        }
    }
}
