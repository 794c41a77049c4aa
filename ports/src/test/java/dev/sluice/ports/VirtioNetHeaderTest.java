package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class VirtioNetHeaderTest {
    private final FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(2, 1), 4096), 2, 1);
    private final MemorySegment header = Arena.ofAuto().allocate(16, 8);
    private final Batch batch = new Batch();

    @Test
    void readsPartialChecksumBehindTagPutBack() {
        put(1, 1 | 0x80, 66, 1448, 34, 16);
        int slot = batch.append(pool.takeLarge(), 9000, 0);
        VirtioNetHeader.read(header, 0, batch, slot, 4);

        assertThat(batch.offload[slot]).isEqualTo(Batch.CHECKSUM_PARTIAL);
        assertThat(batch.gsoType[slot]).isEqualTo(Batch.GSO_TCPV4);
        assertThat(batch.csumStart[slot]).isEqualTo(38);
        assertThat(batch.csumOffset[slot]).isEqualTo(16);
        assertThat(batch.gsoHeaderBytes[slot]).isEqualTo(70);
        assertThat(batch.gsoSizeBytes[slot]).isEqualTo(1448);
    }

    @Test
    void writesValidChecksumAsNoOffload() {
        header.fill((byte) 0xff);
        int slot = batch.append(pool.takeSmall(), 60, 0);
        batch.offload[slot] = Batch.CHECKSUM_VALID;
        VirtioNetHeader.write(header, 0, batch, slot, pool.memory());
        assertThat(header.asSlice(0, 10).toArray(ValueLayout.JAVA_BYTE)).containsOnly(0);
    }

    @Test
    void writesLengthOfHeadersAsTheyAreInTheFrame() {
        long start = pool.takeLarge();
        int slot = batch.append(start, 9000, 0);
        batch.offload[slot] = Batch.CHECKSUM_PARTIAL;
        batch.gsoType[slot] = Batch.GSO_TCPV4;
        batch.gsoSizeBytes[slot] = 1448;
        batch.gsoHeaderBytes[slot] = 5;
        batch.csumStart[slot] = 38;
        batch.csumOffset[slot] = 16;
        pool.memory().set(ValueLayout.JAVA_BYTE, start + 38 + 12, (byte) 0x80);
        pool.memory().set(ValueLayout.JAVA_BYTE, start + 38 + 13, (byte) 0x80);
        VirtioNetHeader.write(header, 0, batch, slot, pool.memory());

        assertThat(header.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 1);
        assertThat(header.get(ValueLayout.JAVA_BYTE, 1)).isEqualTo((byte) 0x81);
        assertThat(header.get(ValueLayout.JAVA_SHORT, 2)).isEqualTo((short) 70);
        assertThat(header.get(ValueLayout.JAVA_SHORT, 4)).isEqualTo((short) 1448);
        assertThat(header.get(ValueLayout.JAVA_SHORT, 6)).isEqualTo((short) 38);
        assertThat(header.get(ValueLayout.JAVA_SHORT, 8)).isEqualTo((short) 16);
    }

    private void put(int flags, int gsoType, int headerBytes, int gsoSize, int csumStart, int csumOffset) {
        header.set(ValueLayout.JAVA_BYTE, 0, (byte) flags);
        header.set(ValueLayout.JAVA_BYTE, 1, (byte) gsoType);
        header.set(ValueLayout.JAVA_SHORT, 2, (short) headerBytes);
        header.set(ValueLayout.JAVA_SHORT, 4, (short) gsoSize);
        header.set(ValueLayout.JAVA_SHORT, 6, (short) csumStart);
        header.set(ValueLayout.JAVA_SHORT, 8, (short) csumOffset);
    }
}
