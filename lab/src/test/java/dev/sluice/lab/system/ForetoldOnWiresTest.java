package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.CountersReport.DropReport;
import dev.sluice.agent.report.ForetellReport;
import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import dev.sluice.testkit.TestPacket;
import dev.sluice.wire.Tcp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Random packets, sound and damaged: a running node is asked over its administration socket what would happen to one, then that one is sent. What leaves which interface with which addresses, tags and
 * TTL, and why a packet is dropped, has to be what was foretold, packet by packet (X5, V23).
 */
@Tag("system")
class ForetoldOnWiresTest {
    private static final boolean ALL = "all".equals(System.getProperty("sluice.cases"));
    private static final int PACKETS = ALL ? 200 : 30;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final Pattern SENT = Pattern.compile("(?:lets go: )?sent (\\S+), (.*)");
    private static final int ARP = 0x0806;

    /** Reasons that senders are told of. */
    private static final List<String> TOLD =
            List.of("MTU_EXCEEDED", "TTL_EXPIRED", "NO_ROUTE", "NEIGHBOR_UNRESOLVED", "LOCAL_UNSUPPORTED");

    private static final String[] RULES = {
        "{name: dropped, match: {protocol: udp, destination: {ports: [1500-1600]}}, action: {drop: true}}",
        "{name: direct, match: {protocol: udp, destination: {ports: [80]}}, action: {noService: true}}",
        "{name: tagged, match: {vlan: 9}, action: {drop: true}}",
        "{name: all, action: {chain: node}}"
    };

    /** Which interface of Sluice leads to which of another host. */
    private record World(Network network, String yaml, boolean routed, Map<String, LabInterface> far) {
        LabInterface at(String port) {
            return Objects.requireNonNull(far.get(port));
        }
    }

    private static World world(String kind) {
        boolean routed = kind.equals("route");
        Network network = routed ? Network.routed() : Network.transparent();
        Map<String, LabInterface> far = new LinkedHashMap<>();
        far.put("left", network.clientSide);
        far.put("right", network.serverSide);
        String node = switch (kind) {
            case "bridge" -> {
                network.bridge("fw");
                yield Yaml.bridge("fw");
            }
            case "wire" -> {
                network.bridge("bump");
                yield WireNodeTest.NODE;
            }
            case "route" -> {
                RoutingNodeTest.router(network, "10.1.0.0/24", "fd01::/64", "10.2.0.0/15", "fd02::/15");
                yield RoutingNodeTest.NODE;
            }
            case "vlan" -> {
                network.node("tag");
                yield Yaml.chainOfOne(
                        "tag",
                        "{transport: vlan}",
                        "{in: {interface: tag-in, vlan: 200}, out: {interface: tag-out, vlan: 200}}");
            }
            default -> throw new IllegalArgumentException(kind);
        };
        String name = kind.equals("wire") ? "bump" : kind.equals("vlan") ? "tag" : "fw";
        Namespace place = Objects.requireNonNull(network.topology.namespaces().get(name));
        far.put(name + "-in", place.interfaceNamed("in"));
        far.put(name + "-out", place.interfaceNamed("out"));
        if (!routed) {
            // Narrower than the hosts, so that some packets are too large for it.
            for (String side : List.of("in", "out")) {
                place.interfaceNamed(side).mtu(1400);
                network.sluice.interfaceNamed(name + "-" + side).mtu(1400);
            }
        }
        String yaml = Yaml.of(
                routed ? Yaml.ROUTER : Yaml.PAIR,
                node,
                Yaml.object("ServiceChain", "node", "{profiles: [" + name + "]}"),
                Yaml.policy("all", routed ? "r/left" : "edge/left", RULES));
        return new World(network, yaml, routed, far);
    }

    /** What hosts would answer is not what is asked about. */
    private static void mute(Namespace host) {
        host.execWithInput(List.of("nft", "-f", "-"), """
                table inet mute {
                  chain in { type filter hook input priority 0; policy drop; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; }
                  chain out { type filter hook output priority 0; policy drop; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; }
                }
                """);
    }

    @ParameterizedTest
    @Cases(
            value = {"bridge"},
            more = {"wire", "vlan", "route"})
    void whatIsForetoldHappensToThePacketSentNext(String kind) {
        World world = world(kind);
        Network network = world.network;
        List<Witness> witnesses = new ArrayList<>();
        try (network;
                SluiceNode sluice = SluiceNode.start(network.sluice, world.yaml)) {
            ProgramNode cable = kind.equals("vlan") ? ProgramNode.cable(world.at("tag-in"), world.at("tag-out")) : null;
            try {
                String[] servers =
                        world.routed ? new String[] {"10.2.0.2", "fd02::2"} : new String[] {"10.0.0.2", "fd00::2"};
                for (String server : servers) {
                    assertThat(network.client.pings(server)).isTrue();
                }
                mute(network.client);
                mute(network.server);
                if (world.routed) {
                    // It is a host too, which tells senders what it cannot forward.
                    mute(world.at("fw-in").namespace());
                }
                world.far.values().forEach(i -> witnesses.add(Witness.start(i)));
                Map<String, Integer> ends = new TreeMap<>();
                RandomFrames frames = new RandomFrames(world, new Random(20_261_122));
                for (int i = 0; i < PACKETS; i++) {
                    // A node that routes sends to its other side only what is for hosts behind that.
                    boolean left = world.routed || i % 4 != 3;
                    byte[] frame = frames.next(left);
                    ends.merge(check(world, sluice, witnesses, left ? "left" : "right", frame, i), 1, Integer::sum);
                }
                System.out.printf("%s: %d random packets did what was foretold: %s%n", kind, PACKETS, ends);
                assertThat(ends.keySet()).anyMatch(e -> e.startsWith("sent")).anyMatch(e -> e.startsWith("dropped"));
            } finally {
                witnesses.forEach(Witness::close);
                if (cable != null) {
                    cable.close();
                }
            }
        }
    }

    private static Map<String, Long> drops(SluiceNode sluice) {
        return sluice.counters().drops().stream()
                .filter(d -> d.count() > 0)
                .collect(Collectors.toMap(DropReport::reason, DropReport::count));
    }

    /** How it ended. */
    private static String check(
            World world, SluiceNode sluice, List<Witness> witnesses, String port, byte[] frame, int number) {
        String hex = HexFormat.of().formatHex(frame);
        ForetellReport foretold = sluice.say(a -> a.foretell(Map.of("port", port, "hex", hex)));
        String what = "packet " + number + " at " + port + " " + hex + "\n" + foretold;
        List<String> expected = new ArrayList<>();
        for (var leg : foretold.legs()) {
            for (String step : leg.steps()) {
                Matcher sent = SENT.matcher(step);
                if (sent.matches() && !isOfNeighbours(world, sent.group(2))) {
                    expected.add(sent.group(1) + " " + sent.group(2));
                }
            }
        }
        expected.sort(null);
        Map<String, Long> dropsBefore = drops(sluice);
        long framesBefore = sluice.status().totals().frames();
        witnesses.forEach(Witness::clear);
        ForgedErrors.send(world.at(port), List.of(frame));
        Waits.until(
                "the node has handled it",
                PATIENCE,
                () -> sluice.status().totals().frames() - framesBefore
                        >= foretold.legs().size(),
                () -> what);
        boolean told = TOLD.contains(foretold.reason());
        Waits.until(
                "it came out where it was foretold",
                PATIENCE,
                () -> happened(world, witnesses, told ? port : "").size() >= expected.size(),
                () -> what);
        assertThat(happened(world, witnesses, told ? port : "")).as(what).isEqualTo(expected);
        Map<String, Long> dropped = drops(sluice);
        dropsBefore.forEach((reason, count) -> dropped.merge(reason, -count, Long::sum));
        dropped.values().removeIf(count -> count == 0);
        assertThat(dropped).as(what).isEqualTo(foretold.reason().isEmpty() ? Map.of() : Map.of(foretold.reason(), 1L));
        return foretold.end() + " " + (foretold.reason().isEmpty() ? foretold.port() : foretold.reason());
    }

    /** Routers ask their neighbours when it pleases them. */
    private static boolean isOfNeighbours(World world, String link) {
        return world.routed && (link.endsWith("ttl 255") || !link.contains("ttl"));
    }

    /** What other hosts got, without errors to the sender and without what kernels ask each other when it pleases them. */
    private static List<String> happened(World world, List<Witness> witnesses, String toldAt) {
        List<String> all = new ArrayList<>();
        int index = 0;
        for (Map.Entry<String, LabInterface> one : world.far.entrySet()) {
            for (SeenFrame frame : witnesses.get(index++).in(f -> true)) {
                String link = link(frame);
                boolean asks = frame.etherType() == ARP || (frame.protocol() == SeenFrame.ICMPV6 && frame.ttl() == 255);
                boolean error = one.getKey().equals(toldAt)
                        && (frame.protocol() == SeenFrame.ICMP || frame.protocol() == SeenFrame.ICMPV6);
                if (!error && !asks && !isOfNeighbours(world, link)) {
                    all.add(one.getKey() + " " + link);
                }
            }
        }
        all.sort(null);
        return all;
    }

    /** In the words of the trace. */
    private static String link(SeenFrame frame) {
        StringBuilder link = new StringBuilder(frame.sourceMac() + " > " + frame.destinationMac());
        for (String tag : frame.vlans()) {
            link.append(tag.startsWith("88a8") ? ", svlan " : ", vlan ").append(tag.substring(5));
        }
        boolean ip = frame.etherType() == 0x0800 || frame.etherType() == 0x86dd;
        return ip ? link + ", ttl " + frame.ttl() : link.toString();
    }

    /** Frames of hosts that exist, of some that don't, and nonsense. */
    private static final class RandomFrames {
        private static final int[] PORTS = {7, 80, 1024, 1500, 1550, 40_000};
        private static final int SYN_ACK_RST = Tcp.SYN | Tcp.ACK | Tcp.RST;
        private static final int[] TTLS = {1, 3, 64, 128, 200};
        private final World world;
        private final Random random;

        RandomFrames(World world, Random random) {
            this.world = world;
            this.random = random;
        }

        byte[] next(boolean left) {
            LabInterface from = left ? world.network.clientSide : world.network.serverSide;
            String other = world.routed
                    ? world.network
                            .sluice
                            .interfaceNamed(left ? "left" : "right")
                            .mac()
                    : (left ? world.network.serverSide : world.network.clientSide).mac();
            TestPacket packet =
                    packet(left).ethernet(from.mac(), random.nextInt(20) == 0 ? "02:00:00:00:77:77" : other);
            if (!world.routed && random.nextInt(6) == 0) {
                packet = packet.vlan(7 + random.nextInt(3));
                packet = random.nextInt(3) == 0 ? packet.vlan(11) : packet;
            }
            byte[] bytes = packet.ttl(TTLS[random.nextInt(TTLS.length)]).bytes();
            int odd = random.nextInt(20);
            if (odd == 0) {
                // Where a node that routes sends an address that nobody has is not foretold.
                int damaged = world.routed && bytes[12] == (byte) 0x86 ? 8 : 40;
                bytes[14 + random.nextInt(Math.min(damaged, bytes.length - 14))] ^= (byte) (1 + random.nextInt(255));
            } else if (odd == 1) {
                bytes = Arrays.copyOf(bytes, 14 + random.nextInt(bytes.length - 14));
            } else if (odd == 2) {
                bytes[6] |= 1;
            } else if (odd == 3) {
                bytes[12] = (byte) 0x88;
                bytes[13] = (byte) 0xb5;
            }
            return bytes;
        }

        private TestPacket packet(boolean left) {
            boolean v4 = random.nextInt(3) > 0;
            // Errors to nobody would be dropped seconds later, at another packet.
            int host = !world.routed && random.nextInt(12) == 0 ? 77 : 0;
            String client = address(v4, true, host);
            String server = address(v4, false, 0);
            String source = left ? client : server;
            String destination = left ? server : client;
            int kind = random.nextInt(8);
            byte[] payload = new byte[random.nextInt(5) == 0 ? 1360 + random.nextInt(80) : random.nextInt(200)];
            random.nextBytes(payload);
            if (kind == 0) {
                return TestPacket.ping(source, destination, random.nextInt(4)).payload(payload);
            }
            String a = end(source, v4);
            String b = end(destination, v4);
            return (kind < 4 ? TestPacket.udp(a, b) : TestPacket.tcp(a, b, flags())).payload(payload);
        }

        /** An answer whose question was never seen goes to a node the other way round, and one that routes would turn it back. */
        private int flags() {
            int flags = random.nextInt(64);
            return world.routed && (flags & SYN_ACK_RST) == (Tcp.SYN | Tcp.ACK) ? flags & ~Tcp.SYN : flags;
        }

        private String end(String address, boolean v4) {
            int port = PORTS[random.nextInt(PORTS.length)];
            return v4 ? address + ":" + port : "[" + address + "]:" + port;
        }

        private String address(boolean v4, boolean client, int host) {
            if (world.routed) {
                int number = host == 0 ? 2 : host;
                return v4
                        ? (client ? "10.1.0." : "10.2.0.") + number
                        : (client ? "fd01::" : "fd02::") + Integer.toHexString(number);
            }
            int number = host == 0 ? client ? 1 : 2 : host;
            return v4 ? "10.0.0." + number : "fd00::" + Integer.toHexString(number);
        }
    }
}
