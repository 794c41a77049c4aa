package dev.sluice.datapath.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropCounters;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.wire.Layouts;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What counts against the MTU. */
class FramesTest {
    private static final int ETHERNET_BYTES = 14;
    private static final int IPV4_BYTES = 20;
    private static final int TCP_BYTES_WITH_TIMESTAMPS = 32;
    private static final int SEGMENT_BYTES = 1448;

    private final Arena arena = Arena.ofConfined();
    private final FramePool pool = new FramePool(arena.allocate(FramePool.bytesFor(4, 4), 4096), 4, 4);
    private final Frames frames = new Frames(pool, new DropCounters());
    private final Batch batch = new Batch();

    @AfterEach
    void close() {
        arena.close();
    }

    private int superFrame(byte gsoType, int segmentBytes, int bytes) {
        int slot = batch.append(pool.take(bytes), bytes, 0);
        batch.l3[slot] = ETHERNET_BYTES;
        batch.l4[slot] = ETHERNET_BYTES + IPV4_BYTES;
        batch.gsoType[slot] = gsoType;
        batch.gsoSizeBytes[slot] = segmentBytes;
        return slot;
    }

    @Test
    void segmentOfASuperFrameHasTheHeadersOfThePacketNotThoseOfTheHint() {
        int slot = superFrame(Batch.GSO_TCPV4, SEGMENT_BYTES, 20_000);
        Layouts.putU8(
                pool.memory(),
                batch.start[slot] + ETHERNET_BYTES + IPV4_BYTES + 12,
                (TCP_BYTES_WITH_TIMESTAMPS / 4) << 4);
        // Linux gives the length of the first buffer, which holds payload too when a stack sends again.
        batch.gsoHeaderBytes[slot] = 9_000;
        assertThat(frames.packetBytes(batch, slot)).isEqualTo(1_500);
    }

    @Test
    void segmentOfAUdpSuperFrameHasAHeaderOfEightBytes() {
        int slot = superFrame(Batch.GSO_UDP_L4, 1_200, 20_000);
        assertThat(frames.packetBytes(batch, slot)).isEqualTo(IPV4_BYTES + 8 + 1_200);
    }

    @ParameterizedTest
    @CsvSource({"0,0,1500", "0,33024,1500", "0,34984,1504", "33024,33024,1504", "33024,34984,1508"})
    void everyTagButAnOutermost8021qOneCountsAgainstTheMtu(int inner, int outer, int mtuNeeded) {
        int bytes = ETHERNET_BYTES + 1_500;
        int slot = batch.append(pool.take(bytes), bytes, 0);
        batch.l3[slot] = ETHERNET_BYTES;
        assertThat(frames.exceeds(port(mtuNeeded), batch, slot, inner << 16, outer << 16))
                .isFalse();
        assertThat(frames.exceeds(port(mtuNeeded - 1), batch, slot, inner << 16, outer << 16))
                .isTrue();
    }

    private static PortEntry port(int mtuBytes) {
        return new PortEntry(
                0, "p", PortEntry.Role.SERVICE, -1, -1, 0x02_00_00_00_00_01L, List.of(), false, false, 0, 0, mtuBytes);
    }

    @Test
    void superFrameOfUnknownTransportCountsAsAWhole() {
        int slot = superFrame(Batch.GSO_TCPV4, SEGMENT_BYTES, 20_000);
        batch.l4[slot] = 0;
        assertThat(frames.packetBytes(batch, slot)).isEqualTo(20_000 - ETHERNET_BYTES);
    }
}
