package dev.sluice.agent.history;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A configuration that came into force.
 *
 * @param number counts from 1, never used twice
 * @param time when it came into force
 * @param node name of the node
 * @param source file or directory that it was read from
 * @param generation generation of its snapshot when it came into force first
 * @param outcome what became of it
 * @param texts the files exactly as they were, by name, in the order read
 * @param forcedInterfaces interfaces that the host itself needs and that it may take as ports all the same, because somebody said so
 */
public record Revision(
        int number,
        Instant time,
        String node,
        String source,
        int generation,
        Outcome outcome,
        Map<String, String> texts,
        List<String> forcedInterfaces) {
    /** What became of a revision. */
    public enum Outcome {
        /** Came into force without a confirmation being asked for. */
        APPLIED,

        /** Is in force until it is confirmed or the time is over. */
        PENDING,

        /** Was confirmed. */
        CONFIRMED,

        /** Was not confirmed, or was taken back while it waited. */
        REVERTED;

        /** Whether a node may run it without being asked to. */
        public boolean good() {
            return this == APPLIED || this == CONFIRMED;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Copies the map and the list. */
    public Revision {
        if (number < 1) {
            throw new IllegalArgumentException("revision number " + number + " is not 1 or more");
        }
        texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
        forcedInterfaces = List.copyOf(forcedInterfaces);
    }

    /** One that may take no interface that the host needs. */
    public Revision(
            int number,
            Instant time,
            String node,
            String source,
            int generation,
            Outcome outcome,
            Map<String, String> texts) {
        this(number, time, node, source, generation, outcome, texts, List.of());
    }

    /** With what may have changed since it was added. */
    Revision with(RevisionHead head) {
        return new Revision(number, time, node, source, generation, head.outcome(), texts, head.forcedInterfaces());
    }

    /** SHA-256 of names (without directories) and texts: two configurations with the same one hold the same. */
    public String content() {
        return content(texts);
    }

    /** SHA-256 of files as a revision of them would have it, in hex. */
    public static String content(Map<String, String> texts) {
        MessageDigest digest = sha256();
        texts.forEach((file, text) -> {
            Path name = Path.of(file).getFileName();
            digest.update(String.valueOf(name).getBytes(StandardCharsets.UTF_8));
            digest.update((byte) 0);
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            digest.update((bytes.length + "\n").getBytes(StandardCharsets.UTF_8));
            digest.update(bytes);
        });
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each JDK has SHA-256", e);
        }
    }
}
