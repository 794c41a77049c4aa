package dev.sluice.testkit.sim;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.ReloadRequest;
import dev.sluice.agent.southbound.Backoff;
import dev.sluice.agent.southbound.Following;
import dev.sluice.model.ExistingFlows;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * An agent on its host: production's following of a manager, and the node that it runs. Ends and begins at any moment; interfaces and disk stay. One user.
 *
 * <p>What {@code ManagedNode} does with a thread and a clock, this does with events.
 */
final class AgentProcess extends Mortal<AgentProcess.Running> implements Wire.Side<FromController> {
    private static final long REPORT_NS = Events.SECOND;
    private static final long STEADY_NS = 5 * Events.SECOND;
    private static final long CONNECT_NS = 20 * Events.MS;

    final String name;
    final DiskState disk = new DiskState();
    final HostLinks links;

    /** What the host says it needs itself, by interface. */
    final Map<String, String> inUse = new TreeMap<>();

    private final RandomGenerator dice;
    private final Function<AgentProcess, @Nullable Wire> network;
    private final Watcher watcher;
    private final KeptInMemory kept = new KeptInMemory(disk);
    private final HistoryInMemory history = new HistoryInMemory(disk);
    private int crashes;

    /** Who looks at what updates do. */
    interface Watcher {
        /** An update is about to be taken. */
        void before(AgentProcess agent);

        /** It was taken, or refused. */
        void after(AgentProcess agent, boolean accepted);
    }

    /** What ends with the process. */
    final class Running {
        final Following following = new Following("the simulated manager", name, kept, new Applied());
        final Backoff backoff = new Backoff(dice);
        final Deque<FromController> inbox = new ArrayDeque<>();

        @Nullable
        NodeProcess node;

        @Nullable
        Wire wire;

        long connectedNs;
        boolean busy;
    }

    /**
     * A host without a process.
     *
     * @param network opens a stream to the manager; null if it cannot be reached
     */
    AgentProcess(
            String name,
            Events events,
            RandomGenerator dice,
            Function<AgentProcess, @Nullable Wire> network,
            Watcher watcher) {
        super(events);
        this.name = name;
        this.dice = dice;
        this.network = network;
        this.watcher = watcher;
        links = new HostLinks(name);
    }

    /** How often it has ended. */
    int crashes() {
        return crashes;
    }

    /** The node that it runs; null if there is none. */
    @Nullable
    NodeProcess node() {
        return running == null ? null : running.node;
    }

    /** What it follows; null if it is down. */
    @Nullable
    Following following() {
        return running == null ? null : running.following;
    }

    boolean isConnected() {
        return running != null && running.wire != null;
    }

    /** Its stream to the manager; null if there is none. */
    @Nullable
    Wire wire() {
        return running == null ? null : running.wire;
    }

    /** Begins, with what it received last. */
    void start() {
        Running now = new Running();
        running = now;
        events.say(() -> name + " starts with " + now.following.accepted() + " objects");
        try {
            if (startNode(now).problem().isEmpty()) {
                now.following.started();
            }
        } catch (NodeException e) {
            events.say(() -> name + " has nothing to run yet: " + e.getMessage());
        }
        later(now, 1 + dice.nextLong(CONNECT_NS), this::connect);
        every(now, REPORT_NS, this::report);
    }

    /** Ends without a word; frames that it has are lost. */
    @Override
    void crash(String why) {
        Running now = running;
        if (now == null) {
            return;
        }
        events.say(() -> name + ": " + why);
        running = null;
        crashes++;
        if (now.wire != null) {
            now.wire.agentGone();
        }
        if (now.node != null) {
            now.node.close();
        }
    }

    private NodeProcess startNode(Running now) throws NodeException {
        NodeProcess started = new NodeProcess(name, events, dice, now.following.objects(), history, links, () -> inUse);
        now.node = started;
        return started;
    }

    /** The control thread has time. */
    void tick() {
        Running now = running;
        if (now != null && now.node != null) {
            NodeProcess node = now.node;
            guarded(now, _ -> node.tick());
        }
    }

    // The stream.

    private void connect(Running now) {
        Wire wire = network.apply(this);
        if (wire == null) {
            later(now, now.backoff.next() * Events.MS, this::connect);
            return;
        }
        now.wire = wire;
        now.connectedNs = events.nowNs();
        now.inbox.clear();
        wire.sendToManager(now.following.begin());
    }

    @Override
    public void ended(Wire wire) {
        Running now = running;
        if (now == null || now.wire != wire) {
            return;
        }
        now.wire = null;
        events.say(() -> name + " has lost the manager");
        if (events.nowNs() - now.connectedNs > STEADY_NS) {
            now.backoff.worked();
        }
        later(now, now.backoff.next() * Events.MS, this::connect);
    }

    @Override
    public void message(Wire wire, FromController message) {
        Running now = running;
        if (now != null && now.wire == wire) {
            now.inbox.add(message);
            work(now);
        }
    }

    /** One message after the other; each takes as long as the disk. */
    private void work(Running now) {
        FromController message = now.busy ? null : now.inbox.poll();
        if (message == null) {
            return;
        }
        events.say(() -> name + " gets " + Words.of(message));
        guarded(now, each -> take(each, message));
    }

    private void take(Running now, FromController message) {
        boolean last = message.hasUpdate() && !message.getUpdate().getMore();
        if (last) {
            watcher.before(this);
        }
        Wire wire = now.wire;
        FromAgent answer =
                message.hasUpdate() ? now.following.take(message.getUpdate()).orElse(null) : null;
        if (answer != null) {
            watcher.after(this, answer.getAnswer().getAccepted());
        }
        now.busy = true;
        later(now, answer == null ? 0 : disk.slowNs, each -> {
            each.busy = false;
            if (answer != null && wire != null && each.wire == wire) {
                wire.sendToManager(answer);
            }
            work(each);
        });
    }

    /** As a managed node does it. */
    private final class Applied implements Following.Application {
        @Override
        public void apply(Optional<ExistingFlows> flows) throws NodeException {
            putIntoForce(flows);
        }

        @Override
        public void forgetRefusal() throws NodeException {
            NodeProcess node = node();
            if (node != null && !node.problem().isEmpty()) {
                putIntoForce(Optional.empty());
            }
        }
    }

    private void putIntoForce(Optional<ExistingFlows> flows) throws NodeException {
        Running now = running;
        if (now == null) {
            throw new Crash("of an agent that is down already");
        }
        if (now.node == null) {
            String problem = startNode(now).problem();
            if (!problem.isEmpty()) {
                throw new NodeException(problem);
            }
            return;
        }
        now.node.life().reload(ReloadRequest.plain(flows));
    }

    private void report(Running now) {
        if (now.wire != null) {
            now.following.idle();
            if (now.node != null) {
                now.following.report(now.node.report(), events.nowNs()).ifPresent(now.wire::sendToManager);
            }
        }
    }
}
