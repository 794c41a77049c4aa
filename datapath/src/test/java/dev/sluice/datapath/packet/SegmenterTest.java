package dev.sluice.datapath.packet;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sluice.wire.Checksum;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Array;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Super-frames cut into segments (packet-life.md, segments made here). */
class SegmenterTest {
    private static final int SMALL = 300;
    private static final int LARGE = 24;
    private static final int FIN_PSH = 0x09;
    private static final int CWR = 0x80;

    private final long seed = System.nanoTime();
    private final Random random = new Random(seed);
    private final FramePool pool =
            new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(SMALL, LARGE), 4096), SMALL, LARGE);
    private final MemorySegment memory = pool.memory();
    private final Segmenter segmenter = new Segmenter(pool);
    private final Batch batch = new Batch();
    private final Batch pieces = new Batch();
    private final Batch fresh = new Batch();

    private int gsoSizeBytes;

    private SuperFrame superFrame(int payloadBytes) {
        return SuperFrame.random(random, random.nextBoolean(), random.nextBoolean(), payloadBytes);
    }

    private SuperFrame tcpOverIpv4(int payloadBytes) {
        SuperFrame whole = SuperFrame.random(random, true, true, payloadBytes);
        while (whole.decorated()) {
            whole = SuperFrame.random(random, true, true, payloadBytes);
        }
        return whole;
    }

    private boolean split(SuperFrame whole, boolean partial) {
        whole.into(batch, pool, gsoSizeBytes, partial);
        assertThat(batch.parsed[0]).as("parsed, seed %d", seed).isPositive();
        return segmenter.split(batch, 0, pieces);
    }

    private void givePieces() {
        for (int k = 0; k < pieces.count; k++) {
            pool.give(pieces.start[k]);
        }
        assertThat(pool.freeSmallCount()).as("seed %d", seed).isEqualTo(SMALL);
        assertThat(pool.freeLargeCount()).as("seed %d", seed).isEqualTo(LARGE);
    }

    private byte[] bytes(Batch b, int k) {
        return memory.asSlice(b.start[k], b.length[k]).toArray(ValueLayout.JAVA_BYTE);
    }

    @Test
    void segmentsMakeUpTheSuperFrame() {
        for (int round = 0; round < 1_000; round++) {
            gsoSizeBytes = random.nextInt(10) == 0 ? 1 + random.nextInt(9_000) : 1 + random.nextInt(1_460);
            int most = Math.min(64_000, gsoSizeBytes * Batch.CAPACITY);
            SuperFrame whole = superFrame(random.nextInt(random.nextBoolean() ? most : Math.min(most, 5_000)));
            checkSplit(whole, whole.decorated() || random.nextInt(4) > 0);
        }
    }

    @Test
    void payloadThatIsAMultipleOfTheSizeLeavesNoEmptySegment() {
        for (int segments = 1; segments <= 40; segments++) {
            gsoSizeBytes = 1_448;
            checkSplit(superFrame(segments * 1_448), true);
            assertThat(pieces.count).as("seed %d", seed).isEqualTo(segments);
        }
    }

    @Test
    void payloadSmallerThanTheSizeIsOneCompleteFrame() {
        for (int payload : new int[] {0, 1, 2, 1_446, 1_447}) {
            gsoSizeBytes = 1_448;
            checkSplit(superFrame(payload), true);
            assertThat(pieces.count).as("seed %d", seed).isEqualTo(1);
        }
    }

    @Test
    void eachCombinationOfTcpFlagsIsSharedOut() {
        for (int flags = 0; flags < 256; flags++) {
            gsoSizeBytes = 100;
            SuperFrame whole = tcpOverIpv4(250);
            whole.bytes()[whole.l4() + 13] = (byte) flags;
            checkSplit(whole, true);
            assertThat(pieces.tcpFlags)
                    .as("seed %d", seed)
                    .startsWith(flags & ~FIN_PSH, flags & ~FIN_PSH & ~CWR, flags & ~CWR);
        }
    }

    @Test
    void numbersGoOnBehindTheirLargest() {
        gsoSizeBytes = 1_000;
        SuperFrame whole = tcpOverIpv4(3_000);
        ByteBuffer frame = ByteBuffer.wrap(whole.bytes());
        int sum = frame.getShort(whole.l3() + 10) & 0xffff;
        int before = frame.getShort(whole.l3() + 4) & 0xffff;
        frame.putShort(whole.l3() + 4, (short) 0xffff);
        frame.putShort(whole.l3() + 10, (short) Checksum.update16(sum, before, 0xffff));
        frame.putInt(whole.l4() + 4, -1);
        checkSplit(whole, true);
    }

    @Test
    void udpWithoutChecksumStaysWithout() {
        gsoSizeBytes = 500;
        SuperFrame whole = SuperFrame.random(random, true, false, 1_200);
        ByteBuffer.wrap(whole.bytes()).putShort(whole.l4() + 6, (short) 0);
        assertThat(split(whole, false)).isTrue();
        for (int k = 0; k < 3; k++) {
            assertThat(ByteBuffer.wrap(bytes(pieces, k)).getShort(whole.l4() + 6))
                    .as("seed %d", seed)
                    .isZero();
        }
        givePieces();
    }

    private void checkSplit(SuperFrame whole, boolean partial) {
        assertThat(split(whole, partial)).as("seed %d", seed).isTrue();
        int payloadBytes = whole.payloadBytes();
        int count = Math.max(1, (payloadBytes + gsoSizeBytes - 1) / gsoSizeBytes);
        assertThat(pieces.count).as("seed %d", seed).isEqualTo(count);
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (int k = 0; k < count; k++) {
            byte[] piece = bytes(pieces, k);
            assertThat(pool.headroomBytes(pieces.start[k])).isEqualTo(FramePool.HEADROOM_BYTES);
            assertThat(piece.length - whole.headerBytes())
                    .as("payload of %d, seed %d", k, seed)
                    .isEqualTo(k < count - 1 ? gsoSizeBytes : payloadBytes - k * gsoSizeBytes);
            assertThat(Arrays.copyOf(piece, whole.headerBytes()))
                    .as("headers of %d, seed %d", k, seed)
                    .isEqualTo(expectedHeaders(whole, k, count, piece));
            checkChecksums(whole, k);
            checkKnowledge(k);
            stream.write(piece, whole.headerBytes(), piece.length - whole.headerBytes());
        }
        assertThat(stream.toByteArray())
                .as("stream, seed %d", seed)
                .isEqualTo(Arrays.copyOfRange(whole.bytes(), whole.headerBytes(), whole.bytes().length));
        givePieces();
    }

    /** The headers of the whole, with what differs from segment to segment set; checksums as they are in the piece. */
    private byte[] expectedHeaders(SuperFrame whole, int k, int count, byte[] piece) {
        ByteBuffer f = ByteBuffer.wrap(Arrays.copyOf(whole.bytes(), whole.headerBytes()));
        ByteBuffer got = ByteBuffer.wrap(piece);
        int l3 = whole.l3();
        int l4 = whole.l4();
        if (whole.ipv4()) {
            f.putShort(l3 + 2, (short) (piece.length - l3));
            f.putShort(l3 + 4, (short) (f.getShort(l3 + 4) + k));
            f.putShort(l3 + 10, got.getShort(l3 + 10));
        } else {
            f.putShort(l3 + 4, (short) (piece.length - l3 - 40));
        }
        if (whole.tcp()) {
            f.putInt(l4 + 4, f.getInt(l4 + 4) + k * gsoSizeBytes);
            int flags = f.get(l4 + 13) & ~(k > 0 ? CWR : 0) & ~(k < count - 1 ? FIN_PSH : 0);
            f.put(l4 + 13, (byte) flags);
        } else {
            f.putShort(l4 + 4, (short) (piece.length - l4));
        }
        f.putShort(l4 + whole.checksumOffset(), got.getShort(l4 + whole.checksumOffset()));
        return f.array();
    }

    private void checkChecksums(SuperFrame whole, int k) {
        long start = pieces.start[k];
        int l4Bytes = pieces.length[k] - whole.l4();
        if (whole.ipv4()) {
            assertThat(Checksum.of(memory, start + whole.l3(), whole.l4() - whole.l3()))
                    .as("IPv4 checksum of %d, seed %d", k, seed)
                    .isZero();
        }
        assertThat(Checksum.verify(memory, whole.pseudo(l4Bytes), start + whole.l4(), l4Bytes))
                .as("transport checksum of %d, seed %d", k, seed)
                .isTrue();
        if (!whole.tcp()) {
            assertThat(ByteBuffer.wrap(bytes(pieces, k)).getShort(whole.l4() + 6))
                    .isNotZero();
        }
    }

    /** Everything in the batch is what a parser finds in a frame that comes in like this. */
    private void checkKnowledge(int k) {
        fresh.count = 0;
        fresh.append(pieces.start[k], pieces.length[k], 7);
        new Parser(memory).parseOne(fresh, 0);
        for (Field field : Batch.class.getFields()) {
            if (!Modifier.isStatic(field.getModifiers()) && field.getType().isArray()) {
                assertThat(at(field, pieces, k))
                        .as("%s of %d, seed %d", field.getName(), k, seed)
                        .isEqualTo(at(field, fresh, 0));
            }
        }
    }

    private static Object at(Field field, Batch b, int slot) {
        try {
            return Array.get(field.get(b), slot);
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void takesNothingWhereFramesRunOut() {
        gsoSizeBytes = 1_000;
        SuperFrame whole = superFrame(9_500);
        for (int free = 0; free <= 10; free++) {
            List<Long> taken = new ArrayList<>();
            while (pool.freeSmallCount() > free) {
                taken.add(pool.takeSmall());
            }
            boolean done = split(whole, true);
            assertThat(done).as("%d free", free).isEqualTo(free == 10);
            assertThat(pieces.count).isEqualTo(done ? 10 : 0);
            assertThat(pool.freeSmallCount()).isEqualTo(done ? 0 : free);
            if (!done) {
                assertThat(bytes(batch, 0)).isEqualTo(whole.bytes());
                assertThat(pool.freeLargeCount()).isEqualTo(LARGE - 1);
                pool.give(batch.start[0]);
            }
            taken.forEach(pool::give);
            givePieces();
        }
    }

    @Test
    void largeSegmentsTakeLargeFramesAndTheLastASmallOne() {
        gsoSizeBytes = 8_900;
        checkSplit(tcpOverIpv4(8_900 * 3 + 1), true);
        assertThat(pool.isSmall(pieces.start[2])).isFalse();
        assertThat(pool.isSmall(pieces.start[3])).isTrue();
    }

    private void assertRefused() {
        byte[] before = bytes(batch, 0);
        assertThat(segmenter.split(batch, 0, pieces)).as("seed %d", seed).isFalse();
        assertThat(pieces.count).isZero();
        assertThat(bytes(batch, 0)).isEqualTo(before);
        pool.give(batch.start[0]);
        givePieces();
    }

    private SuperFrame ready(boolean ipv4, boolean tcp) {
        SuperFrame whole = SuperFrame.random(random, ipv4, tcp, 3_000);
        while (ipv4 && whole.decorated()) {
            whole = SuperFrame.random(random, true, tcp, 3_000);
        }
        whole.into(batch, pool, 1_000, true);
        return whole;
    }

    @Test
    void refusesWhatIsNoSuperFrameOrOneOfAnotherKind() {
        for (byte type : new byte[] {Batch.GSO_NONE, Batch.GSO_UDP, Batch.GSO_TCPV6, Batch.GSO_UDP_L4, 2, -1}) {
            ready(true, true);
            batch.gsoType[0] = type;
            assertRefused();
        }
        ready(false, true);
        batch.gsoType[0] = Batch.GSO_TCPV4;
        assertRefused();
        ready(true, false);
        batch.gsoType[0] = Batch.GSO_TCPV4;
        assertRefused();
        ready(false, true);
        batch.gsoType[0] = Batch.GSO_UDP_L4;
        assertRefused();
    }

    @Test
    void refusesSizesThatFitNothing() {
        for (int size : new int[] {0, -1, 11}) {
            ready(true, true);
            batch.gsoSizeBytes[0] = size;
            assertRefused();
        }
        ready(true, true);
        batch.gsoSizeBytes[0] = 12;
        assertThat(segmenter.split(batch, 0, pieces)).isTrue();
        assertThat(pieces.count).isEqualTo(250);
        givePieces();
    }

    @Test
    void refusesChecksumsAndTransportElsewhere() {
        ready(true, true);
        batch.csumStart[0] += 50;
        assertRefused();
        ready(true, true);
        batch.csumOffset[0] = 6;
        assertRefused();
        ready(true, true);
        batch.l4[0] = 0;
        assertRefused();
        SuperFrame whole = ready(true, true);
        memory.set(ValueLayout.JAVA_BYTE, batch.start[0] + whole.l4() + 12, (byte) 0x40);
        assertRefused();
        whole = ready(true, true);
        memory.set(ValueLayout.JAVA_BYTE, batch.start[0] + whole.l3() + 6, (byte) 0x20);
        assertRefused();
    }

    @Test
    void refusesExtensionHeadersThatHoldForTheWholeOnly() {
        for (int header : new int[] {51, 44, 135, 139, 140}) {
            SuperFrame whole = ready(false, true);
            while (!whole.decorated()) {
                pool.give(batch.start[0]);
                whole = ready(false, true);
            }
            memory.set(ValueLayout.JAVA_BYTE, batch.start[0] + whole.l3() + 6, (byte) header);
            assertRefused();
        }
    }

    @Test
    void refusesExtensionHeadersWithoutTheSendersSum() {
        SuperFrame whole = ready(false, true);
        while (!whole.decorated()) {
            pool.give(batch.start[0]);
            whole = ready(false, true);
        }
        batch.offload[0] = Batch.CHECKSUM_VALID;
        assertRefused();
    }

    @Test
    void partialSumOfPlainHeadersIsNotReliedOn() {
        gsoSizeBytes = 1_000;
        SuperFrame whole = tcpOverIpv4(3_000);
        ByteBuffer.wrap(whole.bytes()).putShort(whole.l4() + 16, (short) 0xbeef);
        checkSplit(whole, true);
    }

    @Test
    void completesAPartialChecksumInPlace() {
        for (int round = 0; round < 500; round++) {
            SuperFrame whole = superFrame(random.nextInt(1_400));
            whole.into(batch, pool, 0, true);
            batch.gsoType[0] = Batch.GSO_NONE;
            segmenter.complete(batch, 0);
            int l4Bytes = whole.bytes().length - whole.l4();
            assertThat(Checksum.verify(memory, whole.pseudo(l4Bytes), batch.start[0] + whole.l4(), l4Bytes))
                    .as("seed %d", seed)
                    .isTrue();
            assertThat(batch.offload[0]).isZero();
            assertThat(batch.csumStart[0]).isZero();
            assertThat(batch.csumOffset[0]).isZero();
            pool.give(batch.start[0]);
        }
    }

    @Test
    void leavesBytesAloneWhoseChecksumIsNotPartialOrLiesOutside() {
        SuperFrame whole = ready(true, true);
        batch.offload[0] = Batch.CHECKSUM_VALID;
        segmenter.complete(batch, 0);
        assertThat(bytes(batch, 0)).isEqualTo(whole.bytes());
        assertThat(batch.offload[0]).isZero();
        batch.offload[0] = Batch.CHECKSUM_PARTIAL;
        batch.csumStart[0] = whole.bytes().length;
        segmenter.complete(batch, 0);
        assertThat(bytes(batch, 0)).isEqualTo(whole.bytes());
        assertThat(batch.offload[0]).isZero();
    }

    @Test
    void allocatesNothing() {
        SuperFrame whole = tcpOverIpv4(60_000);
        gsoSizeBytes = 1_448;
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long bytes = Long.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            cutAgainAndAgain(whole, 1_000);
            bytes = Math.min(bytes, threads.getCurrentThreadAllocatedBytes() - before);
        }
        assertThat(bytes / 1_000).as("bytes per super-frame").isZero();
    }

    private void cutAgainAndAgain(SuperFrame whole, int times) {
        whole.into(batch, pool, gsoSizeBytes, true);
        for (int n = 0; n < times; n++) {
            boolean done = segmenter.split(batch, 0, pieces);
            for (int k = pieces.count - 1; done && k >= 0; k--) {
                pool.give(pieces.start[k]);
            }
            // The chunk of the whole lies on top again with its bytes as they were.
            batch.start[0] = pool.takeLarge();
        }
        pool.give(batch.start[0]);
    }
}
