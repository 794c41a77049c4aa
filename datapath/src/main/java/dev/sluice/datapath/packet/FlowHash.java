package dev.sluice.datapath.packet;

import dev.sluice.datapath.rules.PacketFields;

/**
 * Hash of a flow key that is equal for both directions of a flow. Stateless; any thread.
 *
 * <p>Called for each packet: no allocation, no branches, about five multiplications per endpoint. All arithmetic is on 64 bits and wraps around.
 *
 * <pre>
 *   fmix(k):  k ^= k >>> 33;  k *= 0xFF51AFD7ED558CCD;  k ^= k >>> 33;  k *= 0xC4CEB9FE1A85EC53;  k ^= k >>> 33
 *   e(hi, lo, port)         = fmix((hi * K1) ^ (rotl(lo, 32) * K2) ^ (port * K4))
 *   of(source, destination) = fmix(e(source) + e(destination) + protocol * K3)
 *   withRouter(h, router)   = fmix(h + (router + 1) * K5)
 *
 *   K1 = 0x9E3779B97F4A7C15  K2 = 0xC2B2AE3D27D4EB4F  K3 = 0x165667B19E3779F9
 *   K4 = 0xD6E8FEB86659FD93  K5 = 0xA0761D6478BD642F
 * </pre>
 *
 * <p>{@code fmix} is the finalizer of MurmurHash3. For IPv4 endpoints (48 bits) {@code e} has no collisions. The hash has no key, since
 * it also selects Geneve source ports and hash buckets of rules, which have to be the same on each node: whoever chooses IPv6 addresses
 * freely can craft collisions. {@code ConnectionTable} bounds what those cost.
 */
public final class FlowHash {
    private static final long K1 = 0x9E3779B97F4A7C15L;
    private static final long K2 = 0xC2B2AE3D27D4EB4FL;
    private static final long K3 = 0x165667B19E3779F9L;
    private static final long K4 = 0xD6E8FEB86659FD93L;
    private static final long K5 = 0xA0761D6478BD642FL;

    private FlowHash() {}

    /**
     * Symmetric hash of a flow key.
     *
     * @param sourcePort 0..65535, 0 where the packet has none
     * @param destinationPort 0..65535, 0 where the packet has none
     * @param protocol IP protocol, 0..255
     */
    public static long of(
            long sourceHi,
            long sourceLo,
            int sourcePort,
            long destinationHi,
            long destinationLo,
            int destinationPort,
            int protocol) {
        return mix(endpoint(sourceHi, sourceLo, sourcePort)
                + endpoint(destinationHi, destinationLo, destinationPort)
                + protocol * K3);
    }

    /** That of the key in a packet's fields. */
    public static long of(PacketFields key) {
        return of(
                key.sourceHi,
                key.sourceLo,
                key.sourcePort,
                key.destinationHi,
                key.destinationLo,
                key.destinationPort,
                key.protocol);
    }

    /** The hash of the same flow seen by a router (VRF), 0..65535: tenants with identical addresses get unrelated hashes. */
    public static long withRouter(long hash, int router) {
        return mix(hash + (router + 1) * K5);
    }

    /** The finalizer of MurmurHash3: a bijection in which each bit of the input affects each bit of the result. */
    public static long mix(long value) {
        long k = value;
        k ^= k >>> 33;
        k *= 0xFF51AFD7ED558CCDL;
        k ^= k >>> 33;
        k *= 0xC4CEB9FE1A85EC53L;
        k ^= k >>> 33;
        return k;
    }

    private static long endpoint(long hi, long lo, int port) {
        return mix((hi * K1) ^ (Long.rotateLeft(lo, 32) * K2) ^ (port * K4));
    }
}
