package dev.sluice.testkit.sim;

import dev.sluice.controller.WantedObject;
import dev.sluice.manager.objects.Edit;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What users want at some time: hosts on one underlay, of which {@code a} classifies what client and server send; another host for itself; nodes, a chain and a rule. Immutable.
 *
 * @param hosts those on the underlay; the first one is a
 * @param alone whether there is a host besides, with a pair of ports and a node of its own
 * @param mode of the chain: direct or hub
 * @param profiles services of the chain, in order
 * @param inspects whether the rule sends to the chain; else it drops
 * @param nodes service and host by name of the instance
 */
record Wanted(
        List<String> hosts,
        boolean alone,
        String mode,
        List<String> profiles,
        boolean inspects,
        Map<String, Placed> nodes) {
    /** Name of the host for itself. */
    static final String ALONE = "z";

    /** Where an instance of a service is. */
    record Placed(String service, String host) {}

    Wanted {
        hosts = List.copyOf(hosts);
        profiles = List.copyOf(profiles);
        nodes = new TreeMap<>(nodes);
    }

    Wanted with(List<String> newProfiles) {
        return new Wanted(hosts, alone, mode, newProfiles, inspects, nodes);
    }

    Wanted inspecting(boolean newInspects) {
        return new Wanted(hosts, alone, mode, profiles, newInspects, nodes);
    }

    Wanted with(Map<String, Placed> newNodes) {
        return new Wanted(hosts, alone, mode, profiles, inspects, newNodes);
    }

    /** Whether each service of the chain has an instance on the underlay. */
    boolean isServed() {
        return profiles.stream()
                .allMatch(service -> nodes.values().stream()
                        .anyMatch(node ->
                                node.service().equals(service) && !node.host().equals(ALONE)));
    }

    /** The objects, by {@code Kind/name}, as texts. */
    Map<String, String> objects() {
        Map<String, String> all = new TreeMap<>();
        for (int i = 1; i <= hosts.size(); i++) {
            String host = hosts.get(i - 1);
            String address = "10.0.0." + i;
            put(all, "Node", host, "{underlay: {address: " + address + ", bfd: {intervalMs: 300, failAfter: 3}}}");
            put(all, "Port", "up-" + host, "{node: " + host + ", interface: eth0}");
            put(
                    all,
                    "LogicalRouter",
                    "underlay-" + host,
                    "{node: " + host + ", interfaces: [{port: up-" + host + ", addresses: [" + address + "/24]}]}");
        }
        pair(all, "a");
        if (alone) {
            pair(all, ALONE);
        }
        put(all, "Service", "fw", "{transport: raw}");
        put(all, "Service", "ips", "{transport: raw}");
        nodes.forEach((name, placed) -> put(
                all,
                "ServiceInstance",
                name,
                "{service: " + placed.service() + ", node: " + placed.host() + ", interfaces: {in: " + name
                        + "-i, out: " + name + "-o}}"));
        put(all, "ServiceChain", "inspect", "{profiles: [" + String.join(", ", profiles) + "], mode: " + mode + "}");
        put(
                all,
                "ServicePolicy",
                "web",
                "{appliedTo: [a/left-a" + (alone ? ", " + ALONE + "/left-" + ALONE : "")
                        + "], rules: [{name: all, match: {}, action: {"
                        + (inspects ? "chain: inspect" : "drop: true") + "}}]}");
        return all;
    }

    private static void pair(Map<String, String> all, String host) {
        put(all, "Port", "left-" + host, "{node: " + host + ", interface: eth1, peer: right-" + host + "}");
        put(all, "Port", "right-" + host, "{node: " + host + ", interface: eth2}");
    }

    private static void put(Map<String, String> all, String kind, String name, String spec) {
        all.put(
                kind + "/" + name,
                "{apiVersion: sluice.dev/v1, kind: " + kind + ", metadata: {name: " + name + "}, spec: " + spec + "}");
    }

    /** What makes of these objects those of another time. */
    List<Edit> editsTo(Wanted next) {
        Map<String, String> before = objects();
        Map<String, String> after = next.objects();
        List<Edit> edits = new ArrayList<>();
        after.forEach((title, text) -> {
            if (!text.equals(before.get(title))) {
                edits.add(apply(text));
            }
        });
        before.keySet().stream().filter(title -> !after.containsKey(title)).forEach(title -> edits.add(remove(title)));
        return edits;
    }

    /** Keys of the objects that differ from those of another time. */
    List<String> keysTo(Wanted next) {
        Map<String, String> before = objects();
        Map<String, String> after = next.objects();
        Set<String> titles = new TreeSet<>(before.keySet());
        titles.addAll(after.keySet());
        return titles.stream()
                .filter(title -> !Objects.equals(before.get(title), after.get(title)))
                .map(title -> title.split("/", 2))
                .map(words -> WantedObject.key(Kind.named(words[0]).orElseThrow(), words[1]))
                .toList();
    }

    /** What makes these objects of nothing. */
    List<Edit> edits() {
        return objects().values().stream().map(Wanted::apply).toList();
    }

    private static Edit apply(String text) {
        return new Edit.Apply(WrittenObject.read("simulation", text).objects().getFirst(), false);
    }

    private static Edit remove(String title) {
        String[] words = title.split("/", 2);
        Kind kind = Kind.named(words[0]).orElseThrow();
        return new Edit.Remove(kind, words[1], 0);
    }
}
