package dev.sluice.sdk.example;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sdk.FakeSwitch;
import dev.sluice.sdk.NodeDrop;
import dev.sluice.sdk.Samples;
import dev.sluice.sdk.ServiceNode;
import dev.sluice.sdk.stream.FlowInspector;
import dev.sluice.sdk.stream.Signatures;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.GeneveHeader;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.OverlayTemplate;
import dev.sluice.wire.Underlay;
import dev.sluice.wire.capture.PcapngWriter;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What nodes in two languages answer, what the reference page says that they answer, and what tshark makes of it are the same. */
class AwareNodeVectorsTest {
    private static final Path PAGE = Path.of("..", "docs", "reference", "aware-nodes.md");
    private static final Path PYTHON_NODE = Path.of("src", "main", "python", "aware_node.py");

    @TempDir
    private Path folder = Path.of("");

    /** In the order of the reference page. */
    private static List<byte[]> answers(FakeSwitch sluice, InetSocketAddress node) throws IOException {
        List<byte[]> answers = new ArrayList<>();
        for (byte[] packet : List.of(Vectors.harmless(), Vectors.longEnough(), Vectors.bad())) {
            answers.add(sluice.exchange(packet, node));
        }
        return answers;
    }

    private static List<byte[]> ofThisLibrary() throws IOException {
        IntrusionPrevention prevention = new IntrusionPrevention(
                Signatures.of(List.of(Signatures.text(Vectors.SIGNATURE))),
                FlowInspector.Limits.USUAL,
                new IntrusionPrevention.Policy(Vectors.CLEAR_AFTER_BYTES, false),
                line -> {});
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = ServiceNode.builder()
                        .listen("127.0.0.1", 0)
                        .allow("127.0.0.1")
                        .returnPort(sluice.port())
                        .handler(prevention)
                        .start()) {
            return answers(sluice, node.address());
        }
    }

    @Test
    void referencePageShowsWhatIsSent() throws IOException {
        String page = Files.readString(PAGE, StandardCharsets.UTF_8);
        assertThat(page).contains("```\n" + Vectors.shown(Vectors.harmless()) + "```");
        for (byte[] answer : ofThisLibrary()) {
            assertThat(page).contains("```\n" + Vectors.shown(answer) + "```");
        }
    }

    @Test
    void referencePageListsEveryCounterOfPacketsThatDoNotGoOn() throws IOException {
        StringBuilder rows = new StringBuilder("| counter | why |\n|---|---|\n");
        for (NodeDrop reason : NodeDrop.values()) {
            rows.append("| `")
                    .append(reason)
                    .append("` | ")
                    .append(reason.sentence())
                    .append(" |\n");
        }
        assertThat(Files.readString(PAGE, StandardCharsets.UTF_8)).contains(rows.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    @Tag("system")
    void nodeInPythonAnswersByteForByteTheSame(String address) throws IOException, InterruptedException {
        try (FakeSwitch sluice = new FakeSwitch(address)) {
            Process python = new ProcessBuilder(
                            "python3",
                            PYTHON_NODE.toString(),
                            address,
                            "0",
                            address,
                            Integer.toString(sluice.port()),
                            Vectors.SIGNATURE,
                            Integer.toString(Vectors.CLEAR_AFTER_BYTES))
                    .redirectErrorStream(true)
                    .start();
            try (BufferedReader lines = python.inputReader()) {
                String ready = lines.readLine();
                assertThat(ready).startsWith("ready on ");
                InetSocketAddress node = new InetSocketAddress(
                        InetAddress.ofLiteral(address), Integer.parseInt(ready.substring("ready on ".length())));
                // None of these is answered, and the node outlives them.
                for (int bytes = 0; bytes < Vectors.bad().length - 7; bytes++) {
                    sluice.send(java.util.Arrays.copyOf(Vectors.bad(), bytes), node);
                }
                sluice.send(Samples.with(Vectors.harmless(), 15, 0), node);
                List<byte[]> expected = ofThisLibrary();
                List<byte[]> answered = answers(sluice, node);
                for (int i = 0; i < expected.size(); i++) {
                    assertThat(Samples.hex(answered.get(i))).isEqualTo(Samples.hex(expected.get(i)));
                }
                sluice.expectNothing();
            } finally {
                python.destroy();
                python.waitFor();
            }
        }
    }

    @Test
    @Tag("system")
    void tsharkFindsNothingMalformedInWhatComesBack() throws IOException, InterruptedException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(PcapngWriter.section("aware"));
        file.writeBytes(PcapngWriter.networkInterface("aware", ""));
        for (byte[] answer : ofThisLibrary()) {
            byte[] frame = frame(answer);
            file.writeBytes(PcapngWriter.packet(0, 0, frame, frame.length, 0, ""));
        }
        Path saved = Files.write(folder.resolve("aware.pcapng"), file.toByteArray());
        List<String> command =
                new ArrayList<>(List.of("tshark", "-r", saved.toString(), "-T", "fields", "-E", "separator=|"));
        for (String field : List.of(
                "_ws.malformed",
                "geneve.vni",
                "nsh.Obit",
                "nsh.ttl",
                "nsh.spi",
                "nsh.si",
                "nsh.nextproto",
                "nsh.metadatalen",
                "udp.dstport",
                "data.data")) {
            command.addAll(List.of("-e", field));
        }
        Process tshark = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        List<String> lines;
        try (BufferedReader output = tshark.inputReader()) {
            lines = output.lines().toList();
        }
        assertThat(tshark.waitFor()).isZero();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).startsWith("|0x001b58|0|0x003e|1193046|253|3|0x04,0x04,0x08,0x14|6081,5000|");
        assertThat(lines.get(1)).startsWith("|0x001b58|0|0x003e|1193046|253|3|0x04,0x04,0x08,0x14|6081,5000|");
        assertThat(lines.get(2)).startsWith("|0x001b58|1|0x003e|1193046|253|0|0x04,0x04,0x08,0x14|6081|");
    }

    /** With the outer headers that the kernel would put in front. */
    private static byte[] frame(byte[] payload) {
        Underlay underlay = new Underlay(
                new MacAddress(2),
                new MacAddress(4),
                Underlay.UNTAGGED,
                Samples.CLIENT,
                Samples.SERVER,
                64,
                0,
                true,
                true);
        OverlayTemplate outer =
                OverlayTemplate.tunnel(underlay, new GeneveHeader(false, EtherTypes.NSH, Samples.SVNI, List.of()));
        int room = outer.headerBytes() - 8;
        byte[] frame = new byte[room + payload.length];
        System.arraycopy(payload, 0, frame, room, payload.length);
        MemorySegment f = MemorySegment.ofArray(frame);
        outer.push(f, room + 8L, payload.length - 8, 1, 0, 1);
        assertThat(Ethernet.etherType(f, 0)).isEqualTo(EtherTypes.IPV4);
        return f.toArray(Layouts.U8);
    }
}
