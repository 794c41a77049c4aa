package dev.sluice.lab;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.MacAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads lab files; one use, one thread. */
final class LabFileReader {
    private static final String ADDRESS = "an address with prefix length such as 10.0.0.1/24 or fd00::1/64";

    private final String label;
    private final List<String> problems = new ArrayList<>();
    private final Map<String, YamlFields> places = new HashMap<>();

    LabFileReader(String label) {
        this.label = label;
    }

    LabFile read(String text) {
        Optional<Node> document;
        try {
            document = new Compose(LoadSettings.builder()
                            .setLabel(label)
                            .setMaxAliasesForCollections(20)
                            .build())
                    .composeString(text);
        } catch (YamlEngineException e) {
            throw new LabException(label + " is not YAML: " + e.getMessage(), e);
        }
        if (document.isEmpty()) {
            throw new LabException(label + ":1: the file is empty; it needs 'lab', 'hosts' and 'wires'");
        }
        YamlFields root = YamlFields.root(label, problems, document.get());
        Map<String, YamlFields> fields = root.fields(Set.of("lab", "hosts", "wires"));
        String name = root.required(fields, "lab").map(this::name).orElse("");
        List<LabFile.Host> hosts = new ArrayList<>();
        root.required(fields, "hosts")
                .ifPresent(field -> field.entries().forEach((hostName, host) -> {
                    places.put(hostName, host);
                    hosts.add(host(hostName, host));
                }));
        List<LabFile.WireLine> wires = new ArrayList<>();
        if (fields.containsKey("wires")) {
            fields.get("wires").items().forEach(wire -> wires.add(wire(wire)));
        }
        checkReferences(hosts, wires);
        if (!problems.isEmpty()) {
            throw new LabException(String.join("\n", problems));
        }
        return new LabFile(name, hosts, wires);
    }

    private String name(YamlFields field) {
        return field.text("1 to 32 letters, digits, '-', '_' or '.'", LabFileReader::isName);
    }

    private LabFile.Host host(String hostName, YamlFields at) {
        if (!isName(hostName)) {
            at.problem("is no name for a host: 1 to 32 letters, digits, '-', '_' or '.'");
        }
        Map<String, YamlFields> fields =
                at.fields(Set.of("forwarding", "interfaces", "routes", "sysctls", "node", "http", "run"));
        Map<String, LabFile.InterfaceLine> interfaces = new LinkedHashMap<>();
        entries(fields, "interfaces").forEach((name, line) -> interfaces.put(name, interfaceLine(line)));
        Map<String, String> sysctls = new LinkedHashMap<>();
        entries(fields, "sysctls")
                .forEach((key, value) -> sysctls.put(key, value.text("a value", text -> !text.isEmpty())));
        Map<String, List<String>> programs = new LinkedHashMap<>();
        entries(fields, "run")
                .forEach((key, value) -> programs.put(key, value.texts("a word of the command", word -> true)));
        return new LabFile.Host(
                hostName,
                fields.containsKey("forwarding") && fields.get("forwarding").flag(),
                interfaces,
                items(fields, "routes").stream().map(this::route).toList(),
                sysctls,
                Optional.ofNullable(fields.get("node")).map(this::node),
                Optional.ofNullable(fields.get("http")).map(field -> (int) field.number(1, 65_535)),
                programs);
    }

    private LabFile.InterfaceLine interfaceLine(YamlFields at) {
        Map<String, YamlFields> fields = at.fields(Set.of("addresses", "mac"));
        List<String> addresses = fields.containsKey("addresses")
                ? fields.get("addresses").texts(ADDRESS, LabFileReader::isAddress)
                : List.of();
        return new LabFile.InterfaceLine(
                addresses,
                Optional.ofNullable(fields.get("mac"))
                        .map(field -> field.text(
                                "a MAC address of one interface such as 02:00:00:00:00:01",
                                text -> MacAddress.parse(text)
                                        .filter(mac -> (mac.bits() & MacAddress.GROUP_BIT) == 0)
                                        .isPresent())));
    }

    private LabFile.RouteLine route(YamlFields at) {
        Map<String, YamlFields> fields = at.fields(Set.of("to", "via"));
        String to = at.required(fields, "to")
                .map(field -> field.text(
                        "'default' or a prefix such as 10.0.0.0/8", text -> text.equals("default") || isAddress(text)))
                .orElse("");
        String via = at.required(fields, "via")
                .map(field ->
                        field.text("an address", text -> IpAddress.parse(text).isPresent()))
                .orElse("");
        return new LabFile.RouteLine(to, via);
    }

    private LabFile.NodeLine node(YamlFields at) {
        Map<String, YamlFields> fields = at.fields(Set.of("kind", "in", "out", "wrong", "drop", "forbid"));
        String kinds = Arrays.stream(LabFile.NodeKind.values())
                .map(LabFileReader::kindText)
                .collect(Collectors.joining(", "));
        String kindText = at.required(fields, "kind")
                .map(field -> field.text(kinds, text -> kindOf(text).isPresent()))
                .orElse("");
        LabFile.NodeKind kind = kindOf(kindText).orElse(LabFile.NodeKind.BRIDGE_FIREWALL);
        String in = at.required(fields, "in").map(this::interfaceName).orElse("");
        String out = kind == LabFile.NodeKind.TAP
                ? in
                : at.required(fields, "out").map(this::interfaceName).orElse("");
        Optional<String> wrong = kind == LabFile.NodeKind.WRONG_PORT
                ? at.required(fields, "wrong").map(this::interfaceName)
                : Optional.empty();
        return new LabFile.NodeLine(kind, in, out, wrong, texts(fields, "drop"), texts(fields, "forbid"));
    }

    private LabFile.WireLine wire(YamlFields at) {
        Map<String, YamlFields> fields = at.fields(Set.of("ends", "mtu", "offloads", "impair"));
        List<LabFile.End> ends = new ArrayList<>();
        at.required(fields, "ends").ifPresent(field -> {
            field.items().forEach(item -> ends.add(end(item)));
            if (ends.size() != 2) {
                field.problem("must have two ends, such as [client/eth0, server/eth0]");
            }
        });
        while (ends.size() < 2) {
            ends.add(new LabFile.End("", ""));
        }
        places.put(ends.get(0).toString(), at);
        places.put(ends.get(1).toString(), at);
        return new LabFile.WireLine(
                ends.get(0),
                ends.get(1),
                fields.containsKey("mtu") ? (int) fields.get("mtu").number(68, 65_535) : 1_500,
                !fields.containsKey("offloads") || fields.get("offloads").flag(),
                Optional.ofNullable(fields.get("impair")).map(this::impairment));
    }

    private LabFile.End end(YamlFields item) {
        String text = item.text("HOST/INTERFACE such as client/eth0", value -> value.matches("[^/]+/[^/\\s:]{1,15}"));
        int slash = text.indexOf('/');
        return slash < 0
                ? new LabFile.End("", "")
                : new LabFile.End(text.substring(0, slash), text.substring(slash + 1));
    }

    private ImpairmentRelay.Settings impairment(YamlFields at) {
        Map<String, YamlFields> fields =
                at.fields(Set.of("loss", "duplicate", "reorder", "reorderHoldMs", "delayMs", "jitterMs", "seed"));
        return new ImpairmentRelay.Settings(
                rate(fields, "loss"),
                rate(fields, "duplicate"),
                rate(fields, "reorder"),
                milliseconds(fields, "reorderHoldMs", 10),
                milliseconds(fields, "delayMs", 0),
                milliseconds(fields, "jitterMs", 0),
                fields.containsKey("seed") ? fields.get("seed").number(0, Long.MAX_VALUE) : 1);
    }

    /** What refers to a host or interface must find it, and each interface must hang on exactly one wire. */
    private void checkReferences(List<LabFile.Host> hosts, List<LabFile.WireLine> wires) {
        Map<String, LabFile.Host> byName = new HashMap<>();
        hosts.forEach(host -> byName.put(host.name(), host));
        Map<String, List<String>> wired = new HashMap<>();
        for (LabFile.WireLine wire : wires) {
            for (LabFile.End end : List.of(wire.a(), wire.b())) {
                if (!end.host().isEmpty()) {
                    checkEnd(end, byName, wired);
                }
            }
        }
        for (LabFile.Host host : hosts) {
            List<String> there = wired.getOrDefault(host.name(), List.of());
            host.interfaces().keySet().forEach(name -> checkWired(host, "interfaces." + name, name, there));
            host.node().ifPresent(node -> {
                checkWired(host, "node.in", node.in(), there);
                checkWired(host, "node.out", node.out(), there);
                node.wrong().ifPresent(wrong -> checkWired(host, "node.wrong", wrong, there));
            });
        }
    }

    private void checkEnd(LabFile.End end, Map<String, LabFile.Host> hosts, Map<String, List<String>> wired) {
        List<String> there = wired.computeIfAbsent(end.host(), host -> new ArrayList<>());
        if (!hosts.containsKey(end.host())) {
            place(end.toString())
                    .problem("names host '" + end.host() + "', which is not among hosts: "
                            + String.join(", ", hosts.keySet().stream().sorted().toList()));
        } else if (there.contains(end.interfaceName())) {
            place(end.toString()).problem("uses end '" + end + "', which another wire uses already");
        }
        there.add(end.interfaceName());
    }

    private void checkWired(LabFile.Host host, String field, String interfaceName, List<String> there) {
        if (!interfaceName.isEmpty() && !there.contains(interfaceName)) {
            place(host.name())
                    .problem(field + ": interface '" + interfaceName + "' is on no wire of this host; its wires: "
                            + (there.isEmpty() ? "none" : String.join(", ", there)));
        }
    }

    private YamlFields place(String key) {
        YamlFields place = places.get(key);
        if (place == null) {
            throw new IllegalStateException("no place was noted for " + key);
        }
        return place;
    }

    private String interfaceName(YamlFields field) {
        return field.text("the name of an interface of this host", text -> !text.isEmpty());
    }

    private static Map<String, YamlFields> entries(Map<String, YamlFields> fields, String name) {
        YamlFields field = fields.get(name);
        return field == null ? Map.of() : field.entries();
    }

    private static List<YamlFields> items(Map<String, YamlFields> fields, String name) {
        YamlFields field = fields.get(name);
        return field == null ? List.of() : field.items();
    }

    private static List<String> texts(Map<String, YamlFields> fields, String name) {
        return items(fields, name).stream()
                .map(item -> item.text("a text", text -> !text.isEmpty()))
                .toList();
    }

    private static double rate(Map<String, YamlFields> fields, String name) {
        YamlFields field = fields.get(name);
        return field == null ? 0 : field.rate();
    }

    private static Duration milliseconds(Map<String, YamlFields> fields, String name, long otherwise) {
        YamlFields field = fields.get(name);
        return Duration.ofMillis(field == null ? otherwise : field.number(0, 10_000));
    }

    private static boolean isName(String text) {
        return text.matches("[A-Za-z0-9][A-Za-z0-9_.-]{0,31}");
    }

    private static boolean isAddress(String text) {
        int slash = text.indexOf('/');
        if (slash < 0 || !text.substring(slash + 1).matches("[0-9]{1,3}")) {
            return false;
        }
        Optional<IpAddress> address = IpAddress.parse(text.substring(0, slash));
        int length = Integer.parseInt(text.substring(slash + 1));
        return address.isPresent() && length <= (address.get().isIpv4() ? 32 : 128);
    }

    private static String kindText(LabFile.NodeKind kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Optional<LabFile.NodeKind> kindOf(String text) {
        return Arrays.stream(LabFile.NodeKind.values())
                .filter(kind -> kindText(kind).equals(text))
                .findFirst();
    }
}
