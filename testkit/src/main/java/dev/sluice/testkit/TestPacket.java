package dev.sluice.testkit;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.MacAddress;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A packet in words, turned into the bytes of a frame with all checksums right. Immutable: each method answers a changed copy. Written for tests:
 * plain and slow, shares no code with the data path.
 */
public final class TestPacket {
    private record Tag(int tpid, int tci) {}

    private long sourceMac = 0x0200_0000_0001L;
    private long destinationMac = 0x0200_0000_0002L;
    private List<Tag> tags = List.of();
    private IpAddress source = IpAddress.parse("192.0.2.1").orElseThrow();
    private IpAddress destination = IpAddress.parse("198.51.100.1").orElseThrow();
    private int protocol = 17;
    private int sourcePort = 1024;
    private int destinationPort = 80;
    private int tcpFlags = 0x10;
    private int ttl = 64;
    private int dscp;
    private int fragmentOffset;
    private boolean moreFragments;
    private int identification = 1;
    private int icmpType = -1;
    private boolean dontFragment;
    private byte[] payload = new byte[0];

    private TestPacket() {}

    private TestPacket copy() {
        TestPacket p = new TestPacket();
        p.sourceMac = sourceMac;
        p.destinationMac = destinationMac;
        p.tags = tags;
        p.source = source;
        p.destination = destination;
        p.protocol = protocol;
        p.sourcePort = sourcePort;
        p.destinationPort = destinationPort;
        p.tcpFlags = tcpFlags;
        p.ttl = ttl;
        p.dscp = dscp;
        p.fragmentOffset = fragmentOffset;
        p.moreFragments = moreFragments;
        p.identification = identification;
        p.icmpType = icmpType;
        p.dontFragment = dontFragment;
        p.payload = payload;
        return p;
    }

    /** A UDP packet between two endpoints written {@code address:port} or {@code [address]:port}. */
    public static TestPacket udp(String from, String to) {
        return new TestPacket().endpoints(from, to);
    }

    /** A TCP segment with the given flags (SYN 2, ACK 16, and so on). */
    public static TestPacket tcp(String from, String to, int flags) {
        TestPacket p = new TestPacket().endpoints(from, to);
        p.protocol = 6;
        p.tcpFlags = flags;
        return p;
    }

    /** An ICMP or ICMPv6 echo request. */
    public static TestPacket ping(String from, String to, int identifier) {
        TestPacket p = new TestPacket();
        p.source = IpAddress.parse(from).orElseThrow();
        p.destination = IpAddress.parse(to).orElseThrow();
        p.protocol = p.source.isIpv4() ? 1 : 58;
        p.icmpType = p.source.isIpv4() ? 8 : 128;
        p.sourcePort = identifier;
        p.destinationPort = identifier;
        return p;
    }

    private TestPacket endpoints(String from, String to) {
        TestPacket p = copy();
        p.source = address(from);
        p.sourcePort = port(from);
        p.destination = address(to);
        p.destinationPort = port(to);
        return p;
    }

    private static IpAddress address(String endpoint) {
        String text = endpoint.substring(0, endpoint.lastIndexOf(':'));
        return IpAddress.parse(text.startsWith("[") ? text.substring(1, text.length() - 1) : text)
                .orElseThrow();
    }

    private static int port(String endpoint) {
        return Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1));
    }

    /** With Ethernet addresses. */
    public TestPacket ethernet(long newSourceMac, long newDestinationMac) {
        TestPacket p = copy();
        p.sourceMac = newSourceMac;
        p.destinationMac = newDestinationMac;
        return p;
    }

    /** With Ethernet addresses as text. */
    public TestPacket ethernet(String newSourceMac, String newDestinationMac) {
        return ethernet(
                MacAddress.parse(newSourceMac).orElseThrow().bits(),
                MacAddress.parse(newDestinationMac).orElseThrow().bits());
    }

    /** With an 802.1Q tag inside those it has. */
    public TestPacket vlan(int vid) {
        return tag(0x8100, vid);
    }

    /** With a tag inside those it has. */
    public TestPacket tag(int tpid, int tci) {
        TestPacket p = copy();
        p.tags = new ArrayList<>(tags);
        p.tags.add(new Tag(tpid, tci));
        return p;
    }

    /** With a TTL or hop limit. */
    public TestPacket ttl(int newTtl) {
        TestPacket p = copy();
        p.ttl = newTtl;
        return p;
    }

    /** With a DSCP. */
    public TestPacket dscp(int newDscp) {
        TestPacket p = copy();
        p.dscp = newDscp;
        return p;
    }

    /** As a fragment; the offset in bytes, a multiple of 8. Later fragments carry the payload without transport header. */
    public TestPacket fragment(int offsetBytes, boolean more) {
        TestPacket p = copy();
        p.fragmentOffset = offsetBytes;
        p.moreFragments = more;
        return p;
    }

    /** With an identification; IPv6 has one in fragments only. */
    public TestPacket identification(int number) {
        TestPacket p = copy();
        p.identification = number;
        return p;
    }

    /** With "don't fragment" set, if it is IPv4. */
    public TestPacket dontFragment() {
        TestPacket p = copy();
        p.dontFragment = true;
        return p;
    }

    /** With another ICMP or ICMPv6 type. */
    public TestPacket icmpType(int type) {
        TestPacket p = copy();
        p.icmpType = type;
        return p;
    }

    /** With a payload. */
    public TestPacket payload(String text) {
        return payload(text.getBytes(StandardCharsets.UTF_8));
    }

    /** With a payload. */
    public TestPacket payload(byte[] bytes) {
        TestPacket p = copy();
        p.payload = bytes.clone();
        return p;
    }

    /** The answer: addresses, ports and MACs swapped; an echo request becomes the reply. */
    public TestPacket reply() {
        TestPacket p = copy();
        p.sourceMac = destinationMac;
        p.destinationMac = sourceMac;
        p.source = destination;
        p.destination = source;
        p.sourcePort = destinationPort;
        p.destinationPort = sourcePort;
        p.icmpType = icmpType == 8 ? 0 : icmpType == 128 ? 129 : icmpType;
        return p;
    }

    /** The frame. */
    public byte[] bytes() {
        ByteBuffer b = ByteBuffer.allocate(18 + 8 * tags.size() + 120 + payload.length);
        putMac(b, destinationMac);
        putMac(b, sourceMac);
        for (Tag tag : tags) {
            b.putShort((short) tag.tpid).putShort((short) tag.tci);
        }
        byte[] upper = fragmentOffset > 0 ? payload : transport();
        if (source.isIpv4()) {
            b.putShort((short) 0x0800).put(ipv4(upper));
        } else {
            b.putShort((short) 0x86dd).put(ipv6(upper));
        }
        byte[] frame = new byte[b.position()];
        b.flip().get(frame);
        return frame;
    }

    private static void putMac(ByteBuffer b, long mac) {
        b.putShort((short) (mac >>> 32)).putInt((int) mac);
    }

    private byte[] ipv4(byte[] upper) {
        ByteBuffer b = ByteBuffer.allocate(20 + upper.length);
        b.put((byte) 0x45).put((byte) (dscp << 2)).putShort((short) (20 + upper.length));
        int flags = (dontFragment ? 0x4000 : 0) | (moreFragments ? 0x2000 : 0);
        b.putShort((short) identification).putShort((short) (flags | (fragmentOffset / 8)));
        b.put((byte) ttl).put((byte) protocol).putShort((short) 0);
        b.putInt(source.ipv4Bits()).putInt(destination.ipv4Bits());
        b.putShort(10, (short) checksum(0, b.array(), 20));
        b.put(upper);
        return b.array();
    }

    private byte[] ipv6(byte[] upper) {
        boolean fragment = fragmentOffset > 0 || moreFragments;
        int extension = fragment ? 8 : 0;
        ByteBuffer b = ByteBuffer.allocate(40 + extension + upper.length);
        b.putInt((6 << 28) | (dscp << 22)).putShort((short) (extension + upper.length));
        b.put((byte) (fragment ? 44 : protocol)).put((byte) ttl);
        b.putLong(source.hi()).putLong(source.lo()).putLong(destination.hi()).putLong(destination.lo());
        if (fragment) {
            b.put((byte) protocol)
                    .put((byte) 0)
                    .putShort((short) (fragmentOffset | (moreFragments ? 1 : 0)))
                    .putInt(identification);
        }
        b.put(upper);
        return b.array();
    }

    private byte[] transport() {
        ByteBuffer b;
        int checksumAt;
        switch (protocol) {
            case 6 -> {
                b = ByteBuffer.allocate(20 + payload.length);
                b.putShort((short) sourcePort)
                        .putShort((short) destinationPort)
                        .putInt(1000)
                        .putInt(2000);
                b.put((byte) 0x50)
                        .put((byte) tcpFlags)
                        .putShort((short) 65535)
                        .putInt(0)
                        .put(payload);
                checksumAt = 16;
            }
            case 17 -> {
                b = ByteBuffer.allocate(8 + payload.length);
                b.putShort((short) sourcePort).putShort((short) destinationPort).putShort((short) (8 + payload.length));
                b.putShort((short) 0).put(payload);
                checksumAt = 6;
            }
            case 1, 58 -> {
                b = ByteBuffer.allocate(8 + payload.length);
                b.put((byte) icmpType)
                        .put((byte) 0)
                        .putShort((short) 0)
                        .putShort((short) sourcePort)
                        .putShort((short) 1);
                b.put(payload);
                checksumAt = 2;
            }
            default -> throw new IllegalStateException("no transport for protocol " + protocol);
        }
        int pseudo = protocol == 1 ? 0 : pseudoSum(b.capacity());
        b.putShort(checksumAt, (short) checksum(pseudo, b.array(), b.capacity()));
        return b.array();
    }

    private int pseudoSum(int length) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (source.isIpv4()) {
            out.writeBytes(ByteBuffer.allocate(8)
                    .putInt(source.ipv4Bits())
                    .putInt(destination.ipv4Bits())
                    .array());
        } else {
            out.writeBytes(ByteBuffer.allocate(32)
                    .putLong(source.hi())
                    .putLong(source.lo())
                    .putLong(destination.hi())
                    .putLong(destination.lo())
                    .array());
        }
        byte[] bytes = out.toByteArray();
        int sum = length + protocol;
        for (int i = 0; i < bytes.length; i += 2) {
            sum += ((bytes[i] & 0xff) << 8) | (bytes[i + 1] & 0xff);
        }
        return sum;
    }

    private static int checksum(int initial, byte[] bytes, int length) {
        int sum = initial;
        for (int i = 0; i < length; i++) {
            sum += (bytes[i] & 0xff) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return ~sum & 0xffff;
    }
}
