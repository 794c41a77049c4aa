package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.OverlayPacket.Format;
import dev.sluice.wire.capture.CaptureReader;
import dev.sluice.wire.capture.PcapngWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Other implementations as judges: tshark reads what we write, field by field; we read what Scapy writes. */
@Tag("system")
class OverlayOracleTest {
    private static final int PACKETS = 300;
    private static final long SEED = 20;

    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @EnumSource(Format.class)
    void tsharkReadsEveryFieldOfWhatWeWrite(Format format) throws IOException, InterruptedException {
        Random random = new Random(SEED);
        List<OverlayPacket> packets = new ArrayList<>();
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(PcapngWriter.section("overlay"));
        file.writeBytes(PcapngWriter.networkInterface("overlay", ""));
        for (int i = 0; i < PACKETS; i++) {
            OverlayPacket packet = OverlayPacket.random(random, format);
            packets.add(packet);
            byte[] bytes = packet.frame().toArray(Layouts.U8);
            file.writeBytes(PcapngWriter.packet(0, i, bytes, bytes.length, 0, ""));
        }
        Path saved = Files.write(folder.resolve("overlay.pcapng"), file.toByteArray());
        List<String> lines = tshark(saved);
        assertThat(lines).hasSize(PACKETS);
        for (int i = 0; i < PACKETS; i++) {
            String[] values = lines.get(i).split("\t", -1);
            TsharkFields fields = TsharkFields.of(packets.get(i));
            List<String> different = new ArrayList<>();
            for (int field = 0; field < TsharkFields.NAMES.size(); field++) {
                String name = TsharkFields.NAMES.get(field);
                String read = TsharkFields.plain(name, values[field]);
                if (!read.equals(fields.expected(name))) {
                    different.add(name + ": tshark read " + read + ", written was " + fields.expected(name));
                }
            }
            assertThat(different)
                    .as(
                            "seed %d, %s, packet %d: %s",
                            SEED, format, i, SampleFrames.hex(packets.get(i).frame()))
                    .isEmpty();
        }
    }

    private List<String> tshark(Path file) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("tshark", "-r", file.toString(), "-T", "fields"));
        for (String checked : List.of("ip.check_checksum", "udp.check_checksum")) {
            command.addAll(List.of("-o", checked + ":TRUE"));
        }
        command.addAll(List.of("-E", "occurrence=a", "-E", "aggregator=,", "-E", "separator=/t"));
        for (String field : TsharkFields.NAMES) {
            command.addAll(List.of("-e", field));
        }
        return run(command).lines().toList();
    }

    private String run(List<String> command) throws IOException, InterruptedException {
        Path complaints = folder.resolve("complaints.txt");
        Process process =
                new ProcessBuilder(command).redirectError(complaints.toFile()).start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as(() -> command + ": " + complaint(complaints))
                .isZero();
        return text;
    }

    private static String complaint(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Test
    void weReadEveryFieldOfWhatScapyWrites() throws IOException, InterruptedException {
        Path script = folder.resolve("packets.py");
        try (InputStream in = Objects.requireNonNull(getClass().getResourceAsStream("/overlay/packets.py"))) {
            Files.copy(in, script);
        }
        Path file = folder.resolve("scapy.pcap");
        // The system's Python: the one for which Debian installs Scapy.
        List<String> lines = run(List.of(
                        "/usr/bin/python3",
                        script.toString(),
                        Long.toString(SEED),
                        Integer.toString(5 * PACKETS),
                        file.toString()))
                .lines()
                .toList();
        assertThat(lines).hasSize(5 * PACKETS);
        try (InputStream in = Files.newInputStream(file)) {
            CaptureReader reader = new CaptureReader(in);
            for (String line : lines) {
                byte[] frame = Objects.requireNonNull(reader.frame(), "fewer frames than lines");
                assertThat(read(MemorySegment.ofArray(frame)))
                        .as("seed %d: %s", SEED, line)
                        .isEqualTo(Arrays.asList(line.split("\\|")));
            }
        }
    }

    /** Tunnel header, network service header and inner packet of a frame, each as text. */
    private static List<String> read(MemorySegment f) {
        List<String> words = new ArrayList<>();
        int bytes = (int) f.byteSize();
        int at = Ethernet.TYPE_OFFSET;
        if (Layouts.u16(f, at) == EtherTypes.VLAN) {
            at += VlanTag.BYTES;
        }
        int type = Layouts.u16(f, at);
        at += 2;
        if (type != EtherTypes.NSH) {
            boolean four = type == EtherTypes.IPV4;
            int ip = at;
            at += four ? Ipv4.check(f, ip, bytes - ip) : Ipv6.check(f, ip, bytes - ip);
            TunnelHeader tunnel;
            if ((four ? Ipv4.protocol(f, ip) : Ipv6.nextHeader(f, ip)) == IpProtocols.GRE) {
                int header = Gre.check(f, at, bytes - at);
                assertThat(header).isPositive();
                assertThat(Gre.checksumOk(f, at, bytes - at)).isTrue();
                tunnel = GreHeader.read(f, at);
                at += header;
            } else {
                assertThat(Udp.check(f, at, bytes - at)).isEqualTo(Udp.BYTES);
                assertThat(four ? OuterUdp.checkIpv4(f, ip, at) : OuterUdp.checkIpv6(f, ip, at, false))
                        .isZero();
                tunnel = tunnel(f, Udp.destinationPort(f, at), at + Udp.BYTES, bytes - at - Udp.BYTES);
                at += Udp.BYTES + tunnel.headerBytes();
            }
            words.add(tunnel.toString());
            type = tunnel.payloadType();
        }
        if (type == EtherTypes.NSH) {
            int header = Nsh.check(f, at, bytes - at);
            assertThat(header).isPositive();
            assertThat(NshContext.check(f, at)).isNotNegative();
            words.add(NshHeader.read(f, at).toString());
            at += header;
        }
        words.add(SampleFrames.hex(f.asSlice(at)));
        return words;
    }

    private static TunnelHeader tunnel(MemorySegment f, int port, int at, int bytes) {
        return switch (port) {
            case Geneve.PORT -> {
                assertThat(Geneve.check(f, at, bytes)).isPositive();
                assertThat(GeneveOptions.check(f, at)).isNotNegative();
                assertThat(GwlbOptions.check(f, at)).isNotNegative();
                yield GeneveHeader.read(f, at);
            }
            case Vxlan.PORT -> {
                assertThat(Vxlan.check(f, at, bytes)).isPositive();
                yield VxlanHeader.read(f, at);
            }
            case VxlanGpe.PORT -> {
                assertThat(VxlanGpe.check(f, at, bytes)).isPositive();
                yield VxlanGpeHeader.read(f, at);
            }
            default -> throw new AssertionError("port " + port);
        };
    }
}
