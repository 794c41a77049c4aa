package dev.sluice.lab;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Frames for the lab's plain tests, written byte by byte. */
final class Frames {
    static final int SYN = 0x02;
    static final int ACK = 0x10;

    private Frames() {}

    /** Ethernet, as many 802.1Q tags as asked for, IPv4 10.0.0.a to 10.0.0.b, then the transport. */
    static byte[] ipv4(int tags, int a, int b, int protocol, byte[] transport) {
        ByteBuffer frame = ByteBuffer.allocate(14 + 4 * tags + 20 + transport.length);
        frame.putLong(0).putInt(0);
        for (int i = 0; i < tags; i++) {
            frame.putShort((short) 0x8100).putShort((short) 7);
        }
        frame.putShort((short) 0x0800);
        frame.put((byte) 0x45)
                .put((byte) 0)
                .putShort((short) (20 + transport.length))
                .putInt(0);
        frame.put((byte) 64).put((byte) protocol).putShort((short) 0);
        frame.putInt(0x0a00_0000 | a).putInt(0x0a00_0000 | b).put(transport);
        return frame.array();
    }

    /** Ethernet, IPv6 fd00::a to fd00::b with a hop-by-hop header, then the transport. */
    static byte[] ipv6(int a, int b, int protocol, byte[] transport) {
        ByteBuffer frame = ByteBuffer.allocate(14 + 40 + 8 + transport.length);
        frame.putLong(0).putInt(0).putShort((short) 0x86dd);
        frame.putInt(0x6000_0000)
                .putShort((short) (8 + transport.length))
                .put((byte) 0)
                .put((byte) 64);
        frame.putLong(0xfd00_0000_0000_0000L)
                .putLong(a)
                .putLong(0xfd00_0000_0000_0000L)
                .putLong(b);
        frame.put((byte) protocol).put((byte) 0).putShort((short) 0).putInt(0).put(transport);
        return frame.array();
    }

    static byte[] tcp(int from, int to, int flags, String payload) {
        byte[] text = payload.getBytes(StandardCharsets.UTF_8);
        ByteBuffer segment = ByteBuffer.allocate(20 + text.length);
        segment.putShort((short) from).putShort((short) to).putLong(0);
        segment.put((byte) 0x50).put((byte) flags).putShort((short) 0).putInt(0).put(text);
        return segment.array();
    }

    static byte[] udp(int from, int to, byte[] payload) {
        ByteBuffer datagram = ByteBuffer.allocate(8 + payload.length);
        datagram.putShort((short) from)
                .putShort((short) to)
                .putShort((short) (8 + payload.length))
                .putShort((short) 0);
        return datagram.put(payload).array();
    }
}
