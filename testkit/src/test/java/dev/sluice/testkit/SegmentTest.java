package dev.sluice.testkit;

import static dev.sluice.testkit.SegmentHosts.A;
import static dev.sluice.testkit.SegmentHosts.B;
import static dev.sluice.testkit.SegmentHosts.BLUE;
import static dev.sluice.testkit.SegmentHosts.C;
import static dev.sluice.testkit.SegmentHosts.NODE_IN;
import static dev.sluice.testkit.SegmentHosts.NODE_OUT;
import static dev.sluice.testkit.SegmentHosts.RED;
import static dev.sluice.testkit.SegmentHosts.RED_1;
import static dev.sluice.testkit.SegmentHosts.RED_2;
import static dev.sluice.testkit.SegmentHosts.UNDERLAY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.Arp;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.NeighborDiscovery;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** L2 segments over three hosts (C1). */
class SegmentTest {
    private static final long ALICE = 0x0200_0000_0a01L;
    private static final long BOB = 0x0200_0000_0b01L;
    private static final long ALL = 0xffff_ffff_ffffL;
    private static final TestPacket REQUEST =
            TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2).ethernet(ALICE, BOB);
    private static final TestPacket ANSWER =
            TestPacket.tcp("10.0.0.2:80", "10.0.0.1:4000", 0x12).ethernet(BOB, ALICE);

    static byte[] arp(int operation, long fromMac, String from, long toMac, String to) {
        byte[] frame = new byte[42];
        MemorySegment f = MemorySegment.ofArray(frame);
        Ethernet.setAddresses(f, 0, operation == Arp.REQUEST ? ALL : toMac, fromMac);
        Layouts.putU16(f, 12, EtherTypes.ARP);
        Arp.write(f, 14, operation, fromMac, ipv4(from), operation == Arp.REQUEST ? 0 : toMac, ipv4(to));
        return frame;
    }

    private static int ipv4(String address) {
        return IpAddress.parse(address).orElseThrow().ipv4Bits();
    }

    private static byte[] solicitation(long mac, String from, String target) {
        MemorySegment f = MemorySegment.ofArray(new byte[200]);
        IpAddress source = IpAddress.parse(from).orElseThrow();
        IpAddress to = IpAddress.parse(target).orElseThrow();
        int bytes = NeighborDiscovery.writeSolicitation(f, 14, source.hi(), source.lo(), to.hi(), to.lo(), mac);
        Ethernet.setAddresses(f, 0, NeighborDiscovery.multicastMac(NeighborDiscovery.solicitedNodeLo(to.lo())), mac);
        Layouts.putU16(f, 12, EtherTypes.IPV6);
        return f.asSlice(0, 14 + bytes).toArray(ValueLayout.JAVA_BYTE);
    }

    private static byte[] advertisement(long mac, String from, long toMac, String to, int flags) {
        MemorySegment f = MemorySegment.ofArray(new byte[200]);
        IpAddress own = IpAddress.parse(from).orElseThrow();
        IpAddress asker = IpAddress.parse(to).orElseThrow();
        int bytes = NeighborDiscovery.writeAdvertisement(
                f, 14, own.hi(), own.lo(), asker.hi(), asker.lo(), own.hi(), own.lo(), flags, mac);
        Ethernet.setAddresses(f, 0, toMac, mac);
        Layouts.putU16(f, 12, EtherTypes.IPV6);
        return f.asSlice(0, 14 + bytes).toArray(ValueLayout.JAVA_BYTE);
    }

    /** Lets the hosts know where Alice (on A) and Bob (on B) are. */
    static void introduce(SegmentHosts hosts) {
        hosts.receive(A, RED_1, arp(Arp.REQUEST, ALICE, "10.0.0.1", 0, "10.0.0.2"));
        hosts.receive(B, RED_1, arp(Arp.REPLY, BOB, "10.0.0.2", ALICE, "10.0.0.1"));
        hosts.received();
        hosts.carried.clear();
    }

    @Test
    void broadcastComesOutOnceOfEachOtherPortOfItsSegment() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            hosts.receive(A, RED_1, arp(Arp.REQUEST, ALICE, "10.0.0.1", 0, "10.0.0.2"));
            assertThat(hosts.received()).containsExactly("A2", "B1", "B2", "C1", "C2");
            assertThat(hosts.drops()).isEmpty();
        }
    }

    @Test
    void unknownDestinationIsAskedForEverywhereAndAKnownOneIsReachedDirectly() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            hosts.receive(A, RED_1, REQUEST.bytes());
            assertThat(hosts.received()).containsExactly("A2", "B1", "B2", "C1", "C2");
            hosts.receive(B, RED_2, ANSWER.bytes());
            assertThat(hosts.received()).containsExactly("A1");
            hosts.receive(A, RED_1, REQUEST.bytes());
            assertThat(hosts.host(B).sent(RED_2)).containsExactly(REQUEST.bytes());
            assertThat(hosts.received()).isEmpty();
            assertThat(hosts.drops()).isEmpty();
        }
    }

    @Test
    void framesBetweenPortsOfOneHostStayThere() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            hosts.receive(A, RED_1, REQUEST.bytes());
            hosts.receive(A, RED_2, ANSWER.bytes());
            hosts.received();
            hosts.carried.clear();
            hosts.receive(A, RED_1, REQUEST.bytes());
            assertThat(hosts.received()).containsExactly("A2");
            assertThat(hosts.carried).isEmpty();
        }
    }

    /** A kernel that ends tunnels leaves it to the next device to complete what is inside. */
    @Test
    void checksumInsideThatIsStillToBeCompletedIsLeftToThePort() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            SegmentTest.introduce(hosts);
            hosts.receive(A, RED_1, REQUEST.bytes());
            byte[] carried = hosts.carried.getLast();
            hosts.received();
            int outer = carried.length - REQUEST.bytes().length;
            hosts.host(B).receive(UNDERLAY, MemoryFrame.partial(carried, outer + 34, 16));
            assertThat(hosts.host(B).sentFrames(RED_1)).singleElement().satisfies(frame -> {
                assertThat(frame.offload() & Batch.CHECKSUM_PARTIAL).isNotZero();
                assertThat(frame.csumStart()).isEqualTo(34);
                assertThat(frame.csumOffset()).isEqualTo(16);
            });
        }
    }

    @Test
    void segmentsWithTheSameAddressesNeverMeet() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            hosts.receive(A, RED_1, REQUEST.bytes());
            hosts.received();
            hosts.receive(A, BLUE, REQUEST.bytes());
            assertThat(hosts.received()).containsExactly("B3");
            hosts.receive(B, BLUE, ANSWER.bytes());
            assertThat(hosts.received()).containsExactly("A3");
            // Red has not heard of Bob yet.
            hosts.receive(A, RED_1, REQUEST.bytes());
            assertThat(hosts.received()).containsExactly("A2", "B1", "B2", "C1", "C2");
        }
    }

    @Test
    void knownAddressIsAnsweredWhereItIsAskedFor() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            introduce(hosts);
            hosts.receive(A, RED_2, arp(Arp.REQUEST, 0x0200_0000_0c01L, "10.0.0.3", 0, "10.0.0.2"));
            assertThat(hosts.host(A).sent(RED_2))
                    .containsExactly(arp(Arp.REPLY, BOB, "10.0.0.2", 0x0200_0000_0c01L, "10.0.0.3"));
            assertThat(hosts.carried).isEmpty();
            assertThat(hosts.host(A).datapath().counters().segmentAnswered).isOne();
            // Announcements, and probes for duplicates, go to all.
            hosts.receive(A, RED_2, arp(Arp.REQUEST, 0x0200_0000_0c01L, "10.0.0.3", 0, "10.0.0.3"));
            assertThat(hosts.received()).hasSize(5);
            hosts.receive(A, RED_2, arp(Arp.REQUEST, 0x0200_0000_0c01L, "0.0.0.0", 0, "10.0.0.2"));
            assertThat(hosts.received()).hasSize(5);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, NeighborDiscovery.FLAG_ROUTER})
    void knownNeighbourIsAdvertisedAsWhatItIs(int router) {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            hosts.receive(A, RED_1, solicitation(ALICE, "fd00::1", "fd00::2"));
            assertThat(hosts.received()).hasSize(5);
            int flags = router | NeighborDiscovery.FLAG_SOLICITED | NeighborDiscovery.FLAG_OVERRIDE;
            hosts.receive(B, RED_1, advertisement(BOB, "fd00::2", ALICE, "fd00::1", flags));
            assertThat(hosts.received()).containsExactly("A1");
            hosts.carried.clear();
            hosts.receive(A, RED_2, solicitation(0x0200_0000_0c01L, "fd00::3", "fd00::2"));
            List<byte[]> answers = hosts.host(A).sent(RED_2);
            assertThat(answers).containsExactly(advertisement(BOB, "fd00::2", 0x0200_0000_0c01L, "fd00::3", flags));
            MemorySegment f = MemorySegment.ofArray(answers.getFirst());
            assertThat(Icmpv6.checksumOk(f, 14, 14 + Ipv6.BYTES, 32)).isTrue();
            assertThat(hosts.carried).isEmpty();
            // Whether Alice is a router nobody has said.
            hosts.receive(A, RED_2, solicitation(0x0200_0000_0c01L, "fd00::3", "fd00::1"));
            assertThat(hosts.received()).hasSize(5);
        }
    }

    /** Ports may carry VLANs of their own, whose addresses are nobody else's business (V29). */
    @Test
    void addressesOfOneVlanAreNotTheAnswersToQuestionsInAnother() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            hosts.receive(B, RED_1, tagged(10, arp(Arp.REQUEST, BOB, "10.0.0.2", 0, "10.0.0.1")));
            hosts.receive(B, RED_1, tagged(10, advertisement(BOB, "fd00::2", ALICE, "fd00::1", 0)));
            hosts.received();
            for (int vlan : new int[] {0, 10, 20}) {
                hosts.receive(A, RED_2, tagged(vlan, arp(Arp.REQUEST, ALICE, "10.0.0.1", 0, "10.0.0.2")));
                assertThat(hosts.received()).as("ARP in VLAN %d", vlan).hasSize(5);
                hosts.receive(A, RED_2, tagged(vlan, solicitation(ALICE, "fd00::1", "fd00::2")));
                assertThat(hosts.received()).as("discovery in VLAN %d", vlan).hasSize(5);
            }
            assertThat(hosts.drops()).isEmpty();
        }
    }

    /** With a tag in front; as it is for VLAN 0. */
    private static byte[] tagged(int vlan, byte[] frame) {
        if (vlan == 0) {
            return frame;
        }
        byte[] tagged = new byte[frame.length + 4];
        System.arraycopy(frame, 0, tagged, 0, 12);
        System.arraycopy(frame, 12, tagged, 16, frame.length - 12);
        Layouts.putU16(MemorySegment.ofArray(tagged), 12, EtherTypes.VLAN);
        Layouts.putU16(MemorySegment.ofArray(tagged), 14, vlan);
        return tagged;
    }

    @Test
    void addressThatAppearsElsewhereIsReachedThere() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            introduce(hosts);
            hosts.host(B).advance(1_000_000_000);
            hosts.receive(C, RED_2, arp(Arp.REQUEST, BOB, "10.0.0.2", 0, "10.0.0.2"));
            assertThat(hosts.received()).containsExactly("A1", "A2", "B1", "B2", "C1");
            hosts.receive(A, RED_1, REQUEST.bytes());
            assertThat(hosts.received()).containsExactly("C2");
            assertThat(hosts.host(A).datapath().counters().segmentMoves).isOne();
            assertThat(hosts.drops()).isEmpty();
        }
    }

    @Test
    void addressIsForgottenWhenItIsSilentForFiveMinutes() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            introduce(hosts);
            hosts.hosts.forEach(host -> host.advance(299_000_000_000L));
            hosts.receive(A, RED_1, REQUEST.bytes());
            assertThat(hosts.received()).containsExactly("B1");
            hosts.hosts.forEach(host -> host.advance(2_000_000_000L));
            hosts.receive(A, RED_1, REQUEST.bytes());
            assertThat(hosts.received()).hasSize(5);
        }
    }

    @Test
    void addressAtAPortThatIsGoneIsUnknown() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            introduce(hosts);
            hosts.host(A).apply(hosts.snapshot(A, List.of(A, C)));
            hosts.receive(A, RED_1, REQUEST.bytes());
            assertThat(hosts.received()).containsExactly("A2", "C1", "C2");
        }
    }

    @ParameterizedTest
    @CsvSource({"true, false", "false, true", "true, true"})
    void flowVisitsTheNodeOnceInEachDirectionWhoeverClassifies(boolean atAlice, boolean atBob) {
        List<Integer> served = atAlice && atBob ? List.of(A, B) : atAlice ? List.of(A) : List.of(B);
        try (SegmentHosts hosts = new SegmentHosts(served)) {
            introduce(hosts);
            for (int round = 0; round < 3; round++) {
                byte[] request = REQUEST.payload("request " + round).bytes();
                hosts.receive(A, RED_1, request);
                assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(request);
                assertThat(hosts.received()).isEmpty();
                hosts.receive(C, NODE_OUT, request);
                assertThat(hosts.host(B).sent(RED_1)).containsExactly(request);
                assertThat(hosts.received()).isEmpty();

                byte[] answer = ANSWER.payload("answer " + round).bytes();
                hosts.receive(B, RED_1, answer);
                assertThat(hosts.host(C).sent(NODE_OUT)).containsExactly(answer);
                assertThat(hosts.received()).isEmpty();
                hosts.receive(C, NODE_IN, answer);
                assertThat(hosts.host(A).sent(RED_1)).containsExactly(answer);
                assertThat(hosts.received()).isEmpty();
            }
            assertThat(hosts.drops()).isEmpty();
        }
    }

    @Test
    void udpAnswersAreServicedAsAnswersWhereRulesHoldAtBothEnds() {
        try (SegmentHosts hosts = new SegmentHosts(List.of(A, B))) {
            introduce(hosts);
            TestPacket question = TestPacket.udp("10.0.0.1:4000", "10.0.0.2:53").ethernet(ALICE, BOB);
            hosts.receive(A, RED_1, question.bytes());
            assertThat(hosts.received()).containsExactly("C4");
            hosts.receive(C, NODE_OUT, question.bytes());
            assertThat(hosts.received()).containsExactly("B1");
            hosts.receive(B, RED_1, question.reply().bytes());
            assertThat(hosts.received()).containsExactly("C5");
            hosts.receive(C, NODE_IN, question.reply().bytes());
            assertThat(hosts.received()).containsExactly("A1");
            assertThat(hosts.drops()).isEmpty();
        }
    }

    @Test
    void frameForAnUnknownDestinationIsClassifiedAtThePortItMightBeFor() {
        try (SegmentHosts hosts = new SegmentHosts(List.of(B))) {
            hosts.receive(A, RED_1, REQUEST.bytes());
            // At B's first port the rule holds.
            assertThat(hosts.received()).containsExactly("A2", "B2", "C1", "C2", "C4");
            hosts.receive(C, NODE_OUT, REQUEST.bytes());
            assertThat(hosts.received()).containsExactly("B1");
            assertThat(hosts.drops()).isEmpty();
        }
    }

    @Test
    void tenantCannotSayThatItsPacketsWereServiced() {
        try (SegmentHosts hosts = new SegmentHosts(List.of(B))) {
            introduce(hosts);
            hosts.receive(A, RED_1, REQUEST.bytes());
            byte[] tunnelled = hosts.carried.getFirst().clone();
            // The same tunnel packet, sent by a tenant as its own, is a payload.
            hosts.received();
            hosts.receive(A, RED_2, tunnelled);
            hosts.received();
            assertThat(hosts.host(A).datapath().counters().segmentReceived).isOne();
            assertThat(hosts.host(B).drops()).isEmpty();
        }
    }

    @Test
    void forgedTunnelPacketsAreDroppedForTheirOwnReasonsAndTeachNothing() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            introduce(hosts);
            hosts.receive(A, RED_1, REQUEST.bytes());
            byte[] good = hosts.carried.getFirst();
            hosts.received();
            // Ethernet 14, IPv4 20 (source at 26), UDP 8, Geneve at 42 (VNI at 46), frame at 50.
            byte[] unknownVni = good.clone();
            unknownVni[46] = 0x77;
            hosts.host(B).receive(UNDERLAY, unknownVni);
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.SEGMENT_UNKNOWN, 1L));
            byte[] truncated = java.util.Arrays.copyOf(good, 58);
            shorten(truncated);
            hosts.host(B).receive(UNDERLAY, truncated);
            assertThat(hosts.host(B).drops()).containsEntry(DropReason.FRAME_TRUNCATED, 1L);
            byte[] stranger = good.clone();
            stranger[29] = 99;
            Sums.fixIpv4(stranger, 14);
            hosts.host(B).receive(UNDERLAY, stranger);
            assertThat(hosts.host(B).drops()).containsEntry(DropReason.OVERLAY_PEER_UNKNOWN, 1L);
            assertThat(hosts.received()).isEmpty();
            assertThat(hosts.host(B).datapath().counters().segmentReceived).isEqualTo(2);
        }
    }

    /** It could say that others' addresses are at it. */
    @Test
    void frameOfAPeerThatHasNoPortOfTheSegmentIsDroppedAndTeachesNothing() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            introduce(hosts);
            hosts.receive(A, RED_1, REQUEST.bytes());
            byte[] forged = hosts.carried.getFirst().clone();
            hosts.received();
            hosts.host(B).apply(hosts.snapshot(B, List.of(A, B)));
            forged[29] = 3;
            Sums.fixIpv4(forged, 14);
            long moves = hosts.host(B).datapath().counters().segmentMoves;
            hosts.host(B).receive(UNDERLAY, forged);
            assertThat(hosts.host(B).drops()).isEqualTo(Map.of(DropReason.SEGMENT_PEER_UNKNOWN, 1L));
            assertThat(hosts.host(B).datapath().counters().segmentMoves).isEqualTo(moves);
            assertThat(hosts.received()).isEmpty();
        }
    }

    private static void shorten(byte[] frame) {
        MemorySegment f = MemorySegment.ofArray(frame);
        Layouts.putU16(f, 16, frame.length - 14);
        Layouts.putU16(f, 38, frame.length - 34);
        Layouts.putU16(f, 40, 0);
        Sums.fixIpv4(frame, 14);
    }

    @Test
    void frameThatComesBackFromOutsideIsDropped() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            introduce(hosts);
            // Alice has just spoken here.
            hosts.host(A).receive(RED_1, REQUEST.bytes());
            hosts.host(B).receive(RED_2, arp(Arp.REQUEST, ALICE, "10.0.0.1", 0, "10.0.0.9"));
            hosts.settle();
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.SEGMENT_LOOP, 1L));
            assertThat(hosts.host(A).datapath().macCount(RED)).isEqualTo(2);
        }
    }

    @Test
    void framesThatBridgesDoNotForwardStay() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            hosts.receive(A, RED_1, REQUEST.ethernet(ALICE, 0x0180_c200_000eL).bytes());
            assertThat(hosts.drops()).isEqualTo(Map.of(DropReason.SEGMENT_RESERVED, 1L));
            assertThat(hosts.received()).isEmpty();
        }
    }

    @Test
    void framesOfCopiesAreGivenBack() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            int before = hosts.host(A).freeFrames();
            for (int i = 0; i < 2_000; i++) {
                hosts.host(A).receive(RED_1, arp(Arp.REQUEST, ALICE + i, "10.0.0.1", 0, "10.0.0.2"));
            }
            hosts.settle();
            hosts.received();
            hosts.settle();
            assertThat(hosts.host(A).freeFrames()).isEqualTo(before);
        }
    }

    @Test
    void packetThatIsTooLargeForTheUnderlayIsReportedToItsSender() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            introduce(hosts);
            hosts.receive(A, RED_1, REQUEST.payload(new byte[1_660]).bytes());
            List<byte[]> told = hosts.host(A).sent(RED_1);
            assertThat(told).hasSize(1);
            assertThat(told.getFirst()[23]).isEqualTo((byte) 1);
            assertThat(hosts.drops()).isEqualTo(Map.of(DropReason.MTU_EXCEEDED, 1L));
        }
    }

    @Test
    void frameForItsOwnSideIsDropped() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            introduce(hosts);
            // Bob is at B; what comes back from there, or from his own port, is for nobody here.
            hosts.receive(
                    B,
                    RED_1,
                    TestPacket.tcp("10.0.0.9:1", "10.0.0.2:80", 2)
                            .ethernet(ALICE + 9, BOB)
                            .bytes());
            assertThat(hosts.drops()).isEqualTo(Map.of(DropReason.SEGMENT_NOBODY, 1L));
            assertThat(hosts.received()).isEmpty();
        }
    }

    @Test
    void frameFromAPeerGoesToNoOtherPeer() {
        try (SegmentHosts hosts = new SegmentHosts(List.of())) {
            introduce(hosts);
            // C believes that Bob is at A, where he is not any more.
            hosts.receive(A, RED_2, arp(Arp.REPLY, BOB, "10.0.0.2", ALL, "10.0.0.1"));
            hosts.received();
            hosts.host(A).advance(1_000_000_000);
            hosts.host(B).receive(RED_1, arp(Arp.REPLY, BOB, "10.0.0.2", ALICE, "10.0.0.1"));
            hosts.settle();
            hosts.received();
            hosts.receive(
                    C,
                    RED_1,
                    TestPacket.tcp("10.0.0.3:1", "10.0.0.2:80", 2)
                            .ethernet(ALICE + 9, BOB)
                            .bytes());
            assertThat(hosts.received()).isEmpty();
            assertThat(hosts.host(A).drops()).isEqualTo(Map.of(DropReason.SEGMENT_NOBODY, 1L));
        }
    }
}
