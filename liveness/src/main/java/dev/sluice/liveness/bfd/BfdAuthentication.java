package dev.sluice.liveness.bfd;

import java.util.List;

/**
 * How packets of a session prove who made them (RFC 5880 6.7.4): SHA1 over packet and key. Immutable.
 *
 * <p>Keyed MD5 and simple passwords are left out: a password can be read on the wire, and RFC 5880 6.7 demands SHA1 of every implementation that
 * authenticates at all, so MD5 gains no peer.
 *
 * @param meticulous whether the sequence number has to grow with each packet, so that none can be replayed; the peer has to be set the same
 * @param keys the first one signs; packets with any of them are taken, so that a key can be changed without loss; 1..8 with different ids
 */
public record BfdAuthentication(boolean meticulous, List<BfdKey> keys) {
    private static final int KEYS_MAX = 8;

    /** Checks the keys. */
    public BfdAuthentication {
        keys = List.copyOf(keys);
        if (keys.isEmpty() || keys.size() > KEYS_MAX) {
            throw new IllegalArgumentException("authentication has " + keys.size() + " keys, it needs 1.." + KEYS_MAX);
        }
        if (keys.stream().map(BfdKey::id).distinct().count() != keys.size()) {
            throw new IllegalArgumentException("authentication has two keys of one id: " + keys);
        }
    }
}
