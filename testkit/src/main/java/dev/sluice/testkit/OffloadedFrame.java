package dev.sluice.testkit;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.ports.MemoryFrame;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A frame as a fast path reads and changes it: what docs/adr/0013 asks of packets, and what it does with them. Written from there, not from the data path's parser.
 *
 * <p>Made for one packet, with its headers read out; null is what is left to the data path.
 */
final class OffloadedFrame {
    private static final int ETHERNET = 14;
    private static final int TAG = 4;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;
    private static final int ICMP = 1;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMPV6 = 58;
    private static final int SYN_FIN_RST = 0x07;
    private static final int PROBE_BYTES = 56;
    private static final byte[] PROBE = "SLUICEPR".getBytes(StandardCharsets.US_ASCII);

    final long destinationMac;
    final long sourceMac;
    final int outerTag;
    final int innerTag;
    long sourceHi;
    long sourceLo;
    long destinationHi;
    long destinationLo;
    int protocol;
    int sourcePort;
    int destinationPort;
    private final MemoryFrame in;
    private final ByteBuffer bytes;
    private final int l3;
    private final boolean ipv4;
    private int l4;

    /** Where the packet ends: behind it is padding. */
    private int end;

    private OffloadedFrame(MemoryFrame in, ByteBuffer bytes, int l3, boolean ipv4, int outerTag, int innerTag) {
        this.in = in;
        this.bytes = bytes;
        this.l3 = l3;
        this.ipv4 = ipv4;
        this.outerTag = outerTag;
        this.innerTag = innerTag;
        destinationMac = u48(bytes, 0);
        sourceMac = u48(bytes, 6);
    }

    /** Reads the headers; null if the packet is none that a fast path repeats. */
    static @Nullable OffloadedFrame read(MemoryFrame in) {
        ByteBuffer b = ByteBuffer.wrap(in.bytes());
        if (b.capacity() < ETHERNET) {
            return null;
        }
        int[] tags = new int[2];
        int l3 = ETHERNET;
        int type = u16(b, 12);
        for (int i = 0; i < 2 && (type == 0x8100 || type == 0x88a8 || type == 0x9100); i++) {
            if (b.capacity() < l3 + TAG) {
                return null;
            }
            tags[i] = type << 16 | u16(b, l3);
            type = u16(b, l3 + 2);
            l3 += TAG;
        }
        if (type != IPV4 && type != IPV6) {
            return null;
        }
        OffloadedFrame frame = new OffloadedFrame(in, b, l3, type == IPV4, tags[0], tags[1]);
        boolean network = frame.ipv4 ? frame.readIpv4() : frame.readIpv6();
        return network && frame.readTransport() && !frame.isProbe() ? frame : null;
    }

    private boolean readIpv4() {
        int left = bytes.capacity() - l3;
        if (left < 20 || u8(bytes, l3) != 0x45) {
            return false;
        }
        int total = u16(bytes, l3 + 2);
        boolean fragment = (u16(bytes, l3 + 6) & 0x3fff) != 0;
        if (total < 20 || total > left || fragment || sum(l3, 20) != 0xffff) {
            return false;
        }
        sourceLo = 0xffff_0000_0000L | (bytes.getInt(l3 + 12) & 0xffff_ffffL);
        destinationLo = 0xffff_0000_0000L | (bytes.getInt(l3 + 16) & 0xffff_ffffL);
        protocol = u8(bytes, l3 + 9);
        l4 = l3 + 20;
        end = l3 + total;
        return true;
    }

    private boolean readIpv6() {
        int left = bytes.capacity() - l3;
        if (left < 40 || u8(bytes, l3) >>> 4 != 6 || 40 + u16(bytes, l3 + 4) > left) {
            return false;
        }
        sourceHi = bytes.getLong(l3 + 8);
        sourceLo = bytes.getLong(l3 + 16);
        destinationHi = bytes.getLong(l3 + 24);
        destinationLo = bytes.getLong(l3 + 32);
        if (isMapped(sourceHi, sourceLo) || isMapped(destinationHi, destinationLo)) {
            return false;
        }
        protocol = u8(bytes, l3 + 6);
        l4 = l3 + 40;
        end = l3 + 40 + u16(bytes, l3 + 4);
        return true;
    }

    /** It would look like IPv4. */
    private static boolean isMapped(long hi, long lo) {
        return hi == 0 && lo >>> 32 == 0xffff;
    }

    private boolean readTransport() {
        int left = end - l4;
        if (protocol == TCP) {
            if (left < 20 || offset() < 20 || offset() > left || (u8(bytes, l4 + 13) & SYN_FIN_RST) != 0) {
                return false;
            }
        } else if (protocol == UDP) {
            int length = left < 8 ? -1 : u16(bytes, l4 + 4);
            boolean noLength = length == 0 && (!ipv4 || in.gsoType() != Batch.GSO_NONE);
            if (!noLength && (length < 8 || length > left)) {
                return false;
            }
        } else if (protocol == (ipv4 ? ICMP : ICMPV6) && left >= 8) {
            int type = u8(bytes, l4);
            sourcePort = u16(bytes, l4 + 4);
            destinationPort = sourcePort;
            return sourcePort != 0 && (ipv4 ? type == 8 || type == 0 : type == 128 || type == 129);
        } else {
            return false;
        }
        sourcePort = u16(bytes, l4);
        destinationPort = u16(bytes, l4 + 2);
        return isPlausible();
    }

    /** Super-frames are of the protocol that they say. */
    private boolean isPlausible() {
        return switch (in.gsoType()) {
            case Batch.GSO_NONE -> true;
            case Batch.GSO_TCPV4 -> protocol == TCP && ipv4 && in.gsoSizeBytes() > 0;
            case Batch.GSO_TCPV6 -> protocol == TCP && !ipv4 && in.gsoSizeBytes() > 0;
            case Batch.GSO_UDP_L4 -> protocol == UDP && in.gsoSizeBytes() > 0;
            default -> false;
        };
    }

    /** The data path's own, or one that only looks like it. */
    private boolean isProbe() {
        return ipv4
                && (protocol == UDP || protocol == ICMP)
                && end - l4 == PROBE_BYTES
                && Arrays.equals(in.bytes(), l4 + 8, l4 + 16, PROBE, 0, PROBE.length);
    }

    private int offset() {
        return (u8(bytes, l4 + 12) >>> 4) * 4;
    }

    private int transportBytes() {
        return protocol == TCP ? offset() : 8;
    }

    int ttl() {
        return u8(bytes, ipv4 ? l3 + 8 : l3 + 7);
    }

    /** Without padding. */
    int frameBytes() {
        return end;
    }

    /** On the wire. */
    int packets() {
        int payload = end - l4 - transportBytes();
        return in.gsoType() == Batch.GSO_NONE ? 1 : Math.max(1, Math.ceilDiv(payload, in.gsoSizeBytes()));
    }

    /** Of the largest packet on the wire. */
    int ipBytes() {
        int whole = end - l3;
        return in.gsoType() == Batch.GSO_NONE ? whole : Math.min(whole, l4 - l3 + transportBytes() + in.gsoSizeBytes());
    }

    int tos() {
        return ipv4 ? u8(bytes, l3 + 1) : (u16(bytes, l3) >>> 4) & 0xff;
    }

    /** The same with other DSCP and ECN, and a checksum that follows (RFC 1624, equation 3). */
    OffloadedFrame withTos(int tos) {
        ByteBuffer b = ByteBuffer.wrap(in.bytes().clone());
        int before = u16(b, l3);
        int after = ipv4 ? (before & 0xff00) | tos : (before & 0xf00f) | tos << 4;
        b.putShort(l3, (short) after);
        if (ipv4) {
            int sum = (~u16(b, l3 + 10) & 0xffff) + (~before & 0xffff) + after;
            sum = (sum & 0xffff) + (sum >>> 16);
            sum = (sum & 0xffff) + (sum >>> 16);
            b.putShort(l3 + 10, (short) ~sum);
        }
        OffloadedFrame marked = read(new MemoryFrame(
                b.array(),
                in.offload(),
                in.gsoType(),
                in.gsoSizeBytes(),
                in.gsoHeaderBytes(),
                in.csumStart(),
                in.csumOffset()));
        if (marked == null) {
            throw new IllegalStateException("unreadable with another codepoint");
        }
        return marked;
    }

    /** Whether it is a super-frame of datagrams. */
    boolean isSuperUdp() {
        return in.gsoType() == Batch.GSO_UDP_L4;
    }

    /** Bytes from the IP header on. */
    int wholeIpBytes() {
        return end - l3;
    }

    /** Where the packet begins in the frame. */
    int ipOffset() {
        return l3;
    }

    /** The packet with headers in front of it, lengths and outer checksum put in; super-frames and partial checksums stay so. */
    MemoryFrame pushed(byte[] headers, int ttlDecrement) {
        ByteBuffer out = ByteBuffer.allocate(headers.length + end - l3);
        out.put(headers).put(in.bytes(), l3, end - l3);
        if (ttlDecrement > 0) {
            decrementTtl(out, headers.length, ttlDecrement);
        }
        int ipBytes = out.capacity() - ETHERNET;
        boolean outerIpv4 = u16(out, 12) == IPV4;
        int udp = ETHERNET + (outerIpv4 ? 20 : 40);
        if (outerIpv4) {
            out.put(15, (byte) tos())
                    .putShort(16, (short) ipBytes)
                    .putShort(18, (short) 0)
                    .putShort(24, (short) 0);
            int sum = 0;
            for (int i = 14; i < 34; i += 2) {
                sum += u16(out, i);
            }
            sum = (sum & 0xffff) + (sum >>> 16);
            out.putShort(24, (short) ~((sum & 0xffff) + (sum >>> 16)));
        } else {
            out.putShort(14, (short) (0x6000 | tos() << 4 | (u16(out, 14) & 0x0f)));
            out.putShort(18, (short) (ipBytes - 40));
        }
        out.putShort(udp + 4, (short) (ipBytes - (outerIpv4 ? 20 : 40)));
        int moved = headers.length - l3;
        boolean partial = (in.offload() & Batch.CHECKSUM_PARTIAL) != 0;
        boolean whole = in.gsoType() == Batch.GSO_NONE;
        return new MemoryFrame(
                out.array(),
                in.offload(),
                in.gsoType(),
                in.gsoSizeBytes(),
                whole ? in.gsoHeaderBytes() : in.gsoHeaderBytes() + moved,
                partial ? in.csumStart() + moved : in.csumStart(),
                in.csumOffset());
    }

    /** The frame as it is sent on. */
    MemoryFrame rewritten(long newDestination, long newSource, int newOuter, int newInner, int ttlDecrement) {
        int tags = newOuter == 0 ? 0 : newInner == 0 ? 1 : 2;
        int l3After = ETHERNET + tags * TAG;
        int moved = l3After - l3;
        ByteBuffer out = ByteBuffer.allocate(end + moved);
        out.putShort((short) (newDestination >>> 32)).putInt((int) newDestination);
        out.putShort((short) (newSource >>> 32)).putInt((int) newSource);
        if (tags > 0) {
            out.putInt(newOuter);
        }
        if (tags > 1) {
            out.putInt(newInner);
        }
        out.putShort((short) (ipv4 ? IPV4 : IPV6));
        out.put(in.bytes(), l3, end - l3);
        if (ttlDecrement > 0) {
            decrementTtl(out, l3After, ttlDecrement);
        }
        boolean partial = (in.offload() & Batch.CHECKSUM_PARTIAL) != 0;
        boolean whole = in.gsoType() == Batch.GSO_NONE;
        return new MemoryFrame(
                out.array(),
                in.offload(),
                in.gsoType(),
                in.gsoSizeBytes(),
                whole ? in.gsoHeaderBytes() : in.gsoHeaderBytes() + moved,
                partial ? in.csumStart() + moved : in.csumStart(),
                in.csumOffset());
    }

    /** RFC 1624, equation 3. */
    private void decrementTtl(ByteBuffer out, int at, int by) {
        if (!ipv4) {
            out.put(at + 7, (byte) (ttl() - by));
            return;
        }
        int before = u16(out, at + 8);
        out.put(at + 8, (byte) (ttl() - by));
        int sum = (~u16(out, at + 10) & 0xffff) + (~before & 0xffff) + u16(out, at + 8);
        sum = (sum & 0xffff) + (sum >>> 16);
        sum = (sum & 0xffff) + (sum >>> 16);
        out.putShort(at + 10, (short) ~sum);
    }

    private int sum(int at, int length) {
        int sum = 0;
        for (int i = 0; i < length; i += 2) {
            sum += u16(bytes, at + i);
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        return (sum & 0xffff) + (sum >>> 16);
    }

    private static int u8(ByteBuffer b, int at) {
        return b.get(at) & 0xff;
    }

    private static int u16(ByteBuffer b, int at) {
        return b.getShort(at) & 0xffff;
    }

    private static long u48(ByteBuffer b, int at) {
        return (long) u16(b, at) << 32 | (b.getInt(at + 2) & 0xffff_ffffL);
    }
}
