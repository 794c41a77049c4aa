package dev.sluice.model;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What texts said when they were last read, for programs that check many objects again and again of which few have changed: what is wrong with an object for itself is not
 * looked at anew, only what has to hold between objects. Values do not change; the cache itself is for one thread.
 */
public final class ParsedTexts {
    private final Map<String, Parsed> byFile = new HashMap<>();

    /**
     * What a text says.
     *
     * @param objects its documents, each read for itself
     * @param failure why it is no YAML; empty: it is
     */
    record Parsed(String text, List<ObjectReader.Alone> objects, Optional<YamlReader.Failure> failure) {}

    /** Nothing parsed yet. */
    public ParsedTexts() {}

    Parsed read(String file, String text) {
        Parsed known = byFile.get(file);
        if (known != null && known.text.equals(text)) {
            return known;
        }
        YamlReader.Result result = YamlReader.read(text);
        List<ObjectReader.Alone> objects = result.documents().stream()
                .map(document -> ObjectReader.alone(file, document))
                .toList();
        Parsed parsed = new Parsed(text, objects, result.failure());
        byFile.put(file, parsed);
        return parsed;
    }

    void keepOnly(Set<String> files) {
        byFile.keySet().retainAll(files);
    }
}
