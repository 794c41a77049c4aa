package dev.sluice.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.track.ConnectionTableKeys.KeyHash;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What does not fit into a record of 64 bytes is kept as exactly as what does (ADR 37). */
class ConnectionTableWidthTest {
    private static final long NOW_NS = 1_000_000_000_000L;
    private static final long MAPPED = 0xffff_0000_0000L;
    private static final long A = 0x0a00_0001L;
    private static final long B = 0xc0a8_0101L;
    private static final int UDP = 17;
    private static final int TCP = 6;

    /** Pairs of addresses (source hi, lo, destination hi, lo) that have their lower bits in common. */
    private static final long[][] ALIKE = {
        {0, MAPPED | A, 0, MAPPED | B},
        {0, MAPPED | A, 0, B},
        {0, A, 0, MAPPED | B},
        {0, A, 0, B},
        {1, MAPPED | A, 0, MAPPED | B},
        {0, MAPPED | A, 1, MAPPED | B},
        {1, MAPPED | A, 1, MAPPED | B},
        {0, 0x1_0000_0000_0000L | MAPPED | A, 0, MAPPED | B},
        {0, MAPPED | A, 0, 0x1_0000_0000_0000L | MAPPED | B},
        {0, (MAPPED >>> 1) | A, 0, MAPPED | B},
        {0x2001_0db8L << 32, (A << 32) | B, 0x2001_0db8L << 32, MAPPED | B},
    };

    private static PacketFields key(long[] addresses, int protocol) {
        PacketFields key = new PacketFields();
        key.sourceHi = addresses[0];
        key.sourceLo = addresses[1];
        key.destinationHi = addresses[2];
        key.destinationLo = addresses[3];
        key.sourcePort = 1234;
        key.destinationPort = 53;
        key.protocol = protocol;
        return key;
    }

    private static PacketFields flow(int flow, boolean wide, int protocol) {
        return key(new long[] {wide ? 0x2001_0db8L << 32 : 0, (MAPPED | A) + flow, 0, MAPPED | B}, protocol);
    }

    private static int insert(ConnectionTable table, PacketFields key) {
        return table.insert(KeyHash.FLOW.of(key, 0), key, 0, ConnectionTable.SERVICE, NOW_NS);
    }

    private static int find(ConnectionTable table, PacketFields key) {
        return table.find(KeyHash.FLOW.of(key, 0), key, 0, ConnectionTable.SERVICE, NOW_NS);
    }

    @Test
    void addressesThatHaveTheirLowerBitsInCommonAreOfDifferentConnections() {
        try (ConnectionTable table = ConnectionTable.open(100, 1, TrackerTimeouts.DEFAULT, (_, _) -> 7)) {
            long[] hashes = new long[1];
            hashes[0] = 7;
            int[] slots = new int[ALIKE.length];
            for (int i = 0; i < ALIKE.length; i++) {
                PacketFields key = key(ALIKE[i], UDP);
                assertThat(table.find(7, key, 0, ConnectionTable.SERVICE, NOW_NS))
                        .as("pair %d before it is there", i)
                        .isEqualTo(-1);
                slots[i] = table.insert(7, key, 0, ConnectionTable.SERVICE, NOW_NS);
            }
            for (int gone = -1; gone < ALIKE.length; gone++) {
                if (gone >= 0) {
                    table.remove(slots[gone]);
                }
                for (int i = 0; i < ALIKE.length; i++) {
                    int expected = i <= gone ? -1 : slots[i];
                    PacketFields key = key(ALIKE[i], UDP);
                    table.fetch(hashes, 1);
                    assertThat(table.find(0, 7, key, 0, ConnectionTable.SERVICE, NOW_NS))
                            .as("pair %d", i)
                            .isEqualTo(expected);
                    key.reverse();
                    assertThat(table.find(7, key, 0, ConnectionTable.SERVICE, NOW_NS))
                            .as("pair %d turned round", i)
                            .isEqualTo(expected);
                    if (expected >= 0) {
                        assertThat(table.isReverse(expected, key)).isTrue();
                        assertThat(new long[] {
                                    table.sourceHi(expected),
                                    table.sourceLo(expected),
                                    table.destinationHi(expected),
                                    table.destinationLo(expected)
                                })
                                .containsExactly(ALIKE[i]);
                    }
                }
            }
        }
    }

    @Test
    void packetWhoseSourceOnlyLooksLikeThatOfARecordIsReverse() {
        try (ConnectionTable table = ConnectionTable.open(10, 1, TrackerTimeouts.DEFAULT)) {
            int slot = insert(table, key(ALIKE[0], UDP));
            assertThat(table.isReverse(slot, key(ALIKE[0], UDP))).isFalse();
            assertThat(table.isReverse(slot, key(ALIKE[3], UDP))).isTrue();
            assertThat(table.isReverse(slot, key(ALIKE[4], UDP))).isTrue();
            assertThat(table.isReverse(slot, key(ALIKE[7], UDP))).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 100, 5000, 40_000})
    void tableIsAsLargeForConnectionsThatTakeAllThereIs(int connectionsMax) {
        try (ConnectionTable table = ConnectionTable.open(connectionsMax, 1, TrackerTimeouts.DEFAULT)) {
            for (int round = 0; round < 3; round++) {
                int[] slots = new int[connectionsMax];
                for (int flow = 0; flow < connectionsMax; flow++) {
                    slots[flow] = insert(table, flow(flow, true, UDP));
                    assertThat(slots[flow]).as("flow %d", flow).isNotNegative();
                    table.count(slots[flow], 0, 1, NOW_NS);
                    table.count(slots[flow], 1, 1, NOW_NS);
                    table.setL2(slots[flow], 1, flow + 1);
                }
                assertThat(table.extraBytes())
                        .isLessThanOrEqualTo(
                                connectionsMax * 72L + 3L * ConnectionTableExtras.pieceBytes(connectionsMax))
                        .isGreaterThanOrEqualTo(connectionsMax * 72L);
                for (int flow = 0; flow < connectionsMax; flow++) {
                    assertThat(find(table, flow(flow, true, UDP))).isEqualTo(slots[flow]);
                    assertThat(table.l2(slots[flow], 1)).isEqualTo(flow + 1);
                    table.remove(slots[flow]);
                }
            }
        }
    }

    @Test
    void connectionsOfIpv4TakeNothingBesidesTheirRecords() {
        try (ConnectionTable table = ConnectionTable.open(1000, 1, TrackerTimeouts.DEFAULT)) {
            for (int flow = 0; flow < 1000; flow++) {
                int slot = insert(table, flow(flow, false, UDP));
                table.setTargetId(slot, flow);
                table.setEgressPort(slot, 1, flow);
                table.setL2(slot, 0, 0);
                table.setSkipMask(slot, 0, 0);
                table.count(slot, 0, 1, NOW_NS);
                table.count(slot, 1, 1, NOW_NS);
                table.countRepeated(slot, 0, (1L << 32) - 2, (1L << 40) - 2, 0);
            }
            assertThat(table.extraBytes()).isZero();
        }
    }

    @Test
    void countersAreExactOnBothSidesOfEachOfTheirBounds() {
        try (ConnectionTable table = ConnectionTable.open(4, 1, TrackerTimeouts.DEFAULT)) {
            for (int bits :
                    new int[] {7, 8, 15, 16, 17, 23, 24, 25, 31, 32, 33, 39, 40, 41, 47, 48, 49, 55, 56, 62, 63}) {
                for (boolean listed : new boolean[] {true, false}) {
                    int slot = insert(table, flow(bits, false, UDP));
                    long bound = 1L << bits;
                    if (!listed) {
                        table.count(slot, 1, 1, NOW_NS);
                        table.count(slot, 0, 0, NOW_NS);
                        table.uncount(slot, 0, 0, 0);
                        table.uncount(slot, 1, 1, 0);
                    }
                    assertThat(table.isHalfOpen(slot)).isEqualTo(listed);
                    table.countRepeated(slot, 0, bound - 1, bound - 1, 0);
                    table.countRepeated(slot, 1, 5, 9, 0);
                    assertThat(table.packets(slot, 0)).as("2^%d - 1", bits).isEqualTo(bound - 1);
                    assertThat(table.bytes(slot, 0)).isEqualTo(bound - 1);
                    table.count(slot, 0, 1, NOW_NS);
                    assertThat(table.packets(slot, 0)).as("2^%d", bits).isEqualTo(bound);
                    assertThat(table.bytes(slot, 0)).isEqualTo(bound);
                    table.uncount(slot, 0, 1, 0);
                    assertThat(table.packets(slot, 0)).isEqualTo(bound - 1);
                    assertThat(table.bytes(slot, 0)).isEqualTo(bound - 1);
                    assertThat(table.packets(slot, 1)).isEqualTo(5);
                    assertThat(table.bytes(slot, 1)).isEqualTo(9);
                    table.remove(slot);
                }
            }
        }
    }

    /** A connection as a plain object, for comparison. */
    private static final class Plain {
        final int slot;
        final boolean wide;
        final int flow;
        final int protocol;
        final long[] packets = new long[2];
        final long[] bytes = new long[2];
        final int[] egress = new int[2];
        final int[] l2 = new int[2];
        final int[] skip = new int[2];
        final int[] values = new int[6];

        Plain(int slot, int flow, boolean wide, int protocol) {
            this.slot = slot;
            this.flow = flow;
            this.wide = wide;
            this.protocol = protocol;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void fieldsKeepTheirValuesWhateverHappensToOthers(long seed) {
        Random random = new Random(seed);
        try (ConnectionTable table = ConnectionTable.open(50, seed, TrackerTimeouts.DEFAULT);
                ConnectionTable copies = ConnectionTable.open(50, seed + 1, TrackerTimeouts.DEFAULT)) {
            List<Plain> plain = new ArrayList<>();
            for (int step = 0; step < 100_000; step++) {
                if (plain.size() < 40 && random.nextInt(4) == 0) {
                    int protocol = random.nextBoolean() ? UDP : TCP;
                    boolean wide = random.nextBoolean();
                    int slot = insert(table, flow(step, wide, protocol));
                    plain.add(new Plain(slot, step, wide, protocol));
                }
                if (!plain.isEmpty()) {
                    Plain one = plain.get(random.nextInt(plain.size()));
                    change(table, one, random);
                    if (random.nextInt(10) == 0) {
                        compare(table, one, one.slot, "seed " + seed + ", step " + step);
                        copyAndCompare(table, copies, one, "copy, seed " + seed + ", step " + step);
                    }
                    if (random.nextInt(30) == 0) {
                        table.remove(one.slot);
                        plain.remove(one);
                    }
                }
            }
        }
    }

    private static void change(ConnectionTable table, Plain one, Random random) {
        int direction = random.nextInt(2);
        int value = random.nextInt();
        switch (random.nextInt(14)) {
            case 0 -> {
                one.values[0] = value;
                table.setRuleId(one.slot, one.values[0]);
            }
            case 1 -> {
                one.values[1] = value;
                table.setTargetId(one.slot, one.values[1]);
            }
            case 2 -> {
                one.values[2] = value;
                table.setConfigGeneration(one.slot, one.values[2]);
            }
            case 3 -> {
                one.values[3] = value;
                table.setFlowProgramGeneration(one.slot, one.values[3]);
            }
            case 4 -> {
                one.values[4] = value;
                table.setFailureGeneration(one.slot, one.values[4]);
            }
            case 5 -> {
                one.skip[0] = one.values[5] == value ? one.skip[0] : 0;
                one.skip[1] = one.values[5] == value ? one.skip[1] : 0;
                one.values[5] = value;
                table.setPathId(one.slot, value);
            }
            case 6 -> {
                one.egress[direction] = value & 0xffff;
                table.setEgressPort(one.slot, direction, one.egress[direction]);
            }
            case 7 -> {
                one.l2[direction] = random.nextBoolean() ? 0 : value;
                table.setL2(one.slot, direction, one.l2[direction]);
            }
            case 8 -> {
                one.skip[direction] = random.nextBoolean() ? 0 : value & 0xff;
                table.setSkipMask(one.slot, direction, one.skip[direction]);
            }
            case 9 -> table.onTcp(one.slot, direction, random.nextInt(32));
            case 10 -> {
                if (random.nextInt(5) == 0) {
                    table.supersede(one.slot);
                }
            }
            case 11 -> {
                long packets = random.nextLong(1L << random.nextInt(1, 55));
                long bytes = random.nextLong(1L << random.nextInt(1, 61));
                table.countRepeated(one.slot, direction, packets, bytes, 0);
                one.packets[direction] += packets;
                one.bytes[direction] += bytes;
            }
            default -> {
                int bytes = random.nextInt(1 << random.nextInt(1, 30));
                table.count(one.slot, direction, bytes, NOW_NS);
                one.packets[direction]++;
                one.bytes[direction] += bytes;
            }
        }
    }

    private static void compare(ConnectionTable table, Plain one, int slot, String what) {
        assertThat(new int[] {
                    table.ruleId(slot), table.targetId(slot), table.configGeneration(slot),
                    table.flowProgramGeneration(slot), table.failureGeneration(slot), table.pathId(slot)
                })
                .as(what)
                .containsExactly(one.values);
        for (int direction = 0; direction < 2; direction++) {
            assertThat(table.packets(slot, direction)).as(what).isEqualTo(one.packets[direction]);
            assertThat(table.bytes(slot, direction)).as(what).isEqualTo(one.bytes[direction]);
            assertThat(table.egressPort(slot, direction)).as(what).isEqualTo(one.egress[direction]);
            assertThat(table.l2(slot, direction)).as(what).isEqualTo(one.l2[direction]);
            assertThat(table.skipMask(slot, direction)).as(what).isEqualTo(one.skip[direction]);
        }
        assertThat(table.sourceHi(slot)).as(what).isEqualTo(one.wide ? 0x2001_0db8L << 32 : 0);
        assertThat(table.sourceLo(slot)).as(what).isEqualTo((MAPPED | A) + one.flow);
        assertThat(table.destinationLo(slot)).as(what).isEqualTo(MAPPED | B);
    }

    private static void copyAndCompare(ConnectionTable table, ConnectionTable copies, Plain one, String what) {
        PacketFields key = flow(one.flow, one.wide, one.protocol);
        int copy = copies.copy(table, one.slot, KeyHash.FLOW.of(key, 0), key);
        compare(copies, one, copy, what);
        assertThat(copies.isHalfOpen(copy)).as(what).isEqualTo(table.isHalfOpen(one.slot));
        assertThat(copies.tcpState(copy)).as(what).isEqualTo(table.tcpState(one.slot));
        assertThat(copies.timeoutMs(copy)).as(what).isEqualTo(table.timeoutMs(one.slot));
        copies.remove(copy);
        assertThat(copies.halfOpenCount()).as(what).isZero();
    }
}
