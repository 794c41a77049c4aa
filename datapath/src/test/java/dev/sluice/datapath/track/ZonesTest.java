package dev.sluice.datapath.track;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.track.ConnectionTableKeys.KeyHash;
import dev.sluice.wire.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Numbers of key spaces: each combination has its own for as long as anything refers to it, and nobody can use them up for ever. */
class ZonesTest {
    private static final int NUMBERS = Zones.ZONES_MAX - Zones.ROUTERS_MAX;
    private static final int STEPS_OF_A_ROUND = NUMBERS / Zones.RECLAIM_NUMBERS;

    private final Zones zones = new Zones();
    private final ZoneUse use = new ZoneUse();

    private void rounds(int count) {
        for (int i = 0; i < count * STEPS_OF_A_ROUND; i++) {
            zones.reclaim(use);
        }
    }

    private int nth(int i) {
        return zones.of(7, 1 + i / 4000, 1 + i % 4000);
    }

    @Test
    void senderOfAllTagsKeepsThemFromOthersOnlyUntilTheyAreGivenBack() {
        for (int i = 0; i < NUMBERS; i++) {
            assertThat(nth(i)).isNotEqualTo(Zones.NONE);
        }
        assertThat(zones.of(1, 4094, 4094)).isEqualTo(Zones.NONE);
        rounds(2);
        assertThat(zones.count()).isZero();
        int number = zones.of(1, 4094, 4094);
        assertThat(number).isBetween(Zones.ROUTERS_MAX, Zones.ZONES_MAX - 1);
        assertThat(zones.router(number)).isEqualTo(1);
        for (int i = 1; i < NUMBERS; i++) {
            assertThat(nth(i)).isNotEqualTo(Zones.NONE);
        }
        assertThat(nth(0)).isEqualTo(Zones.NONE);
    }

    @Test
    void numberStaysWithItsVlansWhileARecordIsInIt() {
        int number = zones.of(3, 100, 0);
        use.enter(number);
        rounds(5);
        assertThat(zones.of(3, 100, 0)).isEqualTo(number);
        use.leave(number);
        rounds(2);
        assertThat(zones.known(3, 100, 0)).isEqualTo(Zones.NONE);
    }

    @Test
    void numberThatIsAskedForInEachRoundStays() {
        int number = zones.of(3, 100, 0);
        for (int i = 0; i < 5; i++) {
            rounds(1);
            assertThat(zones.of(3, 100, 0)).isEqualTo(number);
        }
    }

    @Test
    void foretellingSeesNumbersThatWouldBeGivenNextAndTheirRouters() {
        int kept = zones.of(3, 1, 0);
        use.enter(kept);
        zones.of(4, 2, 0);
        zones.of(5, 3, 0);
        rounds(2);
        Zones foretold = Zones.forForetelling();
        foretold.lookInto(zones);
        int[] seen = new int[4];
        for (int i = 0; i < 4; i++) {
            seen[i] = foretold.of(20 + i, 9, 0);
            assertThat(foretold.router(seen[i])).isEqualTo(20 + i);
        }
        assertThat(foretold.of(3, 1, 0)).isEqualTo(kept);
        assertThat(foretold.router(kept)).isEqualTo(3);
        assertThat(zones.count()).isEqualTo(1);
        for (int i = 0; i < 4; i++) {
            assertThat(zones.of(20 + i, 9, 0)).isEqualTo(seen[i]);
        }
    }

    @Test
    void recordsAndInstructionsHoldTheirKeySpaceUntilTheyAreGone() {
        PacketFields key = new PacketFields();
        key.protocol = 17;
        IpAddress one = IpAddress.parse("10.0.0.1").orElseThrow();
        try (ConnectionTable table = ConnectionTable.open(4, 1, TrackerTimeouts.DEFAULT)) {
            table.countIn(use);
            int slot = table.insert(KeyHash.FLOW.of(key, 9000), key, 9000, ConnectionTable.SERVICE, 0);
            assertThat(use.isUsed(9000)).isTrue();
            for (int i = 0; i < 10; i++) {
                key.sourcePort = i;
                table.insert(KeyHash.FLOW.of(key, 9001), key, 9001, ConnectionTable.SERVICE, 0);
            }
            table.remove(slot);
            table.remove(slot);
            assertThat(use.isUsed(9000)).isFalse();
            assertThat(use.isUsed(9001)).isTrue();
            table.sweep(1_000_000_000_000_000L, 100);
            assertThat(use.isUsed(9001)).as("evicted or expired").isFalse();
            FlowPrograms programs = new FlowPrograms(table, 1);
            programs.countIn(use);
            for (int i = 0; i < 4; i++) {
                InstructedFlow flow = new InstructedFlow(9002, 17, one, i, one, 5);
                programs.put(flow, FlowPrograms.Action.DROP, 0, false, 5_000, 0);
            }
            programs.remove(new InstructedFlow(9002, 17, one, 5, one, 0));
            assertThat(use.isUsed(9002)).isTrue();
            programs.clear();
            assertThat(use.isUsed(9002)).isFalse();
        }
    }

    /** Against a map: numbers are given, used, left and reclaimed at random. */
    @Test
    void numbersInUseAreThoseOfTheModel() {
        long seed = 20261121;
        Random random = new Random(seed);
        Map<Integer, Integer> numberOf = new HashMap<>();
        for (int i = 0; i < 60_000; i++) {
            int vlan = 1 + random.nextInt(4000);
            Integer known = numberOf.get(vlan);
            switch (random.nextInt(3)) {
                case 0 -> {
                    int number = zones.of(1, vlan, 0);
                    if (known == null) {
                        assertThat(numberOf.containsValue(number)).isFalse();
                        use.enter(number);
                        numberOf.put(vlan, number);
                    } else {
                        assertThat(number).as("seed %d, %d", seed, i).isEqualTo(known);
                    }
                }
                case 1 -> {
                    if (known != null) {
                        assertThat(zones.known(1, vlan, 0))
                                .as("seed %d, %d", seed, i)
                                .isEqualTo(known);
                        use.leave(known);
                        numberOf.remove(vlan);
                    }
                }
                default -> zones.reclaim(use);
            }
        }
        rounds(2);
        assertThat(zones.count()).isEqualTo(numberOf.size());
        numberOf.forEach((vlan, number) -> assertThat(zones.of(1, vlan, 0)).isEqualTo(number));
    }
}
