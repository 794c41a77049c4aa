package dev.sluice.agent.runtime;

import dev.sluice.agent.runtime.RunState.Phase;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One instance from its making to its end: made, watched, made again with growing pauses when it has failed, removed when it is to stop. A thread of its own; {@link #stop} and what is asked are for
 * any.
 */
final class Run {
    private static final Logger LOG = LoggerFactory.getLogger(Run.class);
    private static final long LOOK_MS = 100;
    private static final long CPU_NS = 1_000_000_000L;

    /** What ran for so long did not fail because of how it was made. */
    private static final long STEADY_NS = 60_000_000_000L;

    private final WantedRuntime wanted;
    private final RunDriver driver;
    private final Pauses pauses = new Pauses();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final CountDownLatch leaving = new CountDownLatch(1);
    private final Thread thread;
    private volatile RunState state;
    private volatile boolean ended;
    private int restarts;

    private Run(WantedRuntime wanted, RunDriver driver, boolean remove) {
        this.wanted = wanted;
        this.driver = driver;
        if (remove) {
            stopping.countDown();
        }
        state = new RunState(wanted.name(), remove ? Phase.STOPPING : Phase.STARTING, "", OptionalInt.empty(), 0);
        thread = Thread.ofPlatform().daemon().name("sluice-" + wanted.name()).start(this::run);
    }

    /** Has it made. */
    static Run start(WantedRuntime wanted, RunDriver driver) {
        return new Run(wanted, driver, false);
    }

    /** Has removed what is left of it. */
    static Run remove(WantedRuntime wanted, RunDriver driver) {
        return new Run(wanted, driver, true);
    }

    WantedRuntime wanted() {
        return wanted;
    }

    RunState state() {
        return state;
    }

    /** Whether nothing is left of it. */
    boolean hasEnded() {
        return ended;
    }

    boolean isStopping() {
        return stopping.getCount() == 0;
    }

    /** Has it removed. */
    void stop() {
        stopping.countDown();
    }

    /** Leaves it as it is: the agent ends, the instance goes on. */
    void leave() {
        leaving.countDown();
        thread.interrupt();
    }

    private void run() {
        try {
            while (!isStopping()) {
                makeAndWatch();
            }
            remove();
            ended = true;
        } catch (InterruptedException e) {
            LOG.debug("instance {} is left as it is", wanted.name());
        }
    }

    private void makeAndWatch() throws InterruptedException {
        say(Phase.STARTING, "", OptionalInt.empty());
        String problem;
        try {
            driver.make();
            say(Phase.RUNNING, "", OptionalInt.empty());
            long beginNs = System.nanoTime();
            problem = watch();
            if (System.nanoTime() - beginNs >= STEADY_NS) {
                pauses.worked();
            }
        } catch (RuntimeFailure e) {
            problem = String.valueOf(e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("a defect of this program", e);
            problem = "a defect of the agent: " + e;
        }
        if (!isStopping()) {
            say(Phase.FAILED, problem, OptionalInt.empty());
            pause(pauses.nextMs());
            restarts++;
        }
    }

    /** Until something is wrong with it, or it is to stop. */
    private String watch() throws InterruptedException {
        long cpuNs = System.nanoTime();
        while (!pause(LOOK_MS)) {
            Optional<String> problem = driver.look();
            if (problem.isPresent()) {
                return problem.get();
            }
            if (System.nanoTime() - cpuNs >= CPU_NS) {
                cpuNs = System.nanoTime();
                say(Phase.RUNNING, "", driver.cpuPermille());
            }
        }
        return "";
    }

    private void remove() throws InterruptedException {
        String problem = "";
        while (true) {
            say(Phase.STOPPING, problem, OptionalInt.empty());
            try {
                driver.remove();
                LOG.info("instance {} is gone", wanted.name());
                return;
            } catch (RuntimeFailure e) {
                problem = "cannot be removed: " + e.getMessage();
            } catch (RuntimeException e) {
                LOG.error("a defect of this program", e);
                problem = "cannot be removed: a defect of the agent: " + e;
            }
            say(Phase.STOPPING, problem, OptionalInt.empty());
            if (leaving.await(pauses.nextMs(), TimeUnit.MILLISECONDS)) {
                throw new InterruptedException();
            }
        }
    }

    /** Waits; whether it is to stop. */
    private boolean pause(long ms) throws InterruptedException {
        return stopping.await(ms, TimeUnit.MILLISECONDS);
    }

    private void say(Phase phase, String message, OptionalInt cpuPermille) {
        RunState before = state;
        state = new RunState(wanted.name(), phase, message, cpuPermille, restarts);
        if (before.phase() != phase || !before.message().equals(message)) {
            if (message.isEmpty()) {
                LOG.info("instance {}: {}", wanted.name(), phase);
            } else {
                LOG.warn("instance {}: {}: {}", wanted.name(), phase, message);
            }
        }
    }
}
