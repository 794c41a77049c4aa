package dev.sluice.testkit.sim;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.HostSafety;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.PathDraft;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.configuration.Boot;
import dev.sluice.agent.configuration.ConfigurationLife;
import dev.sluice.agent.history.History;
import dev.sluice.agent.history.Revision;
import dev.sluice.agent.instances.InstanceStates;
import dev.sluice.agent.instances.InstanceWatch;
import dev.sluice.agent.peers.PeerWatch;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.southbound.InstanceState;
import dev.sluice.southbound.Report;
import dev.sluice.testkit.MemorySwitch;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A running node: production's configuration, compiler, watch of instances and of other nodes, and data path over ports in memory. What {@code NodeRunner} does with a control thread and a worker, this
 * does with {@link #tick} and {@link #poll}. One user.
 */
final class NodeProcess {
    private static final int CONNECTIONS_MAX = 1024;
    private static final int SMALL_FRAMES = 128;
    private static final int LARGE_FRAMES = 1;

    private final Events events;
    private final InstanceStates states = new InstanceStates();
    private final History history;
    private final ConfigurationLife life;
    private final MemorySwitch plane;
    private final PeerWatch peers;
    private final InstanceWatch instances;
    private CompiledNode inForce;
    private @Nullable CompiledNode mail;

    /**
     * Starts it as a node is started.
     *
     * @throws NodeException if there is nothing that it can run
     */
    NodeProcess(
            String name,
            Events events,
            RandomGenerator dice,
            ObjectSource objects,
            HistoryInMemory disk,
            HostLinks links,
            Supplier<Map<String, String>> inUse)
            throws NodeException {
        this.events = events;
        NodeOptions options = NodeOptions.of(objects).named(name).stateIn(Path.of("/nonexistent"));
        Boot boot = Boot.look(options, _ -> History.withoutThread(disk));
        history = boot.history();
        life = new ConfigurationLife(
                options,
                boot,
                new SnapshotCompiler(name, new IdRegistry(), events::nowNs),
                states,
                links,
                HostSafety.told(inUse),
                events::nowNs);
        life.publishTo(this::publish);
        inForce = life.applied().node();
        plane = new MemorySwitch(inForce.snapshot(), CONNECTIONS_MAX, SMALL_FRAMES, LARGE_FRAMES);
        plane.advance(events.nowNs() - plane.nowNs());
        instances = new InstanceWatch(plane.liveness(), links);
        peers = new PeerWatch(
                plane.datapath(), plane.liveness(), new SplittableRandom(dice.nextLong()), events.nowNs());
        plane.datapath().peers(peers);
        instances.remoteReasons(peers::reason);
        instances.update(inForce, List.of());
        peers.apply(inForce.peers(), events.nowNs());
    }

    ConfigurationLife life() {
        return life;
    }

    MemorySwitch plane() {
        return plane;
    }

    /** What the data path has; what was published last may still be on its way. */
    CompiledNode inForce() {
        return inForce;
    }

    /** Why what it was given is not in force, or nothing. */
    String problem() {
        return life.applied().problem();
    }

    /** Whether all that was published is in force, and no path waits for other hosts. */
    boolean isSettled() {
        return isInForce() && inForce.paths().stream().noneMatch(path -> path.use() == PathDraft.Use.AWAITED);
    }

    /** Whether the data path has what was published last. */
    boolean isInForce() {
        return mail == null
                && life.applied().node().snapshot().generation()
                        == inForce.snapshot().generation();
    }

    /** Whether these are the objects in force. */
    boolean runs(Map<String, String> texts) {
        return isInForce() && Revision.content(texts).equals(life.applied().content());
    }

    /** Whether all instances of the service plane are known to serve. */
    boolean knowsAllServe() {
        return inForce.instances().stream()
                .filter(instance -> !instance.lingers())
                .allMatch(instance -> plane.liveness().isProven(instance.number()));
    }

    private void publish(CompiledNode next, boolean wait) {
        instances.update(next, List.of());
        mail = next;
        if (wait) {
            takeMail();
        }
    }

    private void takeMail() {
        CompiledNode next = mail;
        if (next != null) {
            mail = null;
            catchUp();
            plane.apply(next.snapshot());
            peers.apply(next.peers(), events.nowNs());
            inForce = next;
        }
    }

    private void catchUp() {
        if (events.nowNs() > plane.nowNs()) {
            plane.advance(events.nowNs() - plane.nowNs());
        }
    }

    /** The worker has time. */
    void poll() {
        takeMail();
        catchUp();
        peers.poll(events.nowNs());
    }

    /** A frame comes in; lost if there is no such port. */
    void receive(String interfaceName, byte[] frame) {
        for (PortBinding binding : inForce.bindings()) {
            if (binding.interfaceName().equals(interfaceName)) {
                catchUp();
                plane.receive(binding.index(), frame);
                return;
            }
        }
    }

    /** The interface of a port; empty if it has none any more. */
    String interfaceName(int port) {
        for (PortBinding binding : inForce.bindings()) {
            if (binding.index() == port) {
                return binding.interfaceName();
            }
        }
        return "";
    }

    /** The control thread has time. */
    void tick() {
        instances.update(life.applied().node(), List.of());
        life.tick(events.nowNs());
        if (states.follow(peers.toldStates())) {
            try {
                life.onStatesChanged();
            } catch (NodeException e) {
                events.say(() -> "what others say of instances cannot be followed: " + e.getMessage());
            }
        }
        life.followPaths(peers.toldPaths(), plane.liveness()::isProven, events.nowNs());
        history.writeNow();
    }

    /** What it tells its manager. */
    Report report() {
        Report.Builder report =
                Report.newBuilder().setGeneration(inForce.snapshot().generation());
        for (InstanceEntry instance : inForce.instances()) {
            if (!instance.remote()) {
                report.addInstances(InstanceState.newBuilder()
                        .setName(instance.name())
                        .setAlive(plane.liveness().instanceAlive(instance.number())));
            }
        }
        return report.build();
    }

    /** Gives its memory back. */
    void close() {
        plane.close();
    }
}
