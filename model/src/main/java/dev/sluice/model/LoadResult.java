package dev.sluice.model;

import java.util.List;
import java.util.Optional;

/**
 * What reading gave.
 *
 * @param configuration empty if any problem is an error
 * @param problems in the order of files and lines
 */
public record LoadResult(Optional<Configuration> configuration, List<Problem> problems) {
    /** Copies the list. */
    public LoadResult {
        problems = List.copyOf(problems);
    }

    /** Whether there is a configuration. */
    public boolean usable() {
        return configuration.isPresent();
    }
}
