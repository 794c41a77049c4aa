package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Match;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Fragments follow the first one of their datagram, and none gets past a service that its datagram needs (X6). Only port 53 is inspected. */
class FragmentsTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final Match DNS = Match.ANY.withProtocol(17, 17).withPorts(0, 65535, 53, 53);
    private static final TestPacket INSPECTED =
            TestPacket.udp("10.0.0.1:4000", "10.0.0.2:53").payload(new byte[16]);
    private static final TestPacket OTHER =
            TestPacket.udp("10.0.0.1:4000", "10.0.0.2:80").payload(new byte[16]);
    private static final TestPacket INSPECTED_6 =
            TestPacket.udp("[2001:db8::1]:4000", "[2001:db8::2]:53").payload(new byte[16]);

    private final MemorySwitch sluice = new MemorySwitch(PairWithNode.snapshot(DNS, true), 1024);
    private final int free = sluice.freeFrames();

    @AfterEach
    void close() {
        assertThat(sluice.freeFrames()).as("frames that nobody gives back").isEqualTo(free);
        sluice.close();
    }

    private void send(TestPacket packet) {
        sluice.receive(PairWithNode.CLIENT, packet.bytes());
    }

    private int inspected() {
        return sluice.sent(PairWithNode.NODE_IN).size();
    }

    private int passed() {
        return sluice.sent(PairWithNode.SERVER).size();
    }

    @Test
    void conditionOnPortsIsExactForAllFragments() {
        for (TestPacket packet : new TestPacket[] {INSPECTED, INSPECTED_6}) {
            send(packet.fragment(0, true));
            send(packet.fragment(24, true));
            send(packet.fragment(40, false));
            assertThat(inspected()).isEqualTo(3);
        }
        // Another sender: the identification of a datagram is not another flow's for a minute.
        TestPacket other = TestPacket.udp("10.0.0.3:4000", "10.0.0.2:80").payload(new byte[16]);
        send(other.fragment(0, true));
        send(other.fragment(24, false));
        assertThat(inspected()).isZero();
        assertThat(passed()).isEqualTo(2);
        assertThat(sluice.datapath().connections().size()).isEqualTo(3);
    }

    /** A trickle that costs its sender half a megabit: 1,000 in a second from as many addresses, of datagrams that are never whole. */
    @Test
    void firstFragmentsOfDatagramsThatAreNeverWholeStopNobodyElse() {
        try (MemorySwitch large = new MemorySwitch(PairWithNode.snapshot(DNS, true), 65_536)) {
            int through = 0;
            int sent = 0;
            for (int ms = 0; ms < 30_000; ms++) {
                large.advance(1_000_000);
                TestPacket forged = TestPacket.udp("198.18." + ms / 250 + "." + ms % 250 + ":4000", "10.0.0.2:80");
                large.receive(PairWithNode.CLIENT, forged.fragment(0, true).bytes());
                large.sentAnywhere();
                if (ms % 50 == 0) {
                    TestPacket packet = OTHER.identification(sent++);
                    large.receive(PairWithNode.CLIENT, packet.fragment(0, true).bytes());
                    large.receive(
                            PairWithNode.CLIENT, packet.fragment(24, false).bytes());
                    through += large.sent(PairWithNode.SERVER).size() / 2;
                }
            }
            assertThat(through).isEqualTo(sent);
            assertThat(large.drops()).isEmpty();
        }
    }

    @Test
    void fragmentsThatComeEarlyWaitForTheirFirst() {
        send(INSPECTED.fragment(40, false));
        send(INSPECTED.fragment(24, true));
        assertThat(inspected() + passed()).isZero();
        send(INSPECTED.fragment(0, true));
        assertThat(inspected()).isEqualTo(3);
        assertThat(sluice.drops()).isEmpty();
    }

    @Test
    void fragmentsWhoseFirstDoesNotComeAreDroppedAfterASecond() {
        send(INSPECTED.fragment(24, false));
        sluice.advance(SECOND_NS - 1);
        assertThat(sluice.drops()).isEmpty();
        sluice.advance(1);
        assertThat(sluice.drops()).containsExactly(Map.entry(DropReason.FRAGMENT_ORPHAN, 1L));
        send(INSPECTED.fragment(0, true));
        assertThat(inspected()).isOne();
    }

    @Test
    void fourFragmentsOfADatagramWaitAndSixtyFourInAll() {
        for (int i = 1; i <= 5; i++) {
            send(INSPECTED.fragment(24 * i, true));
        }
        assertThat(sluice.drops()).containsExactly(Map.entry(DropReason.FRAGMENT_ORPHAN, 1L));
        for (int i = 0; i < 100; i++) {
            send(TestPacket.udp("10.0.1." + i + ":1", "10.0.0.2:53")
                    .payload(new byte[16])
                    .fragment(24, true));
        }
        assertThat(free - sluice.freeFrames()).isEqualTo(64);
        sluice.advance(SECOND_NS);
        assertThat(sluice.drops()).containsExactly(Map.entry(DropReason.FRAGMENT_ORPHAN, 105L));
    }

    @Test
    void firstFragmentThatEndsInItsHeaderIsDropped() {
        sluice.receive(
                PairWithNode.CLIENT,
                PairWithNode.cut(
                        TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:53", 2)
                                .payload(new byte[4])
                                .fragment(0, true)
                                .bytes(),
                        14 + 20 + 16));
        assertThat(sluice.drops()).containsExactly(Map.entry(DropReason.FRAGMENT_TINY, 1L));
    }

    /** RFC 1858 4: the piece at offset 8 would write over ports or flags. */
    @Test
    void nothingOfADatagramPassesWhoseHeaderIsWrittenOver() {
        send(OTHER.fragment(0, true));
        send(OTHER.fragment(8, true));
        send(OTHER.fragment(24, false));
        assertThat(passed()).isOne();
        assertThat(sluice.drops()).containsExactly(Map.entry(DropReason.FRAGMENT_OVERLAP, 2L));
    }

    /** The receiver keeps the first fragment that went through the firewall; the rest must not come in the name of another port. */
    @Test
    void datagramIsNotNamedAnewToTakeItsRestPastTheService() {
        send(INSPECTED.fragment(0, true));
        send(OTHER.fragment(0, true));
        send(OTHER.fragment(24, false));
        assertThat(inspected()).isOne();
        assertThat(passed()).isZero();
        assertThat(sluice.drops()).containsExactly(Map.entry(DropReason.FRAGMENT_OVERLAP, 2L));
    }

    /** A piece may get lost behind Sluice, because of its TTL for instance: what supplies it must not come in the name of another port. */
    @Test
    void wholeDatagramIsNotNamedAnewEither() {
        send(INSPECTED.fragment(0, true));
        send(INSPECTED.fragment(24, false));
        assertThat(inspected()).isEqualTo(2);
        send(OTHER.fragment(0, true));
        send(OTHER.fragment(24, false));
        assertThat(passed()).isZero();
        assertThat(sluice.drops()).containsExactly(Map.entry(DropReason.FRAGMENT_OVERLAP, 2L));
        sluice.advance(60 * SECOND_NS);
        send(OTHER.fragment(0, true));
        send(OTHER.fragment(24, false));
        assertThat(passed()).isEqualTo(2);
    }

    /** RFC 8200 4.5: receivers take the protocol of the first fragment, whatever later ones say. */
    @Test
    void laterFragmentsOfIpv6NameNoOtherProtocol() {
        send(INSPECTED_6.fragment(0, true));
        byte[] other = TestPacket.tcp("[2001:db8::1]:4000", "[2001:db8::2]:80", 16)
                .payload(new byte[16])
                .fragment(24, false)
                .bytes();
        sluice.receive(PairWithNode.CLIENT, other);
        assertThat(inspected()).isOne();
        assertThat(passed()).isZero();
        assertThat(sluice.drops()).containsExactly(Map.entry(DropReason.FRAGMENT_OVERLAP, 1L));
    }

    @Test
    void floodOfFirstFragmentsDoesNotMakeADatagramForgotten() {
        send(INSPECTED.fragment(0, true));
        for (int i = 0; i < 2000; i++) {
            send(TestPacket.udp("10.1." + i / 250 + "." + i % 250 + ":1", "10.0.0.2:80")
                    .payload(new byte[16])
                    .fragment(0, true));
            sluice.sentAnywhere();
        }
        send(OTHER.fragment(0, true));
        send(OTHER.fragment(24, false));
        assertThat(passed()).isZero();
        sluice.advance(SECOND_NS);
    }

    @Test
    void fragmentsComeBackFromTheNodeInAnyOrder() {
        send(INSPECTED.fragment(0, true));
        send(INSPECTED.fragment(24, false));
        assertThat(inspected()).isEqualTo(2);
        sluice.receive(PairWithNode.NODE_OUT, INSPECTED.fragment(24, false).bytes());
        assertThat(passed()).isZero();
        sluice.receive(PairWithNode.NODE_OUT, INSPECTED.fragment(0, true).bytes());
        assertThat(passed()).isEqualTo(2);
        assertThat(sluice.drops()).isEmpty();
    }

    @Test
    void datagramComesBackWholeFromANodeThatPutsItTogether() {
        send(INSPECTED.fragment(0, true));
        send(INSPECTED.fragment(24, false));
        sluice.receive(PairWithNode.NODE_OUT, INSPECTED.payload(new byte[40]).bytes());
        assertThat(passed()).isOne();
    }
}
