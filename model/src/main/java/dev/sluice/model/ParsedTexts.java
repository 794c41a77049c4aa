package dev.sluice.model;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * What texts looked like as YAML when they were last parsed, for programs that check many objects again and again of which few have changed. Values are immutable; the
 * cache itself is for one thread.
 */
public final class ParsedTexts {
    private final Map<String, Parsed> byFile = new HashMap<>();

    private record Parsed(String text, YamlReader.Result result) {}

    /** Nothing parsed yet. */
    public ParsedTexts() {}

    YamlReader.Result read(String file, String text) {
        Parsed known = byFile.get(file);
        if (known != null && known.text.equals(text)) {
            return known.result;
        }
        YamlReader.Result result = YamlReader.read(text);
        byFile.put(file, new Parsed(text, result));
        return result;
    }

    void keepOnly(Set<String> files) {
        byFile.keySet().retainAll(files);
    }
}
