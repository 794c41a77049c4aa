package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.NonUnicast;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** A frame taken apart, as an object. Tags can be put on and taken off; {@link #toMemoryFrame} puts it together again. */
final class ModelFrame {
    long destinationMac;
    long sourceMac;

    /** Outermost first, TPID in the upper 16 bits. */
    List<Integer> tags = new ArrayList<>();

    int etherType;

    /** Everything behind the EtherType. */
    byte[] body = new byte[0];

    MemoryFrame original = MemoryFrame.plain(new byte[0]);
    int tagsAtArrival;

    /** Bytes free in front of the frame. */
    int headroomBytes = 256;

    boolean ipv4;
    boolean ipv6;
    boolean fragment;

    /** A fragment that is not the first. */
    boolean laterFragment;

    IpAddress source = IpAddress.ANY_V4;
    IpAddress destination = IpAddress.ANY_V4;
    int protocol;
    int sourcePort;
    int destinationPort;
    int tcpFlags;
    int dscp;

    /** Where the transport header begins in the body, -1 if there is none to look at. */
    int transportAt = -1;

    boolean isIp() {
        return ipv4 || ipv6;
    }

    boolean isArp() {
        return etherType == 0x0806;
    }

    /** Whether there are more tags than were looked into. */
    boolean hasMoreTags() {
        return etherType == 0x8100 || etherType == 0x88a8 || etherType == 0x9100;
    }

    boolean isGroup() {
        return (destinationMac >>> 40 & 1) != 0;
    }

    /** Destined for many: group MAC address and group address. */
    boolean isForMany() {
        return isGroup() && isIp() && hasGroupAddress();
    }

    boolean hasGroupAddress() {
        return destination.isIpv4()
                ? destination.ipv4Bits() >>> 28 == 14 || destination.ipv4Bits() == -1
                : destination.hi() >>> 56 == 255;
    }

    /** VLAN id of a tag, 0 if there is none. */
    int vlan(int index) {
        int at = skipsPriorityTag() ? index + 1 : index;
        return at < tags.size() ? tags.get(at) & 0xfff : 0;
    }

    /** Whether the outer of two tags names no VLAN, so that the inner one is what counts. */
    boolean skipsPriorityTag() {
        return tags.size() == 2 && (tags.get(0) & 0xfff) == 0;
    }

    boolean isIcmp() {
        return transportAt >= 0 && !fragment && ((ipv4 && protocol == 1) || (ipv6 && protocol == 58));
    }

    /** ICMPv6 of type 133..137. */
    boolean isDiscovery() {
        return ipv6 && isIcmp() && u8(transportAt) >= 133 && u8(transportAt) <= 137;
    }

    boolean isEchoRequest() {
        return isIcmp() && u8(transportAt) == (ipv4 ? 8 : 128);
    }

    /** What a frame is that is not a unicast IP packet. */
    NonUnicast kindForMany() {
        if (isDiscovery()) {
            return u8(transportAt) < 135 ? NonUnicast.ROUTER_ADVERTISEMENT : NonUnicast.NEIGHBOR_DISCOVERY;
        }
        if (isIp()) {
            boolean dhcp = protocol == 17
                    && (ipv4
                            ? destinationPort == 67 || destinationPort == 68
                            : destinationPort == 546 || destinationPort == 547);
            boolean broadcast = ipv4 && destination.ipv4Bits() == -1;
            return dhcp ? NonUnicast.DHCP : broadcast ? NonUnicast.BROADCAST : NonUnicast.MULTICAST;
        }
        return switch (etherType) {
            case 0x0806, 0x8035 -> NonUnicast.ARP;
            case 0x8809 -> NonUnicast.LACP;
            case 0x88cc -> NonUnicast.LLDP;
            default -> {
                boolean spanningTree = destinationMac == 0x0180_c200_0000L
                        || destinationMac == 0x0180_c200_0008L
                        || destinationMac == 0x0100_0ccc_cccdL;
                yield spanningTree ? NonUnicast.STP : NonUnicast.OTHER;
            }
        };
    }

    int family() {
        return ipv4 ? 4 : ipv6 ? 6 : 0;
    }

    int ttl() {
        return u8(ipv4 ? 8 : 7);
    }

    int u8(int at) {
        return body[at] & 0xff;
    }

    int u16(int at) {
        return u8(at) << 8 | u8(at + 1);
    }

    long u32(int at) {
        return (long) u16(at) << 16 | u16(at + 2);
    }

    void put16(int at, int value) {
        body[at] = (byte) (value >>> 8);
        body[at + 1] = (byte) value;
    }

    /** Source and destination change places. */
    void turnAddresses() {
        IpAddress to = source;
        IpAddress from = destination;
        putAddresses(from, to);
    }

    void putAddresses(IpAddress newSource, IpAddress newDestination) {
        source = newSource;
        destination = newDestination;
        byte[] from = Bytes.of(newSource);
        byte[] to = Bytes.of(newDestination);
        int at = ipv4 ? 12 : 8;
        System.arraycopy(from, 0, body, at, from.length);
        System.arraycopy(to, 0, body, at + from.length, to.length);
    }

    /** Writes the TTL or hop limit, with the header checksum that goes with it. */
    void putTtl(int ttl) {
        body[ipv4 ? 8 : 7] = (byte) ttl;
        if (ipv4) {
            put16(10, 0);
            put16(10, 0xffff - Bytes.sum(body, 0, (body[0] & 0xf) * 4, 0));
        }
    }

    /** The symmetric hash of the flow key, as {@code FlowHash} documents it. */
    long hash() {
        return Formulas.flowHash(source, sourcePort, destination, destinationPort, protocol);
    }

    /** Bytes of the largest IP packet that this becomes on the wire. */
    int packetBytes() {
        if (original.gsoType() == Batch.GSO_NONE || transportAt < 0) {
            return body.length;
        }
        boolean tcp = original.gsoType() == Batch.GSO_TCPV4 || original.gsoType() == Batch.GSO_TCPV6;
        int header = tcp ? (u8(transportAt + 12) >>> 4) * 4 : 8;
        return Math.min(body.length, transportAt + header + original.gsoSizeBytes());
    }

    /** Packets that this becomes on the wire. */
    int packets() {
        if (original.gsoType() == Batch.GSO_NONE || transportAt < 0 || original.gsoSizeBytes() == 0) {
            return 1;
        }
        boolean tcp = original.gsoType() == Batch.GSO_TCPV4 || original.gsoType() == Batch.GSO_TCPV6;
        int payload = body.length - transportAt - (tcp ? (u8(transportAt + 12) >>> 4) * 4 : 8);
        return Math.max(1, (int) Math.ceil(payload / (double) original.gsoSizeBytes()));
    }

    /** Whether it looks like a probe: UDP or ICMP over IPv4 with 48 bytes of payload that begin with SLUICEPR. */
    boolean looksLikeProbe() {
        if (!ipv4 || fragment || transportAt < 0 || (protocol != 17 && protocol != 1)) {
            return false;
        }
        return body.length - transportAt == 56
                && new String(body, transportAt + 8, 8, java.nio.charset.StandardCharsets.ISO_8859_1)
                        .equals("SLUICEPR");
    }

    /** What an interface's MTU has to hold if these tags, outermost first, are put on: all but an outermost 802.1Q tag. */
    int bytesAgainstMtu(List<Integer> pushed) {
        List<Integer> all = new ArrayList<>(pushed);
        all.addAll(tags);
        boolean dot1q = !all.isEmpty() && all.getFirst() >>> 16 == 0x8100;
        return packetBytes() + 4 * (dot1q ? all.size() - 1 : all.size());
    }

    ModelFrame copy() {
        ModelFrame other = new ModelFrame();
        other.destinationMac = destinationMac;
        other.sourceMac = sourceMac;
        other.tags = new ArrayList<>(tags);
        other.etherType = etherType;
        other.body = body.clone();
        other.original = original;
        other.tagsAtArrival = tagsAtArrival;
        other.ipv4 = ipv4;
        other.ipv6 = ipv6;
        other.fragment = fragment;
        other.laterFragment = laterFragment;
        other.source = source;
        other.destination = destination;
        other.protocol = protocol;
        other.sourcePort = sourcePort;
        other.destinationPort = destinationPort;
        other.tcpFlags = tcpFlags;
        other.dscp = dscp;
        other.transportAt = transportAt;
        return other;
    }

    byte[] toBytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Bytes.write(out, destinationMac, 6);
        Bytes.write(out, sourceMac, 6);
        for (int tag : tags) {
            Bytes.write(out, tag, 4);
        }
        Bytes.write(out, etherType, 2);
        out.writeBytes(body);
        return out.toByteArray();
    }

    /** The frame with its offload metadata moved by as many bytes as tags came or went. */
    MemoryFrame toMemoryFrame() {
        int moved = 4 * (tags.size() - tagsAtArrival);
        boolean partial = (original.offload() & Batch.CHECKSUM_PARTIAL) != 0;
        boolean segments = original.gsoType() != Batch.GSO_NONE;
        return new MemoryFrame(
                toBytes(),
                original.offload(),
                original.gsoType(),
                original.gsoSizeBytes(),
                original.gsoHeaderBytes() + (segments ? moved : 0),
                original.csumStart() + (partial ? moved : 0),
                original.csumOffset());
    }
}
