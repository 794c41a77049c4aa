package dev.sluice.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The named network namespaces of this machine, as far as labs made them. */
final class Namespaces {
    static final Path FOLDER = Path.of("/run/netns");

    private Namespaces() {}

    /** Full names of all namespaces that labs made, sorted. */
    static List<String> ofLabs() {
        if (!Files.isDirectory(FOLDER)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> LabName.in(name).isPresent())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new LabException("folder " + FOLDER + " cannot be listed: " + e.getMessage(), e);
        }
    }

    /** Deletes the namespaces of owners that are gone; their full names. */
    static List<String> sweep() {
        List<String> removed = new ArrayList<>();
        for (String name : ofLabs()) {
            if (!ownerLives(name)) {
                delete(name);
                removed.add(name);
            }
        }
        return removed;
    }

    /** Whether the process that made a namespace still runs: same pid, and not started after the namespace was made. */
    static boolean ownerLives(String fullName) {
        Optional<LabName> lab = LabName.in(fullName);
        if (lab.isEmpty()) {
            return true;
        }
        Optional<ProcessHandle> owner = ProcessHandle.of(lab.get().ownerPid());
        if (owner.isEmpty() || !owner.get().isAlive()) {
            return false;
        }
        Optional<Instant> started = owner.get().info().startInstant();
        Optional<Instant> made = madeAt(fullName);
        // Start times have a resolution of 10 ms, and clocks are set: a second of doubt is for the living.
        return started.isEmpty()
                || made.isEmpty()
                || started.get().isBefore(made.get().plusSeconds(1));
    }

    /** The time of the mount, taken from the handle's own file. */
    private static Optional<Instant> madeAt(String fullName) {
        try {
            return Optional.of(
                    Files.getLastModifiedTime(FOLDER.resolve(fullName)).toInstant());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Kills what still runs in a namespace and deletes it. */
    static void delete(String fullName) {
        if (!Files.exists(FOLDER.resolve(fullName))) {
            return;
        }
        Commands.Result pids = Commands.tryRun(List.of(Tool.IP.path(), "netns", "pids", fullName), "");
        pids.output()
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .map(Long::parseLong)
                .filter(pid -> pid != ProcessHandle.current().pid())
                .forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
        Commands.Result deleted = Commands.tryRun(List.of(Tool.IP.path(), "netns", "delete", fullName), "");
        // Another lab may sweep at the same time: gone is gone.
        if (deleted.status() != 0 && Files.exists(FOLDER.resolve(fullName))) {
            throw new LabException("namespace " + fullName + " cannot be deleted: "
                    + deleted.errors().strip());
        }
    }
}
