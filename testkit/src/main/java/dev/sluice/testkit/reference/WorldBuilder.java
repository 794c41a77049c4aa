package dev.sluice.testkit.reference;

import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.AttachmentCounters;
import dev.sluice.datapath.snapshot.PacketCap;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Selection;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.snapshot.WatchedNode;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Assembles worlds from parts that change, as the compiler of configurations does: ids name content and are never used again. */
final class WorldBuilder {
    /** A node as one chain reaches it. */
    record Node(
            int id,
            int instance,
            Attachment.Side in,
            Attachment.Side out,
            Attachment.Kind kind,
            Attachment.Translation translation,
            boolean copy,
            boolean routeUnmatched,
            AttachmentCounters counters) {}

    /** One hop of a way. */
    record Step(Node node, Rule.FailureAction onFailure, Path.Visits visits) {
        Step(Node node, Rule.FailureAction onFailure) {
            this(node, onFailure, Path.Visits.BOTH);
        }
    }

    /** A path. */
    record Way(int id, int weight, int metric, int services, List<Step> steps, PathCounters counters) {}

    /** A target and the routers whose rules may name it. */
    static final class Chain {
        final List<Integer> routers = new ArrayList<>();
        final List<Way> ways = new ArrayList<>();
        final List<Way> retired = new ArrayList<>();
        Rule.FailureAction onFailure = Rule.FailureAction.CLOSED;
        Selection selection = Selection.ROUND_ROBIN;
    }

    /** A port but for its rule groups. */
    static final class PortSpec {
        final String name;
        final PortEntry.Role role;
        final int router;
        int peer = -1;
        final List<PortAddress> addresses = new ArrayList<>();
        boolean classifyFrom = true;
        boolean classifyTo = true;
        int mtuBytes;
        int refusedKinds;

        PortSpec(String name, PortEntry.Role role, int router) {
            this.name = name;
            this.role = role;
            this.router = router;
        }
    }

    final List<PortSpec> ports = new ArrayList<>();
    final List<List<RouteEntry>> routes = new ArrayList<>();
    final List<Chain> chains = new ArrayList<>();
    final List<Rule> rules = new ArrayList<>();
    final List<PacketCap> caps = new ArrayList<>();
    final List<WatchedNode> watched = new ArrayList<>();
    TrackerTimeouts timeouts = TrackerTimeouts.DEFAULT;
    private final Map<List<Integer>, Integer> groupIds = new HashMap<>();
    private int generation;
    private int lastId;
    private Earlier earlier = Earlier.NOTHING;
    private List<Rule> rulesBefore = List.of();
    private Map<Integer, Integer> groupsBefore = Map.of();

    int newId() {
        return ++lastId;
    }

    static long portMac(int port) {
        return 0x0200_0000_1000L + port;
    }

    static RouteEntry route(String prefix, NextHop... hops) {
        return new RouteEntry(IpPrefix.parse(prefix).orElseThrow(), NextHopGroup.of(hops));
    }

    static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    /** The world as the parts are now. */
    World build() {
        return build(Earlier.Change.AUTO);
    }

    /** The world as the parts are now, after a change that treats the flows of before in a certain way. */
    World build(Earlier.Change change) {
        generation++;
        Map<Integer, Attachment> attachments = new TreeMap<>();
        Map<Integer, Path> paths = new LinkedHashMap<>();
        List<Target> targets = new ArrayList<>();
        for (Chain chain : chains) {
            for (Way way : chain.ways) {
                paths.put(way.id, path(way, attachments));
            }
            for (Way way : chain.retired) {
                paths.put(way.id, path(way, attachments));
            }
        }
        for (int i = 0; i < chains.size(); i++) {
            List<Path> own = new ArrayList<>();
            chains.get(i).ways.forEach(way -> {
                Path path = paths.get(way.id);
                if (path != null) {
                    own.add(path);
                }
            });
            targets.add(new Target(i, "chain-" + i, own, chains.get(i).onFailure, chains.get(i).selection));
        }
        Map<Integer, List<Rule>> groups = new TreeMap<>();
        List<PortEntry> entries = new ArrayList<>();
        for (int i = 0; i < ports.size(); i++) {
            PortSpec port = ports.get(i);
            entries.add(new PortEntry(
                    i,
                    port.name,
                    port.role,
                    port.router,
                    port.peer,
                    portMac(i),
                    port.addresses,
                    port.classifyFrom,
                    port.classifyTo,
                    group(i, PortSides.FROM_PORT, groups),
                    group(i, PortSides.TO_PORT, groups),
                    port.mtuBytes,
                    port.refusedKinds));
        }
        remember(change, entries);
        return new World(
                generation,
                entries,
                routes.stream().map(List::copyOf).toList(),
                targets,
                List.copyOf(rules),
                groups,
                List.copyOf(paths.values()),
                List.copyOf(attachments.values()),
                timeouts,
                earlier,
                List.copyOf(caps),
                List.copyOf(watched));
    }

    private void remember(Earlier.Change change, List<PortEntry> entries) {
        Map<Integer, Integer> groupsNow = new HashMap<>();
        for (PortEntry port : entries) {
            groupsNow.put(2 * port.index(), port.fromGroup());
            groupsNow.put(2 * port.index() + 1, port.toGroup());
        }
        Set<Earlier.Default> goneDefaults = new HashSet<>();
        groupsBefore.forEach((side, group) -> {
            if (group != 0 && !group.equals(groupsNow.get(side))) {
                goneDefaults.add(new Earlier.Default(group, side));
            }
        });
        List<Rule> goneRules =
                rulesBefore.stream().filter(rule -> !rules.contains(rule)).toList();
        earlier = earlier.then(change, generation, goneRules, goneDefaults, rules);
        rulesBefore = List.copyOf(rules);
        groupsBefore = groupsNow;
    }

    private int group(int port, int side, Map<Integer, List<Rule>> groups) {
        List<Rule> members = rules.stream()
                .filter(rule -> rule.appliedTo().contains(port, side))
                .toList();
        if (members.isEmpty()) {
            return 0;
        }
        List<Integer> content = members.stream().map(Rule::id).toList();
        int id = groupIds.computeIfAbsent(content, _ -> newId());
        groups.put(id, members);
        return id;
    }

    private Path path(Way way, Map<Integer, Attachment> attachments) {
        List<Path.Hop> hops = new ArrayList<>();
        for (Step step : way.steps) {
            Attachment attachment = attachments.computeIfAbsent(step.node.id, _ -> attachment(step.node));
            hops.add(new Path.Hop(attachment, step.node.copy, step.onFailure, step.visits));
        }
        return new Path(way.id, "path-" + way.id, way.weight, way.metric, way.services, hops, way.counters);
    }

    private Attachment attachment(Node node) {
        List<Integer> routers = new ArrayList<>();
        List<Integer> paths = new ArrayList<>();
        int chainsWithIt = 0;
        for (Chain chain : chains) {
            List<Integer> with = new ArrayList<>();
            for (Way way : chain.ways) {
                if (way.steps.stream().anyMatch(step -> step.node.id == node.id)) {
                    with.add(way.id);
                }
            }
            boolean retired = chain.retired.stream()
                    .anyMatch(way -> way.steps.stream().anyMatch(step -> step.node.id == node.id));
            if (!with.isEmpty() || retired) {
                chainsWithIt++;
                paths.addAll(with);
                routers.addAll(chain.routers);
            }
        }
        return Attachment.builder(node.id, "node-" + node.id, node.instance, node.in, node.out)
                .kind(node.kind)
                .translation(node.translation)
                .copy(node.copy)
                .routeUnmatched(node.routeUnmatched)
                .routers(routers.stream()
                        .distinct()
                        .sorted()
                        .mapToInt(Integer::intValue)
                        .toArray())
                .returnPaths(
                        chainsWithIt == 1
                                ? paths.stream().mapToInt(Integer::intValue).toArray()
                                : new int[0])
                .counters(node.counters)
                .build();
    }
}
