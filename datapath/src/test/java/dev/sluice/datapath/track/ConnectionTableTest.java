package dev.sluice.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionTableTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ROUTER = 3;
    private static final long NOW_NS = 1_000 * SECOND_NS;

    private final PacketFields key = new PacketFields();
    private final long[] hashes = new long[1];
    private ConnectionTable table = ConnectionTable.open(1, 1, TrackerTimeouts.DEFAULT);

    @BeforeEach
    void opensTable() {
        use(100);
    }

    @AfterEach
    void closesTable() {
        table.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 100, 1000, 4096, 100_000})
    void holdsAsManyConnectionsAsItWasMadeFor(int connectionsMax) {
        use(connectionsMax);
        for (int flow = 0; flow < connectionsMax; flow++) {
            assertThat(established(flow))
                    .as("flow %d of %d", flow, connectionsMax)
                    .isNotNegative();
        }
        assertThat(table.size()).isEqualTo(connectionsMax);
        assertThat(insert(UDP, connectionsMax, NOW_NS)).isEqualTo(-1);
        assertThat(table.refused()).isEqualTo(1);
        for (int flow = 0; flow < connectionsMax; flow++) {
            assertThat(find(UDP, flow, NOW_NS)).isNotNegative();
        }
        assertThat(table.evictedHalfOpen()).isZero();
    }

    @Test
    void evictsHalfOpenConnectionsOldestFirstAndEstablishedOnesNever() {
        use(4);
        int old = insert(TCP, 1, NOW_NS);
        established(2);
        insert(UDP, 3, NOW_NS + 1);
        int shaken = insert(TCP, 4, NOW_NS + 2);
        table.onTcp(old, 0, TcpState.SYN);
        table.onTcp(shaken, 0, TcpState.SYN);
        table.onTcp(shaken, 1, TcpState.SYN | TcpState.ACK);
        table.onTcp(shaken, 0, TcpState.ACK);
        // Traffic does not make a half-open connection younger.
        table.count(old, 0, 60, NOW_NS + 3);
        assertThat(table.halfOpenCount()).isEqualTo(2);

        assertThat(established(5)).isEqualTo(old);
        assertThat(find(TCP, 1, NOW_NS)).isEqualTo(-1);
        assertThat(find(UDP, 3, NOW_NS)).isNotNegative();
        assertThat(established(6)).isNotNegative();
        assertThat(find(UDP, 3, NOW_NS)).isEqualTo(-1);

        assertThat(insert(TCP, 7, NOW_NS)).isEqualTo(-1);
        assertThat(find(TCP, 4, NOW_NS)).isEqualTo(shaken);
        assertThat(table.evictedHalfOpen()).isEqualTo(2);
        assertThat(table.refused()).isEqualTo(1);
    }

    @Test
    void keepsRefusedHandshakesEvictable() {
        use(1);
        int slot = insert(TCP, 1, NOW_NS);
        table.onTcp(slot, 0, TcpState.SYN);
        table.onTcp(slot, 1, TcpState.RST | TcpState.ACK);
        assertThat(table.isHalfOpen(slot)).isTrue();
        assertThat(insert(TCP, 2, NOW_NS)).isNotNegative();
    }

    @Test
    void keepsFullTableForEstablishedConnectionsUntilTheyExpire() {
        use(3);
        established(1);
        established(2);
        established(3);
        assertThat(insert(UDP, 4, NOW_NS + 180 * SECOND_NS)).isEqualTo(-1);
        assertThat(insert(UDP, 4, NOW_NS + 181 * SECOND_NS)).isNotNegative();
        assertThat(table.expired()).isEqualTo(3);
    }

    @Test
    void hopsOfAnotherPathAreNotLeftOut() {
        int slot = insert(UDP, 1, NOW_NS);
        table.setPathId(slot, 7);
        table.setSkipMask(slot, 0, 1);
        table.setSkipMask(slot, 1, 2);
        table.setPathId(slot, 7);
        assertThat(table.skipMask(slot, 1)).isEqualTo(2);
        table.setPathId(slot, 8);
        assertThat(table.skipMask(slot, 0)).isZero();
        assertThat(table.skipMask(slot, 1)).isZero();
    }

    @Test
    void findsConnectionByBothDirectionsAndTellsThemApart() {
        int slot = insert(TCP, 9, NOW_NS);
        assertThat(find(TCP, 9, NOW_NS)).isEqualTo(slot);
        assertThat(table.isReverse(slot, key)).isFalse();
        key.reverse();
        assertThat(table.find(hash(), key, ROUTER, ConnectionTable.SERVICE, NOW_NS))
                .isEqualTo(slot);
        assertThat(table.isReverse(slot, key)).isTrue();
    }

    @Test
    void tellsDirectionsApartThatDifferInOneFieldOnly() {
        fields(TCP, 1);
        key.destinationHi = key.sourceHi;
        key.destinationLo = key.sourceLo;
        key.sourcePort = 1;
        key.destinationPort = 2;
        int slot = table.insert(hash(), key, 0, ConnectionTable.SERVICE, NOW_NS);
        key.reverse();
        assertThat(table.find(hash(), key, 0, ConnectionTable.SERVICE, NOW_NS)).isEqualTo(slot);
        assertThat(table.isReverse(slot, key)).isTrue();
    }

    @Test
    void takesPacketBetweenIdenticalEndpointsAsForward() {
        fields(UDP, 1);
        key.destinationHi = key.sourceHi;
        key.destinationLo = key.sourceLo;
        key.destinationPort = key.sourcePort;
        int slot = table.insert(hash(), key, 0, ConnectionTable.SERVICE, NOW_NS);
        key.reverse();
        assertThat(table.find(hash(), key, 0, ConnectionTable.SERVICE, NOW_NS)).isEqualTo(slot);
        assertThat(table.isReverse(slot, key)).isFalse();
    }

    @Test
    void keepsRoutersAndFeaturesApartUnderOneHash() {
        fields(TCP, 1);
        int[] slots = new int[4];
        for (int i = 0; i < 4; i++) {
            slots[i] = table.insert(77, key, i & 1, 1 + (i >> 1), NOW_NS);
        }
        for (int i = 0; i < 4; i++) {
            assertThat(table.find(77, key, i & 1, 1 + (i >> 1), NOW_NS)).isEqualTo(slots[i]);
            assertThat(table.next(slots[i], NOW_NS)).isEqualTo(-1);
        }
        assertThat(table.find(77, key, 2, ConnectionTable.SERVICE, NOW_NS)).isEqualTo(-1);
    }

    @Test
    void listsSeveralConnectionsOfOneKeyNewestFirstAndTakesOutEachOfThem() {
        for (int removed = 0; removed < 3; removed++) {
            use(10);
            int[] slots = {insert(TCP, 1, NOW_NS), insert(TCP, 1, NOW_NS), insert(TCP, 1, NOW_NS)};
            table.remove(slots[removed]);
            int expected = 2;
            for (int slot = find(TCP, 1, NOW_NS); slot >= 0; slot = table.next(slot, NOW_NS)) {
                expected -= expected == removed ? 1 : 0;
                assertThat(slot).isEqualTo(slots[expected]);
                expected--;
            }
            expected -= expected == removed ? 1 : 0;
            assertThat(expected).isEqualTo(-1);
        }
    }

    @Test
    void boundsConnectionsOfOneKey() {
        for (int i = 0; i < ConnectionTable.RECORDS_PER_KEY_MAX; i++) {
            assertThat(insert(TCP, 1, NOW_NS)).isNotNegative();
        }
        assertThat(insert(TCP, 1, NOW_NS)).isEqualTo(-1);
        assertThat(insert(TCP, 2, NOW_NS)).isNotNegative();
        assertThat(insert(TCP, 1, NOW_NS + 31 * SECOND_NS)).isNotNegative();
        assertThat(table.expired()).isEqualTo(ConnectionTable.RECORDS_PER_KEY_MAX);
    }

    @Test
    void boundsKeysOfOneHashAndLeavesOthersAlone() {
        use(10_000);
        for (int flow = 0; flow < 1000; flow++) {
            established(flow);
        }
        int held = 0;
        for (int flow = 2000; flow < 3000; flow++) {
            fields(UDP, flow);
            int slot = table.insert(4711, key, ROUTER, ConnectionTable.SERVICE, NOW_NS);
            if (slot >= 0) {
                held++;
                table.count(slot, 0, 1, NOW_NS);
                table.count(slot, 1, 1, NOW_NS);
                assertThat(table.find(4711, key, ROUTER, ConnectionTable.SERVICE, NOW_NS))
                        .isEqualTo(slot);
            }
        }
        assertThat(held).isEqualTo(2 * ConnectionTableIndex.ENTRIES);
        assertThat(table.evictedHalfOpen()).isZero();
        for (int flow = 0; flow < 2000; flow++) {
            assertThat(flow < 1000 ? find(UDP, flow, NOW_NS) : established(flow))
                    .isNotNegative();
        }
    }

    @Test
    void evictsIdlestHalfOpenConnectionWhenTheBucketsOfAHashAreFull() {
        table.close();
        table = ConnectionTable.open(1000, 0x5eed, TrackerTimeouts.DEFAULT, (_, _) -> 4711);
        for (int flow = 0; flow < 20; flow++) {
            fields(UDP, flow);
            assertThat(table.insert(4711, key, ROUTER, ConnectionTable.SERVICE, NOW_NS + flow * 2_000_000L))
                    .isNotNegative();
        }
        assertThat(table.evictedHalfOpen()).isEqualTo(4);
        for (int flow = 0; flow < 20; flow++) {
            fields(UDP, flow);
            assertThat(table.find(4711, key, ROUTER, ConnectionTable.SERVICE, NOW_NS) >= 0)
                    .as("flow %d", flow)
                    .isEqualTo(flow >= 4);
        }
    }

    @Test
    void expiresAcrossTheWrapOfItsMillisecondClock() {
        long wrapNs = (1L << 32) * 1_000_000L;
        for (long origin : new long[] {wrapNs, wrapNs / 2, 3 * wrapNs, 0, Long.MAX_VALUE - 400 * SECOND_NS, -wrapNs}) {
            use(10);
            long before = origin - 20 * SECOND_NS;
            int slot = insert(UDP, 1, before);
            table.count(slot, 0, 100, before);
            assertThat(find(UDP, 1, before + 60 * SECOND_NS)).isEqualTo(slot);
            assertThat(find(UDP, 1, before + 60 * SECOND_NS + 1_000_000)).isEqualTo(-1);
            assertThat(table.expired()).isEqualTo(1);
            slot = insert(UDP, 1, before);
            table.count(slot, 1, 100, origin + 30 * SECOND_NS);
            table.count(slot, 0, 100, before);
            assertThat(find(UDP, 1, origin + 200 * SECOND_NS)).isEqualTo(slot);
            assertThat(table.sweep(origin + 211 * SECOND_NS, 10)).isEqualTo(1);
        }
    }

    @Test
    void expiresAfterManyDaysWithoutSweep() {
        assertThat(insert(UDP, 1, NOW_NS)).isNotNegative();
        assertThat(find(UDP, 1, NOW_NS + 40L * 24 * 3600 * SECOND_NS)).isEqualTo(-1);
        // A batch that read the clock a little earlier than the last one does no harm.
        int slot = insert(UDP, 1, NOW_NS);
        assertThat(find(UDP, 1, NOW_NS - SECOND_NS)).isEqualTo(slot);
    }

    @Test
    void appliesNewTimeoutsToConnectionsThatAreThere() {
        int slot = established(1);
        assertThat(table.timeoutMs(slot)).isEqualTo(180_000);
        long secondNs = SECOND_NS;
        table.setTimeouts(
                new TrackerTimeouts(secondNs, secondNs, secondNs, secondNs, 5 * secondNs, secondNs, secondNs));
        assertThat(table.isExpired(slot, NOW_NS + 5 * secondNs)).isFalse();
        assertThat(table.isExpired(slot, NOW_NS + 6 * secondNs)).isTrue();
        assertThat(table.idleMs(slot, NOW_NS + 6 * secondNs)).isEqualTo(6000);
    }

    @Test
    void sweepsAllSlotsInSmallPortions() {
        for (int flow = 0; flow < 100; flow++) {
            insert(UDP, flow, NOW_NS);
        }
        int removed = 0;
        for (int round = 0; round < 10; round++) {
            int now = table.sweep(NOW_NS + 100 * SECOND_NS, 10);
            assertThat(now).isEqualTo(10);
            removed += now;
        }
        assertThat(removed).isEqualTo(100);
        assertThat(table.nextUsed(0)).isEqualTo(-1);
        assertThat(table.halfOpenCount()).isZero();
    }

    @Test
    void endsLinkFromBothSidesWhenOneIsRemoved() {
        int before = insert(TCP, 1, NOW_NS);
        int behind = insert(TCP, 2, NOW_NS);
        int third = insert(TCP, 3, NOW_NS);
        table.link(before, behind);
        assertThat(table.linked(behind)).isEqualTo(before);
        table.link(before, third);
        assertThat(table.linked(behind)).isEqualTo(-1);
        table.remove(before);
        assertThat(table.linked(third)).isEqualTo(-1);
        assertThat(table.linked(insert(TCP, 4, NOW_NS))).isEqualTo(-1);
    }

    @Test
    void refusesReferenceToSlotThatWasUsedAgain() {
        int slot = insert(TCP, 1, NOW_NS);
        long reference = table.reference(slot);
        assertThat(table.resolve(reference)).isEqualTo(slot);
        table.remove(slot);
        assertThat(table.resolve(reference)).isEqualTo(-1);
        assertThat(insert(TCP, 2, NOW_NS)).isEqualTo(slot);
        assertThat(table.resolve(reference)).isEqualTo(-1);
    }

    @Test
    void keepsEachFieldForItself() {
        insert(TCP, 1, NOW_NS);
        int slot = insert(TCP, 2, NOW_NS);
        insert(TCP, 3, NOW_NS);
        table.setRuleId(slot, -1);
        table.setTargetId(slot, 2);
        table.setPathId(slot, 3);
        table.setConfigGeneration(slot, 4);
        table.setFlowProgramGeneration(slot, 5);
        table.setFailureGeneration(slot, 6);
        table.setEgressPort(slot, 0, 7);
        table.setEgressPort(slot, 1, 65535);
        table.setSkipMask(slot, 0, 255);
        table.setSkipMask(slot, 1, 9);
        table.setL2(slot, 0, 10);
        table.setL2(slot, 1, 11);
        table.setFlags(slot, ConnectionTable.ONE_DIRECTION | 128);
        table.count(slot, 0, 100, NOW_NS + SECOND_NS);
        table.count(slot, 1, 200, NOW_NS + 2 * SECOND_NS);
        table.count(slot, 1, 300, NOW_NS + 3 * SECOND_NS);
        table.onTcp(slot, 0, TcpState.SYN);
        assertThat(new long[] {
                    table.ruleId(slot), table.targetId(slot), table.pathId(slot),
                    table.configGeneration(slot), table.flowProgramGeneration(slot), table.failureGeneration(slot),
                    table.egressPort(slot, 0), table.egressPort(slot, 1), table.skipMask(slot, 0),
                    table.skipMask(slot, 1), table.l2(slot, 0), table.l2(slot, 1),
                    table.flags(slot), table.packets(slot, 0), table.packets(slot, 1),
                    table.bytes(slot, 0), table.bytes(slot, 1), table.tcpState(slot),
                    table.lastSeenMs(slot, 0), table.lastSeenMs(slot, 1)
                })
                .containsExactly(
                        -1, 2, 3, 4, 5, 6, 7, 65535, 255, 9, 10, 11, 129, 1, 2, 100, 500, 1, 1_001_000, 1_003_000);
        fields(TCP, 2);
        assertThat(table.sourceHi(slot)).isEqualTo(key.sourceHi);
        assertThat(table.sourceLo(slot)).isEqualTo(key.sourceLo);
        assertThat(table.destinationHi(slot)).isEqualTo(key.destinationHi);
        assertThat(table.destinationLo(slot)).isEqualTo(key.destinationLo);
        assertThat(table.sourcePort(slot)).isEqualTo(key.sourcePort);
        assertThat(table.destinationPort(slot)).isEqualTo(key.destinationPort);
        assertThat(table.protocol(slot)).isEqualTo(TCP);
        assertThat(table.router(slot)).isEqualTo(ROUTER);
        assertThat(table.tag(slot)).isEqualTo(ConnectionTable.SERVICE);
    }

    @Test
    void saysWhichSizeRouterAndTimeoutAreAllowed() {
        assertThatThrownBy(() -> ConnectionTable.bytesFor(0)).hasMessageContaining("connectionsMax in 1..134217728");
        assertThatThrownBy(() -> table.insert(1, key, 65536, 1, NOW_NS))
                .hasMessageContaining("router 65536 is outside 0..65535");
        assertThatThrownBy(() -> new TrackerTimeouts(1, 1, 1, 1, 1, 1, 1))
                .hasMessageContaining("tcpEstablishedNs 1 is outside 1000000..");
    }

    @Test
    void takesAThirdOfTheKernelsMemoryForTenMillionConnectionsAndUsesThatOfTheArenaGiven() {
        assertThat(ConnectionTable.bytesFor(10_000_000)).isLessThan(10_000_000L * 264 * 35 / 100);
        try (Arena arena = Arena.ofConfined()) {
            ConnectionTable given = new ConnectionTable(arena, 10, 1, TrackerTimeouts.DEFAULT);
            given.close();
            assertThat(given.insert(1, key, 0, ConnectionTable.SERVICE, NOW_NS)).isZero();
            assertThat(given.capacity()).isEqualTo(10);
        }
    }

    @Test
    void allocatesNothing() {
        use(1000);
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long sink = work(300_000);
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().threadId());
        long overhead = threads.getThreadAllocatedBytes(Thread.currentThread().threadId()) - before;
        before = threads.getThreadAllocatedBytes(Thread.currentThread().threadId());
        sink += work(1_000_000);
        long allocated = threads.getThreadAllocatedBytes(Thread.currentThread().threadId()) - before - overhead;
        assertThat(allocated).as("bytes allocated (sink %d)", sink).isZero();
    }

    private long work(int operations) {
        long sink = 0;
        for (int i = 0; i < operations; i++) {
            fields(i % 3 == 0 ? TCP : UDP, (int) (i * 2654435761L % 3000 & 0xfff));
            long nowNs = NOW_NS + i * 1_000_000L;
            long hash = hash();
            hashes[0] = hash;
            sink += table.fetch(hashes, 1);
            int slot = table.find(hash, key, ROUTER, ConnectionTable.SERVICE, nowNs);
            if (slot < 0) {
                slot = table.insert(hash, key, ROUTER, ConnectionTable.SERVICE, nowNs);
            }
            if (slot >= 0) {
                table.count(slot, i & 1, 100, nowNs);
                table.onTcp(slot, i & 1, TcpState.ACK);
                sink += table.next(slot, nowNs);
                if (i % 10 == 0) {
                    table.remove(slot);
                }
            }
            table.sweep(nowNs, 2);
        }
        return sink + table.size();
    }

    @Test
    void whatEarlierReadsFoundIsForgotten() {
        long[] many = new long[64];
        for (int flow = 0; flow < many.length; flow++) {
            insert(UDP, flow, NOW_NS);
            many[flow] = hash();
        }
        table.fetch(many, many.length);
        // The slot that flow 40 leaves is taken after that of flow 41, so that its key stays in it.
        int left = find(UDP, 40, NOW_NS);
        table.remove(left);
        table.remove(find(UDP, 41, NOW_NS));
        int slot = insert(UDP, 40, NOW_NS);
        assertThat(slot).isNotEqualTo(left);
        table.fetch(many, 1);
        assertThat(table.find(40, hash(), key, ROUTER, ConnectionTable.SERVICE, NOW_NS))
                .isEqualTo(slot);
    }

    private void use(int connectionsMax) {
        table.close();
        table = ConnectionTable.open(connectionsMax, 0x5eed, TrackerTimeouts.DEFAULT);
    }

    private int established(int flow) {
        int slot = insert(UDP, flow, NOW_NS);
        if (slot >= 0) {
            table.count(slot, 0, 1, NOW_NS);
            table.count(slot, 1, 1, NOW_NS);
        }
        return slot;
    }

    private int insert(int protocol, int flow, long nowNs) {
        fields(protocol, flow);
        return table.insert(hash(), key, ROUTER, ConnectionTable.SERVICE, nowNs);
    }

    private int find(int protocol, int flow, long nowNs) {
        fields(protocol, flow);
        return table.find(hash(), key, ROUTER, ConnectionTable.SERVICE, nowNs);
    }

    private long hash() {
        return FlowHash.withRouter(FlowHash.of(key), ROUTER);
    }

    private void fields(int protocol, int flow) {
        key.sourceHi = 0;
        key.sourceLo = 0xffff_0a00_0000L + flow;
        key.sourcePort = 1024 + flow % 1000;
        key.destinationHi = 0;
        key.destinationLo = 0xffff_c0a8_0101L;
        key.destinationPort = 443;
        key.protocol = protocol;
    }
}
