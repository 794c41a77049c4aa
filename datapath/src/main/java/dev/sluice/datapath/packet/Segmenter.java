package dev.sluice.datapath.packet;

import dev.sluice.wire.Checksum;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Tcp;
import dev.sluice.wire.Udp;
import java.lang.foreign.MemorySegment;

/**
 * Cuts super-frames into frames with complete checksums, for ways on which nobody behind would do it: into an overlay tunnel, out of a port whose driver can't
 * (packet-life.md, segments made here). One user: the worker.
 *
 * <p>No call allocates: segments are frames of the pool, all taken before the first is written, so that a packet is cut as a whole or not at all. What is made is what
 * Linux makes of the same super-frame (tcp_gso_segment, __udp_gso_segment, inet_gso_segment, ipv6_gso_segment). Cost: one copy and one checksum of the payload.
 */
public final class Segmenter {
    private static final int REFUSED = -1;

    private final FramePool pool;
    private final MemorySegment memory;

    /** A segmenter of frames of this pool. */
    public Segmenter(FramePool pool) {
        this.pool = pool;
        memory = pool.memory();
    }

    /**
     * Cuts a parsed super-frame; the frame itself goes back to the pool.
     *
     * @param pieces gets the segments in their order, each with all that is known of the whole; not the batch of the super-frame
     * @return false if it can't be cut, makes more than {@link Batch#CAPACITY} segments, or the pool has too few frames: then nothing was taken or given, {@code pieces}
     *     is empty and the frame is still the caller's, as it was
     */
    public boolean split(Batch b, int i, Batch pieces) {
        pieces.count = 0;
        int headerBytes = headerBytes(b, i);
        if (headerBytes < 0) {
            return false;
        }
        int unit = b.gsoSizeBytes[i];
        int payloadBytes = b.length[i] - headerBytes;
        if (payloadBytes > (long) unit * Batch.CAPACITY || !take(b, i, pieces, headerBytes, payloadBytes)) {
            return false;
        }
        long pseudo = pseudoWithoutLength(b, i);
        for (int k = 0; k < pieces.count; k++) {
            describe(b, i, pieces, k);
            write(b, i, pieces, k, headerBytes, pseudo);
        }
        pool.give(b.start[i]);
        return true;
    }

    /**
     * Completes the checksum of a frame that is no super-frame, in place, and clears its offloads. A partial checksum outside the frame stays as it is: nobody could
     * complete it.
     */
    public void complete(Batch b, int i) {
        if ((b.offload[i] & Batch.CHECKSUM_PARTIAL) != 0) {
            Checksum.complete(memory, b.start[i], b.length[i], b.csumStart[i], b.csumOffset[i]);
        }
        b.offload[i] = 0;
        b.csumStart[i] = 0;
        b.csumOffset[i] = 0;
    }

    /** Bytes from the frame's start to its payload, or {@link #REFUSED} for a frame that can't be cut. */
    private int headerBytes(Batch b, int i) {
        boolean tcp = isTcp(b, i);
        int l4 = b.l4[i];
        if (b.gsoSizeBytes[i] <= 0 || l4 == 0 || (!tcp && b.gsoType[i] != Batch.GSO_UDP_L4)) {
            return REFUSED;
        }
        boolean partial = (b.offload[i] & Batch.CHECKSUM_PARTIAL) != 0;
        // A checksum elsewhere is that of a packet inside this one: the sizes are its, and cutting here would cut the
        // wrong stream.
        if (partial && (b.csumStart[i] != l4 || b.csumOffset[i] != checksumOffset(tcp))) {
            return REFUSED;
        }
        boolean ipv4 = b.etherType[i] == EtherTypes.IPV4 && b.gsoType[i] != Batch.GSO_TCPV6;
        boolean ipv6 = b.etherType[i] == EtherTypes.IPV6 && b.gsoType[i] != Batch.GSO_TCPV4;
        if (!(ipv4 && ipv4Fits(b, i)) && !(ipv6 && ipv6Fits(b, i, partial))) {
            return REFUSED;
        }
        long transport = b.start[i] + l4;
        int available = b.length[i] - l4;
        int bytes = tcp ? Tcp.check(memory, transport, available) : Udp.checkHeader(available);
        return bytes < 0 ? REFUSED : l4 + bytes;
    }

    private boolean ipv4Fits(Batch b, int i) {
        MemorySegment m = memory;
        long ip = b.start[i] + b.l3[i];
        return b.l4[i] == b.l3[i] + Ipv4.headerBytes(m, ip)
                && !Ipv4.isFragment(m, ip)
                && Ipv4.protocol(m, ip) == protocol(isTcp(b, i));
    }

    /**
     * Whether only headers that may stand in every segment lead to the transport header: those that Linux cuts behind. An authentication header would be wrong in each, a
     * fragment is none to be cut. Without a partial checksum nothing tells what the checksum covers behind them (see pseudoWithoutLength).
     */
    private boolean ipv6Fits(Batch b, int i, boolean partial) {
        MemorySegment m = memory;
        long ip = b.start[i] + b.l3[i];
        int end = b.l4[i] - b.l3[i];
        int next = Ipv6.nextHeader(m, ip);
        int at = Ipv6.BYTES;
        while (at < end) {
            boolean kept = next == IpProtocols.HOP_BY_HOP
                    || next == IpProtocols.ROUTING
                    || next == IpProtocols.DESTINATION_OPTIONS;
            if (!kept || !partial) {
                return false;
            }
            next = Layouts.u8(m, ip + at);
            at += (Layouts.u8(m, ip + at + 1) + 1) << 3;
        }
        return at == end && next == protocol(isTcp(b, i));
    }

    private boolean take(Batch b, int i, Batch pieces, int headerBytes, int payloadBytes) {
        int unit = b.gsoSizeBytes[i];
        int from = 0;
        do {
            int piece = headerBytes + Math.min(unit, payloadBytes - from);
            long start = pool.take(piece);
            if (start == FramePool.NONE) {
                giveBack(pieces);
                return false;
            }
            pieces.append(start, piece, b.port[i]);
            from += unit;
        } while (from < payloadBytes);
        return true;
    }

    private void giveBack(Batch pieces) {
        // In the order in which they were taken last: the pool is a stack and stays as it was.
        for (int k = pieces.count - 1; k >= 0; k--) {
            pool.give(pieces.start[k]);
        }
        pieces.count = 0;
    }

    /**
     * Sum of the pseudo-header but for the length. Source routes, routing headers and home addresses (RFC 791 3.1, RFC 8200 8.1, RFC 6275 11.3) put other addresses into it
     * than those of the IP header. The sender's stack knew them when it made the partial checksum, so behind options and extension headers that is what counts.
     */
    private long pseudoWithoutLength(Batch b, int i) {
        MemorySegment m = memory;
        boolean tcp = isTcp(b, i);
        long ip = b.start[i] + b.l3[i];
        boolean ipv4 = b.etherType[i] == EtherTypes.IPV4;
        boolean bare = b.l4[i] == b.l3[i] + (ipv4 ? Ipv4.BYTES : Ipv6.BYTES);
        if (!bare && (b.offload[i] & Batch.CHECKSUM_PARTIAL) != 0) {
            int length = b.length[i] - b.l4[i];
            return Layouts.u16(m, b.start[i] + b.l4[i] + checksumOffset(tcp)) + (~length & 0xffffL);
        }
        return ipv4 ? Checksum.pseudoIpv4(m, ip, protocol(tcp), 0) : Checksum.pseudoIpv6(m, ip, protocol(tcp), 0);
    }

    /** What stages before this one found out about the whole holds for each segment. */
    private static void describe(Batch b, int i, Batch pieces, int k) {
        pieces.l3[k] = b.l3[i];
        pieces.l4[k] = b.l4[i];
        pieces.etherType[k] = b.etherType[i];
        pieces.outerTag[k] = b.outerTag[i];
        pieces.innerTag[k] = b.innerTag[i];
        pieces.sourceMac[k] = b.sourceMac[i];
        pieces.destinationMac[k] = b.destinationMac[i];
        pieces.sourceHi[k] = b.sourceHi[i];
        pieces.sourceLo[k] = b.sourceLo[i];
        pieces.destinationHi[k] = b.destinationHi[i];
        pieces.destinationLo[k] = b.destinationLo[i];
        pieces.sourcePort[k] = b.sourcePort[i];
        pieces.destinationPort[k] = b.destinationPort[i];
        pieces.protocol[k] = b.protocol[i];
        pieces.parsed[k] = b.parsed[i];
        pieces.tcpFlags[k] = b.tcpFlags[i];
        pieces.dscp[k] = b.dscp[i];
        pieces.hash[k] = b.hash[i];
    }

    private void write(Batch b, int i, Batch pieces, int k, int headerBytes, long pseudo) {
        MemorySegment m = memory;
        boolean tcp = isTcp(b, i);
        int l4 = b.l4[i];
        long start = pieces.start[k];
        int from = k * b.gsoSizeBytes[i];
        int l4Bytes = pieces.length[k] - l4;
        MemorySegment.copy(m, b.start[i], m, start, headerBytes);
        MemorySegment.copy(m, b.start[i] + headerBytes + from, m, start + headerBytes, pieces.length[k] - headerBytes);
        writeNetwork(b, i, start + b.l3[i], k, l4Bytes);
        if (tcp) {
            writeTcp(pieces, k, from);
        } else {
            Udp.setLength(m, start + l4, l4Bytes);
        }
        if (!tcp && hasNoChecksum(b, i)) {
            return;
        }
        int checksum = Checksum.layer4(m, pseudo + l4Bytes, start + l4, l4Bytes, checksumOffset(tcp));
        Layouts.putU16(m, start + l4 + checksumOffset(tcp), tcp ? checksum : Checksum.notZero(checksum));
    }

    private void writeNetwork(Batch b, int i, long ip, int k, int l4Bytes) {
        MemorySegment m = memory;
        int bytes = b.l4[i] - b.l3[i] + l4Bytes;
        if (b.etherType[i] == EtherTypes.IPV6) {
            Ipv6.setPayloadLength(m, ip, bytes - Ipv6.BYTES);
            return;
        }
        Ipv4.setTotalLength(m, ip, bytes);
        Ipv4.setIdentification(m, ip, Ipv4.identification(m, ip) + k);
        Ipv4.updateChecksum(m, ip);
    }

    private void writeTcp(Batch pieces, int k, int from) {
        MemorySegment m = memory;
        long transport = pieces.start[k] + pieces.l4[k];
        Tcp.setSequence(m, transport, Tcp.sequence(m, transport) + from);
        int flags = Tcp.flags(m, transport);
        if (k > 0) {
            flags &= ~Tcp.CWR;
        }
        if (k < pieces.count - 1) {
            flags &= ~(Tcp.FIN | Tcp.PSH);
        }
        Tcp.setFlags(m, transport, flags);
        pieces.tcpFlags[k] = flags;
    }

    /** A UDP checksum of 0 over IPv4 that nobody was to complete: the sender wanted none (RFC 768). */
    private boolean hasNoChecksum(Batch b, int i) {
        return b.etherType[i] == EtherTypes.IPV4
                && (b.offload[i] & Batch.CHECKSUM_PARTIAL) == 0
                && Udp.checksum(memory, b.start[i] + b.l4[i]) == 0;
    }

    private static boolean isTcp(Batch b, int i) {
        return b.gsoType[i] == Batch.GSO_TCPV4 || b.gsoType[i] == Batch.GSO_TCPV6;
    }

    private static int protocol(boolean tcp) {
        return tcp ? IpProtocols.TCP : IpProtocols.UDP;
    }

    private static int checksumOffset(boolean tcp) {
        return tcp ? Tcp.CHECKSUM_OFFSET : Udp.CHECKSUM_OFFSET;
    }
}
