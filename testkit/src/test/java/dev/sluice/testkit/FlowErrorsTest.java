package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.track.ConnectionTable;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** ICMP errors take the way of the flow they are about, and lies leave nothing behind (X6). Only the web is inspected; ICMP as such is not. */
class FlowErrorsTest {
    private static final int CLIENT = PairWithNode.CLIENT;
    private static final int SERVER = PairWithNode.SERVER;
    private static final int SYN = 2;
    private static final int ACK = 16;
    private static final Match WEB = Match.ANY.withProtocol(6, 6).withPorts(0, 65535, 80, 80);
    private static final TestPacket REQUEST = TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", SYN);
    private static final TestPacket REQUEST_6 = TestPacket.tcp("[2001:db8::1]:4000", "[2001:db8::2]:80", SYN);

    private final MemorySwitch sluice = new MemorySwitch(PairWithNode.snapshot(WEB, true), 1024);

    @AfterEach
    void close() {
        sluice.close();
    }

    /** An error of a router at 10.0.0.9 or 2001:db8::9 about a packet, to whom it came from. */
    static byte[] error(byte[] about, int type, int quotedBytes) {
        boolean v4 = about[12] == 8;
        byte[] quote = Arrays.copyOfRange(about, 14, Math.min(about.length, 14 + quotedBytes));
        byte[] payload = new byte[quote.length];
        System.arraycopy(quote, 0, payload, 0, quote.length);
        String to = v4 ? "10.0.0.1" : "2001:db8::1";
        return TestPacket.ping(v4 ? "10.0.0.9" : "2001:db8::9", to, 0)
                .icmpType(type)
                .payload(payload)
                .bytes();
    }

    private List<byte[]> node() {
        return sluice.sent(PairWithNode.NODE_OUT);
    }

    private void open(TestPacket request) {
        sluice.receive(CLIENT, request.bytes());
        sluice.receive(PairWithNode.NODE_OUT, request.bytes());
        assertThat(sluice.sent(SERVER)).hasSize(1);
        sluice.sentAnywhere();
    }

    @Test
    void errorAboutAFlowGoesThroughItsNodeBackwards() {
        for (TestPacket request : new TestPacket[] {REQUEST, REQUEST_6}) {
            open(request);
            boolean v4 = request == REQUEST;
            for (int type : v4 ? new int[] {3, 11, 12} : new int[] {1, 2, 3, 4}) {
                byte[] error = error(request.bytes(), type, v4 ? 28 : 60);
                sluice.receive(SERVER, error);
                assertThat(sluice.sent(CLIENT))
                        .as("past the node, type %s", type)
                        .isEmpty();
                assertThat(node()).containsExactly(error);
                sluice.receive(PairWithNode.NODE_IN, error);
                assertThat(sluice.sent(CLIENT)).containsExactly(error);
            }
        }
        assertThat(sluice.datapath().connections().size()).isEqualTo(2);
        assertThat(sluice.datapath().counters().errorsOfFlows).isEqualTo(2 * 7);
        assertThat(sluice.drops()).isEmpty();
    }

    @Test
    void errorIsNoPacketOfItsFlow() {
        open(REQUEST);
        ConnectionTable table = sluice.datapath().connections();
        assertThat(table.halfOpenCount()).isOne();
        for (int i = 0; i < 10; i++) {
            sluice.receive(SERVER, error(REQUEST.bytes(), 3, 28));
        }
        assertThat(table.halfOpenCount()).as("not answered").isOne();
        long lifeNs = 0;
        for (; table.size() > 0 && lifeNs < 3_600_000_000_000L; lifeNs += 1_000_000_000L) {
            sluice.receive(SERVER, error(REQUEST.bytes(), 3, 28));
            sluice.advance(1_000_000_000L);
            if (sluice.datapath().counters().errorsOfFlows < 11 + lifeNs / 1_000_000_000L) {
                break;
            }
        }
        assertThat(lifeNs).as("kept alive by errors").isLessThan(3_600_000_000_000L);
    }

    @Test
    void errorsThatLieAreTreatedByTheirOwnHeader() {
        open(REQUEST);
        byte[] other = TestPacket.tcp("10.0.0.1:4001", "10.0.0.2:80", ACK).bytes();
        byte[] toOther =
                error(TestPacket.tcp("10.0.0.7:4000", "10.0.0.2:80", SYN).bytes(), 3, 28);
        byte[] later = REQUEST.payload("01234567").fragment(24, false).bytes();
        byte[] sixAsFour = error(REQUEST.bytes(), 3, 28);
        sixAsFour[14 + 28] = 0x65;
        for (byte[] lie : List.of(
                error(other, 3, 28),
                error(REQUEST.bytes(), 3, 27),
                error(REQUEST.bytes(), 3, 19),
                error(REQUEST.bytes(), 3, 0),
                error(REQUEST.bytes(), 5, 28),
                error(later, 3, 28),
                toOther,
                sixAsFour)) {
            sluice.receive(SERVER, lie);
            assertThat(node()).isEmpty();
            assertThat(sluice.sent(CLIENT)).hasSize(1);
        }
        assertThat(sluice.datapath().counters().errorsOfFlows).isZero();
        assertThat(sluice.datapath().connections().size())
                .as("the flow, and errors by their own header")
                .isEqualTo(2);
    }

    @Test
    void errorDoesNotEndAConnection() {
        open(REQUEST);
        for (int type : new int[] {3, 11, 12}) {
            sluice.receive(SERVER, error(REQUEST.bytes(), type, 40));
        }
        sluice.sentAnywhere();
        byte[] answer =
                TestPacket.tcp("10.0.0.2:80", "10.0.0.1:4000", SYN | ACK).bytes();
        sluice.receive(SERVER, answer);
        assertThat(node()).containsExactly(answer);
        sluice.receive(PairWithNode.NODE_IN, answer);
        assertThat(sluice.sent(CLIENT)).containsExactly(answer);
    }

    @Test
    void errorFromTheWrongSideDoesNotTurnAnswersRound() {
        open(REQUEST);
        byte[] answer =
                TestPacket.tcp("10.0.0.2:80", "10.0.0.1:4000", SYN | ACK).bytes();
        sluice.receive(SERVER, answer);
        sluice.sentAnywhere();
        sluice.receive(CLIENT, error(REQUEST.bytes(), 3, 28));
        sluice.sentAnywhere();
        sluice.receive(PairWithNode.NODE_IN, answer);
        assertThat(sluice.sent(CLIENT)).containsExactly(answer);
        assertThat(sluice.sent(SERVER)).isEmpty();
    }

    @Test
    void errorOfAnUnknownFlowIsNotTakenBackFromANode() {
        sluice.receive(PairWithNode.NODE_IN, error(REQUEST.bytes(), 3, 28));
        assertThat(sluice.drops()).containsOnlyKeys(DropReason.RETURN_NO_FLOW);
    }
}
