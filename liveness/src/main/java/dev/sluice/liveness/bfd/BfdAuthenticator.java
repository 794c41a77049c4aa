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
    private int sendSequence;
    private int receivedSequence;
    private boolean sequenceKnown;

    /** An authenticator whose own sequence numbers begin anywhere, as RFC 5880 6.8.1 wants it. */
    BfdAuthenticator(BfdAuthentication settings, RandomGenerator random) {
        this.settings = settings;
        type = settings.meticulous() ? Bfd.METICULOUS_KEYED_SHA1 : Bfd.KEYED_SHA1;
        keys = settings.keys().toArray(BfdKey[]::new);
        sendSequence = random.nextInt();
        try {
            sha1 = MessageDigest.getInstance("SHA-1");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-1, which every Java has to have", e);
        }
    }

    /** The next packet is the first of a row: the peer was silent for so long that it may count from anywhere. */
    void forgetSequence() {
        sequenceKnown = false;
    }

    /** Adds the authentication section to a packet that says its whole length already. */
    void sign(MemorySegment f, long base) {
        sendSequence++;
        Bfd.setKeyedSha1(f, base, type, keys[0].id(), sendSequence);
        hash(f, base, keys[0]);
        MemorySegment.copy(computed, 0, f, ValueLayout.JAVA_BYTE, base + Bfd.HASH_OFFSET, Bfd.HASH_BYTES);
    }

    /** Judges a packet that passed {@link Bfd#check}; cheap reasons first. */
    BfdVerdict verify(MemorySegment f, long base) {
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
        int sequence = Bfd.sequence(f, base);
        if (sequenceKnown && !inWindow(sequence, Bfd.multiplier(f, base))) {
            return BfdVerdict.WRONG_SEQUENCE;
        }
        hash(f, base, key);
        MemorySegment.copy(f, ValueLayout.JAVA_BYTE, base + Bfd.HASH_OFFSET, received, 0, Bfd.HASH_BYTES);
        if (!MessageDigest.isEqual(computed, received)) {
            return BfdVerdict.WRONG_HASH;
        }
        sequenceKnown = true;
        receivedSequence = sequence;
        return BfdVerdict.ACCEPTED;
    }

    /** Ahead by 0 (meticulous: 1) to three times the multiplier, on a circle of 32 bits. */
    private boolean inWindow(int sequence, int multiplier) {
        int ahead = sequence - receivedSequence;
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
