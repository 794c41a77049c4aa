package dev.sluice.lab.system;

import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** A service node that shares no code with Sluice: a Python program of the test resources, in a namespace. */
final class PythonNode implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(20);

    /** The system's Python: the one for which Debian installs Scapy. */
    private static final String PYTHON = "/usr/bin/python3";

    private final LabProcess process;

    private PythonNode(LabProcess process) {
        this.process = process;
    }

    /** Starts a program of the folder {@code nodes} and waits until it is ready. */
    static PythonNode start(Namespace namespace, String program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(PYTHON, "-u", "-c", text(program)));
        command.addAll(List.of(arguments));
        return new PythonNode(namespace.start(program, command).awaitReady(START));
    }

    private static String text(String program) {
        try (InputStream in = PythonNode.class.getResourceAsStream("/nodes/" + program + ".py")) {
            return new String(Objects.requireNonNull(in, program).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Packets that it has had, once none has come for a moment. */
    long packets() {
        return said("packets");
    }

    /** The number behind a word that it wrote last; 0 if it has not yet. */
    long said(String word) {
        return process.lastLine(word + " ")
                .map(line -> Long.parseLong(line.substring(word.length() + 1)))
                .orElse(0L);
    }

    String log() {
        return process.log();
    }

    @Override
    public void close() {
        process.close();
    }
}
