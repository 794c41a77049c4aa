package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.FrameSocket;
import dev.sluice.lab.InlineNode;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Service nodes that misbehave: a counted drop each time, never a crash, a loop or a bypass; other traffic goes on. */
@Tag("system")
class MisbehavingNodeTest {
    private static final Duration COUNTED = Duration.ofSeconds(5);

    private static Network network;
    private static LabInterface in;
    private static LabInterface out;
    private static LabInterface wrong;
    private static EchoHost echo;
    private static EchoHost free;
    private static Witness atClient;
    private static Witness atServer;
    private static SluiceNode sluice;

    @BeforeAll
    static void build() {
        network = Network.transparent();
        Namespace node = network.node("bad");
        in = node.interfaceNamed("in");
        out = node.interfaceNamed("out");
        wrong = network.host(node, "wrong", "other-in").quiet();
        network.host(node, "unused", "other-out").quiet();
        echo = EchoHost.start(network.server, 7);
        free = EchoHost.start(network.server, 8);
        atClient = Witness.start(network.clientSide);
        atServer = Witness.start(network.serverSide);
        sluice = SluiceNode.start(
                network.sluice,
                Yaml.of(
                        Yaml.PAIR,
                        Yaml.bridge("bad"),
                        Yaml.bridge("other"),
                        Yaml.policy(
                                "all",
                                "edge/left",
                                "{name: free, match: {protocol: udp, destination: {ports: [8]}}, action: {noService: true}}",
                                "{name: tcp, match: {protocol: tcp}, action: {chain: other}}",
                                "{name: all, action: {chain: bad}}")));
    }

    @AfterAll
    static void remove() {
        atClient.close();
        atServer.close();
        try (Network n = network;
                SluiceNode s = sluice;
                EchoHost e = echo;
                EchoHost f = free) {
            // Closed in the reverse order.
        }
    }

    /** Whatever a node did: Sluice runs without faults, and traffic that does not need the node loses nothing. */
    @AfterEach
    void checkSound() {
        sluice.checkSound();
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 8)) {
            assertThat(flow.exchange(20).lost()).isZero();
        }
        try (ProgramNode good = ProgramNode.cable(in, out);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(20).lost()).isZero();
            assertThat(good.receivedCount()).isGreaterThanOrEqualTo(40);
        }
    }

    private static void awaitDropped(DropReason reason, long before, long count) {
        Waits.until(
                count + " packets are counted as " + reason,
                COUNTED,
                () -> sluice.dropped(reason) - before >= count,
                () -> sluice.counters().toString());
    }

    private static void checkNothingArrived(UdpFlow.Account account, int serverBefore) {
        assertThat(account.answered()).isEmpty();
        assertThat(echo.datagramCount()).isEqualTo(serverBefore);
    }

    @Test
    void framesEchoedOnTheInputPortAreDroppedAndDoNotLoop() {
        long before = sluice.dropped(DropReason.SERVICE_WRONG_SIDE);
        int serverBefore = echo.datagramCount();
        try (ProgramNode node = ProgramNode.start((from, frame, sender) -> sender.send(from, frame), in, out);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            UdpFlow.Account account = flow.exchange(20, 50);
            checkNothingArrived(account, serverBefore);
            awaitDropped(DropReason.SERVICE_WRONG_SIDE, before, 20);
            assertThat(node.receivedCount()).isEqualTo(20);
            assertThat(sluice.dropped(DropReason.SERVICE_WRONG_SIDE) - before).isEqualTo(20);
        }
    }

    @Test
    void answersFromThePortOfAnotherNodeAreDropped() {
        long before = sluice.dropped(DropReason.RETURN_NO_FLOW);
        int serverBefore = echo.datagramCount();
        try (ProgramNode node = ProgramNode.start((from, frame, sender) -> sender.send(2, frame), in, out, wrong);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            checkNothingArrived(flow.exchange(20, 50), serverBefore);
            awaitDropped(DropReason.RETURN_NO_FLOW, before, 20);
            assertThat(node.receivedCount()).isEqualTo(20);
        }
    }

    @Test
    void packetsOfFlowsThatWereNeverSentToTheNodeAreDropped() {
        long before = sluice.dropped(DropReason.RETURN_NO_FLOW);
        int serverBefore = echo.datagramCount();
        try (ProgramNode node = ProgramNode.start(
                        (from, frame, sender) -> {
                            byte[] forged = frame.bytes().clone();
                            // Another source port: bytes 34 and 35 of an untagged UDP packet over IPv4.
                            forged[34] ^= 0x55;
                            sender.send(1 - from, new FrameSocket.Frame(frame.vnetHeader(), forged, false));
                        },
                        in,
                        out);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            checkNothingArrived(flow.exchange(20, 50), serverBefore);
            awaitDropped(DropReason.RETURN_NO_FLOW, before, 20);
            assertThat(node.receivedCount()).isEqualTo(20);
        }
    }

    /** Frames that were dropped, or that came faster than they were read: the kernel counts those at the port. */
    private static long gone() {
        return sluice.status().totals().dropped()
                + sluice.status().ports().stream()
                        .mapToLong(
                                p -> p.counters().kernelDropped() + p.counters().receiveDropped())
                        .sum();
    }

    @Test
    void floodOfGarbageIsCountedAndReachesNobodyWhileOtherTrafficGoesOn() {
        atClient.clear();
        atServer.clear();
        long before = gone();
        InlineNode flood = InlineNode.flood(in, out, 10_000, 20_000, 11);
        try (UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 8)) {
            UdpFlow.Account account = flow.stream(500, 500);
            assertThat(account.lost()).isZero();
            Waits.until(
                    "the flood is over",
                    Duration.ofSeconds(20),
                    () -> flood.figures().sentCount() >= 20_000);
            Waits.until(
                    "all garbage is counted",
                    COUNTED,
                    () -> gone() - before >= 20_000,
                    () -> sluice.counters().toString() + sluice.status().ports());
        } finally {
            flood.process().stop();
        }
        for (Witness host : new Witness[] {atClient, atServer}) {
            assertThat(host.in(f -> f.id() == 0 && f.etherType() != 0x0806 && f.protocol() != SeenFrame.ICMPV6))
                    .isEmpty();
        }
    }

    @Test
    void damagedAndCutPacketsAreDroppedWithTheirReasons() {
        Random random = new Random(5);
        int serverBefore = echo.datagramCount();
        long before = sluice.status().totals().dropped();
        try (ProgramNode node = ProgramNode.start(
                        (from, frame, sender) -> {
                            byte[] bytes = frame.bytes();
                            // Cut inside Ethernet, IPv4 and UDP headers; then each header byte damaged that breaks it.
                            byte[] cut = Arrays.copyOf(bytes, 14 + random.nextInt(27));
                            sender.send(1 - from, FrameSocket.Frame.of(cut));
                            byte[] damaged = bytes.clone();
                            damaged[14 + random.nextInt(10)] ^= (byte) (1 + random.nextInt(255));
                            sender.send(1 - from, FrameSocket.Frame.of(damaged));
                        },
                        in,
                        out);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            UdpFlow.Account account = flow.exchange(50, 20);
            checkNothingArrived(account, serverBefore);
            assertThat(node.receivedCount()).isEqualTo(50);
            Waits.until(
                    "all are counted",
                    COUNTED,
                    () -> sluice.status().totals().dropped() - before >= 100,
                    () -> sluice.counters().toString());
        }
    }

    @Test
    void controlMessagesOfANodeReachNobody() {
        atServer.clear();
        long before = sluice.dropped(DropReason.SERVICE_CONTROL);
        // An ARP request for the server's address, as a broadcast.
        byte[] arp = java.util.HexFormat.of()
                .parseHex("ffffffffffff02bad000000108060001080006040001" + "02bad00000010a0000630000000000000a000002"
                        + "00".repeat(18));
        try (ProgramNode node = ProgramNode.start(
                        (from, frame, sender) -> {
                            sender.send(0, FrameSocket.Frame.of(arp));
                            sender.send(1, FrameSocket.Frame.of(arp));
                            sender.send(1 - from, frame);
                        },
                        in,
                        out);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            assertThat(flow.exchange(20).lost()).isZero();
            awaitDropped(DropReason.SERVICE_CONTROL, before, 80);
            assertThat(node.receivedCount()).isEqualTo(40);
            assertThat(atServer.in(f -> f.sourceMac().startsWith("02:ba"))).isEmpty();
        }
    }

    @Test
    void nodeThatSendsEveryPacketManyTimesMakesNoLoop() {
        try (ProgramNode node = ProgramNode.start(
                        (from, frame, sender) -> {
                            for (int i = 0; i < 10; i++) {
                                sender.send(1 - from, frame);
                            }
                        },
                        in,
                        out);
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            int serverBefore = echo.datagramCount();
            flow.send();
            // 1 request becomes 10, their 10 answers 100: the node's own doing, and no packet more.
            Waits.until("ten copies arrived", COUNTED, () -> echo.datagramCount() - serverBefore == 10);
            Waits.until("the node got the answers", COUNTED, () -> node.receivedCount() == 11);
            assertThat(flow.exchange(1).lost()).isZero();
            Waits.until("twenty copies arrived", COUNTED, () -> echo.datagramCount() - serverBefore == 20);
            Waits.until("the node got these answers", COUNTED, () -> node.receivedCount() == 22);
            assertThat(echo.datagramCount() - serverBefore).isEqualTo(20);
        }
    }
}
