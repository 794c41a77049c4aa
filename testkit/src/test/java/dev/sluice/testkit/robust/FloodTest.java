package dev.sluice.testkit.robust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.snapshot.Selection;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** F9: a flood of SYNs fills the connection table; established flows lose nothing, at least 95 % of the legitimate new ones get through, at their first attempt. */
class FloodTest {
    private static final int FLOOD_PER_MS = 100;
    private static final long SEED = 9;

    /** A rule for the port of the server tells answers from questions; one for everything does not. */
    private static Match match(String rule) {
        return rule.equals("port 80") ? Match.ANY.withProtocol(6, 6).withPorts(0, 65535, 80, 80) : Match.ANY;
    }

    @ParameterizedTest
    @CsvSource({"port 80, ROUND_ROBIN", "port 80, LEAST_FLOWS", "everything, NEAREST", "everything, ROUND_ROBIN"})
    void legitimateFlowsGetThroughAFlood(String rule, Selection selection) {
        run(rule, selection, 4096, 1500, 600);
    }

    @Tag("campaign")
    @ParameterizedTest
    @CsvSource({"port 80, ROUND_ROBIN", "everything, LEAST_FLOWS"})
    void legitimateFlowsGetThroughAFloodOfTenSeconds(String rule, Selection selection) {
        // Room for all that are established in the end, and little more.
        run(rule, selection, 16_384, 5000, 10_000);
    }

    /** After a time without flood, so many ms of flood with one new flow in each. */
    private static void run(String rule, Selection selection, int connectionsMax, int established, int floodMs) {
        try (FloodRun run = new FloodRun(connectionsMax, match(rule), selection, SEED)) {
            for (int i = 0; i < established; i++) {
                run.open(i);
                run.step();
            }
            int settleMs = 3 * FloodRun.RTT_MS;
            for (int i = 0; i < settleMs; i++) {
                run.step();
            }
            for (int i = 0; i < established; i++) {
                assertThat(run.answers(i)).as("connection %d", i).isEqualTo(1);
            }
            // The table fills before the first of the new flows comes.
            for (int i = 0; run.sluice().datapath().connections().size() < connectionsMax; i++) {
                run.flood();
                if (i % FLOOD_PER_MS == 0) {
                    run.step();
                }
            }
            int[] sent = new int[established];
            for (int ms = 0; ms < floodMs; ms++) {
                for (int i = 0; i < FLOOD_PER_MS; i++) {
                    run.flood();
                }
                run.open(established + ms);
                run.send(ms % established);
                sent[ms % established]++;
                run.step();
            }
            for (int ms = 0; ms < settleMs; ms++) {
                for (int i = 0; i < FLOOD_PER_MS; i++) {
                    run.flood();
                }
                run.step();
            }
            int lost = 0;
            for (int i = 0; i < established; i++) {
                lost += 1 + sent[i] - run.answers(i);
            }
            int through = 0;
            for (int i = 0; i < floodMs; i++) {
                through += run.answers(established + i) > 0 ? 1 : 0;
            }
            System.out.printf(
                    Locale.ROOT,
                    "F9 in memory, rule for %s, %s: %d established flows lost %d of %d packets, %d of %d new flows (%.1f %%) got through %,d SYNs per second, %d half-open evicted, seed %d%n",
                    rule,
                    selection,
                    established,
                    lost,
                    floodMs,
                    through,
                    floodMs,
                    100.0 * through / floodMs,
                    1000 * FLOOD_PER_MS,
                    run.sluice().datapath().connections().evictedHalfOpen(),
                    SEED);
            assertThat(lost).isZero();
            assertThat(through).isGreaterThanOrEqualTo(floodMs * 95 / 100);
        }
    }
}
