package dev.sluice.datapath.fragments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FlowHash;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What later fragments learn of first ones (packet-life.md, fragments). */
class FragmentTableTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long PORTS = 4000L << 16 | 53;

    /** How long a mark may be remembered. */
    private static final long MARKS_NS = 80 * SECOND_NS;

    /** Most datagrams of a place that are not whole, in the smallest table. */
    private static final int MARKS_OF_PLACE = 1024;

    private static final int ROUTER = 3;
    private static final int FLOOD = 1_000_000;

    private final FragmentTable table = new FragmentTable(4);
    private long nowNs = 5 * SECOND_NS;

    private static FragmentKey key(long number, int offset, int end, boolean more) {
        FragmentKey key = new FragmentKey(7);
        key.sourceLo = 1;
        key.destinationLo = 2;
        key.number = number;
        key.hash = FlowHash.mix(number);
        key.protocol = 17;
        key.offset = offset;
        key.end = end;
        key.more = more;
        return key;
    }

    private @Nullable DropReason named(FragmentKey key, int destinationPort) {
        return table.first(key, 4000, destinationPort, nowNs);
    }

    private boolean first(long number, int end) {
        return named(key(number, 0, end, true), 53) == null;
    }

    private long later(long number, int offset, int end, boolean more) {
        return table.later(key(number, offset, end, more), nowNs);
    }

    @Test
    void laterFragmentsHaveThePortsOfTheFirst() {
        assertThat(later(1, 1480, 2000, false)).isEqualTo(FragmentTable.UNKNOWN);
        assertThat(first(1, 1480)).isTrue();
        assertThat(later(1, 1480, 2960, true)).isEqualTo(PORTS);
        assertThat(later(2, 1480, 2960, true)).isEqualTo(FragmentTable.UNKNOWN);
    }

    /** Behind this place a piece may have been lost: nobody else supplies it. */
    @Test
    void datagramThatIsWholeIsNotNamedAnewForAMinute() {
        first(1, 1480);
        assertThat(later(1, 1480, 2960, true)).isEqualTo(PORTS);
        assertThat(later(1, 2960, 3000, false)).isEqualTo(PORTS);
        assertThat(later(1, 2960, 3000, false)).as("a piece that comes twice").isEqualTo(PORTS);
        nowNs += FragmentTable.LIFETIME_NS - 1;
        assertThat(named(key(1, 0, 1480, true), 80)).isEqualTo(DropReason.FRAGMENT_OVERLAP);
        assertThat(later(1, 2960, 3000, false)).isEqualTo(FragmentTable.REFUSED);
        nowNs += 1;
        assertThat(named(key(1, 0, 1480, true), 80)).isNull();
    }

    /** As hosts do that send more than 65,536 datagrams a minute. */
    @Test
    void sameFlowMayUseTheIdentificationOfAWholeDatagramAgain() {
        first(1, 1480);
        later(1, 1480, 2960, false);
        assertThat(first(1, 1480)).isTrue();
        assertThat(later(1, 1480, 2960, false)).isEqualTo(PORTS);
    }

    @Test
    void datagramsThatAreWholeGiveWayFirstAndLeaveNoMark() {
        first(1, 24);
        for (int i = 2; i <= 20; i++) {
            assertThat(first(i, 24)).isTrue();
            assertThat(later(i, 32, 40, false)).as("backwards").isEqualTo(PORTS);
            assertThat(later(i, 24, 32, true)).isEqualTo(PORTS);
        }
        assertThat(later(1, 24, 32, true)).as("not whole").isEqualTo(PORTS);
        assertThat(later(18, 24, 32, true)).isEqualTo(PORTS);
        assertThat(later(17, 24, 32, true)).isEqualTo(FragmentTable.UNKNOWN);
        assertThat(first(17, 24)).isTrue();
    }

    @Test
    void piecesThatComeTwiceMakeNoDatagramComplete() {
        first(1, 1480);
        later(1, 4440, 5920, false);
        later(1, 1480, 2960, true);
        later(1, 1480, 2960, true);
        for (int i = 2; i <= 5; i++) {
            first(i, 24);
        }
        assertThat(first(1, 1480)).as("has a mark").isFalse();
    }

    @Test
    void nothingPassesOfADatagramWhoseBeginningIsCoveredAgain() {
        first(1, 24);
        assertThat(later(1, 8, 32, true)).isEqualTo(FragmentTable.REFUSED);
        assertThat(later(1, 24, 32, true)).isEqualTo(FragmentTable.REFUSED);
        assertThat(first(1, 24)).isFalse();
    }

    @Test
    void firstFragmentThatSaysSomethingElseEndsTheDatagram() {
        first(1, 24);
        assertThat(named(key(1, 0, 24, true), 80)).isEqualTo(DropReason.FRAGMENT_OVERLAP);
        assertThat(first(1, 24)).isFalse();
        assertThat(later(1, 24, 32, true)).isEqualTo(FragmentTable.REFUSED);
        first(2, 24);
        assertThat(first(2, 32)).as("of another length").isFalse();
    }

    @Test
    void protocolOfIpv6IsThatOfTheFirstFragment() {
        first(1, 24);
        FragmentKey other = key(1, 24, 32, false);
        other.protocol = 6;
        assertThat(table.later(other, nowNs)).isEqualTo(FragmentTable.REFUSED);
    }

    @Test
    void sameFirstFragmentMayComeTwice() {
        first(1, 24);
        assertThat(first(1, 24)).isTrue();
        assertThat(later(1, 24, 32, false)).isEqualTo(PORTS);
    }

    @Test
    void identificationMayBeUsedAgainAfterAMinute() {
        first(1, 24);
        nowNs += FragmentTable.LIFETIME_NS;
        assertThat(later(1, 24, 32, true)).isEqualTo(FragmentTable.UNKNOWN);
        assertThat(table.first(key(1, 0, 32, true), 1, 2, nowNs)).isNull();
    }

    @Test
    void oldestOfAFullSetGivesWayAndIsNotNamedAnewForAMinute() {
        for (int i = 1; i <= 5; i++) {
            assertThat(first(i, 24)).isTrue();
        }
        assertThat(later(1, 24, 32, true)).isEqualTo(FragmentTable.UNKNOWN);
        assertThat(named(key(1, 0, 24, true), 53)).as("has a mark").isEqualTo(DropReason.FRAGMENT_TABLE_FULL);
        assertThat(later(2, 24, 32, true)).isEqualTo(PORTS);
        nowNs += FragmentTable.LIFETIME_NS - 1;
        assertThat(named(key(1, 0, 24, true), 80))
                .as("for a minute at least")
                .isEqualTo(DropReason.FRAGMENT_TABLE_FULL);
        nowNs += MARKS_NS - FragmentTable.LIFETIME_NS + 1;
        assertThat(first(1, 24)).isTrue();
    }

    /** What a flood leaves stands in nobody's way but its own: 1,000 in a second for two minutes, none of them ever whole, beside one of others each 10 ms. */
    @Test
    void floodOfFirstFragmentsRefusesNobodyElse() {
        FragmentTable large = new FragmentTable(FragmentTable.DATAGRAMS_MAX);
        int lost = 0;
        for (int ms = 0; ms < 120_000; ms++) {
            nowNs += SECOND_NS / 1000;
            assertThat(large.first(of(ms, ROUTER, 8, true), 1, 2, nowNs))
                    .as("the flood itself")
                    .isNotEqualTo(DropReason.FRAGMENT_OVERLAP);
            if (ms % 10 == 0) {
                FragmentKey whole = of(FLOOD + ms, ROUTER, 1480, true);
                boolean through = large.first(whole, 4000, 53, nowNs) == null;
                whole.offset = 1480;
                whole.end = 2000;
                whole.more = false;
                lost += through && large.later(whole, nowNs) == PORTS ? 0 : 1;
            }
        }
        assertThat(lost).isZero();
    }

    /** The property that marks are for: however many others come between, nothing of it is named anew while a receiver may hold it. */
    @Test
    void noFloodMakesTheTableForgetWhatWasNamed() {
        FragmentTable larger = new FragmentTable(64);
        for (int i = 0; i < 4096; i++) {
            nowNs += SECOND_NS / 1000;
            larger.first(of(i, i % 64, 24, true), 4000, 53, nowNs);
        }
        nowNs += FragmentTable.LIFETIME_NS - 4096 * SECOND_NS / 1000;
        for (int i = 0; i < 40; i++) {
            assertThat(larger.first(of(i, i % 64, 24, true), 4000, 80, nowNs))
                    .as("datagram %s", i)
                    .isEqualTo(DropReason.FRAGMENT_TABLE_FULL);
            assertThat(larger.first(of(FLOOD + i, i % 64, 24, true), 4000, 80, nowNs))
                    .as("one that is new")
                    .isNull();
        }
    }

    @Test
    void placeThatIsFloodedIsRefusedWhatOthersGet() {
        int admitted = 0;
        for (int i = 0; i < 2 * MARKS_OF_PLACE; i++) {
            admitted += table.first(of(i, ROUTER, 24, true), 1, 2, nowNs) == null ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(MARKS_OF_PLACE);
        assertThat(table.first(of(FLOOD, ROUTER, 24, true), 1, 2, nowNs)).isEqualTo(DropReason.FRAGMENT_TABLE_FULL);
        int others = 0;
        for (int i = 0; i < 100; i++) {
            others += table.first(of(FLOOD + i, ROUTER + 1, 24, true), 1, 2, nowNs) == null ? 1 : 0;
        }
        assertThat(others).as("all but those that look marked by chance").isGreaterThan(90);
        nowNs += MARKS_NS;
        assertThat(table.first(of(FLOOD, ROUTER, 24, true), 1, 2, nowNs)).isNull();
    }

    @Test
    void datagramsThatAreWholeDoNotCountAgainstTheirPlace() {
        for (int i = 0; i < 2 * MARKS_OF_PLACE; i++) {
            nowNs += SECOND_NS / 1000;
            assertThat(first(i, 24)).isTrue();
            assertThat(first(i, 24)).as("once more").isTrue();
            assertThat(later(i, 24, 32, false)).isEqualTo(PORTS);
        }
    }

    private static FragmentKey of(int number, int router, int end, boolean more) {
        FragmentKey key = key(number, 0, end, more);
        key.scope = (long) router << 24;
        return key;
    }

    @Test
    void sizeFollowsTheConnectionTable() {
        assertThat(FragmentTable.datagramsFor(1)).isEqualTo(4);
        assertThat(FragmentTable.datagramsFor(1000)).isEqualTo(32);
        assertThat(FragmentTable.datagramsFor(1 << 24)).isEqualTo(FragmentTable.DATAGRAMS_MAX);
    }
}
