package dev.sluice.southbound;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** What both sides of the stream have to compute alike. */
public final class Protocol {
    /** The number of this protocol; an agent and a controller whose numbers differ by one understand each other. */
    public static final int NUMBER = 1;

    /** Where a controller listens for agents if nothing else is said. */
    public static final int PORT = 9471;

    /** Longest message: one object may have 8 MiB, and comes as a part of its own if it is long. */
    public static final int MESSAGE_BYTES_MAX = 16 << 20;

    /** Parts of an Update are closed behind so many bytes of text. */
    public static final int PART_BYTES = 1 << 20;

    private static final int VERSION_BYTES = 16;

    private Protocol() {}

    /** Whether this side understands the other. */
    public static boolean understands(int number) {
        return Math.abs(number - NUMBER) <= 1;
    }

    /** The version that names a text: half of its SHA-256, in hex. */
    public static String version(String text) {
        byte[] digest = sha256().digest(text.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest, 0, VERSION_BYTES);
    }

    /** Names everything that an agent holds. */
    public static String fingerprint(Map<String, String> versionByName) {
        NavigableMap<String, String> sorted = new TreeMap<>(versionByName);
        MessageDigest digest = sha256();
        sorted.forEach(
                (name, version) -> digest.update((name + '\n' + version + '\n').getBytes(StandardCharsets.UTF_8)));
        return HexFormat.of().formatHex(digest.digest());
    }

    /** SHA-256 of bytes, 64 hex digits in small letters. */
    public static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(sha256().digest(bytes));
    }

    /** For what is in pieces. Each JDK has it. */
    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("each JDK has SHA-256", e);
        }
    }
}
