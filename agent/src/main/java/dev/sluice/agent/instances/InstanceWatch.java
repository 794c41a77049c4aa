package dev.sluice.agent.instances;

import dev.sluice.agent.RateLimit;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.agent.worker.LinkSource;
import dev.sluice.agent.worker.OpenPort;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.ports.LinkInfo;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Decides by the state of interfaces which ports are up and which service instances are alive, and says what probes found. One writer: the control thread. */
public final class InstanceWatch {
    private static final Logger LOG = LoggerFactory.getLogger(InstanceWatch.class);

    private static final String SILENT = "it does not answer probes";
    private static final String NO_SESSION = "its BFD sessions are not up";

    private final Liveness liveness;
    private final LifeLog lives = new LifeLog();
    private final LinkSource links;
    private volatile IntFunction<String> remoteReasons = _ -> "";
    private final RateLimit limit = new RateLimit(1_000_000_000L);
    private @Nullable CompiledNode lastNode;
    private List<OpenPort> lastOpened = List.of();
    private int seenGeneration;
    private Set<Integer> leaving = Set.of();
    private volatile Map<String, Integer> loads = Map.of();
    private Map<String, String> current = Map.of();
    private Map<String, String> told = Map.of();
    private volatile Map<Integer, String> deadReasons = Map.of();
    private volatile Map<Integer, String> downReasons = Map.of();

    public InstanceWatch(Liveness liveness, LinkSource links) {
        this.liveness = liveness;
        this.links = links;
    }

    /** Who says why instances of other nodes are dead, by number; empty if they are not. Once, before it is used. */
    public void remoteReasons(IntFunction<String> reasons) {
        remoteReasons = reasons;
    }

    /**
     * Looks at all ports and instances and tells the workers what changed.
     *
     * @param node the configuration
     * @param opened the ports as the worker sees them; what it has not opened yet counts as open
     */
    public void update(CompiledNode node, List<OpenPort> opened) {
        lastNode = node;
        lastOpened = opened;
        seenGeneration = liveness.generation();
        Map<String, String> now = new LinkedHashMap<>();
        Map<Integer, String> down = new HashMap<>();
        for (PortBinding binding : node.bindings()) {
            String reason = trouble(binding, opened);
            if (!reason.isEmpty()) {
                now.put("port " + node.snapshot().port(binding.index()).name(), reason);
                down.put(binding.index(), reason);
            }
        }
        setPorts(node, down);
        Map<Integer, String> dead = new HashMap<>();
        for (InstanceEntry instance : node.instances()) {
            // One that is gone from the objects still serves for a while; nobody is to be told of it, and it would hide
            // the one of its name elsewhere.
            Map<String, String> heard = instance.lingers() ? new HashMap<>() : now;
            String what = "service instance " + instance.name();
            for (int port : instance.ports()) {
                String reason = down.get(port);
                if (reason != null) {
                    dead.putIfAbsent(instance.number(), reason);
                    heard.putIfAbsent(what, reason);
                }
            }
            liveness.setInstance(instance.number(), !dead.containsKey(instance.number()));
            String remote = remoteReasons.apply(instance.number());
            if (!remote.isEmpty()) {
                heard.putIfAbsent(what, remote);
            }
            String silent = silent(instance.number());
            if (!silent.isEmpty()) {
                heard.putIfAbsent(what, silent);
            }
        }
        setLeaving(node);
        setLoads(node);
        noteLives(node);
        downReasons = Map.copyOf(down);
        deadReasons = Map.copyOf(dead);
        current = now;
    }

    /** How loaded instances are, by name, 0..3; those that are left out not at all. Unsigned; what is more counts as 3. */
    public void loads(Map<String, Integer> levels) {
        loads = Map.copyOf(levels);
        LOG.info("load levels of instances, each of which halves the share of new flows: {}", new TreeMap<>(loads));
        CompiledNode node = lastNode;
        if (node != null) {
            setLoads(node);
        }
    }

    /** How loaded an instance is, 0..3; for any thread. */
    public int load(String instance) {
        return (int) Math.min(Integer.toUnsignedLong(loads.getOrDefault(instance, 0)), Liveness.LOAD_LEVEL_MAX);
    }

    private void setLoads(CompiledNode node) {
        int highest = node.instances().stream()
                .filter(instance -> load(instance.name()) > 0)
                .mapToInt(InstanceEntry::number)
                .max()
                .orElse(-1);
        byte[] levels = new byte[highest + 1];
        for (InstanceEntry instance : node.instances()) {
            if (instance.number() <= highest) {
                levels[instance.number()] = (byte) load(instance.name());
            }
        }
        liveness.setLoadLevels(levels);
    }

    private void noteLives(CompiledNode node) {
        long nowNs = System.nanoTime();
        Set<Integer> numbers = new HashSet<>();
        for (InstanceEntry instance : node.instances()) {
            numbers.add(instance.number());
            lives.note(instance.number(), liveness.instanceAlive(instance.number()), nowNs);
        }
        lives.keep(numbers);
    }

    private void setLeaving(CompiledNode node) {
        Set<Integer> next = new HashSet<>();
        for (InstanceEntry instance : node.instances()) {
            if (instance.leaves()) {
                next.add(instance.number());
            }
        }
        leaving.forEach(instance -> liveness.setLeaving(instance, next.contains(instance)));
        next.forEach(instance -> liveness.setLeaving(instance, true));
        leaving = next;
    }

    /** Ports that have vanished from the configuration are down; links between routers are always up. */
    private void setPorts(CompiledNode node, Map<Integer, String> down) {
        Set<Integer> bound = new HashSet<>();
        node.bindings().forEach(binding -> bound.add(binding.index()));
        for (int i = 0; i < node.snapshot().portCount(); i++) {
            boolean link = node.snapshot().port(i).peer() >= 0 && !bound.contains(i);
            liveness.setPort(i, link || (bound.contains(i) && !down.containsKey(i)));
        }
    }

    private String trouble(PortBinding binding, List<OpenPort> opened) {
        LinkInfo link = links.link(binding.interfaceName());
        if (link == null) {
            return "interface " + binding.interfaceName() + " does not exist";
        }
        if (!link.up()) {
            return "interface " + binding.interfaceName() + " is down: ip link set " + binding.interfaceName() + " up";
        }
        if (!link.carrier()) {
            return "interface " + binding.interfaceName() + " has no carrier";
        }
        for (OpenPort port : opened) {
            if (port.binding().equals(binding) && !port.open()) {
                return port.description();
            }
        }
        return "";
    }

    /** Logs what has changed since it was last logged, at most once per second; a link that flaps is told as it then is. To be called often. */
    public void tell(long nowNs) {
        CompiledNode node = lastNode;
        if (node != null && liveness.generation() != seenGeneration) {
            update(node, lastOpened);
        }
        if (current.equals(told) || !limit.allows(nowNs)) {
            return;
        }
        current.forEach((what, why) -> {
            if (!why.equals(told.get(what))) {
                LOG.warn("{} is down: {}", what, why);
            }
        });
        told.keySet().stream().filter(what -> !current.containsKey(what)).forEach(what -> LOG.info("{} is up", what));
        told = current;
    }

    /** Why an instance is dead, empty if it is alive; for any thread. */
    public String deadReason(int instance) {
        String reason = deadReasons.getOrDefault(instance, "");
        if (!reason.isEmpty()) {
            return reason;
        }
        String silent = silent(instance);
        return silent.isEmpty() ? remoteReasons.apply(instance) : silent;
    }

    private String silent(int instance) {
        return !liveness.answersProbes(instance) ? SILENT : liveness.bfdAlive(instance) ? "" : NO_SESSION;
    }

    /** Milliseconds since an instance last died or came back, -1 if it never did; for any thread. */
    public long aliveForMs(int instance, long nowNs) {
        return lives.forMs(instance, nowNs);
    }

    /** How often an instance was alive and then not; for any thread. */
    public long downs(int instance) {
        return lives.downs(instance);
    }

    /** Why a port is down, empty if it is up; for any thread. */
    public String downReason(int port) {
        return downReasons.getOrDefault(port, "");
    }
}
