package dev.sluice.lab.system;

import dev.sluice.agent.bfd.BfdReport;
import dev.sluice.agent.bfd.BfdRunner;
import dev.sluice.liveness.bfd.BfdState;
import dev.sluice.ports.PortException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** A process that holds the sessions of {@link BfdCalmTest} with FRR and BIRD, and keeps itself busy if told so: {@code busy | quiet}. */
final class BfdHolderMain {
    private static final int BUSY_LOOPS = 4;

    @SuppressWarnings("UnusedVariable") // written so that the loops are not optimised away
    private static volatile long sink;

    private BfdHolderMain() {}

    /** Entry of the child process; runs until it is killed. */
    public static void main(String[] arguments) throws PortException {
        AtomicInteger downs = new AtomicInteger();
        BfdRunner runner = BfdRunner.open(BfdRunner.Options.DEFAULT, (report, before, atNs) -> {
            if (before == BfdState.UP) {
                System.out.println(
                        "down " + downs.incrementAndGet() + " " + report.path().peer() + " " + report.diagnostic());
            }
        });
        runner.add(BfdSegment.toHost(2), BfdTest.FAST);
        runner.add(BfdSegment.toHost(3), BfdTest.SIGNED);
        while (!runner.reports().stream().allMatch(BfdReport::isUp)) {
            LockSupport.parkNanos(10_000_000);
        }
        boolean busy = arguments[0].equals("busy");
        for (int i = 0; busy && i < BUSY_LOOPS; i++) {
            Thread.ofPlatform().daemon().start(BfdHolderMain::burn);
        }
        System.out.println("ready, scheduling: " + runner.realtimeTrouble());
        while (true) {
            if (busy) {
                System.gc();
            }
            LockSupport.parkNanos(200_000_000);
            System.out.println("overslept " + runner.missedNs() / 1_000_000 + " ms");
        }
    }

    static void burn() {
        long x = 1;
        while (true) {
            x = x * 6_364_136_223_846_793_005L + 1;
            sink = x;
        }
    }
}
