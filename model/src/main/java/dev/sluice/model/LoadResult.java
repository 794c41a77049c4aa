package dev.sluice.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What reading gave.
 *
 * @param configuration empty if any problem is an error
 * @param problems in the order of files and lines
 * @param texts what was read, exactly, by the names that problems show, in the order read; files that could not be read are not in it
 */
public record LoadResult(Optional<Configuration> configuration, List<Problem> problems, Map<String, String> texts) {
    /** Copies list and map. */
    public LoadResult {
        problems = List.copyOf(problems);
        texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
    }

    /** Whether there is a configuration. */
    public boolean usable() {
        return configuration.isPresent();
    }
}
