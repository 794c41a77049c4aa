package dev.sluice.ports;

import dev.sluice.datapath.Batch;
import dev.sluice.wire.Checksum;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Tcp;
import dev.sluice.wire.Udp;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;

/**
 * Cuts a super-frame into the frames that go on the wire, for drivers that cannot hand this to the kernel. One user: the port that owns it.
 *
 * <p>Does what a network card does for TSO and UDP segmentation offload: headers copied, lengths, IPv4 identification, TCP sequence and flags (RFC 9293 3.1;
 * CWR on the first segment only, RFC 3168 6.1.2; FIN and PSH on the last) set, checksums computed. {@link #begin} once, then {@link #write} for each
 * segment. No allocation. Encapsulated super-frames are refused: they are cut before encapsulation.
 */
public final class Segmenter {
    /** Not a super-frame that this class can cut: its type, headers or sizes do not fit together. */
    public static final int REFUSED = -1;

    private static final int FLAGS_OFFSET = 13;

    private final MemorySegment frames;
    private long start;
    private int l3;
    private int l4;
    private int headerBytes;
    private int payloadBytes;
    private int segmentPayloadBytes;
    private int segments;
    private boolean ipv6;
    private boolean tcp;

    /** A segmenter of frames in this memory. */
    public Segmenter(MemorySegment frames) {
        this.frames = frames;
    }

    /**
     * Reads the headers of a super-frame.
     *
     * @return number of segments, or {@link #REFUSED}
     */
    public int begin(Batch batch, int slot) {
        int bytes = batch.length[slot];
        start = batch.start[slot];
        l4 = batch.csumStart[slot];
        segmentPayloadBytes = batch.gsoSizeBytes[slot];
        byte type = batch.gsoType[slot];
        ipv6 = type == Batch.GSO_TCPV6;
        tcp = type != Batch.GSO_UDP_L4;
        if (type != Batch.GSO_TCPV4 && type != Batch.GSO_TCPV6 && type != Batch.GSO_UDP_L4) {
            return REFUSED;
        }
        if ((batch.offload[slot] & Batch.CHECKSUM_PARTIAL) == 0 || segmentPayloadBytes <= 0 || !findNetwork(bytes)) {
            return REFUSED;
        }
        int transportBytes = transportBytes(bytes);
        if (transportBytes < 0) {
            return REFUSED;
        }
        headerBytes = l4 + transportBytes;
        payloadBytes = bytes - headerBytes;
        if (payloadBytes <= 0) {
            return REFUSED;
        }
        segments = (payloadBytes + segmentPayloadBytes - 1) / segmentPayloadBytes;
        return segments;
    }

    /** Finds the network header behind the tags; whether it is of the right family and the transport header follows it. */
    private boolean findNetwork(int bytes) {
        int at = Ethernet.BYTES;
        while (at + VlanTag.BYTES <= bytes && VlanTag.isTagType(Layouts.u16(frames, start + at - 2))) {
            at += VlanTag.BYTES;
        }
        l3 = at;
        int etherType = Layouts.u16(frames, start + at - 2);
        if (etherType == EtherTypes.IPV6) {
            boolean fits = ipv6 || !tcp;
            ipv6 = true;
            return fits && l4 >= l3 + Ipv6.BYTES && bytes >= l4 + Udp.BYTES;
        }
        return etherType == EtherTypes.IPV4
                && !ipv6
                && bytes >= l3 + Ipv4.BYTES
                && l4 == l3 + Ipv4.headerBytes(frames, start + l3)
                && Ipv4.protocol(frames, start + l3) == protocol();
    }

    private int transportBytes(int bytes) {
        if (!tcp) {
            return Udp.BYTES;
        }
        if (bytes < l4 + Tcp.BYTES) {
            return REFUSED;
        }
        int transportBytes = Tcp.headerBytes(frames, start + l4);
        return transportBytes >= Tcp.BYTES && l4 + transportBytes <= bytes ? transportBytes : REFUSED;
    }

    private int protocol() {
        return tcp ? IpProtocols.TCP : IpProtocols.UDP;
    }

    /** Bytes of the longest segment, Ethernet header included. */
    public int segmentBytesMax() {
        return headerBytes + Math.min(segmentPayloadBytes, payloadBytes);
    }

    /**
     * Writes one segment.
     *
     * @param index 0 to the number of segments minus 1
     * @param to offset of the first byte of the segment's Ethernet header, with {@link #segmentBytesMax} bytes of room that do not overlap the super-frame
     * @return bytes of the segment
     */
    public int write(int index, long to) {
        int from = index * segmentPayloadBytes;
        int payload = Math.min(segmentPayloadBytes, payloadBytes - from);
        MemorySegment.copy(frames, start, frames, to, headerBytes);
        MemorySegment.copy(frames, start + headerBytes + from, frames, to + headerBytes, payload);
        int l4Bytes = headerBytes - l4 + payload;
        if (tcp) {
            writeTcp(index, from, to + l4);
        } else {
            Udp.setLength(frames, to + l4, l4Bytes);
        }
        long pseudo = writeNetwork(index, to + l3, l4Bytes);
        int checksumOffset = tcp ? Tcp.CHECKSUM_OFFSET : Udp.CHECKSUM_OFFSET;
        int checksum = Checksum.layer4(frames, pseudo, to + l4, l4Bytes, checksumOffset);
        Layouts.putU16(frames, to + l4 + checksumOffset, tcp ? checksum : Checksum.notZero(checksum));
        return headerBytes + payload;
    }

    private void writeTcp(int index, int payloadBefore, long at) {
        Tcp.setSequence(frames, at, (Tcp.sequence(frames, at) + payloadBefore) & 0xffff_ffffL);
        int flags = Tcp.flags(frames, at);
        if (index > 0) {
            flags &= ~Tcp.CWR;
        }
        if (index < segments - 1) {
            flags &= ~(Tcp.FIN | Tcp.PSH);
        }
        Layouts.putU8(frames, at + FLAGS_OFFSET, flags);
    }

    /** Writes lengths and the IPv4 header's own fields; the sum of the pseudo-header. */
    private long writeNetwork(int index, long at, int l4Bytes) {
        if (ipv6) {
            Ipv6.setPayloadLength(frames, at, l4 - l3 - Ipv6.BYTES + l4Bytes);
            return Checksum.pseudoIpv6(frames, at, protocol(), l4Bytes);
        }
        Ipv4.setTotalLength(frames, at, l4 - l3 + l4Bytes);
        Ipv4.setIdentification(frames, at, (Ipv4.identification(frames, at) + index) & 0xffff);
        Ipv4.updateChecksum(frames, at);
        return Checksum.pseudoIpv4(frames, at, protocol(), l4Bytes);
    }
}
