package dev.sluice.datapath.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class NextHopGroupTest {
    private static final int FLOWS = 40_000;
    private static final NextHop A = NextHop.gateway(1, IpAddress.ofIpv4(0x0a000001));
    private static final NextHop B = NextHop.gateway(2, IpAddress.ofIpv4(0x0a000101));
    private static final NextHop C = NextHop.gateway(70, IpAddress.ofIpv4(0x0a000201));
    private static final NextHop D = NextHop.gateway(3, IpAddress.ofIpv4(0x0a000301));

    @Test
    void spreadsFlowsEvenly() {
        NextHopGroup group = NextHopGroup.of(A, B, C, D);
        int[] flows = new int[128];
        for (int i = 0; i < FLOWS; i++) {
            flows[group.choose(hash(i)).port()]++;
        }
        for (NextHop hop : group.hops()) {
            assertThat(flows[hop.port()]).isBetween(FLOWS / 4 - 600, FLOWS / 4 + 600);
        }
    }

    @Test
    void spreadsEvenSequentialHashes() {
        NextHopGroup group = NextHopGroup.of(A, B);
        int first = 0;
        for (int i = 0; i < FLOWS; i++) {
            first += group.choose(i).equals(A) ? 1 : 0;
        }
        assertThat(first).isBetween(FLOWS / 2 - 800, FLOWS / 2 + 800);
    }

    @Test
    void movesOnlyTheFlowsOfTheHopThatWentDown() {
        NextHopGroup group = NextHopGroup.of(A, B, C, D);
        long[] down = {0, 1L << 70};
        int moved = 0;
        for (int i = 0; i < FLOWS; i++) {
            NextHop before = group.choose(hash(i));
            NextHop after = group.choose(hash(i), down);
            if (before.equals(C)) {
                assertThat(after).isNotNull().isNotEqualTo(C);
                moved++;
            } else {
                assertThat(after).isEqualTo(before);
            }
        }
        assertThat(moved).isGreaterThan(FLOWS / 5);
    }

    @Test
    void movesFlowsOnlyToAHopThatIsAdded() {
        NextHopGroup before = NextHopGroup.of(A, B, C);
        NextHopGroup after = NextHopGroup.of(D, C, B, A);
        for (int i = 0; i < FLOWS; i++) {
            assertThat(after.choose(hash(i))).isIn(before.choose(hash(i)), D);
        }
    }

    @Test
    void findsNoHopWhenAllPortsAreDown() {
        assertThat(NextHopGroup.of(A, B).choose(7, new long[] {0b110})).isNull();
        assertThat(NextHopGroup.of(A).choose(7, new long[] {0b010})).isNull();
        assertThat(NextHopGroup.of(A).choose(7, new long[] {0b100})).isEqualTo(A);
        assertThat(NextHopGroup.of(NextHop.blackhole()).choose(7, new long[] {-1}))
                .isNotNull();
        assertThat(NextHopGroup.of(NextHop.local(1)).choose(7, new long[] {-1})).isNotNull();
    }

    @Test
    void countsAHopNamedTwiceOnce() {
        assertThat(NextHopGroup.of(A, A, B)).isEqualTo(NextHopGroup.of(A, B));
    }

    @Test
    void refusesAGroupWithoutHopsAndAHopWithoutPort() {
        assertThatThrownBy(() -> new NextHopGroup(List.of())).hasMessageContaining("at least 1");
        assertThatThrownBy(() -> NextHop.connected(-1)).hasMessageContaining("port -1");
    }

    private static long hash(int flow) {
        return new SplittableRandom(flow).nextLong();
    }
}
