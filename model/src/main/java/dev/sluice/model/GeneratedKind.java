package dev.sluice.model;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the documentation says of a kind that a manager makes and nobody writes: no reader knows its fields.
 *
 * @param meaning what the kind is, in a few sentences
 * @param rows its fields
 */
record GeneratedKind(Kind kind, String meaning, List<Row> rows) {
    /** Every one of them, in the order of the documentation. */
    static final List<GeneratedKind> ALL = List.of(paths(), runtimes());

    /**
     * A field, or some of which the same is to be said.
     *
     * @param paths from the object on
     */
    record Row(List<String> paths, String values, String meaning) {
        String markdown() {
            return paths.stream().collect(Collectors.joining("`, `", "| `", "` | ")) + values + " | " + meaning
                    + " |\n";
        }

        Stream<FieldText> fields() {
            return paths.stream().map(path -> new FieldText(path, values, "", meaning, List.of()));
        }
    }

    private static Row row(String path, String values, String meaning) {
        return new Row(List.of(path), values, meaning);
    }

    static GeneratedKind of(Kind kind) {
        return ALL.stream().filter(each -> each.kind == kind).findFirst().orElseThrow();
    }

    /** The section about it. */
    String markdown() {
        StringBuilder out = new StringBuilder();
        out.append("## ").append(kind.word()).append("\n\n").append(meaning).append("\n\n");
        out.append("| field | values | meaning |\n|---|---|---|\n");
        rows.forEach(row -> out.append(row.markdown()));
        return out.toString();
    }

    /** The same for programs: fields of spec, then those of status. */
    KindText text() {
        List<FieldText> parts = new ArrayList<>();
        parts.add(part("spec", "What it is, as hosts tell."));
        parts.add(part("status", "What becomes of it, as hosts tell."));
        return new KindText(kind, meaning, "", parts);
    }

    private FieldText part(String name, String says) {
        List<FieldText> fields = rows.stream()
                .flatMap(Row::fields)
                .filter(field -> field.path().startsWith(name + "."))
                .toList();
        return new FieldText(name, "object", "", says, fields);
    }

    private static GeneratedKind paths() {
        return new GeneratedKind(
                Kind.SERVICE_PATH,
                """
                One path of a chain, as hosts tell of it. A manager makes these objects, and deletes them; nobody writes them, and they stand in no file: \
                [paths from one place](../guides/observing.md#paths-from-one-place). The name is that of the chain, `-` and ten digits that name the path.""",
                List.of(
                        row("spec.chain", "name of a ServiceChain", "The chain."),
                        row("spec.path", "text", "What hosts call it: `chain[fw-1,ips-2]`."),
                        new Row(
                                List.of("spec.spi", "spec.reverseSpi"),
                                "1..16777215",
                                "Service path identifiers of forward and reverse packets; absent: the path is known on one host only."),
                        new Row(
                                List.of("spec.svni", "spec.mode"),
                                "0..16777215; direct, hub",
                                "The virtual network that carries it, and how; absent: likewise."),
                        row(
                                "spec.hops[]",
                                "`service`, `instance`, `node`, `copy`, `visits`, `onFailure`",
                                "Its service nodes in forward order, with their hosts. `copy`: it gets copies only. `visits`: both, forward or reverse. `onFailure`: closed or open, what happens to packets if it is dead and their rule does not say."),
                        row(
                                "status.state",
                                "in use, backup, dead, failed, unproven, awaited, resting, kept, retired, unknown, mixed",
                                "What the hosts that are connected say of it; `mixed` if they do not agree, `unknown` if none is connected."),
                        row(
                                "status.nodes[]",
                                "`name`, `state`, `reason`",
                                "What each host says, first those that do not use it; the first 50."),
                        row("status.nodesTotal", "number", "How many hosts know the path."),
                        row("status.deadInstances[]", "names", "Instances on it that some host takes for dead."),
                        row(
                                "status.routing[]",
                                "`router`, `node`, `state`, `reason`, `onFailure`",
                                "Its first and last hop: the internal service routing at each router, pair of ports or switch whose rules lead to it. `state`: alive, unproven (not heard of yet), unknown, or dead, which a host of its service nodes says; then packets that have to go back there meet `onFailure` if their rule does not say. `router` is left out if it belongs to another tenant. Those that are not alive come first; the first 50."),
                        row(
                                "status.traffic",
                                "`flows`, `forward`, `reverse`, `uninspected`, `hops[]`, `nodes[]`",
                                "Only where it is asked for: [what paths carry](../guides/observing.md#what-paths-carry)."),
                        row(
                                "status.conditions[]",
                                "`InUse`",
                                "True if new flows get it on all hosts that know it, Unknown if none of them is connected.")));
    }

    private static GeneratedKind runtimes() {
        return new GeneratedKind(
                Kind.SERVICE_INSTANCE_RUNTIME,
                """
                What serves chains on a host: a service instance that the host has, or a router, pair of ports or switch of the host whose rules lead to chains, as the internal service `routing` that is first and last hop of their paths. A manager makes these objects of what \
                hosts tell, and nobody writes them: [who serves where](../guides/observing.md#who-serves-where). The name is that of the instance or router, `-` and ten digits that name what it is and the host.""",
                List.of(
                        row("spec.kind", "instance, router, pair, switch", "What it is."),
                        row(
                                "spec.service",
                                "name of a Service; routing",
                                "The service; of routers, pairs and switches routing."),
                        row("spec.instance", "name of a ServiceInstance", "Of an instance."),
                        row(
                                "spec.router",
                                "name of a LogicalRouter or LogicalSwitch; of a pair those of its ports: `left/right`",
                                "Of the others."),
                        row("spec.node", "name of a host", "Where it is."),
                        row(
                                "spec.interfaces[]",
                                "`side`, `name`, `mac`",
                                "Of an instance, the Linux interfaces that lead to it and to nothing else. `side`: in, out or both. `mac`: the MAC address that frames have on this side; absent: it is asked for."),
                        row(
                                "spec.endpoint",
                                "IP address",
                                "Of an instance in the underlay its address; of a router where tunnels of its planes end on the host, absent without an underlay."),
                        row(
                                "spec.tenant",
                                "1..4294967295",
                                "Of a router, the number that all nodes know it by on their planes; absent likewise."),
                        row(
                                "spec.planes[]",
                                "`svni`, `attachment`; of routers also `chains`, `ports`, `interfaces`, `instances`",
                                "The service planes that it is on: of the chains whose paths lead through the instance, or that rules of the router lead to. `ports`: where these rules are. `interfaces`: to service nodes of the host itself; to others lead tunnels of the plane. `instances`: `fw-1`, or `fw-1@host-b`. The first 20 planes, and 50 names of each list."),
                        row(
                                "status.state",
                                "active, inactive, unknown",
                                "Whether it may have packets: known to serve and not taken out of use."),
                        row(
                                "status.liveness",
                                "up, down, unproven, unknown",
                                "Of an instance what its host finds; unproven: nothing was heard of it yet; unknown: the host is not connected. Of a router what the other hosts find that are connected."),
                        row(
                                "status.adminState",
                                "up, down, drain, maintenance",
                                "Of an instance, as it is in force on the host."),
                        row("status.reason", "text", "Why it does not serve."),
                        row(
                                "status.downInterfaces[]",
                                "`name`, `reason`",
                                "Interfaces of the instance that no frame can cross."),
                        row("status.conditions[]", "`Alive`", "True, False or Unknown by `liveness`, since when.")));
    }
}
