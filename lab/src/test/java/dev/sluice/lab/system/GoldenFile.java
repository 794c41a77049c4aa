package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A text in {@code src/test/resources/golden}: lines beginning with {@code #} say what it shows, the others are what a test has to find.
 *
 * <p>Who changes behaviour on purpose runs the tests once with {@code -Dsluice.golden.rewrite=true}, reads the difference and commits it.
 */
final class GoldenFile {
    private static final Path FOLDER = Path.of("src", "test", "resources", "golden");
    private static final String REWRITE = "sluice.golden.rewrite";

    private final Path path;

    private GoldenFile(Path path) {
        this.path = path;
    }

    static GoldenFile of(String name) {
        return new GoldenFile(FOLDER.resolve(name + ".txt"));
    }

    /** Compares, or writes if that is wished. */
    void check(String found) {
        if (Boolean.getBoolean(REWRITE)) {
            write(found);
        }
        assertThat(found)
                .as("%s; if the change is wanted: -D%s=true", path, REWRITE)
                .isEqualTo(text(false));
    }

    private String text(boolean comments) {
        try {
            List<String> lines = Files.readAllLines(path);
            return lines.stream()
                    .filter(line -> line.startsWith("#") == comments)
                    .map(line -> line + "\n")
                    .collect(Collectors.joining());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void write(String found) {
        try {
            Files.writeString(path, text(true) + found);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
