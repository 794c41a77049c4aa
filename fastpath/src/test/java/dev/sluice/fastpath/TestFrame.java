package dev.sluice.fastpath;

import dev.sluice.wire.Checksum;
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
        int ip = ethernet(f, destinationMac, sourceMac, outerTag, innerTag);
        ipv4(f, ip, 28 + PAYLOAD_BYTES, ttl, 17, source, destination);
        Layouts.putU16(f, ip + 20, sourcePort);
        Layouts.putU16(f, ip + 22, destinationPort);
        Layouts.putU16(f, ip + 24, 8 + PAYLOAD_BYTES);
        for (int i = 0; i < PAYLOAD_BYTES; i++) {
            Layouts.putU8(f, ip + 28 + i, i);
        }
        return Arrays.copyOf(bytes, ip + 28 + PAYLOAD_BYTES);
    }

    /** An established TCP segment of any length in IPv4 with up to one tag; its checksum is that of the pseudo-header, to be completed. */
    static byte[] tcp(
            long destinationMac,
            long sourceMac,
            int tag,
            String source,
            int sourcePort,
            String destination,
            int destinationPort,
            int payloadBytes) {
        byte[] bytes = new byte[100 + payloadBytes];
        MemorySegment f = MemorySegment.ofArray(bytes);
        int ip = ethernet(f, destinationMac, sourceMac, tag, 0);
        ipv4(f, ip, 40 + payloadBytes, 64, 6, source, destination);
        Layouts.putU16(f, ip + 20, sourcePort);
        Layouts.putU16(f, ip + 22, destinationPort);
        Layouts.putU8(f, ip + 32, 0x50);
        Layouts.putU8(f, ip + 33, 0x10);
        int pseudo = Checksum.sum(f, ip + 12, 8) + 6 + 20 + payloadBytes;
        Layouts.putU16(f, ip + 36, (pseudo & 0xffff) + (pseudo >>> 16));
        return Arrays.copyOf(bytes, ip + 40 + payloadBytes);
    }

    private static int ethernet(MemorySegment f, long destinationMac, long sourceMac, int outerTag, int innerTag) {
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
        return at + 2;
    }

    private static void ipv4(
            MemorySegment f, int ip, int totalBytes, int ttl, int protocol, String source, String destination) {
        Ipv4.setVersionAndHeaderBytes(f, ip, 20);
        Ipv4.setTotalLength(f, ip, totalBytes);
        Ipv4.setTtl(f, ip, ttl);
        Ipv4.setProtocol(f, ip, protocol);
        Ipv4.setSource(f, ip, IpAddress.parse(source).orElseThrow().ipv4Bits());
        Ipv4.setDestination(f, ip, IpAddress.parse(destination).orElseThrow().ipv4Bits());
        Ipv4.updateChecksum(f, ip);
    }
}
