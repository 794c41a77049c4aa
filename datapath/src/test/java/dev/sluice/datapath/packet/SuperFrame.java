package dev.sluice.datapath.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Random;

/** A super-frame as a sender's stack hands it over, made at random, for tests. The bytes may be changed: it is no value. */
final class SuperFrame {
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int DESTINATION_OPTIONS = 60;

    private final byte[] bytes;
    private final byte gsoType;
    private final int l3;
    private final int l4;
    private final int headerBytes;
    private final byte[] finalDestination;

    private SuperFrame(byte[] bytes, byte gsoType, int l3, int l4, int headerBytes, byte[] finalDestination) {
        this.bytes = bytes;
        this.gsoType = gsoType;
        this.l3 = l3;
        this.l4 = l4;
        this.headerBytes = headerBytes;
        this.finalDestination = finalDestination;
    }

    /** The frame itself, with a partial checksum in its place. */
    byte[] bytes() {
        return bytes;
    }

    /** Where the IP header begins. */
    int l3() {
        return l3;
    }

    /** Where the transport header begins. */
    int l4() {
        return l4;
    }

    /** Where the payload begins. */
    int headerBytes() {
        return headerBytes;
    }

    boolean ipv4() {
        return bytes[l3] >>> 4 == 4;
    }

    boolean tcp() {
        return gsoType != Batch.GSO_UDP_L4;
    }

    int protocol() {
        return tcp() ? TCP : UDP;
    }

    int checksumOffset() {
        return tcp() ? 16 : 6;
    }

    int payloadBytes() {
        return bytes.length - headerBytes;
    }

    /** Whether IPv4 options or extension headers stand before the transport header. */
    boolean decorated() {
        return l4 - l3 > (ipv4() ? 20 : 40);
    }

    /** Puts it into a chunk of the pool, parsed, as the only frame of the batch. */
    void into(Batch b, FramePool pool, int gsoSizeBytes, boolean partial) {
        b.count = 0;
        long start = pool.take(Math.max(bytes.length, FramePool.SMALL_BYTES));
        MemorySegment.copy(bytes, 0, pool.memory(), ValueLayout.JAVA_BYTE, start, bytes.length);
        int slot = b.append(start, bytes.length, 7);
        b.gsoType[slot] = gsoType;
        b.gsoSizeBytes[slot] = gsoSizeBytes;
        b.gsoHeaderBytes[slot] = headerBytes;
        if (partial) {
            b.offload[slot] = Batch.CHECKSUM_PARTIAL;
            b.csumStart[slot] = l4;
            b.csumOffset[slot] = checksumOffset();
        }
        new Parser(pool.memory()).parseOne(b, slot);
    }

    /** One with 0 to 2 tags, options or extension headers in half of them, TCP options, any flags and any numbers. */
    static SuperFrame random(Random random, boolean ipv4, boolean tcp, int payloadBytes) {
        ByteBuffer f = ByteBuffer.allocate(66_000);
        f.put(bytes(random, 12));
        f.put(6, (byte) 2);
        int tags = random.nextInt(3);
        for (int n = 0; n < tags; n++) {
            f.putShort((short) (n == 0 && tags == 2 ? 0x88a8 : 0x8100)).putShort((short) random.nextInt());
        }
        f.putShort((short) (ipv4 ? 0x0800 : 0x86dd));
        int l3 = f.position();
        byte[] finalDestination = ipv4 ? ipv4(f, random, tcp ? TCP : UDP) : ipv6(f, random, tcp ? TCP : UDP);
        int l4 = f.position();
        f.put(bytes(random, tcp ? 20 : 8));
        if (tcp) {
            byte[] options = bytes(random, 4 * random.nextInt(11));
            f.put(l4 + 12, (byte) (((20 + options.length) << 2) | random.nextInt(16)));
            f.put(options);
        }
        int headerBytes = f.position();
        f.put(bytes(random, payloadBytes));
        byte[] frame = new byte[f.position()];
        f.get(0, frame);
        byte type = !tcp ? Batch.GSO_UDP_L4 : ipv4 ? Batch.GSO_TCPV4 : Batch.GSO_TCPV6;
        SuperFrame made = new SuperFrame(frame, type, l3, l4, headerBytes, finalDestination);
        made.finish();
        return made;
    }

    private void finish() {
        ByteBuffer f = ByteBuffer.wrap(bytes);
        int l4Bytes = bytes.length - l4;
        if (!tcp()) {
            f.putShort(l4 + 4, (short) l4Bytes);
        }
        if (ipv4()) {
            f.putShort(l3 + 2, (short) (bytes.length - l3));
            f.putShort(l3 + 10, (short) 0);
            f.putShort(l3 + 10, (short) ~fold(words(bytes, l3, l4)));
        } else {
            f.putShort(l3 + 4, (short) (bytes.length - l3 - 40));
        }
        f.putShort(l4 + checksumOffset(), (short) fold(pseudo(l4Bytes)));
    }

    /** Sum of the pseudo-header of a segment, the plain way, with the destination that is the last of a routing header. */
    long pseudo(int l4Bytes) {
        int source = ipv4() ? l3 + 12 : l3 + 8;
        return words(bytes, source, source + finalDestination.length)
                + words(finalDestination, 0, finalDestination.length)
                + protocol()
                + l4Bytes;
    }

    private static byte[] ipv4(ByteBuffer f, Random random, int protocol) {
        // A timestamp option of the length that is left (RFC 791 3.1): any bytes may stand in it.
        int optionBytes = random.nextBoolean() ? 0 : 4 * (1 + random.nextInt(10));
        f.put((byte) (0x45 + optionBytes / 4)).put((byte) random.nextInt()).putShort((short) 0);
        f.putShort((short) random.nextInt()).putShort((short) (random.nextBoolean() ? 0x4000 : 0));
        f.put((byte) 64).put((byte) protocol).putShort((short) 0);
        byte[] destination = bytes(random, 4);
        destination[0] = 10;
        f.put(new byte[] {10, 1}).put(bytes(random, 2)).put(destination);
        if (optionBytes > 0) {
            f.put((byte) 68).put((byte) optionBytes).put(bytes(random, optionBytes - 2));
        }
        return destination;
    }

    private static byte[] ipv6(ByteBuffer f, Random random, int protocol) {
        int[] order = {HOP_BY_HOP, DESTINATION_OPTIONS, ROUTING};
        int headers = random.nextInt(8);
        f.putInt(0x6000_0000 | random.nextInt() >>> 4).putShort((short) 0);
        int nextAt = f.position();
        f.put((byte) protocol).put((byte) 64);
        byte[] destination = address(random);
        f.put(address(random)).put(destination);
        for (int n = 0; n < order.length; n++) {
            if ((headers >>> n & 1) == 0) {
                continue;
            }
            f.put(nextAt, (byte) order[n]);
            nextAt = f.position();
            if (order[n] == ROUTING) {
                destination = address(random);
                f.put((byte) protocol).put((byte) 2).put((byte) 0).put((byte) 1).putInt(0);
                f.put(destination);
            } else {
                int units = random.nextInt(3);
                f.put((byte) protocol).put((byte) units).put(bytes(random, 6 + 8 * units));
            }
        }
        return destination;
    }

    private static byte[] address(Random random) {
        byte[] address = bytes(random, 16);
        address[0] = 0x20;
        return address;
    }

    private static byte[] bytes(Random random, int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Sum of 16-bit words; an odd last byte counts as if a zero byte followed. */
    static long words(byte[] bytes, int from, int to) {
        long sum = 0;
        for (int at = from; at < to; at++) {
            sum += (long) (bytes[at] & 0xff) << ((at - from) % 2 == 0 ? 8 : 0);
        }
        return sum;
    }

    /** A sum folded to 16 bits. */
    static int fold(long sum) {
        long folded = sum;
        while (folded > 0xffff) {
            folded = (folded & 0xffff) + (folded >>> 16);
        }
        return (int) folded;
    }
}
