package dev.sluice.agent.runtime;

import dev.sluice.model.InstanceRuntime.Command;
import dev.sluice.model.InstanceRuntime.Existing;
import dev.sluice.model.InstanceRuntime.Hook;
import dev.sluice.model.ServiceInstance;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has made on this host what the objects want made, and removed what they want no longer. Instances outlive the agent: the next one finds them.
 *
 * <p>Thread: one compares; {@link #states} and {@link #close} are for any.
 */
public final class Runtimes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Runtimes.class);
    private static final long TICK_MS = 100;
    private static final long LEFTOVER_GRACE_NS = 5_000_000_000L;

    /** What is wanted, and what is still needed although it is not wanted. */
    public interface Objects {
        /** All instances of the objects in force; null: nothing is in force yet. */
        @Nullable
        List<ServiceInstance> instances();

        /** Names of instances that are gone from the objects and still serve flows. */
        Set<String> stillServing();
    }

    private final String node;
    private final Path directory;
    private final Permits permits;
    private final Objects objects;
    private final String prefix;
    private final HookRecords records;
    private final Thread thread;

    /** Written by the thread, read by all. */
    private volatile Map<String, Run> runs = Map.of();

    private boolean cleared;
    private volatile boolean stopping;

    private Runtimes(String node, Path directory, Permits permits, Objects objects) {
        this.node = node;
        this.directory = directory;
        this.permits = permits;
        this.objects = objects;
        prefix = "sluice-"
                + InstanceNamespace.digest(node + " " + directory.toAbsolutePath())
                        .substring(0, 6) + "-";
        records = new HookRecords(directory);
        thread = Thread.ofPlatform().daemon().name("sluice-instances").unstarted(this::run);
    }

    /**
     * Begins.
     *
     * @param node name of this host
     * @param directory for records and for what processes say; with the node it names all that this agent makes
     */
    public static Runtimes start(String node, Path directory, Permits permits, Objects objects) {
        Runtimes runtimes = new Runtimes(node, directory, permits, objects);
        runtimes.thread.start();
        return runtimes;
    }

    /** What is said of each instance that is made here, in the order of names. */
    public List<RunState> states() {
        return new TreeMap<>(runs).values().stream().map(Run::state).toList();
    }

    /** Stops to look after instances; they go on. */
    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }

    private void run() {
        while (!stopping) {
            try {
                tick();
                Thread.sleep(TICK_MS);
            } catch (InterruptedException e) {
                break;
            } catch (RuntimeException e) {
                LOG.error("a defect of this program, the instances go on", e);
                if (pauseAfterDefect()) {
                    break;
                }
            }
        }
        runs.values().forEach(Run::leave);
    }

    private static boolean pauseAfterDefect() {
        try {
            Thread.sleep(10 * TICK_MS);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    private void tick() {
        List<ServiceInstance> instances = objects.instances();
        if (instances == null) {
            return;
        }
        Map<String, WantedRuntime> wanted = new TreeMap<>();
        for (ServiceInstance instance : instances) {
            WantedRuntime made = WantedRuntime.of(instance, node);
            if (made != null) {
                wanted.put(made.name(), made);
            }
        }
        Map<String, Run> now = new HashMap<>(runs);
        if (!cleared) {
            cleared = true;
            clearAway(wanted.keySet(), now);
        }
        now.values().removeIf(Run::hasEnded);
        stopUnwanted(wanted, now);
        wanted.forEach((name, each) -> now.computeIfAbsent(name, _ -> Run.start(each, driver(each))));
        runs = Map.copyOf(now);
    }

    private void stopUnwanted(Map<String, WantedRuntime> wanted, Map<String, Run> now) {
        List<Run> unwanted = now.values().stream()
                .filter(run -> !run.isStopping()
                        && !run.wanted().equals(wanted.get(run.wanted().name())))
                .toList();
        if (unwanted.isEmpty()) {
            return;
        }
        Set<String> serving = objects.stillServing();
        for (Run run : unwanted) {
            String name = run.wanted().name();
            if (wanted.containsKey(name) || !serving.contains(name)) {
                run.stop();
            }
        }
    }

    /** What an agent before left and nobody wants. */
    private void clearAway(Set<String> wanted, Map<String, Run> now) {
        Set<String> expected = new HashSet<>();
        wanted.forEach(name -> expected.add(InstanceNamespace.of(prefix, name).name()));
        for (String namespace : NamespaceProcesses.named(prefix)) {
            if (!expected.contains(namespace)) {
                LOG.info("network namespace {} of an instance that is gone is removed", namespace);
                WantedRuntime nobody =
                        new WantedRuntime(namespace, "", "", Optional.empty(), Optional.empty(), new Existing());
                now.put(namespace, Run.remove(nobody, new LeftoverNamespace(namespace)));
            }
        }
        for (WantedRuntime recorded : new ArrayList<>(records.all())) {
            if (!wanted.contains(recorded.name())) {
                now.put(recorded.name(), Run.remove(recorded, driver(recorded)));
            }
        }
    }

    private RunDriver driver(WantedRuntime each) {
        return switch (each.driver()) {
            case Command command -> new CommandDriver(each, command, permits, prefix, directory);
            case Hook hook -> new HookDriver(each, hook, permits, node, records);
            case Existing _ -> throw new IllegalArgumentException(each.name() + " is not made by anybody");
        };
    }

    /** A namespace of which nothing is known but its name. */
    private record LeftoverNamespace(String name) implements RunDriver {
        @Override
        public void make() {}

        @Override
        public Optional<String> look() {
            return Optional.empty();
        }

        @Override
        public OptionalInt cpuPermille() {
            return OptionalInt.empty();
        }

        @Override
        public void remove() throws RuntimeFailure, InterruptedException {
            new InstanceNamespace(name).remove(LEFTOVER_GRACE_NS);
        }
    }
}
