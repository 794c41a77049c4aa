package dev.sluice.testkit.reference;

import static dev.sluice.testkit.reference.WorldBuilder.address;
import static dev.sluice.testkit.reference.WorldBuilder.route;

import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.RouteEntry;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.AttachmentCounters;
import dev.sluice.datapath.snapshot.PacketCap;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Selection;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Random configurations: routers with the same addresses, links, transparent pairs, service ports, chains; and what changes in them. */
final class WorldGenerator {
    static final int INSTANCES = 12;
    private static final int TPID_S = 0x88a8 << 16;
    private static final int TPID_C = 0x8100 << 16;

    final WorldBuilder parts = new WorldBuilder();
    final Map<ModelNeighbors.Place, Long> taught = new LinkedHashMap<>();

    /** Ports of each router or pair, links included. */
    final List<List<Integer>> portsOf = new ArrayList<>();

    final List<Integer> servicePorts = new ArrayList<>();
    final int routers;
    private final Dice dice;
    private final RuleGenerator ruleGenerator;
    private final Map<Integer, Integer> tagsUsed = new HashMap<>();

    WorldGenerator(Dice dice) {
        this.dice = dice;
        routers = dice.between(1, 3);
        for (int r = 0; r < routers; r++) {
            addRouter(r);
        }
        for (int links = routers == 1 ? 0 : dice.below(3); links > 0; links--) {
            addLink(dice.below(routers));
        }
        for (int pairs = dice.below(3); pairs > 0; pairs--) {
            addPair(portsOf.size());
        }
        for (int i = dice.between(2, 6); i > 0; i--) {
            addServicePort();
        }
        for (int i = dice.between(1, 4); i > 0; i--) {
            parts.chains.add(chain());
        }
        ruleGenerator = new RuleGenerator(dice, this);
        for (int i = dice.between(3, 9); i > 0; i--) {
            parts.rules.add(ruleGenerator.rule());
        }
        if (dice.percent(30)) {
            changeTimeouts();
        }
        if (dice.percent(30)) {
            changeCaps();
        }
        for (WorldBuilder.PortSpec port : parts.ports) {
            port.mtuBytes = dice.percent(10) ? 100 : dice.any(0, 1500);
            port.refusedKinds = port.role == PortEntry.Role.TRANSPARENT && dice.percent(50) ? dice.below(1 << 10) : 0;
        }
    }

    private int addPort(String name, PortEntry.Role role, int router) {
        parts.ports.add(new WorldBuilder.PortSpec(name + parts.ports.size(), role, router));
        return parts.ports.size() - 1;
    }

    static long hostMac(int port, int host) {
        return 0x0a00_0000_0000L | (long) port << 8 | host;
    }

    private void teach(int port, IpAddress address, long mac) {
        taught.put(new ModelNeighbors.Place(port, address), mac);
    }

    private void addRouter(int r) {
        portsOf.add(new ArrayList<>());
        List<RouteEntry> routes = new ArrayList<>();
        List<NextHop> uplinks4 = new ArrayList<>();
        List<NextHop> uplinks6 = new ArrayList<>();
        int count = dice.between(2, 3);
        for (int k = 0; k < count; k++) {
            int port = addPort("router" + r + "-", PortEntry.Role.ROUTER, r);
            portsOf.get(r).add(port);
            addAddresses(port, "10.0." + k + ".1", "2001:db8:" + k + "::1");
            routes.add(route("10.0." + k + ".0/24", NextHop.connected(port)));
            routes.add(route("2001:db8:" + k + "::/64", NextHop.connected(port)));
            routes.add(route("10.0." + k + ".1/32", NextHop.local(port)));
            routes.add(route("2001:db8:" + k + "::1/128", NextHop.local(port)));
            for (int host = 0; host < 3; host++) {
                int number = host == 0 ? 2 : 9 + host;
                teach(port, address("10.0." + k + "." + number), hostMac(port, number));
                teach(port, address("2001:db8:" + k + "::" + number), hostMac(port, number));
            }
            uplinks4.add(NextHop.gateway(port, address("10.0." + k + ".2")));
            uplinks6.add(NextHop.gateway(port, address("2001:db8:" + k + "::2")));
        }
        routes.add(route("198.51.100.0/24", uplinks4.toArray(new NextHop[0])));
        routes.add(route("2001:db8:100::/64", uplinks6.toArray(new NextHop[0])));
        routes.add(route("10.77.0.0/16", uplinks4.getFirst()));
        routes.add(route("2001:db8:77::/48", uplinks6.getFirst()));
        routes.add(route("198.51.100.128/25", uplinks4.getFirst()));
        routes.add(route("203.0.113.0/24", NextHop.blackhole()));
        routes.add(route("2001:db8:dead::/48", NextHop.blackhole()));
        if (dice.percent(50)) {
            routes.add(route(
                    "203.0.113.64/26",
                    uplinks4.getLast(),
                    NextHop.connected(portsOf.get(r).getFirst())));
        }
        parts.routes.add(routes);
    }

    private void addAddresses(int port, String v4, String v6) {
        parts.ports.get(port).addresses.add(new PortAddress(address(v4), 24));
        parts.ports.get(port).addresses.add(new PortAddress(address(v6), 64));
    }

    private void addLink(int from) {
        int to = (from + 1) % routers;
        int near = addPort("link", PortEntry.Role.LINK, from);
        int far = addPort("link", PortEntry.Role.LINK, to);
        parts.ports.get(near).peer = far;
        parts.ports.get(far).peer = near;
        portsOf.get(from).add(near);
        portsOf.get(to).add(far);
        int exit = portsOf.get(to).getFirst();
        parts.routes.get(from).add(route("172.16.0.0/16", NextHop.connected(near)));
        parts.routes.get(from).add(route("2001:db8:aaaa::/48", NextHop.connected(near)));
        parts.routes.get(to).add(route("172.16.0.0/17", NextHop.gateway(exit, address("10.0.0.2"))));
        parts.routes.get(to).add(route("172.16.128.0/17", NextHop.connected(far)));
        parts.routes.get(to).add(route("2001:db8:aaaa::/64", NextHop.gateway(exit, address("2001:db8:0::2"))));
        parts.routes.get(to).add(route("2001:db8:aaaa:1::/64", NextHop.connected(far)));
        parts.routes.get(from).add(route("10.99.0.0/16", NextHop.connected(near)));
    }

    private void addPair(int router) {
        portsOf.add(new ArrayList<>());
        parts.routes.add(new ArrayList<>());
        int near = addPort("pair", PortEntry.Role.TRANSPARENT, router);
        int far = addPort("pair", PortEntry.Role.TRANSPARENT, router);
        parts.ports.get(near).peer = far;
        parts.ports.get(far).peer = near;
        portsOf.get(router).addAll(List.of(near, far));
    }

    private void addServicePort() {
        int port = addPort("service", PortEntry.Role.SERVICE, -1);
        servicePorts.add(port);
        if (dice.percent(60)) {
            addAddresses(port, "10.99." + port + ".1", "2001:db8:99:" + port + "::1");
        }
    }

    private WorldBuilder.Chain chain() {
        WorldBuilder.Chain chain = new WorldBuilder.Chain();
        int router = dice.below(portsOf.size());
        chain.routers.add(router);
        if (portsOf.size() > 1 && dice.percent(30)) {
            chain.routers.add((router + 1) % portsOf.size());
        }
        chain.onFailure = dice.any(Rule.FailureAction.CLOSED, Rule.FailureAction.OPEN);
        chain.selection = dice.any(Selection.values());
        newWays(chain);
        return chain;
    }

    /** Gives a chain new services and paths. */
    void newWays(WorldBuilder.Chain chain) {
        List<List<WorldBuilder.Node>> services = new ArrayList<>();
        boolean translates = false;
        for (int i = dice.any(1, 1, 1, 2, 2, 3, 3, 4); i > 0; i--) {
            List<WorldBuilder.Node> nodes = new ArrayList<>();
            boolean copy = dice.percent(15);
            Attachment.Translation translation = dice.percent(20)
                    ? dice.any(Attachment.Translation.LEARNED, Attachment.Translation.NEW_FLOW)
                    : Attachment.Translation.NONE;
            translates |= translation != Attachment.Translation.NONE;
            for (int j = dice.between(1, 2); j > 0; j--) {
                nodes.add(node(copy, translation));
            }
            services.add(nodes);
        }
        chain.ways.clear();
        int numbered = dice.percent(75) ? parts.newId() : 0;
        for (int i = dice.any(1, 2, 2, 3); i > 0; i--) {
            List<WorldBuilder.Step> steps = new ArrayList<>();
            for (List<WorldBuilder.Node> nodes : services) {
                Rule.FailureAction own = dice.percent(30)
                        ? dice.any(Rule.FailureAction.CLOSED, Rule.FailureAction.OPEN)
                        : chain.onFailure;
                steps.add(new WorldBuilder.Step(dice.of(nodes), own));
            }
            int id = parts.newId();
            int weight = dice.between(1, 5);
            int metric = dice.any(0, 1, 1, 2);
            // Dice of their own, so that everything else is as it would be without.
            Dice own = new Dice(id + 100L * weight + 1_000L * metric + 10_000L * servicePorts.size() + numbered);
            if (!translates && own.percent(18)) {
                ownReverse(steps, own);
            }
            chain.ways.add(new WorldBuilder.Way(id, weight, metric, numbered, List.copyOf(steps), new PathCounters()));
        }
    }

    /** Gives the reverse direction of a path a list of its own: without some nodes, with others only for it, or with one of them at another place. */
    private static void ownReverse(List<WorldBuilder.Step> steps, Dice own) {
        for (int i = 0; i < steps.size(); i++) {
            WorldBuilder.Step step = steps.get(i);
            // No direction comes to a node twice: what was put in for one direction stays so.
            if (step.visits() == Path.Visits.BOTH && own.percent(40)) {
                Path.Visits visits = own.any(Path.Visits.FORWARD, Path.Visits.FORWARD, Path.Visits.REVERSE);
                steps.set(i, new WorldBuilder.Step(step.node(), step.onFailure(), visits));
                if (own.percent(40)) {
                    Path.Visits other = visits == Path.Visits.FORWARD ? Path.Visits.REVERSE : Path.Visits.FORWARD;
                    int place = own.below(steps.size() + 1);
                    steps.add(place, new WorldBuilder.Step(step.node(), step.onFailure(), other));
                    i += place <= i ? 1 : 0;
                }
            }
        }
    }

    private WorldBuilder.Node node(boolean copy, Attachment.Translation translation) {
        int inPort = dice.of(servicePorts);
        int outPort = dice.percent(60) ? dice.of(servicePorts) : inPort;
        Attachment.Kind kind =
                dice.any(Attachment.Kind.BRIDGE, Attachment.Kind.BRIDGE, Attachment.Kind.WIRE, Attachment.Kind.ROUTE);
        int id = parts.newId();
        Attachment.Side in = side(inPort, id, 0, kind);
        Attachment.Side out = dice.percent(15) ? in : side(outPort, id, 1, kind);
        parts.watched.addAll(NodeSpeech.of(dice, id, 0, in, own(inPort)));
        parts.watched.addAll(NodeSpeech.of(dice, id, 1, out, own(out.port())));
        return new WorldBuilder.Node(
                id,
                dice.below(INSTANCES),
                in,
                out,
                kind,
                copy ? Attachment.Translation.NONE : translation,
                copy,
                dice.percent(20),
                new AttachmentCounters());
    }

    private List<IpAddress> own(int port) {
        return parts.ports.get(port).addresses.stream()
                .map(PortAddress::address)
                .toList();
    }

    private Attachment.Side side(int port, int id, int number, Attachment.Kind kind) {
        int use = tagsUsed.merge(port, 1, Integer::sum);
        int outer = 0;
        int inner = 0;
        if (use > 1 || dice.percent(50)) {
            outer = (dice.percent(70) ? TPID_C : TPID_S) | 100 + use;
            if (dice.percent(30)) {
                outer = TPID_S | (dice.percent(50) ? 50 : 1000 + use);
                inner = TPID_C | 500 + use;
            }
        }
        long mac = 0x0e00_0000_0000L | (long) id << 8 | number;
        if (kind != Attachment.Kind.ROUTE) {
            return new Attachment.Side(port, outer, inner, mac, 0, 0, 0);
        }
        IpAddress v4 = address("10.99." + port + "." + (10 + (2 * id + number) % 200));
        IpAddress v6 = address("2001:db8:99:" + port + "::" + (10 + (2 * id + number) % 200));
        boolean fixed = parts.ports.get(port).addresses.isEmpty() || dice.percent(40);
        if (!fixed && dice.percent(85)) {
            teach(port, v4, mac);
            teach(port, v6, mac);
        }
        return new Attachment.Side(port, outer, inner, fixed ? mac : -1, v4.ipv4Bits(), v6.hi(), v6.lo());
    }

    /** Changes something. New neighbours are not taught: they have to be asked for. */
    World mutate() {
        switch (dice.below(16)) {
            case 0, 1, 2 -> parts.rules.add(ruleGenerator.rule());
            case 3, 4, 15 -> {
                if (parts.rules.size() > 1) {
                    parts.rules.remove(dice.below(parts.rules.size()));
                }
            }
            case 5 -> {
                WorldBuilder.Chain chain = dice.of(parts.chains);
                if (dice.percent(50)) {
                    chain.retired.addAll(chain.ways);
                } else {
                    chain.retired.clear();
                }
                newWays(chain);
            }
            case 6 -> {
                WorldBuilder.Chain chain = dice.of(parts.chains);
                chain.retired.clear();
                if (chain.ways.isEmpty()) {
                    newWays(chain);
                } else {
                    chain.ways.remove(dice.below(chain.ways.size()));
                }
            }
            case 7 -> {
                changeTimeouts();
                dice.of(parts.chains).selection = dice.any(Selection.values());
            }
            case 9 -> changeCaps();
            case 11, 12, 13, 14 -> rearrange(dice.of(parts.chains));
            case 8 -> {
                WorldBuilder.PortSpec port = dice.of(parts.ports);
                port.classifyFrom = dice.percent(80);
                port.classifyTo = dice.percent(80);
            }
            default -> {
                // The same again, with another generation.
            }
        }
        return parts.build(dice.any(
                Earlier.Change.AUTO,
                Earlier.Change.KEEP,
                Earlier.Change.KEEP,
                Earlier.Change.KEEP,
                Earlier.Change.MIGRATE,
                Earlier.Change.MIGRATE));
    }

    /** Another order of the same nodes, one more, one less, or the order of before; packets may be inside them. */
    private void rearrange(WorldBuilder.Chain chain) {
        List<WorldBuilder.Way> before = List.copyOf(chain.ways);
        if (before.isEmpty()) {
            newWays(chain);
            return;
        }
        if (dice.percent(25) && !chain.retired.isEmpty()) {
            chain.ways.clear();
            chain.ways.addAll(chain.retired);
        } else {
            chain.ways.clear();
            int length = before.getFirst().steps().size();
            int change = dice.below(4);
            int place = dice.below(length);
            boolean copy = dice.percent(15);
            int others = parts.newId();
            for (WorldBuilder.Way way : before) {
                List<WorldBuilder.Step> steps = new ArrayList<>(way.steps());
                WorldBuilder.Step fresh =
                        new WorldBuilder.Step(node(copy, Attachment.Translation.NONE), chain.onFailure);
                switch (change) {
                    case 0 -> steps.add(steps.remove(Math.min(place, steps.size() - 1)));
                    case 1 -> steps.add(Math.min(place, steps.size()), fresh);
                    case 2 -> {
                        if (steps.size() > 1) {
                            steps.remove(Math.min(place, steps.size() - 1));
                        }
                    }
                    default -> steps.set(Math.min(place, steps.size() - 1), fresh);
                }
                int services = change == 3 ? way.services() : others;
                while (steps.size() > 4) {
                    steps.removeLast();
                }
                chain.ways.add(new WorldBuilder.Way(
                        parts.newId(), way.weight(), way.metric(), services, List.copyOf(steps), new PathCounters()));
            }
        }
        chain.retired.clear();
        if (dice.percent(85)) {
            chain.retired.addAll(before);
        }
    }

    private void changeCaps() {
        parts.caps.clear();
        for (int instance = 0; instance < INSTANCES; instance++) {
            if (dice.percent(12)) {
                parts.caps.add(
                        new PacketCap(instance, dice.any(1, 3, 50, 2_000, PacketCap.MAX), dice.any(1, 2, 5, 40)));
            }
        }
    }

    private void changeTimeouts() {
        long second = 1_000_000_000L;
        parts.timeouts = new TrackerTimeouts(
                dice.between(50, 100) * second,
                dice.between(1, 40) * second,
                dice.between(1, 40) * second,
                dice.between(1, 60) * second,
                dice.between(1, 100) * second,
                dice.between(1, 40) * second,
                dice.between(1, 60) * second);
    }
}
