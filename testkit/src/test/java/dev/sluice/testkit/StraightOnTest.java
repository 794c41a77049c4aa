package dev.sluice.testkit;

import static dev.sluice.testkit.SegmentHosts.A;
import static dev.sluice.testkit.SegmentHosts.B;
import static dev.sluice.testkit.SegmentHosts.C;
import static dev.sluice.testkit.SegmentHosts.NODE_IN;
import static dev.sluice.testkit.SegmentHosts.NODE_OUT;
import static dev.sluice.testkit.SegmentHosts.RED;
import static dev.sluice.testkit.SegmentHosts.RED_1;
import static dev.sluice.testkit.SegmentHosts.RED_2;
import static dev.sluice.testkit.SegmentHosts.UNDERLAY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.wire.Arp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Behind the last service straight to the destination's switch (C7, ADR 19). Alice is at A, Bob at B, the firewall at C. */
class StraightOnTest {
    private static final long ALICE = 0x0200_0000_0a01L;
    private static final long BOB = 0x0200_0000_0b01L;
    private static final TestPacket REQUEST =
            TestPacket.tcp("10.0.0.1:4000", "10.0.0.2:80", 2).ethernet(ALICE, BOB);
    private static final TestPacket ANSWER =
            TestPacket.tcp("10.0.0.2:80", "10.0.0.1:4000", 0x12).ethernet(BOB, ALICE);

    // In a tunnel packet of the service plane: Ethernet 0, IPv4 14, UDP 34, Geneve 42, NSH 50, context headers from 58,
    // the destination's node from 110, frame 118.
    private static final int NODE_TOLD = 114;

    // In one of the segment: serviced mark from 50, its number at 54, the sender's node at 58, frame 62.
    private static final int SENDER_TOLD = 58;

    /** A knows where Bob is, all know where Alice is; C has not heard of Bob. */
    private static SegmentHosts introduced(List<Integer> served) {
        SegmentHosts hosts = SegmentHosts.straight(served);
        SegmentTest.introduce(hosts);
        return hosts;
    }

    /** The firewall lets through what it has got. */
    private static void serve(SegmentHosts hosts) {
        for (byte[] frame : hosts.host(C).sent(NODE_IN)) {
            hosts.receive(C, NODE_OUT, frame);
        }
        for (byte[] frame : hosts.host(C).sent(NODE_OUT)) {
            hosts.receive(C, NODE_IN, frame);
        }
    }

    /** From which host to which each packet went over the underlay, since the last call. */
    private static List<String> ways(SegmentHosts hosts) {
        List<String> ways = new ArrayList<>();
        for (byte[] frame : hosts.carried) {
            if (frame[12] == 8 && frame[13] == 0) {
                ways.add("" + (char) ('A' + (frame[29] - 1)) + (char) ('A' + (frame[33] - 1)));
            }
        }
        hosts.carried.clear();
        return ways;
    }

    @ParameterizedTest
    @CsvSource({"true, false", "false, true", "true, true"})
    void packetsGoFromTheLastNodeToTheirDestinationsHost(boolean atAlice, boolean atBob) {
        List<Integer> served = atAlice && atBob ? List.of(A, B) : atAlice ? List.of(A) : List.of(B);
        try (SegmentHosts hosts = introduced(served)) {
            for (int round = 0; round < 3; round++) {
                byte[] request = REQUEST.payload("request " + round).bytes();
                hosts.receive(A, RED_1, request);
                assertThat(hosts.host(C).sent(NODE_IN)).containsExactly(request);
                hosts.receive(C, NODE_OUT, request);
                assertThat(hosts.host(B).sent(RED_1)).containsExactly(request);
                byte[] answer = ANSWER.payload("answer " + round).bytes();
                hosts.receive(B, RED_1, answer);
                assertThat(hosts.host(C).sent(NODE_OUT)).containsExactly(answer);
                hosts.receive(C, NODE_IN, answer);
                assertThat(hosts.host(A).sent(RED_1)).containsExactly(answer);
                assertThat(hosts.received()).isEmpty();
                // To the switch that classifies at the receiver's port the packet has to come back, to leave there.
                assertThat(ways(hosts))
                        .isEqualTo(
                                atAlice
                                        ? List.of("AC", "CB", "BA", "AC", "CA")
                                        : List.of("AB", "BC", "CB", "BC", "CA"));
            }
            assertThat(hosts.drops()).isEmpty();
            hosts.hosts.forEach(
                    host -> assertThat(host.datapath().counters().segmentMoves).isZero());
        }
    }

    @Test
    void senderIsKnownToBeWhereItsPacketsWereClassified() {
        try (SegmentHosts hosts = introduced(List.of(A))) {
            // Only what comes straight from C keeps B from forgetting Alice.
            for (int i = 0; i < 4; i++) {
                hosts.hosts.forEach(host -> host.advance(200_000_000_000L));
                hosts.receive(
                        A,
                        RED_2,
                        TestPacket.udp("10.0.0.3:1", "10.0.0.3:2")
                                .ethernet(BOB + 5, ALICE + 7)
                                .bytes());
                hosts.receive(
                        B,
                        RED_2,
                        TestPacket.udp("10.0.0.3:1", "10.0.0.3:2")
                                .ethernet(BOB, ALICE + 7)
                                .bytes());
                hosts.receive(A, RED_1, REQUEST.bytes());
                serve(hosts);
                hosts.received();
                hosts.carried.clear();
            }
            hosts.receive(B, RED_1, ANSWER.bytes());
            assertThat(ways(hosts)).containsExactly("BA", "AC");
        }
    }

    @Test
    void destinationThatIsNotKnownIsAskedForByTheClassifyingSwitch() {
        try (SegmentHosts hosts = SegmentHosts.straight(List.of(A))) {
            hosts.receive(A, RED_1, REQUEST.bytes());
            serve(hosts);
            assertThat(ways(hosts)).containsExactly("AC", "CA", "AC", "AB");
            assertThat(hosts.received()).containsExactly("A2", "B1", "B2", "C1", "C2");
            assertThat(hosts.drops()).isEmpty();
        }
    }

    @Test
    void destinationAtTheLastNodesHostIsReachedThere() {
        try (SegmentHosts hosts = introduced(List.of(A, C))) {
            hosts.receive(C, RED_1, SegmentTest.arp(Arp.REPLY, BOB + 9, "10.0.0.2", ALICE, "10.0.0.1"));
            hosts.received();
            hosts.carried.clear();
            byte[] request = REQUEST.ethernet(ALICE, BOB + 9).bytes();
            hosts.receive(A, RED_1, request);
            serve(hosts);
            assertThat(hosts.host(C).sent(RED_1)).containsExactly(request);
            assertThat(ways(hosts)).containsExactly("AC");
            // C has taken note that A has the answers serviced, though rules hold here too.
            byte[] answer = ANSWER.ethernet(BOB + 9, ALICE).bytes();
            hosts.receive(C, RED_1, answer);
            assertThat(hosts.host(C).sent(NODE_OUT)).containsExactly(answer);
            assertThat(ways(hosts)).containsExactly("CA", "AC");
            assertThat(hosts.drops()).isEmpty();
        }
    }

    @Test
    void packetWhoseSegmentTheLastHostHasNoPortsOfGoesStraightAsWell() {
        try (SegmentHosts hosts = introduced(List.of(A))) {
            hosts.host(C).apply(hosts.snapshot(C, List.of(A, B)));
            hosts.receive(A, RED_1, REQUEST.bytes());
            serve(hosts);
            assertThat(ways(hosts)).containsExactly("AC", "CB");
            assertThat(hosts.host(B).sent(RED_1)).containsExactly(REQUEST.bytes());
        }
    }

    @Test
    void whereTheLastHostCannotFollowPacketsGoBack() {
        try (SegmentHosts hosts = introduced(List.of(A))) {
            // C has learned of a change that A has not: B is no part of the segment any more.
            hosts.host(C).apply(hosts.snapshot(C, List.of(A, C)));
            hosts.receive(A, RED_1, REQUEST.bytes());
            serve(hosts);
            assertThat(ways(hosts)).containsExactly("AC", "CA", "AB");
            assertThat(hosts.host(B).sent(RED_1)).containsExactly(REQUEST.bytes());
            assertThat(hosts.drops()).isEmpty();
        }
    }

    /** What a host may be told that is not so: 1001 is B, 1000 A, 1002 C. */
    @ParameterizedTest
    @CsvSource({"1000, CA", "1002, CA", "7, CA", "0, CA", "1001, CB"})
    void nodeThatIsToldIsOnlyBelievedIfItHasPortsOfTheSegment(int told, String way) {
        try (SegmentHosts hosts = introduced(List.of(A))) {
            hosts.receive(A, RED_1, REQUEST.bytes());
            byte[] frame = hosts.carried.getFirst().clone();
            hosts.received();
            frame[NODE_TOLD] = 0;
            frame[NODE_TOLD + 1] = 0;
            frame[NODE_TOLD + 2] = (byte) (told >>> 8);
            frame[NODE_TOLD + 3] = (byte) told;
            hosts.carried.clear();
            hosts.host(C).receive(UNDERLAY, frame);
            serve(hosts);
            assertThat(ways(hosts).getFirst()).isEqualTo(way);
            assertThat(hosts.host(B).sent(RED_1)).containsExactly(REQUEST.bytes());
        }
    }

    @Test
    void senderThatIsAtNoPeerOfTheSegmentIsNotLearned() {
        try (SegmentHosts hosts = introduced(List.of(A))) {
            hosts.receive(A, RED_1, REQUEST.bytes());
            serve(hosts);
            byte[] forged = hosts.carried.getLast().clone();
            hosts.received();
            int known = hosts.host(B).datapath().macCount(RED);
            long moves = hosts.host(B).datapath().counters().segmentMoves;
            // Mallory at nobody's, at B itself, and at C.
            for (int node : new int[] {7, 1001, 1002}) {
                forged[SENDER_TOLD + 2] = (byte) (node >>> 8);
                forged[SENDER_TOLD + 3] = (byte) node;
                forged[62 + 11] = (byte) (0x60 + (node & 7));
                hosts.host(B).receive(UNDERLAY, forged);
            }
            assertThat(hosts.host(B).datapath().macCount(RED)).isEqualTo(known + 1);
            assertThat(hosts.host(B).datapath().counters().segmentMoves).isEqualTo(moves);
            assertThat(hosts.drops()).isEmpty();
        }
    }

    @Test
    void packetThatIsTooLargeOnItsWayStraightOnIsDropped() {
        try (SegmentHosts hosts = introduced(List.of(A))) {
            hosts.receive(A, RED_1, REQUEST.payload(new byte[1_400]).bytes());
            byte[] small = hosts.host(C).sent(NODE_IN).getFirst();
            byte[] grown = REQUEST.payload(new byte[1_700]).bytes();
            assertThat(small.length).isLessThan(grown.length);
            hosts.receive(C, NODE_OUT, grown);
            assertThat(hosts.drops()).isEqualTo(Map.of(DropReason.MTU_EXCEEDED, 1L));
        }
    }
}
