package dev.sluice.manager.agents;

import dev.sluice.controller.AgentWatcher;
import dev.sluice.controller.Health;
import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.events.EventWriter;
import dev.sluice.manager.events.Happening.Reason;
import dev.sluice.model.Kind;
import dev.sluice.southbound.Interfaces;
import dev.sluice.southbound.Paths;
import dev.sluice.southbound.Reply;
import dev.sluice.southbound.Runtimes;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hands on what agents say, and has it written down as events. Called by the controller's thread, which never waits: a thread of its own writes. */
final class AgentEvents implements AgentWatcher, AutoCloseable {
    /** More events than are remembered need not wait. */
    static final int WAITING_MAX = EventLog.EVENTS_MAX;

    private static final Logger LOG = LoggerFactory.getLogger(AgentEvents.class);

    private final List<AgentWatcher> others;
    private final EventWriter events;
    private final AtomicLong dropped = new AtomicLong();
    private final ThreadPoolExecutor writer = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(WAITING_MAX),
            Thread.ofPlatform().daemon().name("sluice-events").factory(),
            (_, pool) -> drop(pool));

    AgentEvents(EventWriter events, AgentWatcher... others) {
        this.others = List.of(others);
        this.events = events;
    }

    @Override
    public void connected(String node) {
        others.forEach(each -> each.connected(node));
        write(() -> events.agent(Reason.CONNECTED, node, "its agent has come"));
    }

    @Override
    public void lost(String node) {
        others.forEach(each -> each.lost(node));
        write(() -> events.agent(
                Reason.LOST,
                node,
                "its agent has gone; the host goes on with what it has, and nobody knows how it is"));
    }

    @Override
    public void interfaces(String node, Interfaces told) {
        others.forEach(each -> each.interfaces(node, told));
    }

    @Override
    public void paths(String node, Paths told) {
        others.forEach(each -> each.paths(node, told));
    }

    @Override
    public void runtimes(String node, Runtimes told) {
        others.forEach(each -> each.runtimes(node, told));
    }

    @Override
    public void reply(String node, Reply reply) {
        others.forEach(each -> each.reply(node, reply));
    }

    @Override
    public void health(String key, Health now) {
        others.forEach(each -> each.health(key, now));
        String[] parts = key.split("/", 2);
        Kind kind = Kind.named(parts[0]).orElseThrow();
        boolean port = kind == Kind.PORT;
        Reason reason = now.good() ? (port ? Reason.UP : Reason.ALIVE) : (port ? Reason.DOWN : Reason.DEAD);
        String words =
                now.good() ? "works again" : "does not work" + (now.message().isEmpty() ? "" : ": " + now.message());
        write(() -> events.health(reason, kind.word() + "/" + parts[1], now.node(), words));
    }

    @Override
    public void refused(String node, String object, String message) {
        others.forEach(each -> each.refused(node, object, message));
        write(() -> events.refused(node, object, message));
    }

    private void write(Runnable event) {
        writer.execute(event);
    }

    private void drop(ThreadPoolExecutor pool) {
        // If the manager ends, so does what would be written.
        if (!pool.isShutdown() && Long.bitCount(dropped.incrementAndGet()) == 1) {
            LOG.warn("agents say more than can be written: {} events were left out so far", dropped.get());
        }
    }

    /** How many events were left out since more waited than can be written. */
    long dropped() {
        return dropped.get();
    }

    @Override
    public void close() {
        writer.shutdownNow();
    }
}
