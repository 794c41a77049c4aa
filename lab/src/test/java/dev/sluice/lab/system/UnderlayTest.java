package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/** What three hosts send each other, read by tshark field by field (C3, C6); and what fits through an underlay of ordinary size (F12, X6). */
@Tag("system")
class UnderlayTest {
    private static final List<String> FIELDS = List.of(
            "ip.src",
            "ip.dst",
            "ipv6.src",
            "ipv6.dst",
            "udp.srcport",
            "udp.dstport",
            "udp.checksum.status",
            "geneve.version",
            "geneve.flags.oam",
            "geneve.flags.critical",
            "geneve.proto_type",
            "geneve.vni",
            "nsh.version",
            "nsh.Obit",
            "nsh.ttl",
            "nsh.length",
            "nsh.mdtype",
            "nsh.nextproto",
            "nsh.spi",
            "nsh.si",
            "nsh.metadataclass",
            "nsh.metadatatype",
            "nsh.metadata",
            "ip.ttl",
            "ipv6.hlim",
            "ip.checksum.status",
            "_ws.malformed",
            "_ws.expert.message");

    private static final List<String> SERVERS = List.of("10.0.0.2", "fd00::2");

    /** One tunnelled frame as tshark sees it; of what is there more than once the outer one first. */
    private record Seen(Dissection.Packet packet) {
        String get(String field) {
            return packet.get(field);
        }

        List<String> all(String field) {
            return packet.all(field);
        }

        /** Number of the host whose endpoint an outer address is. */
        private String host(String end) {
            String v4 = get("ip." + end);
            String outer = v4.startsWith("192.0.2.")
                    ? all("ip." + end).getFirst()
                    : all("ipv6." + end).getFirst();
            return "" + (char) ('A' + outer.charAt(outer.length() - 1) - '1');
        }

        String leg() {
            return host("src") + host("dst");
        }

        private String inner(String end) {
            List<String> all = new ArrayList<>(all("ip." + end));
            all.addAll(all("ipv6." + end));
            all.removeIf(address -> address.startsWith("192.0.2.") || address.startsWith("2001:db8::"));
            return String.join(" ", all);
        }

        boolean isMessage() {
            return packet.flag("geneve.flags.oam");
        }

        boolean isForward() {
            return inner("src").endsWith("1");
        }

        /** Value of a context header by its place. */
        String context(int place) {
            return all("nsh.metadata").get(place);
        }
    }

    @ParameterizedTest(name = "{0} over IPv{1}, nodes at {2}")
    @Cases(
            value = "hub, 6, BC",
            more = {"direct, 4, BC", "hub, 4, BC", "direct, 6, BC", "direct, 4, BAC", "hub, 6, BAC"})
    void tsharkFindsInEveryFrameWhatItsLegSays(String mode, int ipVersion, String places)
            throws IOException, InterruptedException {
        boolean betweenThem = places.equals("BAC");
        String objects = betweenThem ? withNodeAtA(mode, ipVersion) : HostsNetwork.objects(mode, ipVersion);
        try (HostsNetwork network = new HostsNetwork();
                ProgramNode fw = node(network.fw);
                ProgramNode dlp = node(network.node("dlp", 0));
                ProgramNode ips = node(network.ips);
                EchoHost echo = EchoHost.start(network.server, 7);
                SluiceNode a = network.start(0, objects);
                SluiceNode b = network.start(1, objects);
                SluiceNode c = network.start(2, objects);
                Dissection capture = Dissection.start(network.fabric.bridge, "br0", "udp port 6081")) {
            for (String server : SERVERS) {
                Waits.until("the server answers", Duration.ofSeconds(10), () -> network.client.pings(server));
                try (UdpFlow flow = UdpFlow.open(network.client, server, 7)) {
                    assertThat(flow.exchange(20).lost()).isZero();
                }
                assertThat(TcpTransfer.echoes(network.client, server, 7, 200_000))
                        .isTrue();
            }
            List<Seen> everything = capture.read(FIELDS).stream().map(Seen::new).toList();
            List<Seen> all = everything.stream().filter(one -> !one.isMessage()).toList();
            assertMessages(everything.stream().filter(Seen::isMessage).toList());
            assertThat(all).hasSizeGreaterThan(100);
            Map<String, String> legs = legs(betweenThem ? places : mode);
            Set<String> seen = new HashSet<>();
            for (Seen one : all) {
                assertSound(one, ipVersion);
                String leg = (one.isForward() ? "forward " : "reverse ") + one.leg();
                seen.add(leg);
                // Each pair of hosts is a leg of its own, in each direction, so that it has one index and one TTL.
                assertThat(Long.decode(one.get("nsh.si")) + "/" + Long.decode(one.get("nsh.ttl")))
                        .as(leg)
                        .isEqualTo(legs.get(leg));
            }
            assertThat(seen).isEqualTo(legs.keySet());
            assertThat(dlp.datagramCount() > 0).isEqualTo(betweenThem);
            assertTheSameOnTheirWay(all);
            for (SluiceNode node : List.of(a, b, c)) {
                assertThat(node.uninspected()).isZero();
            }
        }
    }

    /** A third service between the two others, with a node at the host that classifies. */
    private static String withNodeAtA(String mode, int ipVersion) {
        return HostsNetwork.objects(mode, ipVersion).replace("profiles: [fw, ips]", "profiles: [fw, dlp, ips]")
                + "---\n" + Yaml.object("Service", "dlp", "{transport: raw}")
                + "---\n"
                + Yaml.object(
                        "ServiceInstance",
                        "dlp",
                        "{service: dlp, node: host-a, interfaces: {in: dlp-in, out: dlp-out}}");
    }

    /** Service index and TTL of each leg: each switch takes one from the TTL, the classifying one too (RFC 8300 2.2). */
    private static Map<String, String> legs(String mode) {
        return switch (mode) {
            case "direct" ->
                Map.of(
                        "forward AB", "255/63",
                        "forward BC", "254/62",
                        "forward CA", "253/61",
                        "reverse AC", "255/63",
                        "reverse CB", "254/62",
                        "reverse BA", "253/61");
            case "hub" ->
                Map.of(
                        "forward AB", "255/63",
                        "forward BA", "254/62",
                        "forward AC", "254/61",
                        "forward CA", "253/60",
                        "reverse AC", "255/63",
                        "reverse CA", "254/62",
                        "reverse AB", "254/61",
                        "reverse BA", "253/60");
            // With the node in between, which takes one from the index only, in either mode.
            case "BAC" ->
                Map.of(
                        "forward AB", "255/63",
                        "forward BA", "254/62",
                        "forward AC", "253/61",
                        "forward CA", "252/60",
                        "reverse AC", "255/63",
                        "reverse CA", "254/62",
                        "reverse AB", "253/61",
                        "reverse BA", "252/60");
            default -> throw new IllegalArgumentException(mode);
        };
    }

    /** What the hosts tell each other of their nodes: for the switch itself, without anything inside. */
    private static void assertMessages(List<Seen> messages) {
        assertThat(messages).isNotEmpty();
        for (Seen one : messages) {
            assertThat(one.get("_ws.malformed")).as(one.toString()).isEmpty();
            assertThat(one.get("geneve.proto_type")).isEqualTo("0x894f");
            assertThat(Long.decode(one.get("geneve.vni"))).isZero();
            assertThat(one.get("nsh.Obit")).isIn("1", "True");
            assertThat(Long.decode(one.get("nsh.nextproto"))).isZero();
        }
    }

    private static void assertSound(Seen one, int ipVersion) {
        assertThat(one.get("_ws.malformed")).as(one.toString()).isEmpty();
        assertThat(one.get("geneve.version")).isEqualTo("0");
        assertThat(one.get("geneve.flags.oam")).isIn("0", "False");
        assertThat(one.get("geneve.flags.critical")).isIn("0", "False");
        assertThat(one.get("geneve.proto_type")).isEqualTo("0x894f");
        assertThat(Long.decode(one.get("geneve.vni"))).isEqualTo(4096);
        assertThat(one.get("nsh.version")).isEqualTo("0");
        assertThat(one.get("nsh.Obit")).isIn("0", "False");
        assertThat(Long.decode(one.get("nsh.length"))).isIn(15L, 60L);
        assertThat(Long.decode(one.get("nsh.mdtype"))).isEqualTo(2);
        assertThat(Long.decode(one.get("nsh.nextproto"))).isEqualTo(3);
        assertThat(one.all("nsh.metadatatype").stream().map(Long::decode)).containsExactly(5L, 6L, 8L, 1L);
        assertThat(one.all("nsh.metadataclass").stream().map(Long::decode)).containsExactly(0L, 0L, 0L, 0xfff6L);
        assertThat(Long.parseLong(one.all("udp.srcport").getFirst())).isBetween(49_152L, 65_535L);
        assertThat(one.all("udp.dstport").getFirst()).isEqualTo("6081");
        assertThat(one.all(ipVersion == 4 ? "ip.ttl" : "ipv6.hlim").getFirst()).isEqualTo("64");
    }

    /** Tenant and classifying node are those of all packets; flow and path those of each flow and direction, and nobody else's. */
    private static void assertTheSameOnTheirWay(List<Seen> all) {
        Map<String, String> pathOf = new HashMap<>();
        for (Seen one : all) {
            assertThat(one.context(0)).as("tenant").isEqualTo(all.getFirst().context(0));
            assertThat(one.context(1)).as("node").isEqualTo(all.getFirst().context(1));
            boolean reverse = (Integer.parseInt(one.context(3).substring(2, 4), 16) & 0x80) != 0;
            assertThat(reverse).as("flag R of " + one).isNotEqualTo(one.isForward());
            String before = pathOf.putIfAbsent(one.isForward() ? "forward" : "reverse", one.get("nsh.spi"));
            assertThat(before == null ? one.get("nsh.spi") : before).isEqualTo(one.get("nsh.spi"));
        }
        assertThat(new HashSet<>(pathOf.values())).hasSize(2);
        Set<String> flows = new HashSet<>();
        all.forEach(one -> flows.add(one.context(2)));
        assertThat(flows).as("ping, UDP and TCP, IPv4 and IPv6").hasSizeGreaterThanOrEqualTo(6);
    }

    private static ProgramNode node(Namespace namespace) {
        return ProgramNode.start(
                (from, frame, sender) -> sender.send(1 - from, frame),
                namespace.interfaceNamed("in"),
                namespace.interfaceNamed("out"));
    }

    /** Nodes of both hosts have what is sent whole, and nobody fragments. */
    @ParameterizedTest
    @Cases(value = "6", more = "4")
    @Tag("long")
    void packetsOfOrdinarySizePassALargeUnderlay(int ipVersion) {
        String objects = HostsNetwork.objects("direct", ipVersion);
        try (HostsNetwork network = new HostsNetwork();
                ProgramNode fw = node(network.fw);
                ProgramNode ips = node(network.ips);
                EchoHost echo = EchoHost.start(network.server, 7);
                SluiceNode a = network.start(0, objects);
                SluiceNode b = network.start(1, objects);
                SluiceNode c = network.start(2, objects)) {
            for (String server : SERVERS) {
                Waits.until("the server answers", Duration.ofSeconds(10), () -> network.client.pings(server));
                int headers = server.contains(":") ? 48 : 28;
                assertThat(ping(network.client, server, 1500 - headers)).contains(" 0% packet loss");
                assertThat(TcpTransfer.echoes(network.client, server, 7, 20_000_000))
                        .isTrue();
            }
            assertThat(a.counter("icmpErrors") + b.counter("icmpErrors") + c.counter("icmpErrors"))
                    .isZero();
        }
    }

    /** Endpoints hear how much fits, and their transfers go on: there is no black hole. */
    @ParameterizedTest
    @Cases(
            value = "direct, 6, 1370",
            more = {"hub, 4, 1390", "direct, 4, 1390"})
    void endpointsLearnWhatFitsThroughAnOrdinaryUnderlay(String mode, int ipVersion, int mtu) {
        String objects = HostsNetwork.objects(mode, ipVersion);
        try (HostsNetwork network = new HostsNetwork(1500);
                ProgramNode fw = node(network.fw);
                ProgramNode ips = node(network.ips);
                EchoHost echo = EchoHost.start(network.server, 7);
                SluiceNode a = network.start(0, objects);
                SluiceNode b = network.start(1, objects);
                SluiceNode c = network.start(2, objects)) {
            for (String server : SERVERS) {
                Waits.until("the server answers", Duration.ofSeconds(10), () -> network.client.pings(server));
                // Both sides have to learn it: data goes there and back.
                assertThat(TcpTransfer.echoes(network.client, server, 7, 5_000_000))
                        .isTrue();
                int headers = server.contains(":") ? 48 : 28;
                assertThat(ping(network.client, server, mtu - headers)).contains(" 0% packet loss");
                assertThat(ping(network.client, server, mtu + 1 - headers)).containsPattern("mtu:? ?=? ?" + mtu);
                assertThat(network.server.exec("ip", "route", "get", server.contains(":") ? "fd00::1" : "10.0.0.1"))
                        .contains("mtu " + mtu);
            }
            assertThat(a.counter("icmpErrors")).isPositive();
        }
    }

    private static String ping(Namespace from, String to, int payloadBytes) {
        return from.exec("sh", "-c", "ping -n -c 2 -i 0.2 -W 2 -M do -s " + payloadBytes + " " + to + " 2>&1; true");
    }
}
