package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.ProbeReport;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Reliability goal F3: a machine whose processors are all busy makes no node look dead. {@code ./dev calm MINUTES}. */
@Tag("system")
@Tag("campaign")
class CalmTest {
    private static final int BUSY_LOOPS = 4;

    private static volatile boolean over;

    @SuppressWarnings("UnusedVariable") // written so that the loops are not optimised away
    private static volatile long sink;

    @Test
    void busyLoopsAndCollectionsKillNoNode() {
        double minutes = Double.parseDouble(System.getProperty("sluice.calm.minutes", "30"));
        try (Network network = Network.transparent()) {
            network.bridge("fw");
            network.bridge("spare");
            List<Thread> loops = new ArrayList<>();
            try (SluiceNode sluice = SluiceNode.start(network.sluice, NodeKills.configuration())) {
                over = false;
                for (int i = 0; i < BUSY_LOOPS; i++) {
                    loops.add(Thread.ofPlatform().daemon().start(CalmTest::burn));
                }
                long endNs = System.nanoTime() + (long) (minutes * 60e9);
                while (System.nanoTime() < endNs) {
                    // Each question to the node makes garbage there.
                    for (int i = 0; i < 20; i++) {
                        sluice.status();
                    }
                    System.gc();
                    LockSupport.parkNanos(200_000_000L);
                }
                for (String name : List.of("fw", "spare")) {
                    InstanceReport instance = sluice.instance(name);
                    ProbeReport probe = Objects.requireNonNull(instance.probe());
                    System.out.println(name + ": " + probe);
                    assertThat(instance.alive()).isTrue();
                    assertThat(probe.deaths()).isZero();
                    assertThat(probe.rounds()).isGreaterThan((long) (minutes * 60 * 5));
                }
            } finally {
                over = true;
                loops.forEach(CalmTest::join);
            }
        }
    }

    private static void burn() {
        long x = 1;
        while (!over) {
            x = x * 6_364_136_223_846_793_005L + 1;
            sink = x;
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
