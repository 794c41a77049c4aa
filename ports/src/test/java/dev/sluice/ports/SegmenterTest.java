package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.Batch;
import dev.sluice.datapath.FramePool;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SegmenterTest {
    private static final int TCP_FIN_PSH_ACK_CWR = 0x80 | 0x10 | 0x08 | 0x01;
    private static final long SEED = System.nanoTime();

    private final FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(4, 4), 4096), 4, 4);
    private final MemorySegment memory = pool.memory();
    private final Batch batch = new Batch();
    private final Segmenter segmenter = new Segmenter(memory);
    private final Random random = new Random(SEED);

    @Test
    void cutsTcpOverIpv4IntoSegmentsThatMakeUpTheSame() {
        for (int round = 0; round < 200; round++) {
            int tags = random.nextInt(3);
            int options = 4 * random.nextInt(5);
            int gso = 1 + random.nextInt(1460);
            byte[] payload = payload(1 + random.nextInt(20_000));
            byte[] frame = tcpFrame(false, tags, options, payload);
            List<byte[]> segments = segment(frame, Batch.GSO_TCPV4, gso, 14 + 4 * tags + 20, 16);
            checkTcp(segments, 14 + 4 * tags, false, options, gso, payload);
        }
    }

    @Test
    void cutsTcpOverIpv6IntoSegmentsThatMakeUpTheSame() {
        for (int round = 0; round < 200; round++) {
            int tags = random.nextInt(3);
            int options = 4 * random.nextInt(5);
            int gso = 1 + random.nextInt(1440);
            byte[] payload = payload(1 + random.nextInt(20_000));
            byte[] frame = tcpFrame(true, tags, options, payload);
            List<byte[]> segments = segment(frame, Batch.GSO_TCPV6, gso, 14 + 4 * tags + 40, 16);
            checkTcp(segments, 14 + 4 * tags, true, options, gso, payload);
        }
    }

    @Test
    void cutsUdpIntoDatagramsOfTheirOwnLength() {
        for (int round = 0; round < 200; round++) {
            boolean ipv6 = random.nextBoolean();
            int gso = 1 + random.nextInt(1400);
            byte[] payload = payload(1 + random.nextInt(10_000));
            int l4 = 14 + (ipv6 ? 40 : 20);
            ByteBuffer frame = ByteBuffer.allocate(l4 + 8 + payload.length);
            network(frame, ipv6, 0, 17, 8 + payload.length);
            frame.putShort((short) 1000)
                    .putShort((short) 2000)
                    .putShort((short) 0)
                    .putShort((short) 0xbeef);
            frame.put(payload);

            ByteArrayOutputStream joined = new ByteArrayOutputStream();
            for (byte[] segment : segment(frame.array(), Batch.GSO_UDP_L4, gso, l4, 6)) {
                ByteBuffer view = ByteBuffer.wrap(segment);
                assertThat(view.getShort(l4 + 4) & 0xffff).isEqualTo(segment.length - l4);
                checkNetwork(segment, 14, ipv6, 17, l4);
                joined.write(segment, l4 + 8, segment.length - l4 - 8);
            }
            assertThat(joined.toByteArray()).as("seed %d", SEED).isEqualTo(payload);
        }
    }

    @Test
    void refusesFramesWhoseHeadersDoNotFit() {
        byte[] frame = tcpFrame(false, 0, 0, payload(3000));
        assertThat(begin(frame, Batch.GSO_TCPV6, 1000, 34)).isEqualTo(Segmenter.REFUSED);
        assertThat(begin(frame, Batch.GSO_UDP_L4, 1000, 34)).isEqualTo(Segmenter.REFUSED);
        assertThat(begin(frame, Batch.GSO_UDP, 1000, 34)).isEqualTo(Segmenter.REFUSED);
        assertThat(begin(frame, Batch.GSO_TCPV4, 0, 34)).isEqualTo(Segmenter.REFUSED);
        assertThat(begin(frame, Batch.GSO_TCPV4, 1000, 84)).isEqualTo(Segmenter.REFUSED);
        assertThat(begin(frame, Batch.GSO_TCPV4, 1000, 34)).isEqualTo(3);
        frame[34 + 12] = (byte) 0xf0;
        assertThat(begin(java.util.Arrays.copyOf(frame, 60), Batch.GSO_TCPV4, 10, 34))
                .isEqualTo(Segmenter.REFUSED);
    }

    private int begin(byte[] frame, byte type, int gso, int csumStart) {
        batch.count = 0;
        long start = pool.takeLarge();
        MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, start, frame.length);
        int slot = batch.append(start, frame.length, 0);
        batch.offload[slot] = Batch.CHECKSUM_PARTIAL;
        batch.gsoType[slot] = type;
        batch.gsoSizeBytes[slot] = gso;
        batch.csumStart[slot] = csumStart;
        int answer = segmenter.begin(batch, slot);
        pool.give(start);
        return answer;
    }

    private List<byte[]> segment(byte[] frame, byte type, int gso, int csumStart, int csumOffset) {
        int count = begin(frame, type, gso, csumStart);
        assertThat(count).as("seed %d", SEED).isPositive();
        List<byte[]> segments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long to = pool.takeSmall();
            int bytes = segmenter.write(i, to);
            assertThat(bytes).isLessThanOrEqualTo(segmenter.segmentBytesMax());
            segments.add(memory.asSlice(to, bytes).toArray(ValueLayout.JAVA_BYTE));
            pool.give(to);
        }
        assertThat(csumOffset).isPositive();
        return segments;
    }

    private void checkTcp(List<byte[]> segments, int l3, boolean ipv6, int options, int gso, byte[] payload) {
        int l4 = l3 + (ipv6 ? 40 : 20);
        int header = l4 + 20 + options;
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (int i = 0; i < segments.size(); i++) {
            byte[] segment = segments.get(i);
            ByteBuffer view = ByteBuffer.wrap(segment);
            boolean last = i == segments.size() - 1;
            assertThat(view.getInt(l4 + 4)).isEqualTo(0xffff_f000 + joined.size());
            int flags = 0x10 | (i == 0 ? 0x80 : 0) | (last ? 0x09 : 0);
            assertThat(segment[l4 + 13] & 0xff).as("seed %d", SEED).isEqualTo(flags);
            if (!last) {
                assertThat(segment.length - header).isEqualTo(gso);
            }
            if (!ipv6) {
                assertThat(view.getShort(l3 + 4) & 0xffff).isEqualTo(0xfffe + i & 0xffff);
            }
            checkNetwork(segment, l3, ipv6, 6, l4);
            joined.write(segment, header, segment.length - header);
        }
        assertThat(joined.toByteArray()).as("seed %d", SEED).isEqualTo(payload);
    }

    /** Lengths and checksums, computed the plain way. */
    private static void checkNetwork(byte[] segment, int l3, boolean ipv6, int protocol, int l4) {
        ByteBuffer view = ByteBuffer.wrap(segment);
        long pseudo = (long) protocol + segment.length - l4;
        if (ipv6) {
            assertThat(view.getShort(l3 + 4) & 0xffff).isEqualTo(segment.length - l3 - 40);
            pseudo += words(segment, l3 + 8, l3 + 40);
        } else {
            assertThat(view.getShort(l3 + 2) & 0xffff).isEqualTo(segment.length - l3);
            assertThat(fold(words(segment, l3, l4))).isEqualTo(0xffff);
            pseudo += words(segment, l3 + 12, l3 + 20);
        }
        assertThat(fold(pseudo + words(segment, l4, segment.length)))
                .as("seed %d", SEED)
                .isEqualTo(0xffff);
    }

    private static long words(byte[] bytes, int from, int to) {
        long sum = 0;
        for (int i = from; i < to; i++) {
            sum += (i - from) % 2 == 0 ? (bytes[i] & 0xff) << 8 : bytes[i] & 0xff;
        }
        return sum;
    }

    private static int fold(long sum) {
        long folded = sum;
        while (folded > 0xffff) {
            folded = (folded & 0xffff) + (folded >>> 16);
        }
        return (int) folded;
    }

    private byte[] payload(int bytes) {
        byte[] payload = new byte[bytes];
        random.nextBytes(payload);
        return payload;
    }

    private byte[] tcpFrame(boolean ipv6, int tags, int options, byte[] payload) {
        int l4Bytes = 20 + options + payload.length;
        ByteBuffer frame = ByteBuffer.allocate(14 + 4 * tags + (ipv6 ? 40 : 20) + l4Bytes);
        network(frame, ipv6, tags, 6, l4Bytes);
        frame.putShort((short) 1000).putShort((short) 2000).putInt(0xffff_f000).putInt(7);
        frame.put((byte) ((20 + options) << 2)).put((byte) TCP_FIN_PSH_ACK_CWR).putShort((short) 500);
        frame.putShort((short) 0xbeef)
                .putShort((short) 0)
                .put(new byte[options])
                .put(payload);
        return frame.array();
    }

    private void network(ByteBuffer frame, boolean ipv6, int tags, int protocol, int l4Bytes) {
        frame.put(payload(12));
        for (int i = 0; i < tags; i++) {
            frame.putShort((short) (i == 0 && tags == 2 ? 0x88a8 : 0x8100)).putShort((short) (100 + i));
        }
        if (ipv6) {
            frame.putShort((short) 0x86dd).putInt(0x6000_0000).putShort((short) l4Bytes);
            frame.put((byte) protocol).put((byte) 64).put(payload(32));
        } else {
            frame.putShort((short) 0x0800).putShort((short) 0x4500).putShort((short) (20 + l4Bytes));
            frame.putShort((short) 0xfffe)
                    .putShort((short) 0x4000)
                    .put((byte) 64)
                    .put((byte) protocol);
            frame.putShort((short) 0).put(payload(8));
        }
    }
}
