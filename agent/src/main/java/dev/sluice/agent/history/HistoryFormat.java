package dev.sluice.agent.history;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * The files of a history: a line {@code sluice-history 1 SHA-256} and a JSON document that the hash is of. A file that was cut off or changed does not
 * have that hash and is refused.
 */
final class HistoryFormat {
    private static final String MAGIC = "sluice-history 1 ";
    private static final int HEAD_BYTES = MAGIC.length() + 64 + 1;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private record StoredFile(
            @Nullable String name, @Nullable String text) {}

    private record StoredRevision(
            int number,
            @Nullable String time,
            @Nullable String node,
            @Nullable String source,
            int generation,
            @Nullable String outcome,
            @Nullable List<@Nullable StoredFile> files,
            @Nullable List<@Nullable String> forcedInterfaces) {}

    private HistoryFormat() {}

    static byte[] encode(Revision revision) {
        List<@Nullable StoredFile> files = new ArrayList<>();
        revision.texts().forEach((name, text) -> files.add(new StoredFile(name, text)));
        return sealed(new StoredRevision(
                revision.number(),
                revision.time().toString(),
                revision.node(),
                revision.source(),
                revision.generation(),
                revision.outcome().toString(),
                files,
                new ArrayList<>(revision.forcedInterfaces())));
    }

    static byte[] encode(HistoryState state) {
        return sealed(state);
    }

    private static byte[] sealed(Object content) {
        byte[] json = JSON.writeValueAsBytes(content);
        byte[] head = (MAGIC + hash(json) + "\n").getBytes(StandardCharsets.US_ASCII);
        byte[] all = Arrays.copyOf(head, head.length + json.length);
        System.arraycopy(json, 0, all, head.length, json.length);
        return all;
    }

    private static String hash(byte[] json) {
        return HexFormat.of().formatHex(Revision.sha256().digest(json));
    }

    /** @throws IOException if this is not what was written; says what is wrong */
    static Revision revision(byte[] bytes) throws IOException {
        StoredRevision stored = open(bytes, StoredRevision.class);
        try {
            return new Revision(
                    stored.number(),
                    Instant.parse(there(stored.time(), "time")),
                    there(stored.node(), "node"),
                    there(stored.source(), "source"),
                    stored.generation(),
                    Revision.Outcome.valueOf(there(stored.outcome(), "outcome").toUpperCase(Locale.ROOT)),
                    texts(there(stored.files(), "files")),
                    forced(stored.forcedInterfaces()));
        } catch (DateTimeException | IllegalArgumentException e) {
            throw new IOException("is not a revision of this version of Sluice: " + e.getMessage(), e);
        }
    }

    /** Whoever wrote a file with the right hash may still have been of a version that wrote other fields. */
    private static <T> T there(@Nullable T value, String field) {
        if (value == null) {
            throw new IllegalArgumentException("it has no " + field);
        }
        return value;
    }

    private static Map<String, String> texts(List<@Nullable StoredFile> files) {
        Map<String, String> texts = new LinkedHashMap<>();
        for (StoredFile file : files) {
            StoredFile stored = there(file, "file");
            String name = there(stored.name(), "name of a file");
            // What cannot be the name of a file is refused here.
            Path path = Path.of(name);
            texts.put(name, there(stored.text(), "text of " + path));
        }
        return texts;
    }

    /** None in what versions wrote that did not remember them. */
    private static List<String> forced(@Nullable List<@Nullable String> interfaces) {
        List<String> forced = new ArrayList<>();
        if (interfaces != null) {
            for (String name : interfaces) {
                forced.add(there(name, "name of an interface"));
            }
        }
        return forced;
    }

    /** @throws IOException if this is not what was written; says what is wrong */
    static HistoryState state(byte[] bytes) throws IOException {
        HistoryState state = open(bytes, HistoryState.class);
        try {
            there(state.filesNotApplied(), "filesNotApplied");
            return state;
        } catch (IllegalArgumentException e) {
            throw new IOException("is not of this version of Sluice: " + e.getMessage(), e);
        }
    }

    private static <T> T open(byte[] bytes, Class<T> type) throws IOException {
        String head = new String(bytes, 0, Math.min(bytes.length, HEAD_BYTES), StandardCharsets.ISO_8859_1);
        if (head.length() < HEAD_BYTES || !head.startsWith(MAGIC) || head.charAt(HEAD_BYTES - 1) != '\n') {
            throw new IOException(bytes.length < HEAD_BYTES ? "is cut off" : "is of another version or no such file");
        }
        byte[] json = Arrays.copyOfRange(bytes, HEAD_BYTES, bytes.length);
        if (!head.substring(MAGIC.length(), HEAD_BYTES - 1).equals(hash(json))) {
            throw new IOException("is damaged or was changed: its SHA-256 is not the one written in it");
        }
        try {
            return there(JSON.readValue(json, type), "content");
        } catch (IllegalArgumentException e) {
            throw new IOException("is not of this version of Sluice: " + e.getMessage(), e);
        } catch (JacksonException e) {
            throw new IOException("is not of this version of Sluice: " + e.getOriginalMessage(), e);
        }
    }
}
