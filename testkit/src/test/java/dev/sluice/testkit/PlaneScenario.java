package dev.sluice.testkit;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Rule.FailureAction;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.testkit.PlaneHosts.Node;
import dev.sluice.testkit.PlaneHosts.Service;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One random plan of hosts, nodes and traffic, played on {@link PlaneHosts}, and what must come of it: each packet visits one node of each service of its chain, in the
 * order of its direction, and leaves once by the right port as it came, or is dropped under a counted reason. Written from packet-life.md and the requirement F15, knows
 * nothing of SPI and records. One user: the test.
 */
final class PlaneScenario implements AutoCloseable {
    private static final long MS = 1_000_000L;

    /** What may happen while a configuration changes to packets that are between hosts or in nodes. */
    private static final Set<DropReason> OF_CHANGE = EnumSet.of(
            DropReason.PATH_CHANGING,
            DropReason.NSH_PATH_UNKNOWN,
            DropReason.NSH_INDEX_INVALID,
            DropReason.OVERLAY_PATH_UNKNOWN,
            DropReason.OVERLAY_FLOW_UNKNOWN,
            DropReason.RETURN_NO_FLOW,
            DropReason.SERVICE_WRONG_SIDE,
            DropReason.SERVICE_TAG_UNKNOWN);

    /** A frame that will come in at a port of a host. */
    private record Arrival(int host, int port, PlaneTraffic.Sent frame) {}

    final long seed;
    private final Random random;
    private final PlaneHosts net;
    private final PlaneTraffic traffic;
    private final List<Service> first;
    private List<Service> chain;
    private final boolean keepsEarlier;
    private final boolean disorder;
    private final boolean twice;
    private final Set<Node> dead = new HashSet<>();
    private final Set<Node> skipped = new HashSet<>();
    private final List<Arrival> underWay = new ArrayList<>();
    private final Map<Integer, PlaneJourney> journeys = new HashMap<>();
    private final Map<Integer, List<Node>> copies = new HashMap<>();
    private final List<String> story = new ArrayList<>();
    private int nextJourney = 1;

    /** Whether flows have packets enough for a fast path to repeat some. */
    private final boolean again;

    /** Whether packets were under way when something changed, so that those may be lost. */
    private boolean unsettled;

    /** Whether the chain is another one than at the beginning of the round. */
    private boolean changed;

    private long lostBefore;
    private final long[] framesAtFirst;

    /** What repeats packets in front of each host, none if there is no fast path. */
    final List<MemoryOffload> fastPaths = new ArrayList<>();

    PlaneScenario(long seed) {
        this(seed, false);
    }

    PlaneScenario(long seed, boolean behindFastPaths) {
        this.seed = seed;
        again = behindFastPaths;
        random = new Random(seed * 0x9E37_79B9_7F4A_7C15L);
        int hosts = 2 + random.nextInt(4);
        boolean routed = random.nextInt(3) == 0;
        List<Node> nodes = new ArrayList<>();
        first = services(hosts, nodes);
        chain = first;
        PlaneHosts.Plan plan = new PlaneHosts.Plan(
                hosts,
                random.nextBoolean(),
                random.nextInt(3) == 0 ? 6 : 4,
                routed,
                random.nextInt(3) == 0,
                random.nextBoolean() ? 0 : 9000,
                nodes);
        keepsEarlier = random.nextBoolean();
        disorder = random.nextInt(3) == 0;
        twice = random.nextInt(4) == 0;
        net = new PlaneHosts(plan, chain);
        traffic = new PlaneTraffic(random, plan, translator());
        framesAtFirst = net.hosts.stream().mapToLong(MemorySwitch::freeFrames).toArray();
        for (int i = 0; i < hosts && behindFastPaths; i++) {
            MemoryOffload device = new MemoryOffload(1000, _ -> true);
            net.hosts.get(i).offload(device, 1);
            fastPaths.add(device);
        }
        tell("plan " + plan + " chain " + chain + (disorder ? " disorder" : "") + (twice ? " twice" : ""));
    }

    private List<Service> services(int hosts, List<Node> nodes) {
        List<Service> services = new ArrayList<>();
        int count = 1 + random.nextInt(4);
        int translating = random.nextInt(5) == 0 ? random.nextInt(count) : -1;
        for (int i = 0; i < count; i++) {
            boolean copy = i != translating && random.nextInt(6) == 0;
            int instances = i == translating ? 1 : 1 + random.nextInt(2);
            List<Node> ofService = new ArrayList<>();
            for (int j = 0; j < instances; j++) {
                boolean oneArmed = random.nextInt(6) == 0;
                Node node = new Node(
                        nodes.size() + 1,
                        random.nextInt(hosts),
                        random.nextInt(4) == 0 ? 0x8100_0000 | (100 + random.nextInt(100)) : 0,
                        oneArmed,
                        random.nextInt(4) == 0 ? Attachment.Kind.WIRE : Attachment.Kind.BRIDGE,
                        i == translating ? Attachment.Translation.LEARNED : Attachment.Translation.NONE);
                nodes.add(node);
                ofService.add(node);
            }
            services.add(Service.any(random, "s" + i, copy, ofService, translating >= 0));
        }
        return List.copyOf(services);
    }

    private @Nullable Node translator() {
        return chain.stream()
                .flatMap(service -> service.nodes().stream())
                .filter(node -> node.translation() != Attachment.Translation.NONE)
                .findFirst()
                .orElse(null);
    }

    private void tell(String what) {
        story.add(what);
    }

    /** Plays it; null if all was as it must be. */
    @Nullable
    String play() {
        try {
            rounds();
            return null;
        } catch (Broken | RuntimeException broken) {
            StringBuilder text = new StringBuilder("[seed " + seed + "] " + broken + "\n");
            if (!(broken instanceof Broken)) {
                for (StackTraceElement element : broken.getStackTrace()) {
                    text.append("\n    at ").append(element);
                }
            }
            // The end of the story first: reports cut what is long.
            List<String> end = story.subList(Math.max(0, story.size() - 12), story.size());
            return text + "\n" + String.join("\n", end.reversed()) + "\nfrom the beginning:\n"
                    + String.join("\n", story);
        }
    }

    private static final class Broken extends Exception {
        private static final long serialVersionUID = 1;

        Broken(String message) {
            super(message);
        }
    }

    private void rounds() throws Broken {
        boolean changing = translator() == null && random.nextInt(3) == 0;
        boolean dying = translator() == null && !changing && random.nextInt(3) == 0;
        boolean skipping = translator() == null && !changing && !dying && random.nextInt(4) == 0;
        int rounds = (changing || dying ? 4 : 2) + (again ? 2 : 0);
        for (int round = 0; round < rounds; round++) {
            send();
            if (changing && round < rounds - 1 && random.nextInt(2) == 0) {
                carrySome();
                change();
            }
            finishRound();
            if (changing && round < rounds - 1) {
                change();
                if (random.nextInt(4) != 0) {
                    pause(2500 * MS);
                } else {
                    unsettled = true;
                }
            }
            if (dying && round < rounds - 1) {
                die();
            }
            if (skipping && round == 0) {
                skip();
            }
        }
        pause(3000 * MS);
        for (int i = 0; i < net.hosts.size(); i++) {
            check(
                    net.hosts.get(i).freeFrames() == framesAtFirst[i],
                    "host " + i + " has " + net.hosts.get(i).freeFrames() + " free frames, had " + framesAtFirst[i]);
        }
    }

    /**
     * Errors about flows are not sent after a change: until their flow has had a packet they are flows of their own. Nor while others are in nodes: switches that did not
     * classify them know them by their own key, which those of one router to one host share.
     */
    private void send() throws Broken {
        for (PlaneTraffic.Packet packet : traffic.packets(skipped.isEmpty() && net.generation() == 1 && !disorder)) {
            if (packet.needs() != null && !net.hosts.isEmpty() && !packet.needs().hasPassed) {
                continue;
            }
            PlaneJourney journey = new PlaneJourney(packet, chain, dead);
            int number = nextJourney++;
            journeys.put(number, journey);
            PlaneTraffic.Sent frame = traffic.frame(packet, number);
            tell("packet " + number + " " + packet);
            underWay.add(new Arrival(0, packet.reverse() ? PlaneHosts.SERVER : PlaneHosts.CLIENT, frame));
            if (!disorder) {
                carryAll();
            }
        }
    }

    private void carrySome() throws Broken {
        for (int i = random.nextInt(6); i > 0 && !underWay.isEmpty(); i--) {
            carryOne();
        }
    }

    private void carryAll() throws Broken {
        int steps = 0;
        for (int quiet = 0; quiet < 2; ) {
            if (underWay.isEmpty()) {
                pause(MS);
                quiet++;
            } else {
                quiet = 0;
                carryOne();
                check(++steps < 5000, "packets go round and round");
            }
        }
    }

    private void pause(long ns) throws Broken {
        for (int host = 0; host < net.hosts.size(); host++) {
            net.hosts.get(host).advance(ns);
            collect(host);
        }
    }

    private void carryOne() throws Broken {
        Arrival next = underWay.remove(disorder ? random.nextInt(underWay.size()) : 0);
        MemorySwitch host = net.hosts.get(next.host());
        Map<DropReason, Long> drops = host.drops();
        host.receive(next.port(), next.frame().asMemoryFrame());
        if (!host.drops().equals(drops)) {
            tell("  " + PlaneTraffic.journey(next.frame().bytes()) + " dropped by host " + next.host()
                    + ", drops there now " + host.drops());
        }
        collect(next.host());
    }

    private void collect(int host) throws Broken {
        for (var sent : net.hosts.get(host).sentAnywhere().entrySet()) {
            for (var frame : sent.getValue()) {
                PlaneTraffic.Sent seen = PlaneTraffic.Sent.of(frame);
                if (sent.getKey() == PlaneHosts.UNDERLAY) {
                    onUnderlay(host, seen);
                } else if (host == 0 && sent.getKey() <= PlaneHosts.SERVER) {
                    leaves(sent.getKey(), seen);
                } else {
                    atNode(host, sent.getKey(), seen);
                }
            }
        }
    }

    private void onUnderlay(int from, PlaneTraffic.Sent frame) {
        byte[] bytes = frame.bytes();
        for (int to = 0; to < net.hosts.size(); to++) {
            long mac = PlaneHosts.underlayMac(to);
            boolean theirs = (bytes[0] & 1) != 0 || bytes[5] == (byte) mac;
            if (to == from || !theirs) {
                continue;
            }
            underWay.add(new Arrival(to, PlaneHosts.UNDERLAY, frame));
            if (twice && random.nextInt(5) == 0 && PlaneTraffic.isTunnel(bytes) && !PlaneTraffic.isCopy(bytes)) {
                PlaneJourney journey = journeys.get(PlaneTraffic.journey(bytes));
                if (journey != null) {
                    int number = nextJourney++;
                    journeys.put(number, journey.copy());
                    tell("journey " + number + " duplicates " + PlaneTraffic.journey(bytes));
                    underWay.add(
                            new Arrival(to, PlaneHosts.UNDERLAY, frame.with(PlaneTraffic.renumbered(bytes, number))));
                }
            }
        }
    }

    private PlaneJourney journeyOf(PlaneTraffic.Sent frame, String where) throws Broken {
        int number = PlaneTraffic.journey(frame.bytes());
        PlaneJourney journey = journeys.get(number);
        if (journey == null) {
            throw new Broken("nobody sent what is " + where + ": " + frame);
        }
        tell("  " + number + " " + where);
        return journey;
    }

    private void atNode(int host, int port, PlaneTraffic.Sent frame) throws Broken {
        Node node = null;
        int side = 0;
        for (Node one : net.plan.nodes()) {
            for (int i = 0; i < 2; i++) {
                if (one.host() == host && net.port(one, i) == port && node == null) {
                    node = one;
                    side = i;
                }
            }
        }
        if (node == null) {
            throw new Broken("no node at port " + port + " of host " + host);
        }
        PlaneJourney journey = journeyOf(frame, "at node " + node.id() + " side " + side);
        boolean reverse = journey.packet.reverse();
        check(node.oneArmed() || side == (reverse ? 1 : 0), "entered node " + node.id() + " at the wrong side");
        PlaneTraffic.Sent inside = frame.withoutTag(node.tag());
        String wrong = traffic.comparedAtNode(journey.packet, inside, node, journey.visits, isCopyNode(node));
        if (wrong != null && isCopyNode(node)) {
            // A copy may come late, when the packet itself is behind the node that translates.
            wrong = traffic.comparedAtNode(journey.packet, inside, node, List.of(), true);
        }
        check(wrong == null, "node " + node.id() + " got " + wrong);
        if (isCopyNode(node)) {
            copies.computeIfAbsent(PlaneTraffic.journey(frame.bytes()), _ -> new ArrayList<>())
                    .add(node);
            return;
        }
        if (!journey.visits.contains(node) || !journey.packet.isSuper()) {
            journey.visits.add(node);
        }
        PlaneTraffic.Sent out = node.translation() == Attachment.Translation.NONE
                ? inside
                : traffic.translate(journey.packet, inside, PlaneTraffic.journey(frame.bytes()));
        underWay.add(new Arrival(host, net.port(node, 1 - side), out.withTag(node.tag())));
    }

    private boolean isCopyNode(Node node) {
        return first.stream()
                .anyMatch(service -> service.copy() && service.nodes().contains(node));
    }

    private void leaves(int port, PlaneTraffic.Sent frame) throws Broken {
        if (PlaneTraffic.isNeighborTalk(frame.bytes())) {
            long mac = port == PlaneHosts.CLIENT ? PlaneHosts.CLIENT_MAC : PlaneHosts.SERVER_MAC;
            underWay.add(new Arrival(0, port, PlaneTraffic.Sent.of(PlaneHosts.answer(frame.bytes(), mac))));
            return;
        }
        PlaneJourney journey = journeyOf(frame, "leaves by " + port);
        PlaneTraffic.Packet packet = journey.packet;
        check(port == (packet.reverse() ? PlaneHosts.CLIENT : PlaneHosts.SERVER), "left by port " + port);
        check(!journey.left || packet.isSuper(), "left twice");
        String wrong = traffic.comparedLeaving(packet, frame, packet.isTranslated(journey.visits));
        check(wrong == null, "left as " + wrong);
        if (!journey.left) {
            journey.left = true;
            packet.flow().hasPassed = true;
            String missing = missing(journey);
            check(
                    missing == null,
                    "left after " + ids(journey.visits) + (packet.reverse() ? " in reverse" : "") + ": " + missing);
        }
    }

    private static List<Integer> ids(List<Node> nodes) {
        return nodes.stream().map(Node::id).toList();
    }

    /** F15: which service a packet that leaves has not had, by each of the chains that were in force on its way; null if by one of them it has had all. */
    private @Nullable String missing(PlaneJourney journey) {
        String last = null;
        for (List<Service> one : journey.chains) {
            last = missing(journey, one, journey.chains.size() == 1);
            if (last == null) {
                return null;
            }
        }
        return last;
    }

    private @Nullable String missing(PlaneJourney journey, List<Service> services, boolean exactly) {
        List<Service> order = new ArrayList<>(services);
        if (journey.packet.reverse()) {
            order = order.reversed();
        }
        int at = 0;
        for (Service service : order) {
            if (service.copy() || !service.takes(journey.packet.reverse())) {
                continue;
            }
            boolean had = exactly
                    ? at < journey.visits.size() && service.nodes().contains(journey.visits.get(at))
                    : journey.visits.stream().anyMatch(service.nodes()::contains);
            if (had) {
                at++;
                continue;
            }
            boolean mayMiss = (service.onFailure() == FailureAction.OPEN
                            && service.nodes().stream().anyMatch(journey.deadMeanwhile::contains))
                    || (!journey.packet.isError() && service.nodes().stream().anyMatch(skipped::contains));
            if (!mayMiss) {
                return "not by " + service.name() + " of " + services;
            }
        }
        return exactly && at != journey.visits.size() ? "more than the services of " + services : null;
    }

    private long drops() {
        return net.hosts.stream()
                .flatMap(host -> host.drops().values().stream())
                .mapToLong(count -> count)
                .sum();
    }

    private Map<DropReason, Long> dropsByReason() {
        Map<DropReason, Long> all = new EnumMap<>(DropReason.class);
        for (MemorySwitch host : net.hosts) {
            host.drops().forEach((reason, count) -> all.merge(reason, count, Long::sum));
        }
        return all;
    }

    private Map<DropReason, Long> before = new EnumMap<>(DropReason.class);

    private void finishRound() throws Broken {
        carryAll();
        if (traffic.hasFragments()) {
            pause(1200 * MS);
        }
        long lost = journeys.values().stream().filter(journey -> !journey.left).count();
        long dropped = drops() - lostBefore;
        Map<DropReason, Long> reasons = dropsByReason();
        Map<DropReason, Long> now = new EnumMap<>(DropReason.class);
        reasons.forEach((reason, count) -> {
            if (count > before.getOrDefault(reason, 0L)) {
                now.put(reason, count - before.getOrDefault(reason, 0L));
            }
        });
        tell("round: " + journeys.size() + " journeys, " + lost + " lost, drops " + now);
        // Copies of pieces that overtake each other may be lost as well.
        boolean exact = !unsettled
                && !(disorder && traffic.hasFragments())
                && journeys.values().stream().noneMatch(journey -> journey.packet.isSuper());
        check(exact ? lost == dropped : lost <= dropped, lost + " packets lost, " + dropped + " drops: " + now);
        Set<DropReason> allowed = EnumSet.noneOf(DropReason.class);
        if (!dead.isEmpty()) {
            allowed.add(DropReason.SERVICE_DOWN);
        }
        if (unsettled) {
            allowed.addAll(OF_CHANGE);
        }
        if (disorder && traffic.hasFragments()) {
            allowed.add(DropReason.FRAGMENT_ORPHAN);
        }
        if (disorder || twice) {
            // An answer may overtake, or a translated packet come first.
            allowed.addAll(traffic.ofDisorder());
        }
        check(allowed.containsAll(now.keySet()), "dropped for " + now + ", allowed are " + allowed);
        checkDead(now);
        checkCopies(now.isEmpty());
        lostBefore += dropped;
        before = reasons;
        journeys.clear();
        copies.clear();
        unsettled = false;
        changed = false;
    }

    /** Nothing is dropped for a dead node that no path has to have. */
    private void checkDead(Map<DropReason, Long> now) throws Broken {
        boolean closed = chain.stream()
                .anyMatch(service -> !service.copy()
                        && service.onFailure() == FailureAction.CLOSED
                        && service.nodes().stream().anyMatch(dead::contains));
        check(
                closed || unsettled || !now.containsKey(DropReason.SERVICE_DOWN),
                "dropped for dead nodes: " + ids(List.copyOf(dead)));
        boolean gone = chain.stream()
                .anyMatch(service -> !service.copy()
                        && service.isForBoth()
                        && service.onFailure() == FailureAction.CLOSED
                        && dead.containsAll(service.nodes()));
        boolean any = journeys.values().stream()
                .anyMatch(journey ->
                        journey.left && !journey.packet.isError() && journey.chains.size() == 1 && skipped.isEmpty());
        check(!gone || unsettled || !any, "passed although all nodes of a closed service are dead");
    }

    private void checkCopies(boolean nothingLost) throws Broken {
        if (!nothingLost || unsettled || changed || twice || !dead.isEmpty() || !skipped.isEmpty()) {
            return;
        }
        for (var entry : journeys.entrySet()) {
            List<Node> got = copies.getOrDefault(entry.getKey(), List.of());
            long services = PlaneHosts.copies(chain, entry.getValue().packet.reverse());
            boolean right =
                    entry.getValue().packet.isSuper() ? Set.copyOf(got).size() == services : got.size() == services;
            check(right, "copies of " + entry.getKey() + " went to " + ids(got));
        }
    }

    // What changes.

    private void change() {
        List<Service> next = new ArrayList<>(chain);
        switch (random.nextInt(3)) {
            case 0 -> java.util.Collections.shuffle(next, random);
            case 1 -> {
                int at = random.nextInt(next.size());
                Service service = next.get(at);
                if (service.nodes().size() > 1) {
                    List<Node> fewer = List.of(service.nodes().get(random.nextInt(2)));
                    next.set(at, service.with(fewer));
                } else if (next.size() > 1) {
                    next.remove(at);
                }
            }
            default -> next = new ArrayList<>(first);
        }
        unsettled |= !underWay.isEmpty();
        changed = true;
        chain = List.copyOf(next);
        net.apply(chain, keepsEarlier);
        journeys.values().stream().filter(journey -> !journey.left).forEach(journey -> journey.chains.add(chain));
        tell("changes to " + chain + " with " + underWay.size() + " under way");
    }

    private void die() throws Broken {
        List<Node> nodes = net.plan.nodes();
        Node node = nodes.get(random.nextInt(nodes.size()));
        boolean alive = dead.contains(node);
        boolean everywhere = isCopyNode(node) || random.nextBoolean();
        for (int host = 0; host < net.hosts.size(); host++) {
            if (everywhere || alive || host == node.host()) {
                net.hosts.get(host).liveness().setInstance(node.id(), alive);
            }
        }
        if (alive) {
            dead.remove(node);
        } else {
            dead.add(node);
        }
        tell("node " + node.id() + (alive ? " lives" : " dies, " + (everywhere ? "all know" : "its host knows")));
        if (again) {
            // What a fast path repeats ends when the worker sees it.
            pause(1);
        }
    }

    private void skip() {
        List<Node> candidates = chain.stream()
                .filter(service -> !service.copy())
                .flatMap(service -> service.nodes().stream())
                .toList();
        if (candidates.isEmpty()) {
            return;
        }
        Node node = candidates.get(random.nextInt(candidates.size()));
        traffic.skip(net.hosts.getFirst(), node);
        skipped.add(node);
        tell("node " + node.id() + " is left out");
    }

    private static void check(boolean holds, String otherwise) throws Broken {
        if (!holds) {
            throw new Broken(otherwise);
        }
    }

    @Override
    public String toString() {
        return seed + " " + Arrays.toString(story.toArray());
    }

    @Override
    public void close() {
        net.close();
    }
}
