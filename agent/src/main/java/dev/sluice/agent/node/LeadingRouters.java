package dev.sluice.agent.node;

import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The routers, pairs and switches of a node whose rules lead to chains: there paths begin and end (V20, V31). Immutable; found once for a snapshot, as the rules may be many.
 */
final class LeadingRouters {
    private static final LeadingRouters NONE = new LeadingRouters(Snapshot.empty());

    private final Snapshot snapshot;

    /** By what rules lead to, a chain or one path of it: by index of a router the ports where they apply. */
    private final Map<String, Map<Integer, Set<Integer>>> byTarget = new TreeMap<>();

    /** The same by chain. */
    private final Map<String, Map<Integer, Set<Integer>>> byChain = new TreeMap<>();

    private LeadingRouters(Snapshot snapshot) {
        this.snapshot = snapshot;
        for (Rule rule : snapshot.rules()) {
            if (rule.action() == Rule.Action.SERVICE) {
                Target target = snapshot.target(rule.targetId());
                rule.appliedTo().toBitSet().stream().map(side -> side >> 1).forEach(port -> {
                    add(byTarget, target.name(), port);
                    add(byChain, target.chain(), port);
                });
            }
        }
    }

    private void add(Map<String, Map<Integer, Set<Integer>>> ports, String name, int port) {
        // A port that is of no router classifies nothing.
        int router = port < snapshot.portCount() ? snapshot.port(port).router() : -1;
        if (router >= 0) {
            ports.computeIfAbsent(name, _ -> new TreeMap<>())
                    .computeIfAbsent(router, _ -> new TreeSet<>())
                    .add(port);
        }
    }

    /** Those of the newest snapshot that was asked for. Any thread: at worst they are found twice. */
    static final class Newest {
        private volatile LeadingRouters last = NONE;

        LeadingRouters of(Snapshot snapshot) {
            LeadingRouters known = last;
            if (known.snapshot != snapshot) {
                known = new LeadingRouters(snapshot);
                last = known;
            }
            return known;
        }
    }

    /** Names of those whose rules lead to a path, by its chain or by the path itself, in the order of their indices. */
    List<String> namesFor(String chain, String path) {
        Set<Integer> routers = new TreeSet<>();
        addAll(routers, byTarget.get(chain));
        addAll(routers, byTarget.get(path));
        return routers.stream().map(router -> snapshot.router(router).name()).toList();
    }

    private static void addAll(Set<Integer> routers, @Nullable Map<Integer, Set<Integer>> ports) {
        if (ports != null) {
            routers.addAll(ports.keySet());
        }
    }

    /**
     * A chain that rules of a router lead to.
     *
     * @param router index of the router
     * @param ports names of the ports where these rules apply
     */
    record Lead(int router, String chain, List<String> ports) {}

    /** All of them, chain by chain. */
    List<Lead> leads() {
        List<Lead> leads = new ArrayList<>();
        byChain.forEach((chain, routers) -> routers.forEach((router, ports) -> leads.add(new Lead(
                router,
                chain,
                ports.stream().map(port -> snapshot.port(port).name()).toList()))));
        return leads;
    }
}
