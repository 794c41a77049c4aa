package dev.sluice.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.track.ConnectionTableKeys.KeyHash;
import dev.sluice.datapath.track.FlowPrograms.Action;
import dev.sluice.wire.IpAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The table of instructions for single flows; what instructions do with packets is compared with the reference model (testkit). */
class FlowProgramsTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long SEED = 7;
    private static final boolean ONCE = true;
    private static final boolean ALL = false;
    private static final int FORWARD = 1;
    private static final int REVERSE = 2;
    private static final int BOTH = FlowPrograms.BOTH_DIRECTIONS;
    private static final int NODE = 5;
    private static final int OTHER = 6;

    private final ConnectionTable table = ConnectionTable.open(64, 1, TrackerTimeouts.DEFAULT);
    private final FlowPrograms programs = new FlowPrograms(table, SEED);
    private final int slot = record();

    @AfterEach
    void close() {
        table.close();
    }

    private static PacketFields packet(boolean reverse) {
        PacketFields key = new PacketFields();
        key.protocol = 6;
        key.sourceLo = reverse ? 2 : 1;
        key.destinationLo = reverse ? 1 : 2;
        key.sourcePort = reverse ? 80 : 4000;
        key.destinationPort = reverse ? 4000 : 80;
        return key;
    }

    private int record() {
        return table.insert(KeyHash.FLOW.of(packet(false), 9), packet(false), 9, ConnectionTable.SERVICE, 0);
    }

    private boolean says(int node, Action action, int argument, boolean once, int directions) {
        return programs.tell(slot, node, action, argument, once, directions, FlowPrograms.WITH_THE_RECORD, 0);
    }

    /** What stands for packets of a direction, without order: action and argument. */
    private List<String> of(boolean reverse) {
        return programs.of(slot, 0).stream()
                .filter(one -> one.concerns(packet(reverse)))
                .map(one ->
                        one.action() + (one.argument() == 0 ? "" : " " + one.argument()) + (one.once() ? " once" : ""))
                .sorted()
                .toList();
    }

    /** A packet comes, and all that stands for its direction is carried out. */
    private void pass(boolean reverse) {
        programs.of(slot, 0).stream()
                .filter(one -> one.concerns(packet(reverse)))
                .forEach(one -> programs.executed(one, packet(reverse), 0));
    }

    private void assertForwardAndReverse(List<String> forward, List<String> reverse) {
        assertThat(of(false)).as("forward").isEqualTo(forward);
        assertThat(of(true)).as("reverse").isEqualTo(reverse);
    }

    private static InstructedFlow flow(int number) {
        return new InstructedFlow(
                number >>> 16,
                17,
                IpAddress.parse("10.0.0.1").orElseThrow(),
                number & 0xffff,
                IpAddress.parse("10.0.0.2").orElseThrow(),
                53);
    }

    private static InstructedFlow turned(InstructedFlow flow) {
        return new InstructedFlow(
                flow.zone(),
                flow.protocol(),
                flow.destination(),
                flow.destinationPort(),
                flow.source(),
                flow.sourcePort());
    }

    private boolean tell(int number, long expiresNs, long nowNs) {
        return programs.put(flow(number), Action.DROP, 0, false, expiresNs, nowNs);
    }

    @Test
    void refusesMoreInstructionsThanThereIsRoomFor() {
        for (int i = 0; i < FlowPrograms.INSTRUCTIONS_MAX; i++) {
            assertThat(tell(i, 100 * SECOND, 0)).isTrue();
        }
        assertThat(tell(1 << 20, 100 * SECOND, 0)).isFalse();
        assertThat(tell(7, 200 * SECOND, 0)).as("one that is there").isTrue();
        assertThat(programs.size()).isEqualTo(FlowPrograms.INSTRUCTIONS_MAX);
        // What has expired gives room, swept or not.
        assertThat(tell(1 << 20, 300 * SECOND, 150 * SECOND)).isTrue();
        assertThat(programs.size()).isLessThan(FlowPrograms.INSTRUCTIONS_MAX);
    }

    @Test
    void bothDirectionsAreOneFlow() {
        tell(1, SECOND, 0);
        programs.put(turned(flow(1)), Action.ACCEPT, 0, false, SECOND, 0);
        assertThat(programs.size()).isEqualTo(1);
        assertThat(programs.remove(flow(1))).isTrue();
        assertThat(programs.remove(flow(1))).isFalse();
        assertThat(programs.size()).isZero();
    }

    @Test
    void eachInstructionMovesTheGenerationAndItIsNeverZero() {
        int before = programs.generation();
        tell(1, SECOND, 0);
        assertThat(programs.generation()).isNotEqualTo(before).isNotZero();
    }

    @Test
    void whatHasExpiredIsSweptAway() {
        for (int i = 0; i < 1000; i++) {
            tell(i, SECOND, 0);
        }
        tell(1000, 3 * SECOND, 0);
        for (int i = 0; i < FlowPrograms.BUCKETS; i++) {
            programs.sweep(2 * SECOND);
        }
        assertThat(programs.size()).isEqualTo(1);
    }

    // Of nodes: per node and direction.

    @Test
    void eachDirectionHasItsOwnWhicheverIsSaidFirst() {
        assertThat(says(NODE, Action.DROP, 0, ALL, FORWARD)).isTrue();
        assertThat(says(NODE, Action.SKIP, NODE, ALL, REVERSE)).isTrue();
        assertForwardAndReverse(List.of("DROP"), List.of("SKIP 5"));
        programs.clear();
        assertThat(says(NODE, Action.SKIP, NODE, ALL, REVERSE)).isTrue();
        assertThat(says(NODE, Action.DROP, 0, ALL, FORWARD)).isTrue();
        assertForwardAndReverse(List.of("DROP"), List.of("SKIP 5"));
    }

    @Test
    void whatTwoNodesSayOfDifferentDirectionsHoldsAndRepeatingItChangesNothing() {
        says(NODE, Action.SKIP, NODE, ALL, FORWARD);
        says(OTHER, Action.SKIP, OTHER, ALL, BOTH);
        int generation = programs.generation();
        for (int i = 0; i < 3; i++) {
            assertThat(says(NODE, Action.SKIP, NODE, ALL, FORWARD)).isTrue();
            assertThat(says(OTHER, Action.SKIP, OTHER, ALL, BOTH)).isTrue();
        }
        assertForwardAndReverse(List.of("SKIP 5", "SKIP 6"), List.of("SKIP 6"));
        assertThat(programs.generation()).isEqualTo(generation);
        assertThat(programs.size()).isEqualTo(2);
    }

    @Test
    void directionsSaidOneAfterTheOtherAreJoined() {
        says(NODE, Action.SKIP, NODE, ALL, FORWARD);
        says(NODE, Action.SKIP, NODE, ALL, REVERSE);
        assertForwardAndReverse(List.of("SKIP 5"), List.of("SKIP 5"));
        assertThat(programs.size()).isEqualTo(1);
    }

    @Test
    void dropForOnePacketDoesNotEndTheDropForAll() {
        says(NODE, Action.DROP, 0, ALL, BOTH);
        assertThat(says(NODE, Action.DROP, 0, ONCE, BOTH)).isTrue();
        pass(false);
        pass(true);
        assertForwardAndReverse(List.of("DROP"), List.of("DROP"));
    }

    @Test
    void onceForEachDirectionIsKeptUntilItWasCarriedOutInBoth() {
        says(NODE, Action.DROP, 0, ONCE, FORWARD);
        says(NODE, Action.DROP, 0, ONCE, REVERSE);
        assertForwardAndReverse(List.of("DROP once"), List.of("DROP once"));
        pass(false);
        assertForwardAndReverse(List.of(), List.of("DROP once"));
        pass(true);
        assertThat(programs.size()).isZero();
    }

    @Test
    void onceStandsBesideWhatIsForAllPackets() {
        says(NODE, Action.SKIP, NODE, ALL, BOTH);
        says(NODE, Action.PATH, 7, ONCE, FORWARD);
        assertForwardAndReverse(List.of("PATH 7 once", "SKIP 5"), List.of("SKIP 5"));
        pass(false);
        assertForwardAndReverse(List.of("SKIP 5"), List.of("SKIP 5"));
    }

    @Test
    void dropForAllStandsInItsDirections() {
        says(OTHER, Action.DROP, 0, ALL, FORWARD);
        assertThat(says(NODE, Action.SKIP, NODE, ALL, FORWARD))
                .as("nothing else is told")
                .isFalse();
        assertThat(says(OTHER, Action.SKIP, OTHER, ALL, FORWARD))
                .as("nor by the same node")
                .isFalse();
        assertThat(says(NODE, Action.SKIP, NODE, ALL, BOTH)).isTrue();
        assertForwardAndReverse(List.of("DROP"), List.of("SKIP 5"));
    }

    @Test
    void anotherPathTakesThePlaceOfTheOneThatTheSameNodeNamedBefore() {
        says(NODE, Action.PATH, 7, ALL, BOTH);
        says(NODE, Action.PATH, 8, ALL, REVERSE);
        assertForwardAndReverse(List.of("PATH 7"), List.of("PATH 8"));
    }

    @Test
    void directionsAreThoseOfTheRecordThatIsNamed() {
        says(NODE, Action.SKIP, NODE, ALL, FORWARD);
        table.remove(slot);
        int turned = table.insert(KeyHash.FLOW.of(packet(true), 9), packet(true), 9, ConnectionTable.SERVICE, 0);
        assertThat(turned).as("the slot is used again").isEqualTo(slot);
        assertForwardAndReverse(List.of(), List.of());
        says(NODE, Action.DROP, 0, ALL, FORWARD);
        assertForwardAndReverse(List.of(), List.of("DROP"));
    }

    @Test
    void operatorsTakeThePlaceOfAllThatNodesSayAndAreNotContradicted() {
        says(NODE, Action.SKIP, NODE, ALL, FORWARD);
        says(OTHER, Action.DROP, 0, ALL, REVERSE);
        InstructedFlow flow = programs.of(slot, 0).getFirst().flow();
        programs.put(turned(flow), Action.ACCEPT, 0, false, SECOND, 0);
        assertForwardAndReverse(List.of("ACCEPT"), List.of("ACCEPT"));
        assertThat(says(NODE, Action.DROP, 0, ALL, BOTH)).isFalse();
        assertThat(programs.size()).isEqualTo(1);
    }

    @Test
    void nodeTakesBackWhatItSaidAndNothingElse() {
        says(NODE, Action.DROP, 0, ALL, BOTH);
        says(NODE, Action.DROP, 0, ONCE, BOTH);
        says(OTHER, Action.DROP, 0, ALL, REVERSE);
        assertThat(programs.takeBack(slot, NODE, FORWARD, 0)).isTrue();
        assertForwardAndReverse(List.of(), List.of("DROP", "DROP"));
        assertThat(programs.takeBack(slot, NODE, BOTH, 0)).isTrue();
        assertForwardAndReverse(List.of(), List.of("DROP"));
        assertThat(programs.takeBack(slot, NODE, BOTH, 0)).as("once more").isTrue();
        assertThat(says(NODE, Action.SKIP, NODE, ALL, BOTH))
                .as("and says another thing")
                .isTrue();
        assertForwardAndReverse(List.of("SKIP 5"), List.of("DROP"));
        InstructedFlow flow = programs.of(slot, 0).getFirst().flow();
        programs.put(flow, Action.ACCEPT, 0, false, SECOND, 0);
        programs.takeBack(slot, NODE, BOTH, 0);
        assertForwardAndReverse(List.of("ACCEPT"), List.of("ACCEPT"));
    }

    // Of nodes: as long as the flow.

    @Test
    void endsWithTheRecordNotWithTime() {
        says(NODE, Action.DROP, 0, ALL, BOTH);
        assertThat(table.timeoutMs(slot)).isEqualTo(30_000);
        assertThat(programs.of(slot, 29 * SECOND)).hasSize(1);
        table.count(slot, 0, 64, 29 * SECOND);
        assertThat(programs.of(slot, 58 * SECOND)).hasSize(1);
        assertThat(programs.of(slot, 60 * SECOND)).as("the record has expired").isEmpty();
        assertThat(programs.size()).isZero();
    }

    @Test
    void dropHoldsWhileItHasPacketsAlsoWhereTheRecordDoesNotDecide() {
        says(NODE, Action.DROP, 0, ALL, BOTH);
        for (int second = 20; second <= 400; second += 20) {
            List<Instruction> now = programs.of(slot, second * SECOND);
            assertThat(now).as("second %s", second).hasSize(1);
            programs.executed(now.getFirst(), packet(true), second * SECOND);
        }
        assertThat(table.packets(slot, 0) + table.packets(slot, 1)).isZero();
    }

    @Test
    void followsTheRecordThatTakesThePlaceAndNoOther() {
        says(NODE, Action.DROP, 0, ALL, BOTH);
        long before = table.reference(slot);
        int next = record();
        table.supersede(slot);
        assertThat(programs.isTold(next, 0)).isFalse();
        says(NODE, Action.DROP, 0, ALL, BOTH);
        assertThat(programs.size())
                .as("nothing is said of a record that decides no more")
                .isZero();
        programs.tell(next, NODE, Action.DROP, 0, ALL, BOTH, FlowPrograms.WITH_THE_RECORD, 0);
        int last = record();
        programs.follow(before, last);
        table.remove(next);
        assertThat(programs.isTold(last, 0)).isFalse();

        programs.tell(last, NODE, Action.DROP, 0, ALL, BOTH, FlowPrograms.WITH_THE_RECORD, 0);
        before = table.reference(last);
        table.remove(last);
        int after = record();
        programs.follow(before, after);
        assertThat(programs.isTold(after, 0)).isTrue();
    }

    @Test
    void roomComesBackWhenFlowsEndWithoutAnybodyAsking() {
        says(NODE, Action.SKIP, NODE, ALL, BOTH);
        says(OTHER, Action.SKIP, OTHER, ALL, BOTH);
        tell(1, 100 * SECOND, 0);
        table.remove(slot);
        for (int i = 0; i < FlowPrograms.BUCKETS / 64; i++) {
            programs.sweep(0);
        }
        assertThat(programs.size()).as("the operator's").isEqualTo(1);
    }

    /** A node that speaks of many flows leaves operators no less room; only their own instructions do. */
    @Test
    void whatNodesSaidGivesWayToAnOperatorInAFullTable() {
        int records = 4096;
        int each = FlowPrograms.INSTRUCTIONS_MAX / records;
        try (ConnectionTable many = ConnectionTable.open(2 * records, 1, TrackerTimeouts.DEFAULT)) {
            FlowPrograms full = new FlowPrograms(many, SEED);
            PacketFields key = packet(false);
            for (int i = 0; i < records; i++) {
                key.sourcePort = i;
                int of = many.insert(KeyHash.FLOW.of(key, 9), key, 9, ConnectionTable.SERVICE, 0);
                for (int node = 0; node < each; node++) {
                    assertThat(full.tell(of, node, Action.SKIP, node, ALL, BOTH, FlowPrograms.WITH_THE_RECORD, 0))
                            .isTrue();
                }
            }
            assertThat(full.size()).isEqualTo(FlowPrograms.INSTRUCTIONS_MAX);
            for (int i = 0; i < 50; i++) {
                assertThat(full.put(flow(i), Action.DROP, 0, ALL, SECOND, 0)).isTrue();
            }
            assertThat(full.size()).isEqualTo(FlowPrograms.INSTRUCTIONS_MAX);
            for (int i = 0; i < 50; i++) {
                assertThat(full.remove(flow(i))).as("it stayed").isTrue();
            }
        }
    }

    /** The flow hash has no secret: whoever chooses ports so that it ends in the same bits does not get a long chain to be searched at each packet. */
    @Test
    void flowsWithCraftedHashesDoNotShareAChain() {
        int crafted = 0;
        for (int i = 0; crafted < 64; i++) {
            InstructedFlow flow = flow(i);
            long hash = FlowHash.withRouter(flow.flowHash(), flow.zone());
            if ((hash >>> 32 & FlowPrograms.BUCKETS - 1) == 0) {
                crafted++;
                programs.put(flow, Action.DROP, 0, ALL, SECOND, 0);
            }
        }
        int longest = 0;
        for (int bucket = 0; bucket < FlowPrograms.BUCKETS; bucket++) {
            int length = 0;
            for (Instruction one = programs.inBucket(bucket); one != null; one = FlowPrograms.after(one)) {
                length++;
            }
            longest = Math.max(longest, length);
        }
        assertThat(longest).isLessThanOrEqualTo(3);
    }
}
