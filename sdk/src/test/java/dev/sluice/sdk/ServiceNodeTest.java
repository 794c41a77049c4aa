package dev.sluice.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sdk.Instruction.Action;
import dev.sluice.wire.GeneveOption;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshContextHeader;
import dev.sluice.wire.NshHeader;
import dev.sluice.wire.OuterUdp;
import dev.sluice.wire.SluiceContext;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A node and a switch on the loopback interface, with real sockets. */
class ServiceNodeTest {
    private static final byte[] FRAME = Samples.udp(Samples.CLIENT, Samples.SERVER, 1024, 53, Samples.bytes("hello"));
    private static final byte[] PACKET = Samples.datagram(FRAME);
    private static final int SLUICE = 8 + 8 + 8 + 8 + 12 + 8 + 4;

    /** Sent behind something that should not be answered: when its answer is there, the other one has been decided about. */
    private static final byte[] LAST =
            Samples.datagram(Samples.udp(Samples.CLIENT, Samples.SERVER, 9, 9, Samples.bytes("last")));

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void packetComesBackWithOneLessInTheIndexAndNothingElseChanged(String address) throws IOException {
        try (FakeSwitch sluice = new FakeSwitch(address);
                ServiceNode node =
                        node(sluice, address).handler(packet -> Verdict.PASS).start()) {
            byte[] back = sluice.exchange(PACKET, node.address());
            assertThat(back).isEqualTo(Samples.with(PACKET, 8 + 7, Samples.SI - 1));
            assertThat(sluice.lastFrom().getPort()).isBetween(OuterUdp.SOURCE_PORT_MIN, 65_535);
            NodeStatistics statistics = node.statistics();
            assertThat(statistics.receivedCount()).isEqualTo(1);
            assertThat(statistics.receivedBytes()).isEqualTo(PACKET.length);
            assertThat(statistics.drops()).isEmpty();
        }
    }

    @Test
    void optionsAndUnknownMetadataAndFixedMetadataAreKept() throws IOException {
        byte[] options = Samples.datagram(
                Samples.geneve(new GeneveOption(0x108, 3, "00112233"), new GeneveOption(5, 6, "")),
                Samples.nsh(1, 0),
                FRAME);
        byte[] fixed = Samples.datagram(
                Samples.geneve(),
                new NshHeader(false, 1, 3, 5, 1, new NshHeader.Fixed("0123456789abcdef".repeat(2))),
                FRAME);
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice, "127.0.0.1")
                        .handler(packet -> Verdict.PASS)
                        .start()) {
            for (byte[] packet : List.of(options, fixed)) {
                int index = Samples.nshOffset(packet) + 7;
                assertThat(sluice.exchange(packet, node.address()))
                        .isEqualTo(Samples.with(packet, index, packet[index] - 1));
            }
        }
    }

    @Test
    void handlerSeesPacketAndMetadata() throws Exception {
        BlockingQueue<String> seen = new ArrayBlockingQueue<>(10);
        PacketHandler handler = packet -> {
            seen.add(packet + " chain " + packet.chain() + " policy " + packet.policy() + " from "
                    + packet.ingressNode() + " flow "
                    + Long.toHexString(packet.flowId()) + " reverse " + packet.isReverse() + " traced "
                    + packet.isTraced() + " data "
                    + packet.bytes().asSlice(42).byteSize() + " "
                    + packet.buffer().remaining());
            return Verdict.PASS;
        };
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice, "127.0.0.1").handler(handler).start()) {
            sluice.exchange(
                    Samples.datagram(
                            Samples.geneve(), Samples.nsh(0xabcL, SluiceContext.REVERSE | SluiceContext.TRACED), FRAME),
                    node.address());
            assertThat(seen.take())
                    .isEqualTo(
                            "path 1193046 index 254 tenant 7 udp 192.0.2.1:1024 > 198.51.100.2:53 chain 3000 policy 11 from 3 flow abc"
                                    + " reverse true traced true data 5 47");
            sluice.exchange(
                    Samples.datagram(Samples.geneve(), Samples.nsh(Nsh.NEXT_ETHERNET, List.of()), FRAME),
                    node.address());
            assertThat(seen.take())
                    .as("nothing is left of the packet before")
                    .isEqualTo(
                            "path 1193046 index 254 tenant 0 udp 192.0.2.1:1024 > 198.51.100.2:53 chain 0 policy 0 from 0 flow 0 reverse false traced"
                                    + " false data 5 47");
        }
    }

    @Test
    void verdictsTravelInThePacketOrInAMessageWithoutPayload() throws IOException {
        List<Verdict> verdicts = new ArrayList<>(List.of(
                Verdict.ACCEPT_FLOW,
                Verdict.DROP_FLOW,
                Verdict.newPath(0xabcdef),
                Verdict.PASS.saying(Instruction.DROP_FLOW.nextPacketOnly().thisDirectionOnly()),
                Verdict.DROP.saying(Instruction.DROP_MESSAGE),
                Verdict.PASS,
                Verdict.PASS.saying(Instruction.TAKE_BACK.thisDirectionOnly())));
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice, "127.0.0.1")
                        .handler(packet -> verdicts.removeFirst())
                        .start()) {
            expect(sluice.exchange(PACKET, node.address()), "30", "02000000", true);
            expect(sluice.exchange(PACKET, node.address()), "30", "01000000", false);
            expect(sluice.exchange(PACKET, node.address()), "20", "04abcdef", true);
            expect(sluice.exchange(PACKET, node.address()), "00", "01000000", true);
            expect(sluice.exchange(PACKET, node.address()), "00", "03000000", false);
            // What a node before has said is not said again by this one.
            byte[] said = Samples.with(Samples.with(PACKET, SLUICE + 1, 0xb0), SLUICE + 8, 2);
            expect(sluice.exchange(said, node.address()), "80", "00000000", true);
            expect(sluice.exchange(PACKET, node.address()), "20", "07000000", true);
            // Its thread has ended then, and counted everything.
            node.close();
            NodeStatistics statistics = node.statistics();
            assertThat(statistics.returnedCount()).isEqualTo(5);
            assertThat(statistics.messageCount()).isEqualTo(2);
            assertThat(statistics.dropCount(NodeDrop.HANDLER_DROPPED)).isEqualTo(2);
            assertThat(statistics.instructionCount(Action.DROP)).isEqualTo(2);
            assertThat(statistics.instructionCount(Action.NONE)).isZero();
        }
    }

    private static void expect(byte[] answer, String flags, String program, boolean withPacket) {
        String context = Samples.hex(answer).substring(2 * SLUICE, 2 * (SLUICE + 20));
        assertThat(context).isEqualTo("01" + flags + "0000" + "00000bb8" + program + "00".repeat(8));
        NshHeader nsh = Samples.nshOf(answer);
        assertThat(nsh.si()).isEqualTo(Samples.SI - 1);
        assertThat(nsh.ttl()).isEqualTo(62);
        assertThat(nsh.oam()).isEqualTo(!withPacket);
        assertThat(nsh.nextProtocol()).isEqualTo(withPacket ? Nsh.NEXT_ETHERNET : Nsh.NEXT_NONE);
        assertThat(Samples.payloadOf(answer)).isEqualTo(withPacket ? FRAME : new byte[0]);
    }

    @Test
    void changedFramesGoOnLongerOrShorter() throws IOException {
        byte[] longer = Samples.udp(Samples.CLIENT, Samples.SERVER, 1, 2, new byte[3000]);
        PacketHandler handler = packet -> {
            if (packet.inner().destinationPort() == 53) {
                packet.edit().asSlice(42).copyFrom(MemorySegment.ofArray(Samples.bytes("HELLO")));
            } else if (packet.frameBytes() > 100) {
                packet.replace(MemorySegment.ofArray(FRAME));
            } else {
                packet.replace(MemorySegment.ofArray(longer));
            }
            return Verdict.PASS;
        };
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice, "127.0.0.1").handler(handler).start()) {
            byte[] changed = FRAME.clone();
            System.arraycopy(Samples.bytes("HELLO"), 0, changed, 42, 5);
            assertThat(Samples.payloadOf(sluice.exchange(PACKET, node.address())))
                    .isEqualTo(changed);
            assertThat(Samples.payloadOf(sluice.exchange(Samples.datagram(longer), node.address())))
                    .isEqualTo(FRAME);
            assertThat(Samples.payloadOf(sluice.exchange(LAST, node.address()))).isEqualTo(longer);
        }
    }

    @Test
    void packetsOfAlmost64KibibytesGoThrough() throws IOException {
        byte[] headers = Samples.datagram(new byte[0]);
        byte[] frame = new byte[65_507 - headers.length];
        new Random(5).nextBytes(frame);
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice, "127.0.0.1")
                        .handler(packet -> Verdict.PASS)
                        .start()) {
            assertThat(Samples.payloadOf(sluice.exchange(Samples.datagram(frame), node.address())))
                    .isEqualTo(frame);
        }
    }

    @Test
    void frameThatNoDatagramHoldsIsRefused() throws IOException {
        PacketHandler handler = packet -> {
            packet.replace(MemorySegment.ofArray(new byte[65_507]));
            return Verdict.PASS;
        };
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node =
                        node(sluice, "127.0.0.1").failOpen().handler(handler).start()) {
            sluice.exchange(PACKET, node.address());
            assertThat(node.lastFailure().orElseThrow())
                    .hasMessage("frame of 65507 bytes is outside 1.." + (65_507 - PACKET.length + FRAME.length));
        }
    }

    @Test
    void packetThatHasBecomeLargerThanTheMtuIsCountedAndTheNodeGoesOn() throws IOException {
        // The loopback interface has an MTU of 65536, less than the largest datagram with IPv6 and UDP headers.
        byte[] large = new byte[65_507 - PACKET.length + FRAME.length];
        PacketHandler handler = packet -> {
            if (packet.inner().destinationPort() == 53) {
                packet.replace(MemorySegment.ofArray(large));
            }
            return Verdict.PASS;
        };
        try (FakeSwitch sluice = new FakeSwitch("::1");
                ServiceNode node = node(sluice, "::1").handler(handler).start()) {
            sluice.send(PACKET, node.address());
            assertThat(Samples.payloadOf(sluice.exchange(LAST, node.address()))).isEqualTo(Samples.payloadOf(LAST));
            assertThat(node.statistics().dropCount(NodeDrop.SEND_FAILED)).isEqualTo(1);
            sluice.expectNothing();
        }
    }

    @ParameterizedTest
    @EnumSource(Failing.class)
    void whatTheHandlerThrowsIsCountedAndThePacketFailsAsTold(Failing failing) throws IOException {
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode open =
                        node(sluice, "127.0.0.1").failOpen().handler(failing).start();
                ServiceNode closed = node(sluice, "127.0.0.1").handler(failing).start()) {
            boolean goesOn = failing != Failing.AFTER_CHANGE;
            sluice.send(PACKET, open.address());
            if (goesOn) {
                assertThat(Samples.payloadOf(sluice.receive())).isEqualTo(FRAME);
            }
            assertThat(Samples.payloadOf(sluice.exchange(LAST, open.address())))
                    .as("the node goes on")
                    .isEqualTo(Samples.payloadOf(LAST));
            assertThat(open.statistics().failureCount()).isEqualTo(1);
            assertThat(open.statistics().failedOpenCount()).isEqualTo(goesOn ? 1 : 0);
            sluice.send(PACKET, closed.address());
            assertThat(Samples.payloadOf(sluice.exchange(LAST, closed.address())))
                    .isEqualTo(Samples.payloadOf(LAST));
            assertThat(closed.statistics().dropCount(NodeDrop.HANDLER_FAILED)).isEqualTo(1);
            sluice.expectNothing();
        }
    }

    /** Ways to fail, for packets to port 53. */
    enum Failing implements PacketHandler {
        EXCEPTION,
        ERROR,
        NO_VERDICT,
        AFTER_CHANGE;

        @Override
        @SuppressWarnings("NullAway") // The point is what happens to handlers that are not checked.
        public Verdict handle(ServicePacket packet) {
            if (packet.inner().destinationPort() != 53) {
                return Verdict.PASS;
            }
            return switch (this) {
                case EXCEPTION -> throw new IllegalStateException("planted");
                case ERROR -> throw new StackOverflowError("planted");
                case NO_VERDICT -> null;
                case AFTER_CHANGE -> {
                    packet.edit().fill((byte) 0);
                    throw new IllegalStateException("planted");
                }
            };
        }
    }

    @Test
    void malformedAndForeignPacketsAreCountedAndNotAnswered() throws IOException {
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                FakeSwitch stranger = new FakeSwitch("127.0.0.2");
                ServiceNode node = node(sluice, "127.0.0.1")
                        .allowPlane(Samples.SVNI)
                        .handler(packet -> Verdict.PASS)
                        .start()) {
            for (byte[] packet : IntakeTest.refused().values()) {
                sluice.send(packet, node.address());
            }
            stranger.send(PACKET, node.address());
            sluice.exchange(LAST, node.address());
            IntakeTest.refused()
                    .keySet()
                    .forEach(reason -> assertThat(node.statistics().dropCount(reason))
                            .as(reason.name())
                            .isEqualTo(1));
            assertThat(node.statistics().dropCount(NodeDrop.SENDER_NOT_ALLOWED)).isEqualTo(1);
            assertThat(node.statistics().receivedCount())
                    .isEqualTo(IntakeTest.refused().size() + 2);
            sluice.expectNothing();
            stranger.expectNothing();
        }
    }

    @Test
    void copiesAreNotReturnedButMayBeSpokenAbout() throws IOException {
        byte[] copy = Samples.datagram(Samples.geneve(), Samples.nsh(1, SluiceContext.COPY), FRAME);
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice, "127.0.0.1")
                        .handler(packet -> packet.isCopy() ? Verdict.PASS.saying(Instruction.DROP_FLOW) : Verdict.PASS)
                        .start()) {
            expect(sluice.exchange(copy, node.address()), "38", "01000000", false);
            assertThat(node.statistics().dropCount(NodeDrop.COPY_KEPT)).isEqualTo(1);
        }
    }

    @Test
    void instructionWithoutMetadataToCarryItIsCountedAndThePacketGoesOn() throws IOException {
        byte[] bare =
                Samples.datagram(Samples.geneve(), Samples.nsh(Nsh.NEXT_ETHERNET, List.<NshContextHeader>of()), FRAME);
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice, "127.0.0.1")
                        .handler(packet -> Verdict.ACCEPT_FLOW)
                        .start()) {
            assertThat(sluice.exchange(bare, node.address())).isEqualTo(Samples.with(bare, 15, Samples.SI - 1));
            assertThat(node.statistics().dropCount(NodeDrop.INSTRUCTION_UNSAID)).isEqualTo(1);
            assertThat(node.statistics().instructions()).isEmpty();
        }
    }

    @Test
    void somethingCanBeSaidWhenThePacketIsGone() throws Exception {
        BlockingQueue<FlowReference> kept = new ArrayBlockingQueue<>(10);
        PacketHandler handler = packet -> {
            kept.add(packet.reference());
            return Verdict.PASS;
        };
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice, "127.0.0.1").handler(handler).start()) {
            sluice.exchange(PACKET, node.address());
            FlowReference flow = kept.take();
            sluice.exchange(LAST, node.address());
            assertThat(node.say(flow, Instruction.DROP_FLOW)).isTrue();
            expect(sluice.receive(), "30", "01000000", false);
            sluice.exchange(Samples.datagram(Samples.geneve(), Samples.nsh(3, List.of()), FRAME), node.address());
            kept.take();
            assertThat(node.say(kept.take(), Instruction.DROP_FLOW))
                    .as("there is nothing to say it in")
                    .isFalse();
        }
    }

    @Test
    void flowsGoBackFromDifferentPortsAndEachFromOne() throws IOException {
        Set<Integer> ports = new TreeSet<>();
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice, "127.0.0.1")
                        .sourcePorts(8)
                        .handler(packet -> Verdict.PASS)
                        .start()) {
            for (int flow = 0; flow < 100; flow++) {
                byte[] packet = Samples.datagram(Samples.geneve(), Samples.nsh(flow, 0), FRAME);
                sluice.exchange(packet, node.address());
                int port = sluice.lastFrom().getPort();
                ports.add(port);
                sluice.exchange(packet, node.address());
                assertThat(sluice.lastFrom().getPort()).isEqualTo(port);
            }
        }
        assertThat(ports).hasSize(8);
    }

    @Test
    void nothingIsTakenOnThePortsThatPacketsGoBackFrom() throws IOException {
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1");
                ServiceNode node = node(sluice, "127.0.0.1")
                        .handler(packet -> Verdict.PASS)
                        .start()) {
            sluice.exchange(PACKET, node.address());
            InetSocketAddress wrong = sluice.lastFrom();
            sluice.send(PACKET, wrong);
            sluice.exchange(LAST, node.address());
            assertThat(node.statistics().receivedCount()).isEqualTo(2);
            sluice.expectNothing();
        }
    }

    @Test
    void closedNodeEndsAndGivesItsPortBack() throws IOException {
        try (FakeSwitch sluice = new FakeSwitch("127.0.0.1")) {
            ServiceNode node = node(sluice, "127.0.0.1")
                    .sourcePorts(0)
                    .handler(packet -> Verdict.PASS)
                    .start();
            sluice.exchange(PACKET, node.address());
            assertThat(sluice.lastFrom()).isEqualTo(node.address());
            assertThatThrownBy(() -> ServiceNode.builder()
                            .listen("127.0.0.1", node.address().getPort())
                            .allow("::1")
                            .handler(p -> Verdict.PASS)
                            .start())
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot be opened");
            assertThat(node.isRunning()).isTrue();
            node.close();
            assertThat(node.isRunning()).isFalse();
            ServiceNode.builder()
                    .listen("127.0.0.1", node.address().getPort())
                    .allow("::1")
                    .handler(p -> Verdict.PASS)
                    .start()
                    .close();
        }
    }

    @Test
    void wrongDescriptionsSayWhatIsWrong() {
        ServiceNode.Builder builder = ServiceNode.builder();
        assertThatThrownBy(() -> builder.listen("here")).hasMessage("listen: 'here' is no IP address");
        assertThatThrownBy(() -> builder.listen("0.0.0.0")).hasMessageContaining("is any address");
        assertThatThrownBy(() -> builder.listen("::")).hasMessageContaining("is any address");
        assertThatThrownBy(() -> builder.listen("192.0.2.0/24")).hasMessageContaining("is a prefix");
        assertThatThrownBy(() -> builder.listen("::1", 65_536)).hasMessageContaining("0..65535");
        assertThatThrownBy(() -> builder.allow("192.0.2.1/24")).hasMessageContaining("without host bits");
        assertThatThrownBy(() -> builder.allowPlane(1 << 24)).hasMessageContaining("16777215");
        assertThatThrownBy(() -> builder.sourcePorts(257)).hasMessageContaining("0..256");
        assertThatThrownBy(() -> builder.returnPort(0)).hasMessageContaining("1..65535");
        assertThatThrownBy(() -> builder.receiveBufferBytes(1)).hasMessageContaining("65536");
        assertThatThrownBy(builder::start).hasMessageContaining("listen is missing");
        assertThatThrownBy(() ->
                        builder.listen("::1").handler(packet -> Verdict.PASS).start())
                .hasMessageContaining("allow is missing");
        assertThatThrownBy(() -> Instruction.newPath(1 << 24)).hasMessageContaining("24 bits");
        assertThatThrownBy(() -> Instruction.newPath(0)).hasMessageContaining("needs the SPI");
        assertThatThrownBy(() -> new Instruction(Action.DROP, 5, true, true)).hasMessageContaining("has no path");
    }

    private static ServiceNode.Builder node(FakeSwitch sluice, String address) {
        return ServiceNode.builder().listen(address, 0).allow(address).returnPort(sluice.port());
    }
}
