package dev.sluice.datapath.fragments;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Ipv6Extensions;
import java.lang.foreign.MemorySegment;

/**
 * Which datagram a fragment belongs to, and which part of it the fragment is (RFC 791 3.2, RFC 8200 4.5; packet-life.md, fragments). A scratch object of the worker:
 * refilled for each fragment.
 *
 * <pre>
 *   scope = router of the port &lt;&lt; 24 | outer VLAN &lt;&lt; 12 | inner VLAN                      from router ports and transparent ports
 *   scope = 1 &lt;&lt; 62 | index of the port &lt;&lt; 24 | outer VLAN &lt;&lt; 12 | inner VLAN             from service ports, with the node's tags
 *   hash  = fmix(FlowHash.of(source, identification &amp; 0xffff, destination, identification >>> 16, p) + scope * K1 + seed)
 * </pre>
 *
 * <p>p is the protocol of IPv4 and 0 of IPv6, where receivers do not ask later fragments for it (RFC 8200 4.5).
 */
final class FragmentKey {
    private static final long K1 = 0x9E3779B97F4A7C15L;
    private static final long FROM_NODE = 1L << 62;
    private static final long FROM_PEER = 1L << 61;
    private static final int FRAGMENT_HEADER_BYTES = 8;
    private static final int NUMBER_BITS = 32;

    long scope;
    long sourceHi;
    long sourceLo;
    long destinationHi;
    long destinationLo;

    /** {@code p << 32 | identification}. */
    long number;

    /** The protocol that this fragment names. */
    int protocol;

    long hash;

    /** Where the fragment begins and ends in the payload of the datagram, in bytes. */
    int offset;

    int end;

    /** Whether it says that others follow. */
    boolean more;

    private final long seed;

    /** Keys hashed with a secret. */
    FragmentKey(long seed) {
        this.seed = seed;
    }

    long seed() {
        return seed;
    }

    /** Reads the fragment in hand, which came in from the given port. */
    void read(Cursor c, PortEntry port) {
        boolean node = port.role() == PortEntry.Role.SERVICE;
        read(c, node ? FROM_NODE | (long) port.index() << 24 : (long) port.router() << 24);
    }

    /**
     * Reads the fragment in hand, which another switch carried here, or which came out of more tags than are known of it.
     *
     * @param way tenant, path and index, or attachment and side, mixed: each pass through this switch names the datagram anew
     */
    void readCarried(Cursor c, long way) {
        read(c, FROM_PEER | (FlowHash.mix(way) >>> 27 << 24));
    }

    private void read(Cursor c, long place) {
        PacketFields f = c.fields;
        MemorySegment m = c.memory;
        long ip = c.networkHeader();
        long identification;
        int payload;
        if (c.isIpv4()) {
            identification = Ipv4.identification(m, ip);
            offset = Ipv4.fragmentOffset(m, ip);
            more = Ipv4.moreFragments(m, ip);
            payload = Ipv4.totalLength(m, ip) - Ipv4.headerBytes(m, ip);
        } else {
            int bytes = c.lengthBytes() - c.batch.l3[c.slot];
            long walked = Ipv6Extensions.walk(m, ip, bytes);
            int header = Ipv6Extensions.fragmentHeaderOffset(walked);
            identification = Ipv6Extensions.fragmentIdentification(m, ip, walked);
            offset = Ipv6Extensions.fragmentOffset(walked);
            more = Ipv6Extensions.moreFragments(walked);
            payload = Ipv6.BYTES + Ipv6.payloadLength(m, ip) - header - FRAGMENT_HEADER_BYTES;
        }
        end = offset + payload;
        scope = place | (long) Math.max(0, f.outerVlan) << 12 | Math.max(0, f.innerVlan);
        sourceHi = f.sourceHi;
        sourceLo = f.sourceLo;
        destinationHi = f.destinationHi;
        destinationLo = f.destinationLo;
        protocol = f.protocol;
        int distinct = c.isIpv4() ? protocol : 0;
        number = (long) distinct << NUMBER_BITS | identification;
        long flow = FlowHash.of(
                sourceHi,
                sourceLo,
                (int) identification & 0xffff,
                destinationHi,
                destinationLo,
                (int) (identification >>> 16),
                distinct);
        hash = FlowHash.mix(flow + scope * K1 + seed);
    }
}
