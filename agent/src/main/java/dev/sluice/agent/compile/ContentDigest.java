package dev.sluice.agent.compile;

import dev.sluice.datapath.rules.Match;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What names content in another process: the same for equal content, whichever process asks. Stateless. */
final class ContentDigest {
    private static final int DIGEST_BYTES = 16;

    /** Numbers of attributes mean something in one process only, and flows lose theirs when it ends: rules that ask for them are other rules to the next one. */
    private static final String OF_THIS_PROCESS = Long.toHexString(new SecureRandom().nextLong());

    private ContentDigest() {}

    /** Digest of a value made of records, lists, sets and things that have a text. */
    static String of(Object content) {
        StringBuilder text = new StringBuilder();
        append(text, content);
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, DIGEST_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each Java platform has SHA-256", e);
        }
    }

    private static void append(StringBuilder text, @Nullable Object value) {
        switch (value) {
            case null -> text.append("null");
            case Match.Context context
            when !context.equals(Match.Context.ANY) ->
                text.append(OF_THIS_PROCESS).append(context);
            case Record content -> appendRecord(text, content);
            case Optional<?> optional -> append(text.append('?'), optional.orElse(null));
            case Map<?, ?> map -> appendMap(text, map);
            case List<?> list -> appendAll(text, list);
            case SortedSet<?> set -> appendAll(text, set);
            case Collection<?> set ->
                appendAll(text, set.stream().map(ContentDigest::textOf).sorted().toList());
            case Enum<?> word -> text.append(word.name());
            default -> appendText(text, value.toString());
        }
    }

    /** With its length, so that no text can look like two. */
    private static void appendText(StringBuilder text, String value) {
        text.append(value.length()).append(':').append(value);
    }

    private static String textOf(@Nullable Object value) {
        StringBuilder text = new StringBuilder();
        append(text, value);
        return text.toString();
    }

    private static void appendAll(StringBuilder text, Collection<?> values) {
        text.append('[');
        for (Object value : values) {
            append(text, value);
            text.append(',');
        }
        text.append(']');
    }

    private static void appendMap(StringBuilder text, Map<?, ?> map) {
        SortedMap<String, Object> sorted = new TreeMap<>();
        map.forEach((key, value) -> sorted.put(textOf(key), value));
        text.append('{');
        sorted.forEach((key, value) -> {
            text.append(key).append('=');
            append(text, value);
            text.append(',');
        });
        text.append('}');
    }

    private static void appendRecord(StringBuilder text, Record content) {
        text.append(content.getClass().getName()).append('(');
        for (RecordComponent component : content.getClass().getRecordComponents()) {
            try {
                component.getAccessor().setAccessible(true);
                append(text, component.getAccessor().invoke(content));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("a record says nothing of " + component, e);
            }
            text.append(',');
        }
        text.append(')');
    }
}
