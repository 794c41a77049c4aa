package dev.sluice.agent.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files in which the kernel says how it is set up.
 *
 * @param root where they are; tests have one of their own
 */
record HostFiles(Path root) {
    /** Those of this host. */
    static final HostFiles HOST = new HostFiles(Path.of("/"));

    /** The content without surrounding space; empty if it cannot be read. */
    Optional<String> read(String file) {
        try {
            return Optional.of(Files.readString(root.resolve(file)).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** A whole number in a file; empty if there is none. */
    Optional<Long> number(String file) {
        try {
            return read(file).map(Long::valueOf);
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** What follows a name and a colon in a file of such lines. */
    Optional<String> field(String file, String name) {
        return read(file)
                .flatMap(text -> text.lines()
                        .filter(line -> line.startsWith(name + ":"))
                        .map(line -> line.substring(name.length() + 1).strip())
                        .findFirst());
    }

    boolean exists(String file) {
        return Files.exists(root.resolve(file));
    }

    /** Names in a directory, in order; none if it cannot be read. */
    List<String> names(String directory) {
        try (Stream<Path> files = Files.list(root.resolve(directory))) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Name of what a symbolic link leads to; empty if it is none. */
    Optional<String> linkName(String file) {
        try {
            return Optional.of(
                    String.valueOf(Files.readSymbolicLink(root.resolve(file)).getFileName()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
