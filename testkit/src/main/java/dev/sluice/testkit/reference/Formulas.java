package dev.sluice.testkit.reference;

import dev.sluice.datapath.route.NextHop;
import dev.sluice.wire.IpAddress;

/** Formulas that packet-life.md and Javadoc give: they define values, so the model has to know them, in its own words. Stateless. */
final class Formulas {
    private Formulas() {}

    /** {@code fmix} of FlowHash. */
    static long fmix(long value) {
        long k = (value ^ value >>> 33) * 0xFF51AFD7ED558CCDL;
        k = (k ^ k >>> 33) * 0xC4CEB9FE1A85EC53L;
        return k ^ k >>> 33;
    }

    static long flowHash(IpAddress source, int sourcePort, IpAddress destination, int destinationPort, int protocol) {
        return fmix(
                endpoint(source, sourcePort) + endpoint(destination, destinationPort) + protocol * 0x165667B19E3779F9L);
    }

    private static long endpoint(IpAddress address, int port) {
        long swapped = address.lo() << 32 | address.lo() >>> 32;
        return fmix(
                (address.hi() * 0x9E3779B97F4A7C15L) ^ (swapped * 0xC2B2AE3D27D4EB4FL) ^ (port * 0xD6E8FEB86659FD93L));
    }

    /** The upper 32 bits of a flow hash as a number, mod a count: buckets of rules and return paths. */
    static int bucket(long hash, int count) {
        return (int) Long.remainderUnsigned(hash >>> 32, count);
    }

    /** Rank of a next hop for a flow; the highest, as a signed number, is taken. */
    static long rank(NextHop hop, long flowHash) {
        long seed = splitMix(hop.addressHi() + 0x9e37_79b9_7f4a_7c15L);
        seed = splitMix(seed ^ hop.addressLo());
        int kind = hop.kind().name().hashCode() & 0xff;
        return splitMix(flowHash ^ splitMix(seed ^ ((long) hop.port() << 8 | kind)));
    }

    private static long splitMix(long value) {
        long z = (value ^ value >>> 30) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ z >>> 27) * 0x94d0_49bb_1331_11ebL;
        return z ^ z >>> 31;
    }

    /** What a node that translates does not touch, as a number: see Translations. */
    static long fingerprint(int attachmentId, ModelFrame frame) {
        long k = 0x9E3779B97F4A7C15L;
        long hash = (attachmentId * 31L + frame.protocol) * k + frame.body.length;
        int at = frame.transportAt;
        if (at < 0) {
            return fmix(hash);
        }
        int payload = at + 8;
        if (frame.protocol == 6) {
            hash = hash * k + frame.u32(at + 4);
            hash = hash * k + frame.u32(at + 8);
            hash = hash * k + frame.u8(at + 13);
            payload = at + (frame.u8(at + 12) >>> 4) * 4;
        }
        int end = Math.min(frame.body.length, payload + 64);
        for (; payload + 8 <= end; payload += 8) {
            hash = (hash ^ Bytes.read(frame.body, payload, 8)) * k;
        }
        for (; payload < end; payload++) {
            hash = (hash ^ frame.u8(payload)) * k;
        }
        return fmix(hash);
    }
}
