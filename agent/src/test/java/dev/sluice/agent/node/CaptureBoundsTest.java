package dev.sluice.agent.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.report.CapturePart;
import dev.sluice.wire.capture.CaptureReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Captures of a whole node that end by a bound (X3): packets, bytes of each, bytes of the file, being asked to. */
@Timeout(60)
class CaptureBoundsTest {
    private static final int FRAMES = 50;

    /** As MemoryNode.FORWARD, with 158 bytes of payload, so that there is something to cut off. */
    private static final byte[] FRAME = Arrays.copyOf(
            HexFormat.of()
                    .parseHex("02000000000b02000000000a0800" + "450000ba0000000040116631" + "0a0000010a000002"
                            + "03e8003500a60000" + "61"),
            200);

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @SuppressWarnings("NullAway.Init") // set before each test
    private MemoryNode node;

    private final ByteArrayOutputStream file = new ByteArrayOutputStream();

    @BeforeEach
    void start() throws Exception {
        node = new MemoryNode(directory, Yaml.bridge(), false);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private CapturePart ask(Map<String, ?> fields) throws NodeException {
        CapturePart part = node.runner.requests().ask("capture", fields, CapturePart.class);
        file.writeBytes(Base64.getDecoder().decode(part.pcapng()));
        return part;
    }

    /** Captures with these bounds while packets come in. */
    private CapturePart captured(Map<String, ?> bounds) throws NodeException {
        CapturePart part = ask(bounds);
        for (int i = 0; i < FRAMES; i++) {
            node.port("left").inject(FRAME);
        }
        while (!part.done()) {
            assertThat(part.end()).isEmpty();
            part = ask(Map.of("session", part.session()));
        }
        return part;
    }

    private List<byte[]> frames() throws IOException {
        CaptureReader reader = new CaptureReader(new ByteArrayInputStream(file.toByteArray()));
        List<byte[]> frames = new ArrayList<>();
        for (byte[] frame = reader.frame(); frame != null; frame = reader.frame()) {
            frames.add(frame);
        }
        return frames;
    }

    private String words() {
        return file.toString(StandardCharsets.ISO_8859_1);
    }

    @Test
    void captureEndsAfterSoManyPacketsOfWhichOnlySoManyBytesAreKept() throws Exception {
        CapturePart end = captured(Map.of("stage", "in", "port", "left", "packets", 3, "packetBytes", 64));
        assertThat(end.end()).isEqualTo("packets");
        assertThat(end.frames()).isEqualTo(3);
        assertThat(frames()).hasSize(3).allSatisfy(frame -> assertThat(frame).isEqualTo(Arrays.copyOf(FRAME, 64)));
        String name = node.runner.name();
        assertThat(words()).contains("Sluice, node " + name, "port of node " + name, "in by left");
    }

    @Test
    void fileEndsBeforeItHasMoreBytesThanItMay() throws Exception {
        CapturePart end = captured(Map.of("fileBytes", 4_096));
        assertThat(end.end()).isEqualTo("bytes");
        assertThat(file.size()).isBetween(3_000, 4_096);
        assertThat(frames()).hasSize((int) end.frames()).isNotEmpty();
        assertThat(words()).contains("frames captured");
    }

    @Test
    void briefOnesNameNeitherRulesNorServiceNodesNorPortsWithoutFrames() throws Exception {
        CapturePart end = captured(Map.of("port", "left", "packets", 2, "fileBytes", 65_536, "brief", true));
        assertThat(end.frames()).isEqualTo(2);
        assertThat(words()).contains("left").doesNotContain("right", "fw-1", "rule", "by left");
    }

    @Test
    void captureEndsWhenItIsAskedTo() throws Exception {
        CapturePart part = ask(Map.of("seconds", 86_400));
        CapturePart end = ask(Map.of("session", part.session(), "end", true));
        assertThat(end.done()).isTrue();
        assertThat(end.end()).isEqualTo("asked");
        assertThat(frames()).isEmpty();
    }

    @Test
    void boundsOutOfRangeAreRefused() {
        assertThatThrownBy(() -> ask(Map.of("packetBytes", 63)))
                .hasMessage("packetBytes 63 is not a whole number in 64..65536");
        assertThatThrownBy(() -> ask(Map.of("fileBytes", 4_095)))
                .hasMessage("fileBytes 4095 is not a whole number in 4096..2147483647");
    }
}
