package dev.sluice.sdk;

import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Ipv6Extensions;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Malformed;
import dev.sluice.wire.Tcp;
import dev.sluice.wire.Udp;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;

/**
 * The IP packet inside, as far as nodes usually ask: addresses, ports, where the data are. Filled anew for each packet; one thread.
 *
 * <p>Offsets are from the beginning of the segment that was read. Called for each packet: no allocation but by {@link #source} and {@link #destination}.
 */
public final class InnerPacket {
    private static final int TAGS_MAX = 2;

    private int problem;
    private int ipVersion;
    private int ipOffset;
    private int protocol;
    private boolean fragment;
    private boolean laterFragment;
    private int transportOffset;
    private int transportBytes;
    private int dataOffset;
    private int sourcePort;
    private int destinationPort;
    private long sourceHi;
    private long sourceLo;
    private long destinationHi;
    private long destinationLo;

    /** Creates one that holds nothing yet. */
    public InnerPacket() {}

    /**
     * Reads a frame or packet.
     *
     * @param at where it begins
     * @param bytes its length
     * @param etherType {@link EtherTypes#TEB} for an Ethernet frame, else that of the IP packet
     * @return whether it is an IP packet without fault
     */
    public boolean read(MemorySegment f, int at, int bytes, int etherType) {
        clear();
        int type = etherType;
        int offset = at;
        if (type == EtherTypes.TEB) {
            problem = Math.min(Ethernet.check(bytes), 0);
            if (problem < 0) {
                return false;
            }
            type = Ethernet.etherType(f, at);
            offset += Ethernet.BYTES;
            for (int tags = 0; tags < TAGS_MAX && VlanTag.isTagType(type); tags++) {
                problem = Math.min(VlanTag.check(at + bytes - offset), 0);
                if (problem < 0) {
                    return false;
                }
                type = Layouts.u16(f, offset + 2L);
                offset += VlanTag.BYTES;
            }
        }
        ipOffset = offset;
        return switch (type) {
            case EtherTypes.IPV4 -> readIpv4(f, at + bytes - offset);
            case EtherTypes.IPV6 -> readIpv6(f, at + bytes - offset);
            default -> false;
        };
    }

    private void clear() {
        problem = 0;
        ipVersion = 0;
        protocol = IpProtocols.NO_NEXT_HEADER;
        fragment = false;
        laterFragment = false;
        transportBytes = 0;
        dataOffset = 0;
        sourcePort = 0;
        destinationPort = 0;
    }

    private boolean readIpv4(MemorySegment f, int bytes) {
        int headerBytes = Ipv4.check(f, ipOffset, bytes);
        problem = headerBytes < 0 ? headerBytes : Ipv4.checksumOk(f, ipOffset) ? 0 : Malformed.IPV4_CHECKSUM;
        if (problem < 0) {
            return false;
        }
        ipVersion = 4;
        sourceHi = 0;
        sourceLo = IpAddress.IPV4_MAPPED | (Ipv4.source(f, ipOffset) & 0xffff_ffffL);
        destinationHi = 0;
        destinationLo = IpAddress.IPV4_MAPPED | (Ipv4.destination(f, ipOffset) & 0xffff_ffffL);
        protocol = Ipv4.protocol(f, ipOffset);
        fragment = Ipv4.isFragment(f, ipOffset);
        laterFragment = Ipv4.isLaterFragment(f, ipOffset);
        transportOffset = ipOffset + headerBytes;
        transportBytes = Ipv4.totalLength(f, ipOffset) - headerBytes;
        return readTransport(f);
    }

    private boolean readIpv6(MemorySegment f, int bytes) {
        long walked = Ipv6Extensions.walk(f, ipOffset, bytes);
        if (walked < 0) {
            problem = (int) walked;
            return false;
        }
        ipVersion = 6;
        sourceHi = Ipv6.sourceHi(f, ipOffset);
        sourceLo = Ipv6.sourceLo(f, ipOffset);
        destinationHi = Ipv6.destinationHi(f, ipOffset);
        destinationLo = Ipv6.destinationLo(f, ipOffset);
        protocol = Ipv6Extensions.protocol(walked);
        laterFragment = Ipv6Extensions.isLaterFragment(walked);
        // A fragment header on a packet that is whole changes nothing (RFC 6946).
        fragment = laterFragment || Ipv6Extensions.moreFragments(walked);
        transportOffset = ipOffset + Ipv6Extensions.offset(walked);
        transportBytes = Ipv6.BYTES + Ipv6.payloadLength(f, ipOffset) - Ipv6Extensions.offset(walked);
        return readTransport(f);
    }

    private boolean readTransport(MemorySegment f) {
        dataOffset = transportOffset;
        if (laterFragment) {
            return true;
        }
        if (protocol == IpProtocols.TCP) {
            int headerBytes = Tcp.check(f, transportOffset, transportBytes);
            problem = Math.min(headerBytes, 0);
            if (headerBytes > 0) {
                sourcePort = Tcp.sourcePort(f, transportOffset);
                destinationPort = Tcp.destinationPort(f, transportOffset);
                dataOffset += headerBytes;
            }
        } else if (protocol == IpProtocols.UDP) {
            // Of a first fragment the length is that of the whole datagram.
            problem = Math.min(
                    fragment ? Udp.checkHeader(transportBytes) : Udp.check(f, transportOffset, transportBytes), 0);
            if (problem == 0) {
                sourcePort = Udp.sourcePort(f, transportOffset);
                destinationPort = Udp.destinationPort(f, transportOffset);
                dataOffset += Udp.BYTES;
                transportBytes = fragment ? transportBytes : Udp.length(f, transportOffset);
            }
        }
        return problem == 0;
    }

    /** What is wrong with it, a code of {@link Malformed}, or 0. */
    public int problem() {
        return problem;
    }

    /** 4, 6, or 0 for what is not IP. */
    public int ipVersion() {
        return ipVersion;
    }

    /** Whether this is a TCP segment whose header is there. */
    public boolean isTcp() {
        return protocol == IpProtocols.TCP && dataOffset > transportOffset;
    }

    /** Whether this is a UDP datagram whose header is there. */
    public boolean isUdp() {
        return protocol == IpProtocols.UDP && dataOffset > transportOffset;
    }

    /** Whether this is a part of a datagram only, be it the first. */
    public boolean isFragment() {
        return fragment;
    }

    /** Whether this is a part without the transport header. */
    public boolean isLaterFragment() {
        return laterFragment;
    }

    /** Protocol over IP, see {@link IpProtocols}. */
    public int protocol() {
        return protocol;
    }

    /** Where the IP header begins. */
    public int ipOffset() {
        return ipOffset;
    }

    /** Where the transport header begins. */
    public int transportOffset() {
        return transportOffset;
    }

    /** Length of transport header and data. */
    public int transportBytes() {
        return transportBytes;
    }

    /** Where the data begin that TCP, UDP or IP carries. */
    public int dataOffset() {
        return dataOffset;
    }

    /** Length of these data. */
    public int dataBytes() {
        return transportOffset + transportBytes - dataOffset;
    }

    /** Port of the sender; 0 if there is none. */
    public int sourcePort() {
        return sourcePort;
    }

    /** Port of the receiver; 0 if there is none. */
    public int destinationPort() {
        return destinationPort;
    }

    /** Upper half of the sender's address. */
    public long sourceHi() {
        return sourceHi;
    }

    /** Lower half of the sender's address; IPv4 as IPv4-mapped. */
    public long sourceLo() {
        return sourceLo;
    }

    /** Upper half of the receiver's address. */
    public long destinationHi() {
        return destinationHi;
    }

    /** Lower half of the receiver's address. */
    public long destinationLo() {
        return destinationLo;
    }

    /** The sender's address, a new object. */
    public IpAddress source() {
        return new IpAddress(sourceHi, sourceLo);
    }

    /** The receiver's address, a new object. */
    public IpAddress destination() {
        return new IpAddress(destinationHi, destinationLo);
    }

    /** For messages to people, for example {@code tcp 192.0.2.1:1024 > 192.0.2.2:80}. */
    @Override
    public String toString() {
        if (ipVersion == 0) {
            return "not IP";
        }
        String name = isTcp() ? "tcp" : isUdp() ? "udp" : "protocol " + protocol;
        return name + " " + end(source(), sourcePort) + " > " + end(destination(), destinationPort);
    }

    private static String end(IpAddress address, int port) {
        String text = address.isIpv4() ? address.toString() : "[" + address + "]";
        return port == 0 ? text : text + ":" + port;
    }
}
