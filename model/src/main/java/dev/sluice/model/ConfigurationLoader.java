package dev.sluice.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Reads objects from YAML. Malformed input gives problems, never an exception. */
public final class ConfigurationLoader {
    private ConfigurationLoader() {}

    /** Reads a file, or all {@code *.yaml} and {@code *.yml} files of a directory in the order of their names. */
    public static LoadResult load(Path fileOrDirectory) {
        return new LoadResult(Optional.empty(), List.of());
    }

    /** Reads the text of one file; the name is what problems show. */
    public static LoadResult parse(String fileName, String text) {
        return new LoadResult(Optional.empty(), List.of());
    }
}
