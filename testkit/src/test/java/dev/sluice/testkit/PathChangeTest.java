package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.Classifier;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Retained;
import dev.sluice.datapath.snapshot.RouterEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.ports.MemoryFrame;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A chain changes its order, its length or its nodes while packets of a flow are inside nodes (F7; packet-life.md, changing paths): each packet carries an id, the nodes
 * note which they had, and none may leave without all nodes of one version of the chain.
 */
class PathChangeTest {
    private static final long MS = 1_000_000L;
    private static final int NODES = 5;
    private static final int FIRST_NODE_PORT = 2;

    /** Ids of paths name their content. */
    private final Map<String, Integer> pathIds = new HashMap<>();

    /** Paths that were ever in force: retired ones stay, as the compiler keeps them while their nodes exist. */
    private final Map<String, Path> paths = new LinkedHashMap<>();

    private final List<Attachment> nodes = new ArrayList<>();
    private final Map<Integer, String> passed = new HashMap<>();
    private final List<Inside> inside = new ArrayList<>();
    private final List<String> left = new ArrayList<>();

    /** Packets came in with these Ethernet addresses, by id, and have to leave with them. */
    private final Map<Integer, byte[]> addresses = new HashMap<>();

    /** Nodes that rewrite Ethernet addresses. */
    private String wires = "";

    /** What happened, for who has to find out why. */
    private final StringBuilder story = new StringBuilder();

    private Retained retained = Retained.auto(1);
    private int generation;
    private int lastId;

    /** A packet inside a node, and the port by which it goes on. */
    private record Inside(char node, int id, int port, MemoryFrame frame) {}

    private MemorySwitch start(String chain, boolean oneArmed) {
        for (int i = 0; i < NODES; i++) {
            nodes.add(node(i, oneArmed));
        }
        return new MemorySwitch(snapshot(chain, false, false), 256);
    }

    private Attachment node(int i, boolean oneArmed) {
        int in = FIRST_NODE_PORT + 2 * i;
        Attachment.Side inSide = new Attachment.Side(in, 0, 0, 0x0200_0000_00a0L + i, 0, 0, 0);
        return Attachment.builder(
                        i + 1,
                        "n" + i,
                        i,
                        inSide,
                        oneArmed ? inSide : new Attachment.Side(in + 1, 0, 0, 0x0200_0000_00b0L + i, 0, 0, 0))
                .kind(wires.indexOf('a' + i) < 0 ? Attachment.Kind.BRIDGE : Attachment.Kind.WIRE)
                .routers(0)
                .build();
    }

    private Snapshot snapshot(String chain, boolean migrate, boolean forgetsOthers) {
        generation++;
        retained = migrate ? retained.thenMigrate(generation) : retained.thenAuto(generation);
        story.append(migrate ? "\nmigrate to " : "\nchange to ")
                .append(chain)
                .append(forgetsOthers ? ", others gone:" : ":");
        if (forgetsOthers) {
            paths.clear();
        }
        Path path = paths.computeIfAbsent(chain, this::path);
        List<PortEntry> ports = new ArrayList<>();
        ports.add(port(0, PortEntry.Role.TRANSPARENT, 0, 1, 1));
        ports.add(port(1, PortEntry.Role.TRANSPARENT, 0, 0, 1));
        for (int i = 0; i < 2 * NODES; i++) {
            ports.add(port(FIRST_NODE_PORT + i, PortEntry.Role.SERVICE, -1, -1, 0));
        }
        BitSet sides = new BitSet();
        sides.set(0, 4);
        Rule rule = new Rule(
                1,
                100,
                "all/all",
                List.of(Match.ANY),
                Rule.Action.SERVICE,
                0,
                Rule.FailureAction.INHERIT,
                true,
                PortSides.of(sides));
        return Snapshot.builder(generation)
                .ports(ports)
                .routers(List.of(new RouterEntry(0, "pair", Routes.EMPTY)))
                .targets(List.of(new Target(0, "chain", List.of(path), Rule.FailureAction.CLOSED)))
                .rules(List.of(rule))
                .groups(List.of(new Group(1, Classifier.of(List.of(rule)))))
                .paths(List.copyOf(paths.values()))
                .attachments(nodes)
                .retained(retained)
                .build();
    }

    private Path path(String chain) {
        List<Path.Hop> hops = new ArrayList<>();
        for (int i = 0; i < chain.length(); i++) {
            hops.add(new Path.Hop(nodes.get(chain.charAt(i) - 'a'), false, Rule.FailureAction.CLOSED));
        }
        return new Path(pathIds.computeIfAbsent(chain, _ -> pathIds.size() + 1), chain, 1, hops, new PathCounters());
    }

    private static PortEntry port(int index, PortEntry.Role role, int router, int peer, int group) {
        return new PortEntry(
                index,
                "p" + index,
                role,
                router,
                peer,
                0x0200_0000_1000L + index,
                List.of(),
                true,
                true,
                group,
                group,
                0);
    }

    /** A packet of the flow comes in; its id. */
    private int send(MemorySwitch sluice, boolean forward) {
        int id = ++lastId;
        byte[] payload = ByteBuffer.allocate(4).putInt(id).array();
        TestPacket packet = forward
                ? TestPacket.udp("10.0.0.1:4000", "10.0.0.2:53")
                : TestPacket.udp("10.0.0.2:53", "10.0.0.1:4000");
        passed.put(id, "");
        story.append(forward ? " send " : " answer ").append(id);
        byte[] frame = packet.payload(payload).bytes();
        addresses.put(id, Arrays.copyOf(frame, 12));
        sluice.receive(forward ? 0 : 1, frame);
        hear(sluice);
        return id;
    }

    private void goOn(MemorySwitch sluice, Inside one) {
        inside.remove(one);
        story.append(' ').append(one.id).append(" from ").append(one.node);
        passed.merge(one.id, String.valueOf(one.node), String::concat);
        sluice.receive(one.port, one.frame);
        hear(sluice);
    }

    private void hear(MemorySwitch sluice) {
        sluice.sentAnywhere().forEach((port, frames) -> {
            for (MemoryFrame frame : frames) {
                int id = idOf(frame.bytes());
                if (port < FIRST_NODE_PORT) {
                    story.append(" left");
                    assertThat(Arrays.copyOf(frame.bytes(), 12))
                            .as("Ethernet addresses of %s that left%s", id, story)
                            .isEqualTo(addresses.get(id));
                    left.add((port == 1 ? "forward " : "reverse ") + passed.get(id));
                } else {
                    int i = (port - FIRST_NODE_PORT) / 2;
                    Attachment node = nodes.get(i);
                    int out = port == node.in().port()
                            ? node.out().port()
                            : node.in().port();
                    inside.add(new Inside((char) ('a' + i), id, out, frame));
                }
            }
        });
    }

    private static int idOf(byte[] frame) {
        return ByteBuffer.wrap(frame).getInt(14 + 20 + 8);
    }

    private void drain(MemorySwitch sluice) {
        for (int i = 0; i < 1000 && !inside.isEmpty(); i++) {
            goOn(sluice, inside.getFirst());
        }
        assertThat(inside).as("packets that go round and round").isEmpty();
    }

    /** Brings packets of both directions to each node of the chain. */
    private void fill(MemorySwitch sluice, String chain) {
        for (int depth = 0; depth < chain.length(); depth++) {
            for (boolean forward : new boolean[] {true, false}) {
                int id = send(sluice, forward);
                for (int i = 0; i < depth; i++) {
                    goOn(
                            sluice,
                            inside.stream()
                                    .filter(one -> one.id == id)
                                    .findFirst()
                                    .orElseThrow());
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "ab, ac, 0",
        "ab, b, 0",
        "ab, a, 0",
        "a, ba, 0",
        "a, ab, 0",
        "abc, ac, 0",
        "ac, abc, 0",
        "ab, cd, 0",
        "ab, abc, 0",
        "ab, ba, 1",
        "abc, acb, 1",
        "abc, cab, 1",
        "adb, cde, 1",
        "bd, abc, 1",
        "abc, bad, 1"
    })
    void packetsInsideNodesMissNothingWhenTheChainChanges(String before, String after, int waits) {
        for (boolean oneArmed : new boolean[] {false, true}) {
            reset();
            try (MemorySwitch sluice = start(before, oneArmed)) {
                fill(sluice, before);
                int underWay = inside.size();
                sluice.apply(snapshot(after, true, false));
                sluice.advance(MS);
                send(sluice, true);
                send(sluice, false);
                drain(sluice);
                assertThat(left).as("nothing but what may be dropped is").hasSize(underWay + (waits == 1 ? 0 : 2));
                assertWhole(Set.of(before, after));
                assertThat(sluice.drops().getOrDefault(DropReason.PATH_CHANGING, 0L))
                        .isEqualTo(2L * waits);
                sluice.advance(1000 * MS);
                left.clear();
                send(sluice, true);
                send(sluice, false);
                drain(sluice);
                assertThat(left).containsExactlyInAnyOrder("forward " + after, "reverse " + turned(after));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"ab, b", "abc, bc", "ba, b", "bac, bc"})
    void packetThatANodeOfThePathBeforeRewroteLeavesWithItsOwnEthernetAddresses(String before, String after) {
        wires = "a";
        for (boolean migrates : new boolean[] {false, true}) {
            reset();
            try (MemorySwitch sluice = start(before, false)) {
                fill(sluice, before);
                int underWay = inside.size();
                // With the path gone the record itself gets another one; else another record takes its place.
                sluice.apply(snapshot(after, migrates, !migrates));
                sluice.advance(MS);
                send(sluice, true);
                send(sluice, false);
                drain(sluice);
                assertThat(left).hasSizeGreaterThan(migrates ? underWay + 1 : 1);
            }
        }
    }

    @Test
    void flowWaitsNoLongerThanASecondHoweverManyPacketsItSends() {
        try (MemorySwitch sluice = start("ab", false)) {
            fill(sluice, "ab");
            drain(sluice);
            left.clear();
            sluice.apply(snapshot("ba", true, false));
            for (int i = 0; i < 100; i++) {
                send(sluice, true);
                sluice.advance(10 * MS);
            }
            assertThat(left).isEmpty();
            assertThat(sluice.drops()).containsOnly(Map.entry(DropReason.PATH_CHANGING, 100L));
            send(sluice, true);
            drain(sluice);
            assertThat(left).containsExactly("forward ba");
        }
    }

    @Test
    void flowThatWasSilentForASecondDoesNotWait() {
        try (MemorySwitch sluice = start("ab", false)) {
            fill(sluice, "ab");
            drain(sluice);
            left.clear();
            sluice.apply(snapshot("ba", true, false));
            sluice.advance(1000 * MS);
            send(sluice, true);
            drain(sluice);
            assertThat(left).containsExactly("forward ba");
        }
    }

    @Test
    void changeThatIsTakenBackEndsTheWaiting() {
        try (MemorySwitch sluice = start("ab", false)) {
            fill(sluice, "ab");
            sluice.apply(snapshot("ba", true, false));
            send(sluice, true);
            sluice.apply(snapshot("ab", true, false));
            send(sluice, true);
            drain(sluice);
            assertThat(left).hasSize(5);
            assertWhole(Set.of("ab"));
        }
    }

    /** A node goes with the change, and the old path with it: what is left of it is compared with the new one all the same. */
    @ParameterizedTest
    @CsvSource({"abc, ba, 1", "abc, ab, 0"})
    void pathsThatAreGoneAreNotForgotten(String before, String after, int waits) {
        for (boolean oneArmed : new boolean[] {false, true}) {
            reset();
            try (MemorySwitch sluice = start(before, oneArmed)) {
                fill(sluice, before);
                sluice.apply(snapshot(after, false, true));
                send(sluice, true);
                inside.removeIf(one -> one.node == 'c');
                drain(sluice);
                assertWhole(Set.of(before, after));
                assertThat(sluice.drops().getOrDefault(DropReason.PATH_CHANGING, 0L) > 0)
                        .isEqualTo(waits == 1);
            }
        }
    }

    /** Whatever is changed to whatever, as often as one likes. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void nothingIsMissedInRandomChains(long seed) {
        Random random = new Random(seed);
        int packetsThatLeft = 0;
        for (int run = 0; run < 150; run++) {
            reset();
            Set<String> versions = new HashSet<>();
            String chain = randomChain(random);
            versions.add(chain);
            try (MemorySwitch sluice = start(chain, random.nextBoolean())) {
                // Who speaks first decides what is forward.
                send(sluice, true);
                for (int step = 0; step < 200; step++) {
                    int what = random.nextInt(100);
                    if (what < 45 && !inside.isEmpty()) {
                        goOn(sluice, inside.get(random.nextInt(inside.size())));
                    } else if (what < 90) {
                        send(sluice, random.nextBoolean());
                    } else if (what < 95) {
                        String next = randomChain(random);
                        versions.add(next);
                        sluice.apply(snapshot(next, random.nextInt(4) > 0, random.nextInt(10) == 0));
                    } else {
                        drain(sluice);
                        int ms = random.nextInt(700);
                        story.append("\n").append(ms).append(" ms later");
                        sluice.advance(ms * MS);
                    }
                }
                drain(sluice);
                assertWhole(versions);
                packetsThatLeft += left.size();
            }
        }
        assertThat(packetsThatLeft).as("seed " + seed).isGreaterThan(3000);
    }

    private static String randomChain(Random random) {
        StringBuilder chain = new StringBuilder();
        while (chain.length() < 1 + random.nextInt(4)) {
            char name = (char) ('a' + random.nextInt(NODES));
            if (chain.indexOf(String.valueOf(name)) < 0) {
                chain.append(name);
            }
        }
        return chain.toString();
    }

    private void assertWhole(Set<String> versions) {
        for (String one : left) {
            boolean forward = one.startsWith("forward ");
            String had = one.substring("forward ".length());
            assertThat(versions)
                    .as("%s, versions %s%s", one, versions, story)
                    .anyMatch(version -> isIn(forward ? version : turned(version), had));
        }
    }

    /** Whether all nodes of a version were passed, in its order. */
    private static boolean isIn(String version, String had) {
        int at = 0;
        for (int i = 0; i < version.length(); i++) {
            at = had.indexOf(version.charAt(i), at) + 1;
            if (at == 0) {
                return false;
            }
        }
        return true;
    }

    private static String turned(String chain) {
        return new StringBuilder(chain).reverse().toString();
    }

    private void reset() {
        nodes.clear();
        paths.clear();
        pathIds.clear();
        passed.clear();
        inside.clear();
        left.clear();
        story.setLength(0);
        generation = 0;
        retained = Retained.auto(1);
    }
}
