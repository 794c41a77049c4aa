package dev.sluice.liveness.bfd;

import dev.sluice.wire.Bfd;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Signs and verifies the packets of one session (RFC 5880 6.7.4). One user: the session. No allocation but at its making.
 *
 * <p>The sequence number received moves only after the hash was found right: a forged packet must not move the window, though the RFC's text sets it before.
 */
final class BfdAuthenticator {
    private static final int TYPE_OFFSET = Bfd.BYTES;

    private final BfdAuthentication settings;
    private final int type;
    private final BfdKey[] keys;
    private final MessageDigest sha1;
    private final byte[] packet = new byte[Bfd.SHA1_PACKET_BYTES];
    private final byte[] received = new byte[Bfd.HASH_BYTES];
    private final byte[] computed = new byte[Bfd.HASH_BYTES];
    private final Sequence sequence;

    /** Sequence numbers of a session (RFC 5880 6.8.1), which go on when its keys change: what was captured before counts as old. */
    static final class Sequence {
        private int sent;
        private int received;
        private boolean known;

        /** The own ones begin anywhere. */
        Sequence(RandomGenerator random) {
            sent = random.nextInt();
        }

        /** The next packet is the first of a row: the peer was silent for so long that it may count from anywhere. */
        void forget() {
            known = false;
        }
    }

    /** An authenticator of a session that counts its packets so. */
    BfdAuthenticator(BfdAuthentication settings, Sequence sequence) {
        this.settings = settings;
        this.sequence = sequence;
        type = settings.meticulous() ? Bfd.METICULOUS_KEYED_SHA1 : Bfd.KEYED_SHA1;
        keys = settings.keys().toArray(BfdKey[]::new);
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-1, which every Java has to have", e);
        }
    }

    BfdAuthentication settings() {
        return settings;
    }

    /** Adds the authentication section to a packet that says its whole length already. */
    void sign(MemorySegment f, long base) {
        sequence.sent++;
        Bfd.setKeyedSha1(f, base, type, keys[0].id(), sequence.sent);
        hash(f, base, keys[0]);
        MemorySegment.copy(computed, 0, f, ValueLayout.JAVA_BYTE, base + Bfd.HASH_OFFSET, Bfd.HASH_BYTES);
    }

    /** Judges a packet that passed {@link Bfd#check}, by no authenticator if packets are not signed. */
    static BfdVerdict verify(@Nullable BfdAuthenticator by, MemorySegment f, long base) {
        if (by == null) {
            return Bfd.has(f, base, Bfd.AUTHENTICATION) ? BfdVerdict.AUTHENTICATION_UNEXPECTED : BfdVerdict.ACCEPTED;
        }
        return by.verify(f, base);
    }

    /** Cheap reasons first. */
    private BfdVerdict verify(MemorySegment f, long base) {
        if (!Bfd.has(f, base, Bfd.AUTHENTICATION)) {
            return BfdVerdict.AUTHENTICATION_MISSING;
        }
        if (f.get(ValueLayout.JAVA_BYTE, base + TYPE_OFFSET) != type) {
            return BfdVerdict.AUTHENTICATION_TYPE;
        }
        if (!Bfd.isKeyedSha1(f, base)) {
            return BfdVerdict.AUTHENTICATION_LENGTH;
        }
        BfdKey key = key(Bfd.keyId(f, base));
        if (key == null) {
            return BfdVerdict.UNKNOWN_KEY;
        }
        int number = Bfd.sequence(f, base);
        if (sequence.known && !inWindow(number, Bfd.multiplier(f, base))) {
            return BfdVerdict.WRONG_SEQUENCE;
        }
        hash(f, base, key);
        MemorySegment.copy(f, ValueLayout.JAVA_BYTE, base + Bfd.HASH_OFFSET, received, 0, Bfd.HASH_BYTES);
        if (!MessageDigest.isEqual(computed, received)) {
            return BfdVerdict.WRONG_HASH;
        }
        sequence.known = true;
        sequence.received = number;
        return BfdVerdict.ACCEPTED;
    }

    /** Ahead by 0 (meticulous: 1) to three times the multiplier, on a circle of 32 bits. */
    private boolean inWindow(int number, int multiplier) {
        int ahead = number - sequence.received;
        return ahead >= (settings.meticulous() ? 1 : 0) && ahead <= 3 * multiplier;
    }

    private @Nullable BfdKey key(int id) {
        for (BfdKey key : keys) {
            if (key.id() == id) {
                return key;
            }
        }
        return null;
    }

    /** Of the whole packet with the key where the hash belongs, into {@link #computed}. */
    private void hash(MemorySegment f, long base, BfdKey key) {
        MemorySegment.copy(f, ValueLayout.JAVA_BYTE, base, packet, 0, Bfd.HASH_OFFSET);
        key.copyTo(packet, Bfd.HASH_OFFSET);
        sha1.update(packet, 0, packet.length);
        try {
            sha1.digest(computed, 0, computed.length);
        } catch (DigestException e) {
            throw new IllegalStateException("SHA-1 does not fit into 20 bytes", e);
        }
    }
}
