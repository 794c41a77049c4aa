package dev.sluice.cli.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The files of the repository, without what builds and tools leave in it. */
record Tree(Path root) {
    private static final Set<String> NOT_OURS =
            Set.of("target", ".git", ".idea", ".vscode", ".settings", "node_modules");
    private static final Set<String> TEXT =
            Set.of("java", "md", "xml", "yaml", "yml", "properties", "sh", "c", "h", "json");

    /** The repository that this test belongs to; Maven runs tests in the folder of the module. */
    static Tree ours() {
        Path module = Path.of("").toAbsolutePath();
        Path parent = module.getParent();
        if (parent == null || !Files.exists(parent.resolve("mvnw"))) {
            throw new IllegalStateException("run in the folder of a module, not in " + module);
        }
        return new Tree(parent);
    }

    /** Paths relative to the root, sorted. */
    List<Path> files(Predicate<Path> wanted) {
        try (Stream<Path> files = Files.walk(root)) {
            return files.map(root::relativize)
                    .filter(Tree::isOurs)
                    .filter(file -> Files.isRegularFile(root.resolve(file)))
                    .filter(wanted)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sources below src/main or src/test. */
    List<Path> sources(String set) {
        return files(file -> file.toString().contains("src/" + set + "/java/")
                && file.toString().endsWith(".java"));
    }

    /** Everything that people read or write: by extension, or scripts without one. */
    List<Path> texts() {
        return files(file -> {
            String name = String.valueOf(file.getFileName());
            int dot = name.lastIndexOf('.');
            return dot <= 0 ? !name.equals("LICENSE") : TEXT.contains(name.substring(dot + 1));
        });
    }

    String text(Path file) {
        try {
            return Files.readString(root.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(file.toString(), e);
        }
    }

    boolean exists(Path file) {
        return Files.exists(root.resolve(file));
    }

    private static boolean isOurs(Path file) {
        for (Path part : file) {
            if (NOT_OURS.contains(part.toString())) {
                return false;
            }
        }
        return true;
    }
}
