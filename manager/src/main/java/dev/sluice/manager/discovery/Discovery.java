package dev.sluice.manager.discovery;

import dev.sluice.manager.discovery.Choice.Candidate;
import dev.sluice.manager.discovery.Found.FoundPort;
import dev.sluice.manager.discovery.Sought.Instance;
import dev.sluice.manager.discovery.Sought.Profile;
import dev.sluice.model.NodeMark;
import dev.sluice.model.NodeMark.Side;
import dev.sluice.southbound.Interface;
import dev.sluice.southbound.Interfaces;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Finds ports and service nodes in what agents tell of interfaces (C9), and follows them (C10). No threads or clocks: everything that happens is a call. One thread.
 *
 * <p>An interface is a side of a service node if its alias or its profile says so, else a port if a profile wants it. One that carries the default route or a login, is a
 * member of a bridge, or was written down by somebody, is left alone.
 */
final class Discovery {
    /** More ports on one host are left alone: its tables are for workloads that somebody wrote down too. */
    static final int PORTS_PER_NODE_MAX = 1_024;

    private final Map<String, Host> hosts = new TreeMap<>();
    private final Flapping flapping = new Flapping();
    private final Choice choice;
    private Sought sought = Sought.NOTHING;
    private final Map<String, FoundPort> ports = new TreeMap<>();
    private final Map<String, Place> nodes = new TreeMap<>();

    /** What is seen now, collected for one look. */
    private static final class Sight {
        final Map<String, List<PortSight>> ports = new TreeMap<>();
        final Map<String, List<NodeSight>> nodes = new TreeMap<>();
        final Map<String, String> notices = new TreeMap<>();
    }

    private record PortSight(Profile profile, Candidate candidate, String alias) {}

    /** @param tenant whose profile says which node it leads to; empty: a shared profile or the interface itself says so */
    private record NodeSight(String tenant, String node, String interfaceName, Side side, boolean works, long cameNs) {}

    /** Knows nothing yet. */
    Discovery(long startNs) {
        choice = new Choice(hosts, startNs);
    }

    // What happens.

    /** Objects say something else. */
    void seek(Sought next) {
        sought = next;
        next.ports().forEach(ports::putIfAbsent);
        nodes.keySet().removeIf(name -> !next.nodes().containsKey(name));
        next.nodes().values().forEach(each -> each.found().ifPresent(place -> nodes.putIfAbsent(each.name(), place)));
    }

    /** The agent of a host has come. */
    void connected(String node, long nowNs) {
        host(node, nowNs).connected(nowNs);
    }

    /** The agent of a host has gone. */
    void lost(String node, long nowNs) {
        host(node, nowNs).lost(nowNs);
    }

    /** The agent of a host tells of interfaces. */
    void told(String node, Interfaces news, long nowNs) {
        host(node, nowNs).told(news, flapping, nowNs);
    }

    private Host host(String node, long nowNs) {
        return hosts.computeIfAbsent(node, name -> new Host(name, nowNs));
    }

    // What follows.

    /** What is where now. */
    Found look(long nowNs) {
        choice.begin();
        Sight sight = new Sight();
        for (Host host : hosts.values()) {
            if (host.isKnown()) {
                host.seen().values().forEach(seen -> look(host, seen, sight, nowNs));
                if (host.leftOff() > 0) {
                    sight.notices.put(
                            "Node/" + host.node,
                            host.leftOff() + " more interfaces fit than an agent tells of: narrow the profiles down");
                }
            }
        }
        choosePorts(sight, nowNs);
        chooseNodes(sight, nowNs);
        return new Found(ports, nodes, sight.notices, choice.againNs());
    }

    private void look(Host host, Host.Seen seen, Sight sight, long nowNs) {
        Interface told = seen.told;
        String where = host.node + "/" + told.getName();
        Optional<Profile> profile = profile(host, told);
        Optional<NodeMark> own = NodeMark.of(told.getAlias());
        Optional<NodeMark> mark =
                own.or(() -> profile.flatMap(each -> each.spec().node()));
        if (mark.isEmpty() && profile.isEmpty()) {
            return;
        }
        if (sought.isTaken(host.node, told.getName())) {
            return;
        }
        if (!told.getInUse().isEmpty()) {
            sight.notices.put(where, "is left alone: it " + told.getInUse());
            return;
        }
        if (nowNs - seen.countsNs < 0) {
            choice.again(seen.countsNs);
            sight.notices.put(
                    where,
                    "comes and goes, " + flapping.times(where) + " times lately: it counts when it has stayed for "
                            + (seen.countsNs - seen.cameNs) / 1_000_000_000L + " s");
            return;
        }
        if (mark.isPresent()) {
            String tenant = own.isPresent() ? "" : profile.map(Profile::tenant).orElse("");
            NodeSight of =
                    new NodeSight(tenant, host.node, told.getName(), mark.get().side(), told.getWorks(), seen.cameNs);
            sight.nodes
                    .computeIfAbsent(mark.get().identifier(), _ -> new ArrayList<>())
                    .add(of);
            return;
        }
        Candidate at = new Candidate(Place.of(host.node, told.getName()), told.getWorks(), seen.cameNs);
        String name = PortNaming.name(profile.get(), host.node, told);
        if (sought.foreign().contains(name)) {
            sight.notices.put(
                    where,
                    "would be Port/" + name + ", which somebody has written: name that one or the alias otherwise");
            return;
        }
        sight.ports
                .computeIfAbsent(name, _ -> new ArrayList<>())
                .add(new PortSight(profile.get(), at, told.getAlias()));
    }

    private Optional<Profile> profile(Host host, Interface told) {
        return sought.profiles().stream()
                .filter(each -> each.discover().countsOn(host.node)
                        && each.discover().selector().fits(told.getName(), told.getMac(), told.getAlias()))
                .findFirst();
    }

    private void choosePorts(Sight sight, long nowNs) {
        Map<String, Integer> counts = new HashMap<>();
        Map<String, FoundPort> now = new TreeMap<>();
        // Those that are there already first: a newcomer drives nobody out.
        ports.forEach((name, before) -> {
            List<PortSight> seen = sight.ports.getOrDefault(name, List.of());
            if (!seen.isEmpty() || profileStands(before)) {
                choosePort(name, seen, before, counts, now, sight, nowNs);
            }
        });
        sight.ports.forEach((name, seen) -> {
            if (!ports.containsKey(name)) {
                choosePort(name, seen, null, counts, now, sight, nowNs);
            }
        });
        ports.clear();
        ports.putAll(now);
    }

    private boolean profileStands(FoundPort port) {
        return sought.profiles().stream()
                .anyMatch(each ->
                        each.name().equals(port.profile()) && each.spec().node().isEmpty());
    }

    private void choosePort(
            String name,
            List<PortSight> seen,
            @Nullable FoundPort before,
            Map<String, Integer> counts,
            Map<String, FoundPort> now,
            Sight sight,
            long nowNs) {
        List<Candidate> candidates = seen.stream().map(PortSight::candidate).toList();
        Place place = choice.choose("Port/" + name, candidates, before == null ? null : before.place(), nowNs);
        if (place == null) {
            return;
        }
        if (counts.merge(place.node(), 1, Integer::sum) > PORTS_PER_NODE_MAX) {
            sight.notices.put(
                    place.toString(),
                    "is left alone: " + PORTS_PER_NODE_MAX
                            + " ports were discovered on this host; narrow the profiles down");
            return;
        }
        noticeOthers("Port/" + name, place, candidates, sight);
        Optional<PortSight> here = seen.stream()
                .filter(each -> each.candidate().place().equals(place))
                .findFirst();
        if (here.isPresent()) {
            Profile profile = here.get().profile();
            now.put(
                    name,
                    new FoundPort(
                            place,
                            profile.name(),
                            profile.spec().logicalSwitch(),
                            here.get().alias()));
        } else if (before != null) {
            now.put(name, before);
        }
    }

    private static void noticeOthers(String title, Place place, List<Candidate> candidates, Sight sight) {
        List<String> others = candidates.stream()
                .map(Candidate::place)
                .filter(each -> !each.equals(place))
                .sorted()
                .map(Place::toString)
                .toList();
        if (!others.isEmpty()) {
            sight.notices.put(
                    title,
                    "is at " + place + ", and " + String.join(", ", others)
                            + " says the same of itself: that counts when the first is gone or down");
        }
    }

    private void chooseNodes(Sight sight, long nowNs) {
        Map<String, String> owners = new HashMap<>();
        // Who is found already keeps its identifier: a newcomer drives nobody out.
        sought.nodes().values().stream()
                .filter(each -> nodes.containsKey(each.name()))
                .forEach(each -> owners.putIfAbsent(each.identifier(), each.name()));
        for (Instance instance : sought.nodes().values()) {
            String title = "ServiceInstance/" + instance.name();
            String owner = owners.putIfAbsent(instance.identifier(), instance.name());
            if (owner != null && !owner.equals(instance.name())) {
                sight.notices.put(
                        title, "has the identifier of ServiceInstance/" + owner + ", which counts: give it its own");
                nodes.remove(instance.name());
                continue;
            }
            List<NodeSight> seen = sight.nodes.getOrDefault(instance.identifier(), List.of()).stream()
                    .filter(each ->
                            instance.only().isEmpty() || instance.only().get().equals(each.node))
                    .filter(each -> mayLead(each, instance, sight))
                    .toList();
            List<Candidate> candidates = candidates(instance, seen, nodes.get(instance.name()), sight);
            Place place = choice.choose(title, candidates, nodes.get(instance.name()), nowNs);
            if (place == null) {
                nodes.remove(instance.name());
            } else {
                nodes.put(instance.name(), place);
                noticeOthers(title, place, candidates, sight);
            }
        }
        sight.nodes.forEach((identifier, seen) -> {
            if (!owners.containsKey(identifier)) {
                seen.forEach(each -> sight.notices.put(
                        each.node + "/" + each.interfaceName,
                        "leads to service node " + identifier + ", and no ServiceInstance has that identifier"));
            }
        });
    }

    /** Who says that an interface leads to a node must be one of those whose node it is. */
    private static boolean mayLead(NodeSight seen, Instance instance, Sight sight) {
        if (instance.isFoundBy(seen.tenant)) {
            return true;
        }
        sight.notices.put(
                seen.node + "/" + seen.interfaceName,
                "is left alone: its profile is of tenant " + seen.tenant + ", and service node " + instance.identifier()
                        + " is not; name a node of the tenant");
        return false;
    }

    /** One for each interface that is both sides, and one for each host that has both. */
    private static List<Candidate> candidates(
            Instance instance, List<NodeSight> seen, @Nullable Place before, Sight sight) {
        List<Candidate> candidates = new ArrayList<>();
        Map<String, List<NodeSight>> byHost = new TreeMap<>();
        for (NodeSight each : seen) {
            if (each.side == Side.BOTH) {
                Optional<String> out = instance.twoSided() ? Optional.of(each.interfaceName) : Optional.empty();
                candidates.add(new Candidate(new Place(each.node, each.interfaceName, out), each.works, each.cameNs));
            } else {
                byHost.computeIfAbsent(each.node, _ -> new ArrayList<>()).add(each);
            }
        }
        byHost.forEach((node, sides) -> {
            Optional<NodeSight> in = side(sides, Side.IN, before == null ? "" : before.in());
            Optional<NodeSight> out =
                    side(sides, Side.OUT, before == null ? "" : before.out().orElse(""));
            if (in.isEmpty() || out.isEmpty()) {
                sight.notices.put(
                        "ServiceInstance/" + instance.name(),
                        "on " + node + " there is an interface of its side " + (in.isEmpty() ? "out" : "in")
                                + " and none of its side " + (in.isEmpty() ? "in" : "out"));
                return;
            }
            Place place = new Place(node, in.get().interfaceName, Optional.of(out.get().interfaceName));
            candidates.add(new Candidate(
                    place, in.get().works && out.get().works, Math.max(in.get().cameNs, out.get().cameNs)));
        });
        return candidates;
    }

    private static Optional<NodeSight> side(List<NodeSight> all, Side side, String before) {
        return all.stream()
                .filter(each -> each.side == side)
                .min(Comparator.comparing((NodeSight each) -> !each.works)
                        .thenComparing(each -> !each.interfaceName.equals(before))
                        .thenComparingLong(NodeSight::cameNs)
                        .thenComparing(NodeSight::interfaceName));
    }
}
