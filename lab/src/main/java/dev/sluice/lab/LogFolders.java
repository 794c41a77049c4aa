package dev.sluice.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The folders for logs of labs, in the machine's folder for temporary files; their names tell the owner as those of namespaces do. */
final class LogFolders {
    private static final String BEGINNING = "sluice-lab-";

    private LogFolders() {}

    static Path create(LabName lab) {
        try {
            return Files.createTempDirectory(BEGINNING + lab + "-" + pidNamespace() + "-");
        } catch (IOException e) {
            throw new LabException("the lab's log folder cannot be made: " + e.getMessage(), e);
        }
    }

    /** Deletes a folder with all that is in it. */
    static void delete(Path folder) {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new LabException("log folder " + folder + " cannot be deleted: " + e.getMessage(), e);
        }
    }

    /** Deletes the folders of owners that are gone and whose folders are this user's. */
    static void sweep() {
        for (Path folder : folders()) {
            String name = folder.getFileName().toString().substring(BEGINNING.length());
            Optional<LabName> lab = LabName.in(name);
            boolean comparable = lab.isPresent() && name.startsWith(lab.get() + "-" + pidNamespace() + "-");
            if (comparable && ProcessHandle.of(lab.get().ownerPid()).isEmpty() && Files.isWritable(folder)) {
                delete(folder);
            }
        }
    }

    /** The folder for temporary files is shared by user namespaces, whose process ids mean other processes: 0 if it cannot be told. */
    private static String pidNamespace() {
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/ns/pid"))
                    .toString()
                    .replaceAll("[^0-9]", "");
        } catch (IOException e) {
            return "0";
        }
    }

    private static List<Path> folders() {
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return files.filter(file -> file.getFileName().toString().startsWith(BEGINNING))
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
