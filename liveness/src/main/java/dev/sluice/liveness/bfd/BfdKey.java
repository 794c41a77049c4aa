package dev.sluice.liveness.bfd;

import dev.sluice.wire.Bfd;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A shared secret with its number (RFC 5880 6.7.4). Immutable; its text never shows the secret. */
public final class BfdKey {
    private final int id;
    private final byte[] padded;

    private BfdKey(int id, byte[] secret) {
        if (id < 0 || id > 255) {
            throw new IllegalArgumentException("key id " + id + " is outside 0..255 (RFC 5880 4.4)");
        }
        if (secret.length < 1 || secret.length > Bfd.HASH_BYTES) {
            throw new IllegalArgumentException("key " + id + " has " + secret.length + " bytes, it needs 1.."
                    + Bfd.HASH_BYTES + " (RFC 5880 6.7.4)");
        }
        this.id = id;
        this.padded = Arrays.copyOf(secret, Bfd.HASH_BYTES);
    }

    /** A key whose secret is a text of ASCII characters. */
    public static BfdKey ofText(int id, String secret) {
        if (!secret.chars().allMatch(c -> c > 0 && c < 128)) {
            throw new IllegalArgumentException("key " + id + " has characters that are not ASCII; use ASCII only");
        }
        return new BfdKey(id, secret.getBytes(StandardCharsets.US_ASCII));
    }

    /** Its number, 0..255. */
    public int id() {
        return id;
    }

    /** Puts the secret, with zeros up to 20 bytes, where the hash belongs. */
    void copyTo(byte[] packet, int offset) {
        System.arraycopy(padded, 0, packet, offset, Bfd.HASH_BYTES);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BfdKey key && key.id == id && Arrays.equals(key.padded, padded);
    }

    @Override
    public int hashCode() {
        return id;
    }

    @Override
    public String toString() {
        return "key " + id;
    }
}
