package dev.sluice.testkit.robust;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/** Frames as arrays, read and changed in plain steps that share no code with the data path. Stateless. */
final class RawFrames {
    private RawFrames() {}

    static int u8(byte[] f, int at) {
        return at < f.length ? f[at] & 0xff : 0;
    }

    static int u16(byte[] f, int at) {
        return u8(f, at) << 8 | u8(f, at + 1);
    }

    /** Offset behind the tags, however many there are. */
    static int network(byte[] f) {
        int at = 14;
        while (isTag(u16(f, at - 2)) && at + 4 <= f.length) {
            at += 4;
        }
        return at;
    }

    private static boolean isTag(int type) {
        return type == 0x8100 || type == 0x88a8 || type == 0x9100;
    }

    /**
     * Whether a receiver could take a frame for a packet to one receiver: IP behind any number of tags, and not truly for many, and not neighbour discovery. What is
     * malformed counts too.
     */
    static boolean isUnicastIp(byte[] f) {
        int l3 = network(f);
        int type = u16(f, l3 - 2);
        boolean groupMac = (u8(f, 0) & 1) != 0;
        if (type == 0x0800) {
            boolean groupAddress =
                    u8(f, l3 + 16) >>> 4 == 0xe || (u16(f, l3 + 16) == 0xffff && u16(f, l3 + 18) == 0xffff);
            return !(groupMac && groupAddress);
        }
        return type == 0x86dd && !(groupMac && u8(f, l3 + 24) == 0xff) && !isNeighborDiscovery(f, l3);
    }

    private static boolean isNeighborDiscovery(byte[] f, int l3) {
        int next = u8(f, l3 + 6);
        int at = l3 + 40;
        while (next == 0
                || next == 43
                || next == 60
                || next == 44
                || next == 51
                || next == 135
                || next == 139
                || next == 140) {
            int bytes = next == 44 ? 8 : next == 51 ? (u8(f, at + 1) + 2) * 4 : (u8(f, at + 1) + 1) * 8;
            next = u8(f, at);
            at += bytes;
        }
        return next == 58 && u8(f, at) >= 133 && u8(f, at) <= 137;
    }

    /** Whether the switch may swallow the frame without sending or counting a drop: ARP and neighbour discovery. */
    static boolean isControl(byte[] f) {
        int l3 = network(f);
        int type = u16(f, l3 - 2);
        return type == 0x0806 || (type == 0x86dd && isNeighborDiscovery(f, l3));
    }

    /** Whether it is an ICMP error about another packet, as a router makes it: no options, no extension headers (RFC 792, RFC 4443 3). */
    static boolean isIcmpError(byte[] f) {
        int l3 = network(f);
        if (u16(f, l3 - 2) == 0x0800) {
            int type = u8(f, l3 + 20);
            return u8(f, l3) == 0x45 && u8(f, l3 + 9) == 1 && (type == 3 || type == 11);
        }
        return u16(f, l3 - 2) == 0x86dd && u8(f, l3 + 6) == 58 && u8(f, l3 + 40) >= 1 && u8(f, l3 + 40) <= 3;
    }

    /** With the IPv4 header checksum made right, if there is an IPv4 header. */
    static byte[] summed(byte[] frame) {
        byte[] f = frame.clone();
        int l3 = network(f);
        int header = (u8(f, l3) & 0xf) * 4;
        if (u16(f, l3 - 2) == 0x0800 && header >= 20 && l3 + header <= f.length) {
            put16(f, l3 + 10, 0);
            put16(f, l3 + 10, ~sum(f, l3, header, 0) & 0xffff);
        }
        return f;
    }

    /** With the length in the IP header made right, so that what is missing is missing behind it. */
    static byte[] withLengths(byte[] frame) {
        byte[] f = frame.clone();
        int l3 = network(f);
        int type = u16(f, l3 - 2);
        if (type == 0x0800 && f.length >= l3 + 20) {
            put16(f, l3 + 2, f.length - l3);
        } else if (type == 0x86dd && f.length >= l3 + 40) {
            put16(f, l3 + 4, f.length - l3 - 40);
        }
        return summed(f);
    }

    static int sum(byte[] f, int at, int bytes, int initial) {
        int sum = initial;
        for (int i = 0; i < bytes; i++) {
            sum += u8(f, at + i) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }

    static void put16(byte[] f, int at, int value) {
        f[at] = (byte) (value >>> 8);
        f[at + 1] = (byte) value;
    }

    /** With other bytes in place of a range. */
    static byte[] spliced(byte[] f, int from, int to, byte[] instead) {
        ByteBuffer b = ByteBuffer.allocate(f.length - (to - from) + instead.length);
        b.put(f, 0, from).put(instead).put(f, to, f.length - to);
        return b.array();
    }

    static byte[] withDestination(byte[] frame, long mac) {
        byte[] f = frame.clone();
        for (int i = 0; i < 6 && i < f.length; i++) {
            f[i] = (byte) (mac >>> (40 - 8 * i));
        }
        return f;
    }

    /** An untagged IPv4 frame with 12 bytes of options. */
    static byte[] withOptions(byte[] frame, String hexOf12Bytes) {
        byte[] f = spliced(frame, 34, 34, hex(hexOf12Bytes));
        f[14] = 0x48;
        put16(f, 16, u16(f, 16) + 12);
        return summed(f);
    }

    /** An untagged IPv6 frame with one more extension header in front of what follows the fixed header; the first byte of it is filled in. */
    static byte[] withExtension(byte[] frame, int type, String hexOfHeader) {
        byte[] header = hex(hexOfHeader);
        byte[] f = spliced(frame, 54, 54, header);
        f[54] = f[20];
        f[20] = (byte) type;
        put16(f, 18, u16(f, 18) + header.length);
        return f;
    }

    /** An untagged IPv4 frame that says it carries another protocol. */
    static byte[] withProtocol(byte[] frame, int protocol) {
        byte[] f = frame.clone();
        f[23] = (byte) protocol;
        return summed(f);
    }

    static byte[] padded(byte[] f, int bytes) {
        return Arrays.copyOf(f, f.length + bytes);
    }

    static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    /** An ARP message. */
    static byte[] arp(int operation, long senderMac, String senderHex, String targetHex) {
        String mac = String.format("%012x", senderMac);
        return hex("ffffffffffff" + mac + "0806" + "00010800060400" + String.format("%02x", operation) + mac + senderHex
                + "000000000000" + targetHex + "00".repeat(18));
    }

    /** A neighbour solicitation or advertisement (types 135, 136) with one option naming the sender's MAC. */
    static byte[] discovery(int type, long senderMac, String senderHex, String receiverHex, String targetHex) {
        String mac = String.format("%012x", senderMac);
        String option = (type == 135 ? "01" : "02") + "01" + mac;
        String flags = type == 135 ? "00000000" : "60000000";
        byte[] f = hex("3333ff000001" + mac + "86dd" + "60000000" + "0020" + "3aff" + senderHex + receiverHex
                + String.format("%02x", type) + "000000" + flags + targetHex + option);
        put16(f, 56, ~sum(f, 22, f.length - 22, 32 + 58) & 0xffff);
        return f;
    }
}
