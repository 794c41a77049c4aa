package dev.sluice.sdk.example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sdk.FakeSwitch;
import dev.sluice.sdk.Instruction.Action;
import dev.sluice.sdk.Samples;
import dev.sluice.sdk.ServiceNode;
import dev.sluice.sdk.stream.FlowInspector;
import dev.sluice.sdk.stream.Signatures;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.Tcp;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** The example node between sockets, as a switch meets it. */
class IntrusionPreventionTest {
    private static final int PROGRAM = 8 + 8 + 8 + 8 + 12 + 8 + 4;

    private final List<String> log = new CopyOnWriteArrayList<>();
    private final IntrusionPrevention prevention = new IntrusionPrevention(
            Signatures.of(List.of(Signatures.text("EVIL"))),
            FlowInspector.Limits.USUAL,
            new IntrusionPrevention.Policy(1000, false),
            log::add);

    @Test
    void badFlowIsDroppedAndTheSwitchIsToldForBothDirections() throws IOException {
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice)) {
            InetSocketAddress at = node.address();
            assertThat(Samples.payloadOf(sluice.exchange(tcp(1, 99, Tcp.SYN, ""), at)))
                    .hasSize(54);
            assertThat(Samples.payloadOf(sluice.exchange(tcp(1, 100, Tcp.ACK, "EV"), at)))
                    .hasSize(56);
            byte[] message = sluice.exchange(tcp(1, 102, Tcp.ACK, "IL"), at);
            assertThat(said(message)).isEqualTo("30 01");
            assertThat(Samples.nshOf(message).nextProtocol()).isEqualTo(Nsh.NEXT_NONE);
            assertThat(Samples.payloadOf(message)).isEmpty();
            assertThat(said(sluice.exchange(tcp(2, 100, Tcp.ACK, "fine"), at)))
                    .as("other flows pass")
                    .isEqualTo("00 00");
            assertThat(prevention.foundCount()).isEqualTo(1);
            assertThat(log).containsExactly("blocked tcp 192.0.2.1:1 > 198.51.100.2:80 tenant 7 signature \"EVIL\"");
        }
    }

    @Test
    void longFlowWithoutSignatureIsHandedBackAndThatIsRepeatedWhilePacketsCome() throws IOException {
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice)) {
            assertThat(said(sluice.exchange(tcp(1, 0, Tcp.ACK, "x".repeat(999)), node.address())))
                    .isEqualTo("00 00");
            assertThat(said(sluice.exchange(tcp(1, 999, Tcp.ACK, "E"), node.address())))
                    .as("what may be the beginning of a signature keeps it here")
                    .isEqualTo("00 00");
            byte[] cleared = sluice.exchange(tcp(1, 1000, Tcp.ACK, "."), node.address());
            assertThat(said(cleared)).isEqualTo("30 02");
            assertThat(Samples.payloadOf(cleared)).as("the packet goes on").hasSize(55);
            int sequence = 1001;
            while (node.statistics().instructionCount(Action.ACCEPT) < 3) {
                assertThat(said(sluice.exchange(tcp(1, sequence++, Tcp.ACK, "."), node.address())))
                        .isIn("00 00", "30 02");
            }
            assertThat(prevention.clearedCount()).isEqualTo(1);
            assertThat(log).containsExactly("cleared tcp 192.0.2.1:1 > 198.51.100.2:80 tenant 7 after 1001 bytes");
        }
    }

    @Test
    void whatCannotBeSearchedIsDroppedUnlessToldOtherwise() throws IOException {
        byte[] notIp = new byte[60];
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice)) {
            sluice.send(Samples.datagram(notIp), node.address());
            sluice.exchange(tcp(1, 1, Tcp.ACK, "fine"), node.address());
            assertThat(prevention.unsearchableCount()).isEqualTo(1);
            sluice.expectNothing();
        }
        IntrusionPrevention open = new IntrusionPrevention(
                Signatures.of(List.of(Signatures.text("EVIL"))),
                FlowInspector.Limits.USUAL,
                new IntrusionPrevention.Policy(0, true),
                log::add);
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = ServiceNode.builder()
                        .listen("127.0.0.1", 0)
                        .allow("127.0.0.1")
                        .returnPort(sluice.port())
                        .handler(open)
                        .start()) {
            assertThat(Samples.payloadOf(sluice.exchange(Samples.datagram(notIp), node.address())))
                    .isEqualTo(notIp);
        }
    }

    @Test
    void policyOutOfRangeIsRefused() {
        assertThatThrownBy(() -> new IntrusionPrevention.Policy(-1, false)).hasMessageContaining("clearAfterBytes -1");
    }

    @Test
    void wrongArgumentsOfTheProgramSayWhatIsWrong() {
        refused("argument --text has no value", "--text");
        refused("argument --texts is not known", "--texts", "x");
        refused("add --text TEXT or --hex DIGITS", "--listen", "127.0.0.1");
        refused("signature '4' is not", "--hex", "4");
        refused("--port: 'many' is no number", "--port", "many");
        refused("--port: 4294973377 is outside", "--port", "4294973377");
        refused("--unsearchable: 'maybe' is neither drop nor pass", "--unsearchable", "maybe");
        refused("listen: '' is no IP address", "--text", "x");
        refused("allow is missing", "--text", "x", "--listen", "127.0.0.1");
        refused("clearAfterBytes -1 is below 0", "--text", "x", "--clear-after", "-1");
    }

    private static void refused(String message, String... arguments) {
        assertThatThrownBy(() -> IntrusionPreventionMain.run(arguments)).hasMessageContaining(message);
    }

    private ServiceNode node(FakeSwitch sluice) throws IOException {
        return ServiceNode.builder()
                .listen("127.0.0.1", 0)
                .allow("127.0.0.1")
                .returnPort(sluice.port())
                .handler(prevention)
                .start();
    }

    private static byte[] tcp(int clientPort, long sequence, int flags, String data) {
        return Samples.datagram(Samples.tcp(false, clientPort, sequence, flags, Samples.bytes(data)));
    }

    private static String said(byte[] packet) {
        return Samples.hex(packet).substring(2 * (PROGRAM + 1), 2 * (PROGRAM + 2)) + " "
                + Samples.hex(packet).substring(2 * (PROGRAM + 8), 2 * (PROGRAM + 9));
    }
}
