package dev.sluice.datapath.fragments;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.FlowHash;
import org.junit.jupiter.api.Test;

/** What later fragments learn of first ones (packet-life.md, fragments). */
class FragmentTableTest {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long PORTS = 4000L << 16 | 53;

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

    private boolean first(long number, int end) {
        return table.first(key(number, 0, end, true), 4000, 53, nowNs);
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
        assertThat(table.first(key(1, 0, 1480, true), 4000, 80, nowNs)).isFalse();
        assertThat(later(1, 2960, 3000, false)).isEqualTo(FragmentTable.REFUSED);
        nowNs += 1;
        assertThat(table.first(key(1, 0, 1480, true), 4000, 80, nowNs)).isTrue();
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
        assertThat(table.first(key(1, 0, 24, true), 4000, 80, nowNs)).isFalse();
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
        assertThat(table.first(key(1, 0, 32, true), 1, 2, nowNs)).isTrue();
    }

    @Test
    void oldestOfAFullSetGivesWayAndIsNotNamedAnewForAMinute() {
        for (int i = 1; i <= 5; i++) {
            assertThat(first(i, 24)).isTrue();
        }
        assertThat(later(1, 24, 32, true)).isEqualTo(FragmentTable.UNKNOWN);
        assertThat(first(1, 24)).as("has a mark").isFalse();
        assertThat(later(2, 24, 32, true)).isEqualTo(PORTS);
        nowNs += FragmentTable.LIFETIME_NS;
        assertThat(first(1, 24)).isTrue();
    }

    @Test
    void sizeFollowsTheConnectionTable() {
        assertThat(FragmentTable.datagramsFor(1)).isEqualTo(4);
        assertThat(FragmentTable.datagramsFor(1000)).isEqualTo(32);
        assertThat(FragmentTable.datagramsFor(1 << 24)).isEqualTo(FragmentTable.DATAGRAMS_MAX);
    }
}
