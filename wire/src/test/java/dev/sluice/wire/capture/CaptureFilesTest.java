package dev.sluice.wire.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.fuzz.Damage;
import dev.sluice.fuzz.FuzzTarget;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Capture files: what is written is read again, both byte orders of pcap, and broken files end with a message. */
class CaptureFilesTest {
    private static final byte[] FIRST = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
    private static final byte[] SECOND = {42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56};

    private static List<byte[]> read(byte[] file) throws IOException {
        CaptureReader reader = new CaptureReader(new ByteArrayInputStream(file));
        List<byte[]> frames = new ArrayList<>();
        for (byte[] frame = reader.frame(); frame != null; frame = reader.frame()) {
            frames.add(frame);
        }
        return frames;
    }

    private static byte[] written() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(PcapngWriter.section("test"));
        out.writeBytes(PcapngWriter.networkInterface("left", "a port"));
        out.writeBytes(PcapngWriter.packet(0, 1, FIRST, FIRST.length, PcapngWriter.INBOUND, "in"));
        out.writeBytes(PcapngWriter.networkInterface("right", ""));
        out.writeBytes(PcapngWriter.packet(1, 2, SECOND, SECOND.length, PcapngWriter.OUTBOUND, "a longer comment"));
        out.writeBytes(PcapngWriter.statistics(0, 3, 7, "7 lost"));
        return out.toByteArray();
    }

    private static byte[] pcap(ByteOrder order, int magic, int linkType) {
        ByteBuffer file =
                ByteBuffer.allocate(24 + 32 + FIRST.length + SECOND.length).order(order);
        file.putInt(magic)
                .putShort((short) 2)
                .putShort((short) 4)
                .putLong(0)
                .putInt(65_535)
                .putInt(linkType);
        for (byte[] frame : List.of(FIRST, SECOND)) {
            file.putInt(1).putInt(2).putInt(frame.length).putInt(frame.length).put(frame);
        }
        return file.array();
    }

    @Test
    void whatWasWrittenIsReadAgain() throws IOException {
        assertThat(read(written())).containsExactly(FIRST, SECOND);
    }

    @ParameterizedTest
    @ValueSource(ints = {0xa1b2c3d4, 0xa1b23c4d})
    void classicFilesOfBothByteOrdersAreRead(int magic) throws IOException {
        assertThat(read(pcap(ByteOrder.LITTLE_ENDIAN, magic, 1))).containsExactly(FIRST, SECOND);
        assertThat(read(pcap(ByteOrder.BIG_ENDIAN, magic, 1))).containsExactly(FIRST, SECOND);
    }

    @Test
    void filesOfAnotherKindAreRefusedWithTheReason() {
        assertThatThrownBy(() -> read(pcap(ByteOrder.LITTLE_ENDIAN, 0xa1b2c3d4, 113)))
                .hasMessageContaining("link type 113");
        assertThatThrownBy(() -> read("no capture file at all".getBytes(java.nio.charset.StandardCharsets.UTF_8)))
                .hasMessageContaining("pcapng");
        assertThatThrownBy(() -> read(Arrays.copyOf(written(), written().length - 3)))
                .hasMessageContaining("cut off");
    }

    private static long damaged(long seed, int executions) {
        Random random = new Random(seed);
        List<byte[]> files = List.of(
                written(), pcap(ByteOrder.LITTLE_ENDIAN, 0xa1b2c3d4, 1), pcap(ByteOrder.BIG_ENDIAN, 0xa1b23c4d, 1));
        int refused = 0;
        for (int i = 0; i < executions; i++) {
            byte[] file = Damage.bytes(random, files.get(i % files.size()));
            try {
                read(file);
            } catch (IOException e) {
                refused++;
                assertThat(e.getMessage()).contains("capture file");
            } catch (RuntimeException e) {
                throw new AssertionError("file " + i + ": " + HexFormat.of().formatHex(file), e);
            }
        }
        assertThat(refused).isBetween(executions / 10, executions * 9 / 10);
        return executions;
    }

    private static FuzzTarget target(int executions) {
        return new FuzzTarget(
                "capture files", "CaptureFilesTest#brokenFilesOfManySeeds", seed -> damaged(seed, executions));
    }

    @Test
    void brokenFilesEndWithAnIoExceptionOrAreReadAndNeverWithAnythingElse() {
        target(30_000).once(1);
    }

    @Test
    @Tag("campaign")
    void brokenFilesOfManySeeds() {
        target(100_000).run();
    }
}
