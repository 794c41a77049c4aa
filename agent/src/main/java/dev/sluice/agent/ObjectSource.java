package dev.sluice.agent;

import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import java.nio.file.Path;
import java.util.Optional;

/** Where the objects of a node come from. One user at a time. */
public interface ObjectSource {
    /** What it holds now. */
    LoadResult load();

    /** What people and histories call it. */
    String name();

    /** The file or directory to be watched for changes; empty: who changes it says so. */
    Optional<Path> files();

    /** A file or directory. */
    static ObjectSource files(Path path) {
        return new ObjectSource() {
            @Override
            public LoadResult load() {
                return ConfigurationLoader.load(path);
            }

            @Override
            public String name() {
                return path.toAbsolutePath().normalize().toString();
            }

            @Override
            public Optional<Path> files() {
                return Optional.of(path);
            }

            @Override
            public String toString() {
                return path.toString();
            }
        };
    }
}
