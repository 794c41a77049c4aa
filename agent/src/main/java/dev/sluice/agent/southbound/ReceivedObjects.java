package dev.sluice.agent.southbound;

import dev.sluice.agent.ObjectSource;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import dev.sluice.model.ParsedTexts;
import dev.sluice.southbound.Resource;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a manager sent: what is accepted, and what is being tried out. Guarded by itself: the stream's thread changes it, the control thread and those who ask for texts read it.
 */
final class ReceivedObjects implements ObjectSource {
    private final String name;
    private final ParsedTexts parsed = new ParsedTexts();
    private NavigableMap<String, Resource> accepted;
    private @Nullable NavigableMap<String, Resource> trial;

    /**
     * What is known at the start.
     *
     * @param name what people call it
     */
    ReceivedObjects(String name, NavigableMap<String, Resource> accepted) {
        this.name = name;
        this.accepted = accepted;
    }

    /** Not to be changed. */
    synchronized NavigableMap<String, Resource> accepted() {
        return Collections.unmodifiableNavigableMap(accepted);
    }

    /** Version by name of what is accepted. */
    synchronized Map<String, String> versions() {
        Map<String, String> versions = new TreeMap<>();
        accepted.forEach((key, resource) -> versions.put(key, resource.getVersion()));
        return versions;
    }

    /** From now on these are what is to be applied. */
    synchronized void tryOut(NavigableMap<String, Resource> next) {
        trial = new TreeMap<>(next);
    }

    /** What was tried out is in force. */
    synchronized void accept() {
        if (trial != null) {
            accepted = trial;
            trial = null;
        }
    }

    /** What was tried out is not to be. */
    synchronized void abandon() {
        trial = null;
    }

    @Override
    public synchronized LoadResult load() {
        Map<String, String> texts = new LinkedHashMap<>();
        (trial == null ? accepted : trial)
                .forEach((key, resource) -> texts.put(key.replace('/', '-'), resource.getText()));
        return ConfigurationLoader.parse(texts, parsed);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Optional<Path> files() {
        return Optional.empty();
    }

    @Override
    public String toString() {
        return name;
    }
}
