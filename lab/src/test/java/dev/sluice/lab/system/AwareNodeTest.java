package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Inside;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Wire;
import dev.sluice.sdk.example.IntrusionPreventionMain;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.EthernetHeader;
import dev.sluice.wire.GeneveHeader;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4Header;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshContext;
import dev.sluice.wire.NshContextHeader;
import dev.sluice.wire.NshHeader;
import dev.sluice.wire.SluiceContext;
import dev.sluice.wire.UdpHeader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The example node as a program on a host of its own, with an ordinary interface between it and what sends as a switch would. */
@Tag("system")
class AwareNodeTest {
    private static final Duration START = Duration.ofSeconds(60);
    private static final int WAIT_MS = 20_000;
    private static final int CLEAR_AFTER_BYTES = 2_000;

    @ParameterizedTest
    @CsvSource({"10.9.0.1, 10.9.0.2", "fd09::1, fd09::2"})
    void examplePassesClearsAndBlocksAcrossAWire(String switchAddress, String nodeAddress) throws Exception {
        try (Topology topology = Topology.create()) {
            Namespace host = topology.namespace("switch");
            Namespace place = topology.namespace("ips");
            Wire wire = topology.wire(host, "eth0", place, "eth0");
            wire.a().address("10.9.0.1/24").address("fd09::1/64");
            wire.b().address("10.9.0.2/24").address("fd09::2/64");
            LabProcess ips = place.startJava(
                    "ips",
                    IntrusionPreventionMain.class,
                    List.of(
                            "--listen",
                            nodeAddress,
                            "--switch",
                            switchAddress,
                            "--text",
                            "EVIL",
                            "--clear-after",
                            Integer.toString(CLEAR_AFTER_BYTES)));
            ips.awaitReady(START);
            try (DatagramSocket socket =
                    Inside.call(host, () -> new DatagramSocket(6081, InetAddress.ofLiteral(switchAddress)))) {
                socket.setSoTimeout(WAIT_MS);
                InetAddress node = InetAddress.ofLiteral(nodeAddress);

                byte[] sent = packet(1, "x".repeat(1_300));
                byte[] passed = exchange(socket, node, sent);
                sent[8 + 7]--;
                assertThat(passed).as("one less in the index, nothing else").isEqualTo(sent);

                byte[] cleared = exchange(socket, node, packet(1, "x".repeat(1_300)));
                assertThat(action(cleared)).isEqualTo(SluiceContext.ACCEPT);
                assertThat(cleared).hasSameSizeAs(sent);

                byte[] message = exchange(socket, node, packet(2, "so EVIL"));
                assertThat(action(message)).isEqualTo(SluiceContext.DROP);
                assertThat(NshHeader.read(MemorySegment.ofArray(message), 8).nextProtocol())
                        .isEqualTo(Nsh.NEXT_NONE);
            }
            ips.awaitLine(
                    "what it did",
                    START,
                    line -> line.startsWith("state received=3 ") && line.contains("said-drop=1 said-accept=1"));
            ips.stop();
            assertThat(ips.lines())
                    .anyMatch(line -> line.startsWith("blocked udp 192.0.2.1:1024 > 192.0.2.2:2 tenant 7"));
            assertThat(ips.lastLine("end received=3 ")).isPresent();
        }
    }

    private static byte[] exchange(DatagramSocket socket, InetAddress node, byte[] packet) throws IOException {
        socket.send(new DatagramPacket(packet, packet.length, node, 6081));
        DatagramPacket answer = new DatagramPacket(new byte[2_000], 2_000);
        socket.receive(answer);
        return Arrays.copyOf(answer.getData(), answer.getLength());
    }

    private static int action(byte[] packet) {
        MemorySegment f = MemorySegment.ofArray(packet);
        return SluiceContext.action(f, NshContext.value(NshContext.find(f, 8, NshContext.SLUICE)));
    }

    private static byte[] packet(int flow, String text) {
        byte[] data = text.getBytes(StandardCharsets.UTF_8);
        GeneveHeader geneve = new GeneveHeader(false, EtherTypes.NSH, 7000, List.of());
        NshHeader nsh = new NshHeader(
                false,
                63,
                Nsh.NEXT_ETHERNET,
                0x100,
                Nsh.SI_INITIAL,
                new NshHeader.Variable(List.of(
                        NshContextHeader.of32(NshContext.TENANT, 7),
                        NshContextHeader.of64(NshContext.FLOW_ID, flow),
                        NshContextHeader.sluice(0, 1, 0, 0))));
        byte[] packet = new byte[geneve.headerBytes() + nsh.headerBytes() + 14 + 20 + 8 + data.length];
        MemorySegment f = MemorySegment.ofArray(packet);
        int at = geneve.write(f, 0);
        at += nsh.write(f, at);
        at += new EthernetHeader(new MacAddress(2), new MacAddress(4), EtherTypes.IPV4).write(f, at);
        IpAddress from = IpAddress.ofIpv4(0xc000_0201);
        IpAddress to = IpAddress.ofIpv4(0xc000_0202);
        at += new Ipv4Header(0, 28 + data.length, 0, 0, 0, 64, IpProtocols.UDP, from, to).write(f, at);
        at += new UdpHeader(1024, flow, 8 + data.length, 0).write(f, at);
        System.arraycopy(data, 0, packet, at, data.length);
        return packet;
    }
}
