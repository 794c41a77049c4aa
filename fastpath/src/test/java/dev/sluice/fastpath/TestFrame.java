package dev.sluice.fastpath;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Frames as bytes. Pure functions. */
final class TestFrame {
    private static final int PAYLOAD_BYTES = 30;

    private TestFrame() {}

    /** UDP in IPv4 with up to two tags. */
    static byte[] udp(
            long destinationMac,
            long sourceMac,
            int outerTag,
            int innerTag,
            String source,
            int sourcePort,
            String destination,
            int destinationPort,
            int ttl) {
        byte[] bytes = new byte[200];
        MemorySegment f = MemorySegment.ofArray(bytes);
        Layouts.putU48(f, 0, destinationMac);
        Layouts.putU48(f, 6, sourceMac);
        int at = 12;
        for (int tag : new int[] {outerTag, innerTag}) {
            if (tag != 0) {
                Layouts.putU32(f, at, tag);
                at += 4;
            }
        }
        Layouts.putU16(f, at, 0x0800);
        int ip = at + 2;
        Ipv4.setVersionAndHeaderBytes(f, ip, 20);
        Ipv4.setTotalLength(f, ip, 28 + PAYLOAD_BYTES);
        Ipv4.setTtl(f, ip, ttl);
        Ipv4.setProtocol(f, ip, 17);
        Ipv4.setSource(f, ip, IpAddress.parse(source).orElseThrow().ipv4Bits());
        Ipv4.setDestination(f, ip, IpAddress.parse(destination).orElseThrow().ipv4Bits());
        Ipv4.updateChecksum(f, ip);
        Layouts.putU16(f, ip + 20, sourcePort);
        Layouts.putU16(f, ip + 22, destinationPort);
        Layouts.putU16(f, ip + 24, 8 + PAYLOAD_BYTES);
        for (int i = 0; i < PAYLOAD_BYTES; i++) {
            Layouts.putU8(f, ip + 28 + i, i);
        }
        return Arrays.copyOf(bytes, ip + 28 + PAYLOAD_BYTES);
    }
}
