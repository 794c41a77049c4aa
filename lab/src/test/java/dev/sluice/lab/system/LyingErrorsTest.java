package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.LabInterface;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.NatNode;
import dev.sluice.lab.ServiceNode;
import dev.sluice.lab.Waits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * ICMP errors that lie, from hosts on both sides and from the node itself, while flows are on their way (X6, RFC 5927): they move no record, end no connection and get past no node. What the host that is
 * lied to would believe comes to it by the way of the flow.
 */
@Tag("system")
class LyingErrorsTest {
    private static final int PORT = 7;
    private static final Duration COUNTED = Duration.ofSeconds(10);

    /** ICMP itself is inspected nowhere, so that what follows a flow is told from what does not. */
    private static final String[] RULES = {
        "{name: transport, match: {protocol: tcp}, action: {chain: fw}}",
        "{name: datagrams, match: {protocol: udp}, action: {chain: fw}}"
    };

    /** What differs between nodes. */
    private record Place(Network network, ServiceNode node, String yaml, boolean routed, boolean translates) {
        String client(boolean v4) {
            return routed ? v4 ? "10.1.0.2" : "fd01::2" : v4 ? "10.0.0.1" : "fd00::1";
        }

        String server(boolean v4) {
            return routed ? v4 ? "10.2.0.2" : "fd02::2" : v4 ? "10.0.0.2" : "fd00::2";
        }

        /** Whom the server takes for the client. */
        String shown(boolean v4) {
            return translates ? v4 ? "10.101.0.2" : "fd65::2" : client(v4);
        }

        String macBehind(LabInterface side) {
            if (routed) {
                return network.sluice
                        .interfaceNamed(side.equals(network.clientSide) ? "left" : "right")
                        .mac();
            }
            return (side.equals(network.clientSide) ? network.serverSide : network.clientSide).mac();
        }
    }

    private static Place place(String kind) {
        boolean routed = !kind.equals("bridge") && !kind.equals("wire");
        Network network = routed ? Network.routed() : Network.transparent();
        String ports = routed ? Yaml.ROUTER : Yaml.PAIR;
        return switch (kind) {
            case "bridge" ->
                new Place(
                        network,
                        network.bridge("fw"),
                        Yaml.of(ports, Yaml.bridge("fw"), Yaml.policy("all", "edge/left", RULES)),
                        false,
                        false);
            case "wire" ->
                new Place(
                        network,
                        network.bridge("bump"),
                        Yaml.of(
                                ports,
                                WireNodeTest.NODE,
                                Yaml.object("ServiceChain", "fw", "{profiles: [bump]}"),
                                Yaml.policy("all", "edge/left", RULES)),
                        false,
                        false);
            case "route" ->
                new Place(
                        network,
                        RoutingNodeTest.router(network, "10.1.0.0/24", "fd01::/64", "10.2.0.0/24", "fd02::/64"),
                        Yaml.of(ports, RoutingNodeTest.NODE, Yaml.policy("all", "r/left", RULES)),
                        true,
                        false);
            case "nat" -> {
                Namespace node = network.node("fw");
                LabInterface in =
                        node.interfaceNamed("in").address("10.100.0.2/24").address("fd64::2/64");
                LabInterface out =
                        node.interfaceNamed("out").address("10.101.0.2/24").address("fd65::2/64");
                NatNode nat = NatNode.create(in, out);
                node.route("10.1.0.0/24", "10.100.0.1").route("fd01::/64", "fd64::1");
                node.route("10.2.0.0/24", "10.101.0.1").route("fd02::/64", "fd65::1");
                yield new Place(
                        network,
                        nat,
                        Yaml.of(
                                ports,
                                Yaml.chainOfOne(
                                        "fw",
                                        "{transport: raw, forwarding: route, translation: learned}",
                                        RoutingNodeTest.SIDES),
                                Yaml.policy("all", "r/left, r/right", RULES)),
                        true,
                        true);
            }
            default -> throw new IllegalArgumentException(kind);
        };
    }

    @ParameterizedTest
    @Cases(
            value = {"bridge"},
            more = {"wire", "route", "nat", "bridge fast-path-tc", "route fast-path-tc"})
    void liesMoveNoFlowAndPassNoNode(String words) {
        String[] each = words.split(" ", -1);
        Place place = place(each[0]);
        String[] options = each.length > 1 ? new String[] {each[1]} : new String[0];
        try (Network network = place.network;
                EchoHost echo = EchoHost.start(network.server, PORT);
                SluiceNode sluice = SluiceNode.start(network.sluice, place.yaml, options)) {
            for (boolean v4 : new boolean[] {true, false}) {
                check(words, place, sluice, v4);
            }
            assertThat(sluice.uninspected()).isZero();
            assertThat(echo.datagramCount()).isPositive();
        }
    }

    /** Records by their ends, with what must not move. */
    private static Map<String, String> records(SluiceNode sluice) {
        return sluice.flows().stream()
                .filter(f -> f.protocol().equals("tcp") || f.protocol().equals("udp"))
                .collect(Collectors.toMap(
                        f -> f.protocol() + " " + f.source() + ":" + f.sourcePort() + ">" + f.destination() + ":"
                                + f.destinationPort(),
                        f -> f.state() + " " + f.rule() + " " + f.path() + " " + f.packets() + " " + f.bytes()));
    }

    private static void check(String kind, Place place, SluiceNode sluice, boolean v4) {
        Network network = place.network;
        assertThat(network.client.pings(place.server(v4))).isTrue();
        try (Witness atNode = Witness.start(place.node.in());
                Witness behindNode = Witness.start(place.node.out());
                Witness atClient = Witness.start(network.clientSide);
                Witness atServer = Witness.start(network.serverSide);
                UdpFlow flow = UdpFlow.open(network.client, place.server(v4), PORT);
                TcpTransfer connection = TcpTransfer.open(network.client, place.server(v4), PORT)) {
            assertThat(connection.echo(100_000)).isTrue();
            assertThat(flow.exchange(10).lost()).isZero();
            awaitCalm(sluice);
            Map<String, String> before = records(sluice);
            assertThat(before).hasSizeGreaterThanOrEqualTo(2);
            int connections = sluice.flows().size();

            Lies lies = new Lies(place, v4, atServer, flow.localPort(), connection.localPort());
            lies.tell();
            awaitAll(lies, atClient, atServer);
            Map<String, String> after = records(sluice);
            after.keySet().retainAll(before.keySet());
            assertThat(after).as("%s IPv%s", kind, v4 ? 4 : 6).isEqualTo(before);
            // Those about no flow are of flows of their own, one for each two hosts.
            assertThat(sluice.flows().size() - connections).isLessThan(12);

            Set<Long> inspected = new HashSet<>(passing(atNode));
            inspected.retainAll(passing(behindNode));
            Set<Long> arrived = new HashSet<>(errors(atClient));
            arrived.addAll(errors(atServer));
            arrived.retainAll(lies.ofFlows);
            Set<Long> past = new HashSet<>(arrived);
            past.removeAll(inspected);
            assertThat(past).as("errors about flows that passed by the node").isEmpty();

            assertThat(arrived)
                    .as("what goes with a flow comes to whom it is for")
                    .containsAll(lies.ofFlows);
            String route = network.client.configure("route", "get", place.server(v4));
            assertThat(route).as("the kernel believes what fits its flow").contains(" mtu ");

            assertThat(connection.echo(200_000)).isTrue();
            UdpFlow.Account account = flow.exchange(20);
            assertThat(account.lost()).isZero();
            assertThat(atNode.ids()).containsAll(account.sent());
            assertThat(TcpTransfer.echoes(network.client, place.server(v4), PORT, 50_000))
                    .isTrue();
            System.out.printf(
                    "%s, IPv%d: %d errors that lie, %d of them about flows; %d of these came to a host, all by the node; drops %s%n",
                    kind,
                    v4 ? 4 : 6,
                    lies.count,
                    lies.ofFlows.size(),
                    arrived.size(),
                    sluice.counters().drops());
        }
    }

    /** Until what TCP still had to say is said and counted. */
    private static void awaitCalm(SluiceNode sluice) {
        List<Map<String, String>> seen = new ArrayList<>(List.of(records(sluice)));
        long[] sinceNs = {System.nanoTime()};
        Waits.until("flows are quiet", COUNTED, () -> {
            Map<String, String> now = records(sluice);
            if (!now.equals(seen.getLast())) {
                seen.add(now);
                sinceNs[0] = System.nanoTime();
            }
            return System.nanoTime() - sinceNs[0] > 400_000_000L;
        });
    }

    /** The last ones told are about flows, and are believed: when they have come, so has what else comes. */
    private static void awaitAll(Lies lies, Witness atClient, Witness atServer) {
        Waits.until("what is to be believed has come", COUNTED, () -> {
            Set<Long> all = new HashSet<>(errors(atClient));
            all.addAll(errors(atServer));
            return all.containsAll(lies.last);
        });
    }

    private static Set<Long> errors(Witness witness) {
        return errors(witness.in(f -> true).stream());
    }

    /** Those that an interface of the node got or sent. */
    private static Set<Long> passing(Witness witness) {
        return errors(witness.all().stream().map(Witness.Sighting::frame));
    }

    private static Set<Long> errors(Stream<SeenFrame> frames) {
        return frames.filter(f -> f.protocol() == SeenFrame.ICMP || f.protocol() == SeenFrame.ICMPV6)
                .map(f -> ForgedErrors.idIn(f.bytes()))
                .filter(id -> id != 0)
                .collect(Collectors.toSet());
    }

    /** Everything that is told to both ends about two flows, and about some that there are not. */
    private static final class Lies {
        private final Place place;
        private final boolean v4;
        private final Witness atServer;
        private final int udpPort;
        private final int tcpPort;
        private final Set<Long> ofFlows = new HashSet<>();
        private final Set<Long> last = new HashSet<>();
        private int count;

        Lies(Place place, boolean v4, Witness atServer, int udpPort, int tcpPort) {
            this.place = place;
            this.v4 = v4;
            this.atServer = atServer;
            this.udpPort = udpPort;
            this.tcpPort = tcpPort;
        }

        void tell() {
            LabInterface right = place.network.serverSide;
            LabInterface left = place.network.clientSide;
            // To the client, about what the server got from it; to the server, about what it sent.
            ForgedErrors.Quoted tcp = tcpAtServer();
            ForgedErrors.Quoted udp = udpAtServer();
            for (ForgedErrors.Quoted flow : List.of(tcp, udp)) {
                fromHost(right, flow, true);
                ForgedErrors.Quoted answer = answerAtClient(flow);
                fromHost(left, answer, true);
                // About themselves: the wrong way round, so that nobody's packet is quoted to who sent it.
                fromHost(right, answer, false);
                fromHost(left, flow, false);
                for (ForgedErrors.Quoted none : none(flow)) {
                    fromHost(right, none, false);
                }
                for (ForgedErrors.Quoted none : none(answer)) {
                    fromHost(left, none, false);
                }
                fromNode(flow);
            }
            last(right, udp);
            last(left, answerAtClient(udp));
        }

        private ForgedErrors.Quoted udpAtServer() {
            SeenFrame seen = atServer.in(f -> f.protocol() == SeenFrame.UDP && f.destinationPort() == PORT)
                    .getLast();
            return new ForgedErrors.Quoted(
                    place.shown(v4), place.server(v4), SeenFrame.UDP, seen.sourcePort(), PORT, 0);
        }

        /** With a sequence number that was really sent, which hosts believe. */
        private ForgedErrors.Quoted tcpAtServer() {
            SeenFrame seen = atServer.in(f -> f.protocol() == SeenFrame.TCP && f.destinationPort() == PORT)
                    .getLast();
            int at = 14 + (v4 ? 20 : 40) + 4;
            byte[] f = seen.bytes();
            int sequence = ((f[at] & 0xff) << 24)
                    | ((f[at + 1] & 0xff) << 16)
                    | ((f[at + 2] & 0xff) << 8)
                    | (f[at + 3] & 0xff);
            return new ForgedErrors.Quoted(
                    place.shown(v4), place.server(v4), SeenFrame.TCP, seen.sourcePort(), PORT, sequence);
        }

        /** The answer to a flow as the client gets it. */
        private ForgedErrors.Quoted answerAtClient(ForgedErrors.Quoted flow) {
            int port = flow.protocol() == SeenFrame.UDP ? udpPort : tcpPort;
            return new ForgedErrors.Quoted(
                    place.server(v4), place.client(v4), flow.protocol(), PORT, port, flow.sequence());
        }

        /** Packets of no flow, each like one that is. */
        private static List<ForgedErrors.Quoted> none(ForgedErrors.Quoted flow) {
            int other = flow.sourcePort() == PORT ? 40_001 : PORT;
            return List.of(
                    flow.ports(flow.sourcePort() ^ 1, flow.destinationPort()),
                    flow.ports(flow.sourcePort(), flow.destinationPort() ^ 1),
                    flow.ports(flow.destinationPort(), flow.sourcePort()),
                    flow.ports(0, other),
                    flow.protocol(132));
        }

        private void fromHost(LabInterface from, ForgedErrors.Quoted about, boolean ofFlow) {
            String mac = from.mac();
            String to = place.macBehind(from);
            List<byte[]> frames = new ArrayList<>();
            String liar =
                    from.equals(place.network.clientSide) ? v4 ? "10.9.9.1" : "fd99::1" : v4 ? "10.9.9.9" : "fd99::9";
            for (ForgedErrors.Message message : ForgedErrors.messages(v4)) {
                long id = Payload.newId();
                byte[] quote = ForgedErrors.quote(about, id);
                frames.add(ForgedErrors.frame(mac, to, liar, about.source(), message, quote));
                if (ofFlow && follows(message)) {
                    ofFlows.add(id);
                }
            }
            ForgedErrors.Message tooBig = new ForgedErrors.Message(v4 ? 3 : 2, v4 ? 4 : 0, 68);
            byte[] quote = ForgedErrors.quote(about, Payload.newId());
            int header = v4 ? 20 : 40;
            // Cut off at every place; with a header that is longer than the error; about an error.
            for (int bytes = 0; bytes < header + 8; bytes += 3) {
                byte[] cut = Arrays.copyOf(quote, bytes);
                frames.add(ForgedErrors.frame(mac, to, liar, about.source(), tooBig, cut));
            }
            byte[] broken = quote.clone();
            broken[v4 ? 0 : 6] = (byte) (v4 ? 0x4f : 60);
            frames.add(ForgedErrors.frame(mac, to, liar, about.source(), tooBig, broken));
            byte[] error = ForgedErrors.frame(mac, to, about.source(), about.destination(), tooBig, quote);
            byte[] aboutError = Arrays.copyOfRange(error, 14, error.length);
            frames.add(ForgedErrors.frame(mac, to, liar, about.source(), tooBig, aboutError));
            // To somebody who did not send it, and from the end itself.
            frames.add(ForgedErrors.frame(mac, to, liar, about.destination(), tooBig, quote));
            frames.add(ForgedErrors.frame(mac, to, about.source(), about.source(), tooBig, quote));
            ForgedErrors.send(from, frames);
            count += frames.size();
        }

        /** Errors that the node itself makes up, out of both its sides, in the name of the other end. */
        private void fromNode(ForgedErrors.Quoted flow) {
            if (place.routed) {
                return;
            }
            for (LabInterface side : List.of(place.node.in(), place.node.out())) {
                List<byte[]> frames = new ArrayList<>();
                for (ForgedErrors.Quoted about :
                        List.of(flow, flow.turned(), flow.ports(9, 9), flow.from("10.0.0.77"))) {
                    if (about.source().contains(":") == v4) {
                        continue;
                    }
                    for (ForgedErrors.Message message : ForgedErrors.messages(v4)) {
                        byte[] quote = ForgedErrors.quote(about, 0);
                        frames.add(ForgedErrors.frame(
                                place.network.serverSide.mac(),
                                place.network.clientSide.mac(),
                                place.server(v4),
                                about.source(),
                                message,
                                quote));
                    }
                }
                ForgedErrors.send(side, frames);
                count += frames.size();
            }
        }

        private void last(LabInterface from, ForgedErrors.Quoted about) {
            ForgedErrors.Message tooBig = new ForgedErrors.Message(v4 ? 3 : 2, v4 ? 4 : 0, v4 ? 1000 : 1300);
            long id = Payload.newId();
            String liar =
                    from.equals(place.network.clientSide) ? v4 ? "10.9.9.1" : "fd99::1" : v4 ? "10.9.9.9" : "fd99::9";
            byte[] frame = ForgedErrors.frame(
                    from.mac(), place.macBehind(from), liar, about.source(), tooBig, ForgedErrors.quote(about, id));
            ForgedErrors.send(from, List.of(frame));
            ofFlows.add(id);
            last.add(id);
            count++;
        }

        private boolean follows(ForgedErrors.Message message) {
            return v4
                    ? message.type() == 3 || message.type() == 11 || message.type() == 12
                    : message.type() >= 1 && message.type() <= 4;
        }
    }
}
