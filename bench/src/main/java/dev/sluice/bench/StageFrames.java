package dev.sluice.bench;

import dev.sluice.testkit.TestPacket;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Ipv4;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** The frames of {@link StagesBench}: the shortest UDP frames of the load, plain, tagged, and in Geneve with a service header. Static. */
final class StageFrames {
    static final long CLIENT_MAC = 0x0200_0000_0011L;
    static final long SERVER_MAC = 0x0200_0000_0022L;
    static final int SERVICE_PATH = 100 << 8 | 255;
    static final int NETWORK = 4711;

    /** With a context header of MD type 1. */
    private static final int SERVICE_BYTES = 24;

    private static final int PAYLOAD_BYTES = 18;
    private static final int OUTER_BYTES = Ethernet.BYTES + Ipv4.BYTES + 16 + SERVICE_BYTES;
    private static final int CHECKSUM = 24;

    private StageFrames() {}

    static TestPacket udp(int flow) {
        return TestPacket.udp("10.0.0.1:" + (1024 + (flow & 0x7fff)), "10.0.0.2:" + (1024 + (flow >> 15)))
                .payload(new byte[PAYLOAD_BYTES])
                .ethernet(CLIENT_MAC, SERVER_MAC)
                .ttl(64);
    }

    static TestPacket udp6() {
        return TestPacket.udp("[fd00::1]:1024", "[fd00::2]:1024")
                .payload(new byte[PAYLOAD_BYTES])
                .ethernet(CLIENT_MAC, SERVER_MAC)
                .ttl(64);
    }

    /** A handshake's first packet, which is never repeated. */
    static byte[] syn() {
        return TestPacket.tcp("10.0.0.1:1024", "10.0.0.2:80", 2)
                .ethernet(CLIENT_MAC, SERVER_MAC)
                .ttl(64)
                .bytes();
    }

    /** Outer headers up to the frame inside, which has so many bytes. */
    static byte[] outer(int insideBytes) {
        ByteBuffer b = ByteBuffer.allocate(OUTER_BYTES);
        int ipBytes = OUTER_BYTES - Ethernet.BYTES + insideBytes;
        b.putShort((short) 0x0200).putInt(9).putShort((short) 0x0200).putInt(8).putShort((short) 0x0800);
        b.putShort((short) 0x4500)
                .putShort((short) ipBytes)
                .putInt(0x4000)
                .put((byte) 64)
                .put((byte) 17);
        b.putShort((short) 0).putInt(0xc000_0201).putInt(0xc000_0202);
        b.putShort((short) 50_000)
                .putShort((short) 6081)
                .putShort((short) (ipBytes - Ipv4.BYTES))
                .putShort((short) 0);
        b.putInt(0x0000_894f).putInt(NETWORK << 8);
        b.putInt(0x0fc0_0103 | (SERVICE_BYTES / 4) << 16).putInt(SERVICE_PATH);
        byte[] bytes = b.array();
        int checksum = dev.sluice.wire.Checksum.of(MemorySegment.ofArray(bytes), Ethernet.BYTES, Ipv4.BYTES);
        b.putShort(CHECKSUM, (short) checksum);
        return bytes;
    }

    /** A frame in a tunnel. */
    static byte[] carried(byte[] inside) {
        byte[] outer = outer(inside.length);
        return ByteBuffer.allocate(outer.length + inside.length)
                .put(outer)
                .put(inside)
                .array();
    }
}
