package dev.sluice.controller;

import dev.sluice.model.ExistingFlows;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.Interfaces;
import dev.sluice.southbound.Paths;
import dev.sluice.southbound.Reply;
import dev.sluice.southbound.Report;
import dev.sluice.southbound.Runtimes;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A {@link Distribution} with a thread and a clock. Any thread; what is said is done in the order in which it is said. */
public final class Controller implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Controller.class);

    /** States are told together: a change that a thousand nodes take is not told a thousand times. */
    private static final long TELL_NS = 200_000_000L;

    private static final long TICK_NS = 1_000_000_000L;

    private final Distribution distribution;
    private final LinkedBlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>();
    private final Consumer<List<ObjectState>> states;
    private final BooleanSupplier holds;
    private final Thread thread;
    private volatile boolean stopping;

    /**
     * Starts.
     *
     * @param states gets what is new of objects; called by the controller's thread, which must not wait there
     * @param grace as in {@link Distribution}
     * @param holds whether it may act; as long as it may not, what is said to it is lost, and nothing is told to agents
     */
    public Controller(Consumer<List<ObjectState>> states, Duration grace, BooleanSupplier holds) {
        this.states = states;
        this.holds = holds;
        distribution = new Distribution(System.nanoTime(), grace.toNanos());
        thread = Thread.ofPlatform().daemon().name("sluice-controller").start(this::run);
    }

    private void run() {
        long toldNs = System.nanoTime() - TELL_NS;
        long tickNs = System.nanoTime();
        boolean untold = false;
        while (!stopping) {
            try {
                Runnable next = mailbox.poll(untold ? TELL_NS : TICK_NS, TimeUnit.NANOSECONDS);
                if (!holds.getAsBoolean()) {
                    continue;
                }
                if (next != null) {
                    next.run();
                    untold = true;
                }
                long nowNs = System.nanoTime();
                if (untold && nowNs - toldNs >= TELL_NS) {
                    states.accept(distribution.news(nowNs));
                    toldNs = nowNs;
                    untold = false;
                }
                if (nowNs - tickNs >= TICK_NS) {
                    distribution.tick(nowNs);
                    tickNs = nowNs;
                    untold = true;
                }
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.error("a defect of this program, the controller goes on", e);
            }
        }
    }

    /**
     * Objects are others now, and those of these keys are gone.
     *
     * @param flows what that means for flows in progress; empty: what each Node object says
     */
    public void change(Collection<WantedObject> changed, Collection<String> removed, Optional<ExistingFlows> flows) {
        List<WantedObject> objects = List.copyOf(changed);
        List<String> keys = List.copyOf(removed);
        mailbox.add(() -> distribution.change(objects, keys, flows, System.nanoTime()));
    }

    void hello(AgentStream stream, Hello hello) {
        mailbox.add(() -> {
            LOG.info("agent of node {} has come ({})", hello.getNode(), hello.getSoftware());
            distribution.hello(stream, hello, System.nanoTime());
        });
    }

    void answer(AgentStream stream, Answer answer) {
        mailbox.add(() -> distribution.answer(stream, answer, System.nanoTime()));
    }

    void report(AgentStream stream, Report report) {
        mailbox.add(() -> distribution.report(stream, report, System.nanoTime()));
    }

    void interfaces(AgentStream stream, Interfaces told) {
        mailbox.add(() -> distribution.interfaces(stream, told));
    }

    void paths(AgentStream stream, Paths told) {
        mailbox.add(() -> distribution.paths(stream, told));
    }

    void runtimes(AgentStream stream, Runtimes told) {
        mailbox.add(() -> distribution.runtimes(stream, told));
    }

    void reply(AgentStream stream, Reply reply) {
        mailbox.add(() -> distribution.reply(stream, reply));
    }

    void gone(AgentStream stream) {
        mailbox.add(() -> distribution.gone(stream));
    }

    /** Asks for something that only the controller's thread knows, and hands it over there. */
    public void ask(Consumer<Distribution> question) {
        mailbox.add(() -> question.accept(distribution));
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
