package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Reliability goal F3 for BFD at 50 ms x 3: busy processors and collections of garbage make no peer look dead, and not us to them. {@code ./dev calm MINUTES}.
 */
@Tag("system")
class BfdCalmTest {
    private static final int BUSY_LOOPS = 4;
    private static final List<String> FLAGS =
            List.of("-Xmx256m", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED");

    @SuppressWarnings("UnusedVariable") // written so that the loops are not optimised away
    private static volatile long sink;

    private static volatile boolean over;

    @Test
    @Tag("long")
    void busyProcessorsElsewhereTakeNoSessionDown() {
        assertThat(run("-XX:+UseSerialGC", "quiet", 10)).isZero();
    }

    @Test
    @Tag("campaign")
    void busyProcessorsElsewhereTakeNoSessionDownForLong() {
        assertThat(run("-XX:+UseSerialGC", "quiet", seconds())).isZero();
    }

    @Test
    @Tag("campaign")
    void busyThreadsAndConcurrentCollectionsOfTheSameProcessAreCounted() {
        run("-XX:+UseZGC", "busy", seconds());
    }

    @Test
    @Tag("campaign")
    void busyThreadsAndStoppingCollectionsOfTheSameProcessAreCounted() {
        run("-XX:+UseSerialGC", "busy", seconds());
    }

    private static long seconds() {
        return (long) (60 * Double.parseDouble(System.getProperty("sluice.calm.minutes", "30")));
    }

    /** Sessions that went down, at any of the three sides. */
    private static long run(String collector, String mode, long seconds) {
        try (BfdSegment segment = new BfdSegment();
                BfdPeer frr = BfdPeer.frr(segment.frr, BfdTest.FRR_FAST);
                BfdPeer bird = BfdTest.signedBird(segment)) {
            List<String> flags = new ArrayList<>(FLAGS);
            flags.add(collector);
            LabProcess holder = segment.sluice.startJvm("holder", flags, BfdHolderMain.class, List.of(mode));
            holder.awaitReady(Duration.ofSeconds(30));
            frr.awaitUp();
            bird.awaitUp();
            if (mode.equals("quiet")) {
                burnHere(seconds);
            } else {
                LockSupport.parkNanos(seconds * 1_000_000_000);
            }
            long here = holder.lines().stream()
                    .filter(line -> line.startsWith("down "))
                    .count();
            System.out.printf(
                    Locale.ROOT,
                    "BFD 50 ms x 3, process of its sessions %s with %s, %d s under %d busy loops and collections: downs here %d, at FRR %d, at BIRD %d; %s; %s%n",
                    mode,
                    collector,
                    seconds,
                    BUSY_LOOPS,
                    here,
                    frr.downCount(),
                    bird.downCount(),
                    holder.lastLine("overslept").orElse(""),
                    holder.lastLine("ready").orElse(""));
            return here + frr.downCount() + bird.downCount();
        }
    }

    private static void burnHere(long seconds) {
        over = false;
        for (int i = 0; i < BUSY_LOOPS; i++) {
            Thread.ofPlatform().daemon().start(BfdCalmTest::burn);
        }
        long endNs = System.nanoTime() + seconds * 1_000_000_000;
        while (System.nanoTime() < endNs) {
            System.gc();
            LockSupport.parkNanos(100_000_000L);
        }
        over = true;
    }

    private static void burn() {
        long x = 1;
        while (!over) {
            x = x * 6_364_136_223_846_793_005L + 1;
            sink = x;
        }
    }
}
