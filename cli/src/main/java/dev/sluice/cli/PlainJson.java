package dev.sluice.cli;

import java.util.Collection;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes maps, lists and single values as JSON, in the same way as the library that writes everything else: that takes longer to load than most commands take (P14). */
final class PlainJson {
    private static final int INDENT = 2;

    private final StringBuilder out = new StringBuilder();
    private final boolean pretty;

    private PlainJson(boolean pretty) {
        this.pretty = pretty;
    }

    /** Whether this can write it: maps with texts as keys, collections, texts, numbers, truth values and null, down to the last. */
    static boolean writes(@Nullable Object value) {
        return switch (value) {
            case null -> true;
            case Map<?, ?> map ->
                map.keySet().stream().allMatch(String.class::isInstance)
                        && map.values().stream().allMatch(PlainJson::writes);
            case Collection<?> items -> items.stream().allMatch(PlainJson::writes);
            case Double number -> Double.isFinite(number);
            case String _, Integer _, Long _, Boolean _ -> true;
            default -> false;
        };
    }

    /** One document; pretty: with a line for each field. */
    static String of(@Nullable Object value, boolean pretty) {
        PlainJson json = new PlainJson(pretty);
        json.value(value, 0);
        return json.out.toString();
    }

    private void value(@Nullable Object value, int depth) {
        switch (value) {
            case Map<?, ?> map -> object(map, depth);
            case Collection<?> items -> array(items, depth);
            case String text -> text(text);
            case null, default -> out.append(value);
        }
    }

    private void object(Map<?, ?> map, int depth) {
        if (map.isEmpty()) {
            out.append(pretty ? "{ }" : "{}");
            return;
        }
        out.append('{');
        boolean first = true;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(first ? "" : ",");
            first = false;
            line(depth + 1);
            text(String.valueOf(entry.getKey()));
            out.append(pretty ? " : " : ":");
            value(entry.getValue(), depth + 1);
        }
        line(depth);
        out.append('}');
    }

    /** Items stand behind each other, also in the pretty form. */
    private void array(Collection<?> items, int depth) {
        out.append('[');
        Iterator<?> each = items.iterator();
        while (each.hasNext()) {
            out.append(pretty ? " " : "");
            value(each.next(), depth);
            out.append(each.hasNext() ? "," : "");
        }
        out.append(pretty ? " ]" : "]");
    }

    private void line(int depth) {
        if (pretty) {
            out.append('\n').repeat(' ', depth * INDENT);
        }
    }

    private void text(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < ' ') {
                        out.append(String.format("\\u%04X", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
