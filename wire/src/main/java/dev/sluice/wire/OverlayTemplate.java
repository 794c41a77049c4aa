package dev.sluice.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All outer headers of packets that take the same way, as bytes: Ethernet, VLAN tag, IPv4 or IPv6, UDP, tunnel header, network
 * service header, inner Ethernet header; or Ethernet, with or without network service header, alone (NSH on Ethernet). Immutable.
 *
 * <p>Built once per decision by control code. {@link #push} is called from the hot path for each packet: no allocation, stores of
 * 8 bytes, then the fields that differ from packet to packet in place. An IPv4 header checksum costs three additions; a UDP checksum,
 * if there is one, a pass over the packet.
 */
public final class OverlayTemplate {
    /** Order of the machine: bytes are copied, not read. */
    private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;

    private static final int TOTAL_BYTES_MAX = 0xffff;
    private static final int NOT_FRAGMENTED = 0x4000;

    /** The headers in words; the last one ends at the last byte and may cover some bytes of the one before. */
    private final long[] words;

    private final int headerBytes;
    private final int ipOffset;
    private final int udpOffset;
    private final int tunnelOffset;
    private final int nshOffset;
    private final int innerBytesMax;
    private final int dscp;
    private final boolean udpChecksum;
    private final MemorySegment bytes;

    /** IPv4: what does not change of the first 8 bytes, and the sum of the header as far as it does not change. */
    private final long ipv4Word;

    private final long ipv4Sum;

    /** IPv6: what does not change of the first 8 bytes. */
    private final long ipv6Word;

    /** Both ports without the source, in the first 4 of 8 bytes. */
    private final long udpWord;

    private OverlayTemplate(byte[] headers, @Nullable Underlay underlay, @Nullable TunnelHeader tunnel, int nshOffset) {
        bytes = MemorySegment.ofArray(headers).asReadOnly();
        headerBytes = headers.length;
        words = words(headers);
        this.nshOffset = nshOffset;
        if (underlay == null || tunnel == null) {
            ipOffset = -1;
            udpOffset = -1;
            tunnelOffset = -1;
            innerBytesMax = Integer.MAX_VALUE - headerBytes;
            dscp = 0;
            udpChecksum = false;
            ipv4Word = 0;
            ipv4Sum = 0;
            ipv6Word = 0;
            udpWord = 0;
            return;
        }
        ipOffset = underlay.linkBytes();
        boolean udp = tunnel.port() != 0;
        udpOffset = udp ? underlay.headerBytes() : -1;
        tunnelOffset = underlay.headerBytes() + (udp ? Udp.BYTES : 0);
        boolean four = underlay.from().isIpv4();
        innerBytesMax = TOTAL_BYTES_MAX - (headerBytes - ipOffset) + (four ? 0 : Ipv6.BYTES);
        dscp = underlay.dscp();
        udpChecksum = udp && underlay.checksum();
        ipv4Word = four ? 0x4500L << 48 | (underlay.dontFragment() ? NOT_FRAGMENTED : 0) : 0;
        ipv4Sum = four ? Checksum.sum(bytes, ipOffset, Ipv4.BYTES) : 0;
        ipv6Word = four ? 0 : 6L << 60 | (long) tunnel.ipProtocol() << 8 | underlay.ttl();
        udpWord = (long) tunnel.port() << 32;
    }

    private static long[] words(byte[] headers) {
        MemorySegment f = MemorySegment.ofArray(headers);
        long[] words = new long[(headers.length + 7) / 8];
        for (int i = 0; i < words.length - 1; i++) {
            words[i] = f.get(WORD, i * 8L);
        }
        words[words.length - 1] = f.get(WORD, headers.length - 8L);
        return words;
    }

    /**
     * The headers of a tunnel.
     *
     * @param behind what stands between tunnel header and inner packet: a network service header, an inner Ethernet header, both
     *     or none
     */
    public static OverlayTemplate tunnel(Underlay underlay, TunnelHeader tunnel, OverlayHeader... behind) {
        int udpBytes = tunnel.port() != 0 ? Udp.BYTES : 0;
        int before = underlay.headerBytes() + udpBytes + tunnel.headerBytes();
        byte[] headers = new byte[before + sum(behind)];
        MemorySegment f = MemorySegment.ofArray(headers);
        boolean four = underlay.from().isIpv4();
        int at = writeLink(
                f, underlay.nextHop(), underlay.port(), underlay.vlanTci(), four ? EtherTypes.IPV4 : EtherTypes.IPV6);
        at += four ? writeIpv4(f, at, underlay, tunnel) : writeIpv6(f, at, underlay, tunnel);
        if (udpBytes > 0) {
            Udp.setDestinationPort(f, at, tunnel.port());
        }
        tunnel.write(f, at + udpBytes);
        return new OverlayTemplate(headers, underlay, tunnel, writeBehind(f, before, tunnel, List.of(behind)));
    }

    /**
     * The headers of NSH on Ethernet (EtherType 0x894f).
     *
     * @param vlanTci priority and VLAN of a tag 0x8100, or {@link Underlay#UNTAGGED}
     * @param behind an inner Ethernet header, or nothing
     */
    public static OverlayTemplate nshOnEthernet(
            MacAddress destination, MacAddress source, int vlanTci, NshHeader nsh, OverlayHeader... behind) {
        int link = Ethernet.BYTES + (vlanTci == Underlay.UNTAGGED ? 0 : VlanTag.BYTES);
        byte[] headers = new byte[link + nsh.headerBytes() + sum(behind)];
        MemorySegment f = MemorySegment.ofArray(headers);
        writeLink(f, destination, source, vlanTci, EtherTypes.NSH);
        nsh.write(f, link);
        writeBehind(f, link + nsh.headerBytes(), nsh, List.of(behind));
        return new OverlayTemplate(headers, null, null, link);
    }

    /**
     * An Ethernet header alone: for what is written behind it packet by packet.
     *
     * @param vlanTci priority and VLAN of a tag 0x8100, or {@link Underlay#UNTAGGED}
     * @param etherType what that is
     */
    public static OverlayTemplate ethernet(MacAddress destination, MacAddress source, int vlanTci, int etherType) {
        byte[] headers = new byte[Ethernet.BYTES + (vlanTci == Underlay.UNTAGGED ? 0 : VlanTag.BYTES)];
        writeLink(MemorySegment.ofArray(headers), destination, source, vlanTci, etherType);
        return new OverlayTemplate(headers, null, null, -1);
    }

    private static int sum(OverlayHeader... headers) {
        int bytes = 0;
        for (OverlayHeader header : headers) {
            bytes += header.headerBytes();
        }
        return bytes;
    }

    private static int writeLink(MemorySegment f, MacAddress to, MacAddress from, int vlanTci, int etherType) {
        Ethernet.setAddresses(f, 0, to.bits(), from.bits());
        if (vlanTci == Underlay.UNTAGGED) {
            Ethernet.setEtherType(f, 0, etherType);
            return Ethernet.BYTES;
        }
        VlanTag.setTpid(f, Ethernet.TYPE_OFFSET, EtherTypes.VLAN);
        VlanTag.setTci(f, Ethernet.TYPE_OFFSET, vlanTci);
        Layouts.putU16(f, Ethernet.TYPE_OFFSET + VlanTag.BYTES, etherType);
        return Ethernet.BYTES + VlanTag.BYTES;
    }

    private static int writeIpv4(MemorySegment f, int at, Underlay underlay, TunnelHeader tunnel) {
        Ipv4.setVersionAndHeaderBytes(f, at, Ipv4.BYTES);
        Ipv4.setFragment(f, at, underlay.dontFragment() ? Ipv4.DONT_FRAGMENT : 0, 0);
        Ipv4.setTtl(f, at, underlay.ttl());
        Ipv4.setProtocol(f, at, tunnel.ipProtocol());
        Ipv4.setSource(f, at, underlay.from().ipv4Bits());
        Ipv4.setDestination(f, at, underlay.to().ipv4Bits());
        return Ipv4.BYTES;
    }

    private static int writeIpv6(MemorySegment f, int at, Underlay underlay, TunnelHeader tunnel) {
        Ipv6.setVersionClassLabel(f, at, 0, 0);
        Ipv6.setNextHeader(f, at, tunnel.ipProtocol());
        Ipv6.setHopLimit(f, at, underlay.ttl());
        Ipv6.setSource(f, at, underlay.from().hi(), underlay.from().lo());
        Ipv6.setDestination(f, at, underlay.to().hi(), underlay.to().lo());
        return Ipv6.BYTES;
    }

    /** Where the network service header is, or -1. */
    private static int writeBehind(MemorySegment f, int first, OverlayHeader announcing, List<OverlayHeader> behind) {
        int at = first;
        int nsh = -1;
        OverlayHeader before = announcing;
        for (OverlayHeader header : behind) {
            if (before.payloadType() != header.ownType()) {
                throw new IllegalArgumentException(
                        before + " announces payload type " + before.payloadType() + " and " + header + " follows");
            }
            before = header;
            if (header instanceof NshHeader && nsh < 0) {
                nsh = at;
            }
            at += header.write(f, at);
        }
        return nsh;
    }

    /** How many bytes of headroom a packet needs, and by how many it grows. */
    public int headerBytes() {
        return headerBytes;
    }

    /** Longest inner packet that fits into the length fields, in bytes. */
    public int innerBytesMax() {
        return innerBytesMax;
    }

    /** Where the outer IP header begins, from the frame start; -1 for NSH on Ethernet. */
    public int ipOffset() {
        return ipOffset;
    }

    /** Where the UDP header begins, from the frame start; -1 if there is none. */
    public int udpOffset() {
        return udpOffset;
    }

    /** Where the tunnel header begins, from the frame start; -1 for NSH on Ethernet. */
    public int tunnelOffset() {
        return tunnelOffset;
    }

    /** Where the network service header begins, from the frame start; -1 if there is none. */
    public int nshOffset() {
        return nshOffset;
    }

    /** Where the metadata of a kind of context header begin, from the frame start; -1 if there are none. For control code. */
    public int contextOffset(int kind) {
        if (nshOffset < 0) {
            return -1;
        }
        long context = NshContext.find(bytes, nshOffset, kind);
        return context < 0 ? -1 : (int) NshContext.value(context);
    }

    /** Where the data of a kind of Geneve option begin, from the frame start; -1 if there are none. For control code. */
    public int optionOffset(int kind) {
        if (udpOffset < 0 || Udp.destinationPort(bytes, udpOffset) != Geneve.PORT) {
            return -1;
        }
        long option = GeneveOptions.find(bytes, tunnelOffset, kind);
        return option < 0 ? -1 : (int) GeneveOptions.data(option);
    }

    /**
     * Writes all headers in front of a packet. What differs from packet to packet: lengths, IPv4 identification and checksum, UDP
     * source port and checksum, IPv6 flow label, DSCP if it is inherited, ECN as inside (RFC 6040 4.1). Metadata of single packets
     * are written before, by {@link #copy}, if they are to be covered by a UDP checksum, else after.
     *
     * @param inner where the inner packet begins; {@link #headerBytes} of headroom are in front of it
     * @param innerBytes its length
     * @param flowHash a hash of its flow, the same for all packets of one direction
     * @param innerTos DSCP and ECN of the inner IP header; 0 if there is none
     * @param identification for IPv4, 16 bits
     * @return the new frame start, or {@link Malformed#OVERLAY_LENGTH} with nothing written
     */
    public long push(MemorySegment f, long inner, int innerBytes, int flowHash, int innerTos, int identification) {
        if (innerBytes > innerBytesMax) {
            return Malformed.OVERLAY_LENGTH;
        }
        long start = copy(f, inner);
        patch(f, start, innerBytes, flowHash, innerTos, identification);
        return start;
    }

    /** The first half of {@link #push}: the headers as they are, without what differs from packet to packet; returns the new frame start. */
    public long copy(MemorySegment f, long inner) {
        long start = inner - headerBytes;
        int last = words.length - 1;
        for (int i = 0; i < last; i++) {
            f.set(WORD, start + i * 8L, words[i]);
        }
        f.set(WORD, inner - 8, words[last]);
        return start;
    }

    /** The second half of {@link #push}, for an inner packet of at most {@link #innerBytesMax}. */
    public void patch(MemorySegment f, long start, int innerBytes, int flowHash, int innerTos, int identification) {
        if (ipOffset < 0) {
            return;
        }
        long ip = start + ipOffset;
        int ipBytes = headerBytes - ipOffset + innerBytes;
        int tos = dscp == Underlay.INHERIT ? innerTos & 0xff : Ecn.encapsulate(dscp, innerTos);
        if (ipv4Word != 0) {
            int id = identification & 0xffff;
            f.set(Layouts.BE64, ip, ipv4Word | (long) tos << 48 | (long) ipBytes << 32 | (long) id << 16);
            Ipv4.setChecksum(f, ip, Checksum.finish(ipv4Sum + tos + ipBytes + id));
        } else {
            long first = (long) tos << 52 | (long) OuterUdp.flowLabel(flowHash) << 32;
            f.set(Layouts.BE64, ip, ipv6Word | first | (long) (ipBytes - Ipv6.BYTES) << 16);
        }
        if (udpOffset >= 0) {
            patchUdp(f, start, innerBytes, flowHash);
        }
    }

    private void patchUdp(MemorySegment f, long start, int innerBytes, int flowHash) {
        long udp = start + udpOffset;
        int udpBytes = headerBytes - udpOffset + innerBytes;
        f.set(Layouts.BE64, udp, (long) OuterUdp.sourcePort(flowHash) << 48 | udpWord | (long) udpBytes << 16);
        if (udpChecksum) {
            long ip = start + ipOffset;
            long pseudo = ipv4Word != 0
                    ? Checksum.pseudoIpv4(f, ip, IpProtocols.UDP, udpBytes)
                    : Checksum.pseudoIpv6(f, ip, IpProtocols.UDP, udpBytes);
            int checksum = Checksum.layer4(f, pseudo, udp, udpBytes, Udp.CHECKSUM_OFFSET);
            Udp.setChecksum(f, udp, Checksum.notZero(checksum));
        }
    }
}
