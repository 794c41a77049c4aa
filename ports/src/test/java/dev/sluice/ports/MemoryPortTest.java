package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryPortTest {
    private final FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(8, 2), 4096), 8, 2);
    private final Batch batch = new Batch();

    @Test
    void receivesWhatIsInjectedWithItsOffloads() {
        MemoryPort port = new MemoryPort("m0", 7, pool);
        port.inject(MemoryFrame.superFrame(new byte[9000], Batch.GSO_TCPV4, 1448, 66, 34, 16));

        assertThat(port.receive(batch)).isEqualTo(1);
        assertThat(batch.port[0]).isEqualTo(7);
        assertThat(batch.length[0]).isEqualTo(9000);
        assertThat(batch.offload[0]).isEqualTo(Batch.CHECKSUM_PARTIAL);
        assertThat(batch.gsoType[0]).isEqualTo(Batch.GSO_TCPV4);
        assertThat(batch.gsoSizeBytes[0]).isEqualTo(1448);
        assertThat(batch.csumStart[0]).isEqualTo(34);
        assertThat(batch.csumOffset[0]).isEqualTo(16);
        assertThat(pool.isSmall(batch.start[0])).isFalse();
        assertThat(pool.headroomBytes(batch.start[0])).isEqualTo(FramePool.HEADROOM_BYTES);
    }

    @Test
    void keepsWhatIsSentUntilCollected() {
        MemoryPort port = new MemoryPort("m0", 0, pool);
        port.inject(new byte[] {1, 2, 3});
        port.receive(batch);
        port.send(batch, 0);
        assertThat(port.takeSent()).isEmpty();
        port.flush();

        List<MemoryFrame> sent = port.takeSent();
        assertThat(sent).hasSize(1);
        assertThat(sent.getFirst().bytes()).containsExactly(1, 2, 3);
        assertThat(port.takeSent()).isEmpty();
        assertThat(pool.freeSmallCount()).isEqualTo(8);
    }

    @Test
    void handsFramesToItsLinkedEnd() {
        MemoryPort one = new MemoryPort("one", 0, pool);
        MemoryPort other = new MemoryPort("other", 1, pool);
        MemoryPort.link(one, other);
        one.inject(new byte[60]);
        one.receive(batch);
        one.send(batch, 0);
        one.flush();

        batch.count = 0;
        assertThat(other.receive(batch)).isEqualTo(1);
        assertThat(batch.port[0]).isEqualTo(1);
        assertThat(one.counters().sentFrames).isEqualTo(1);
        assertThat(other.counters().receivedBytes).isEqualTo(60);
    }

    @Test
    void countsFramesForWhichNoChunkIsFree() {
        MemoryPort port = new MemoryPort("m0", 0, pool);
        for (int i = 0; i < 10; i++) {
            port.inject(new byte[60]);
        }
        assertThat(port.receive(batch)).isEqualTo(8);
        assertThat(port.counters().receiveDropped).isEqualTo(2);
    }

    @Test
    void isDeafAndDropsWhileDown() {
        MemoryPort port = new MemoryPort("m0", 0, pool);
        port.inject(new byte[60]);
        port.receive(batch);
        port.setUp(false);
        port.inject(new byte[60]);
        port.send(batch, 0);
        port.flush();

        batch.count = 0;
        assertThat(port.receive(batch)).isZero();
        assertThat(port.takeSent()).isEmpty();
        assertThat(port.counters().sendDropped).isEqualTo(1);
        assertThat(pool.freeSmallCount()).isEqualTo(8);
    }
}
