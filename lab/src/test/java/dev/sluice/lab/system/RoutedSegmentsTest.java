package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Topology;
import dev.sluice.lab.Wire;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two segments over two hosts with a router between them that is on both (C1). Tenants: web-1 and db-2 at host A, web-2 and db-1 at host B.
 */
@Tag("system")
class RoutedSegmentsTest {
    private static final int UNDERLAY_MTU = 1700;

    private final List<Namespace> hosts = new ArrayList<>();

    private void hosts(Topology topology) {
        Namespace fabric = topology.namespace("fabric");
        fabric.configure("link", "add", "dev", "br0", "mtu", Integer.toString(UNDERLAY_MTU), "type", "bridge");
        fabric.configure("link", "set", "dev", "br0", "up");
        for (String name : List.of("a", "b")) {
            Namespace host = topology.namespace("host-" + name);
            hosts.add(host);
            topology.wire(host, "underlay", fabric, "to-" + name).a().quiet();
            host.configure("link", "set", "dev", "underlay", "mtu", Integer.toString(UNDERLAY_MTU));
            fabric.configure(
                    "link", "set", "dev", "to-" + name, "mtu", Integer.toString(UNDERLAY_MTU), "master", "br0");
        }
    }

    private Namespace tenant(Topology topology, String name, int host, int net, int number) {
        Namespace tenant = topology.namespace(name);
        Wire wire = topology.wire(tenant, "eth0", hosts.get(host), name);
        wire.b().quiet();
        wire.a().address("10." + net + ".0." + number + "/24").address("fd0" + net + "::" + number + "/64");
        tenant.route("default", "10." + net + ".0.254");
        tenant.route("default", "fd0" + net + "::fe");
        return tenant;
    }

    private static String objects() {
        List<String> all = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            String host = "host-" + (char) ('a' + i);
            String endpoint = "192.0.2." + (i + 1);
            all.add(Yaml.object(
                    "Node", host, "{tracker: {connectionsMax: 16384}, underlay: {address: " + endpoint + "}}"));
            all.add(Yaml.object("Port", "underlay-" + i, "{node: " + host + ", interface: underlay}"));
            all.add(Yaml.object(
                    "LogicalRouter",
                    "underlay-" + i,
                    "{node: " + host + ", interfaces: [{port: underlay-" + i + ", addresses: [" + endpoint
                            + "/24]}]}"));
        }
        all.add(Yaml.object("LogicalSwitch", "web", "{vni: 5001}"));
        all.add(Yaml.object("LogicalSwitch", "db", "{vni: 5002}"));
        all.add(Yaml.object(
                "LogicalRouter",
                "tenant",
                "{interfaces: [{switch: web, addresses: [10.1.0.254/24, \"fd01::fe/64\"]}, "
                        + "{switch: db, addresses: [10.2.0.254/24, \"fd02::fe/64\"]}]}"));
        for (String port : List.of("web-1 a", "web-2 b", "db-1 b", "db-2 a")) {
            String name = port.substring(0, port.indexOf(' '));
            String segment = name.substring(0, name.indexOf('-'));
            all.add(Yaml.object(
                    "Port",
                    name,
                    "{node: host-" + port.substring(port.indexOf(' ') + 1) + ", interface: " + name + ", switch: "
                            + segment + "}"));
        }
        return String.join("---\n", all);
    }

    private static void check(Namespace from, Witness to, String server) {
        assertThat(from.pings(server)).as(from + " to " + server).isTrue();
        try (UdpFlow flow = UdpFlow.open(from, server, 7)) {
            UdpFlow.Account account = flow.exchange(50);
            assertThat(account.lost()).isZero();
            List<SeenFrame> seen = to.in(frame -> account.sent().contains(frame.id()));
            assertThat(seen).hasSize(50).allMatch(frame -> frame.ttl() == 63);
        }
        assertThat(TcpTransfer.echoes(from, server, 7, 1_000_000)).isTrue();
    }

    private static String gateway(Namespace tenant, String address) {
        String text = tenant.configure("neigh", "show", address);
        return text.replaceAll("(?s).*lladdr (\\S+).*", "$1");
    }

    @Test
    void packetsAreRoutedOnTheHostWhereTheyComeIn() {
        try (Topology topology = Topology.create()) {
            hosts(topology);
            Namespace web1 = tenant(topology, "web-1", 0, 1, 1);
            Namespace web2 = tenant(topology, "web-2", 1, 1, 2);
            Namespace db1 = tenant(topology, "db-1", 1, 2, 1);
            Namespace db2 = tenant(topology, "db-2", 0, 2, 2);
            try (EchoHost first = EchoHost.start(db1, 7);
                    EchoHost second = EchoHost.start(db2, 7);
                    Witness atDb1 = Witness.start(db1.interfaceNamed("eth0"));
                    Witness atDb2 = Witness.start(db2.interfaceNamed("eth0"));
                    SluiceNode a = SluiceNode.startAs(hosts.get(0), "host-a", objects());
                    SluiceNode b = SluiceNode.startAs(hosts.get(1), "host-b", objects())) {
                for (String gateway : List.of("10.1.0.254", "fd01::fe")) {
                    assertThat(web1.pings(gateway)).isTrue();
                    assertThat(web2.pings(gateway)).isTrue();
                    assertThat(gateway(web1, gateway))
                            .isEqualTo(gateway(web2, gateway))
                            .startsWith("02:");
                }
                for (Namespace web : List.of(web1, web2)) {
                    check(web, atDb1, "10.2.0.1");
                    check(web, atDb1, "fd02::1");
                    check(web, atDb2, "10.2.0.2");
                    check(web, atDb2, "fd02::2");
                }
                assertThat(a.dropped(DropReason.SEGMENT_LOOP) + b.dropped(DropReason.SEGMENT_LOOP))
                        .isZero();
                assertThat(first.datagramCount() + second.datagramCount()).isEqualTo(400);
            }
        }
    }

    @Test
    void servedPacketsAreRoutedWhereTheyComeOutIfToldToGoStraightOn() {
        String served = String.join(
                "---\n",
                objects(),
                Yaml.object("Service", "fw", "{transport: raw}"),
                Yaml.object(
                        "ServiceInstance", "fw", "{service: fw, node: host-b, interfaces: {in: fw-in, out: fw-out}}"),
                Yaml.object("ServiceChain", "inspect", "{profiles: [fw], afterLast: destination}"),
                Yaml.policy("all", "host-a/web-1", "{name: all, action: {chain: inspect}}"));
        try (Topology topology = Topology.create()) {
            hosts(topology);
            Namespace web1 = tenant(topology, "web-1", 0, 1, 1);
            Namespace db1 = tenant(topology, "db-1", 1, 2, 1);
            Namespace db2 = tenant(topology, "db-2", 0, 2, 2);
            Namespace fw = topology.namespace("fw");
            topology.wire(fw, "in", hosts.get(1), "fw-in").b().quiet();
            topology.wire(fw, "out", hosts.get(1), "fw-out").b().quiet();
            try (ProgramNode node = ProgramNode.start(
                            (from, frame, sender) -> sender.send(1 - from, frame),
                            fw.interfaceNamed("in"),
                            fw.interfaceNamed("out"));
                    EchoHost first = EchoHost.start(db1, 7);
                    EchoHost second = EchoHost.start(db2, 7);
                    Witness atDb1 = Witness.start(db1.interfaceNamed("eth0"));
                    Witness atDb2 = Witness.start(db2.interfaceNamed("eth0"));
                    SluiceNode a = SluiceNode.startAs(hosts.get(0), "host-a", served);
                    SluiceNode b = SluiceNode.startAs(hosts.get(1), "host-b", served)) {
                a.awaitTold("fw");
                check(web1, atDb1, "10.2.0.1");
                check(web1, atDb1, "fd02::1");
                // Back at the host where it came in: there is where it goes.
                check(web1, atDb2, "10.2.0.2");
                long before = StraightOnTest.framesInto(hosts.getFirst());
                long passed = node.datagramCount();
                try (UdpFlow flow = UdpFlow.open(web1, "10.2.0.1", 7)) {
                    assertThat(flow.exchange(100).lost()).isZero();
                }
                assertThat(node.datagramCount() - passed).isEqualTo(200);
                // The answers, before and behind the firewall; the requests do not come back.
                assertThat(StraightOnTest.framesInto(hosts.getFirst()) - before).isBetween(200L, 250L);
                assertThat(a.uninspected() + b.uninspected()).isZero();
                assertThat(first.datagramCount() + second.datagramCount()).isPositive();
            }
        }
    }

    @Test
    @Tag("long")
    void tenantsOfAllHostsReachTheOutsideByARouterOnOneOfThem() {
        String outside = String.join(
                "---\n",
                objects()
                        .replace(
                                "{interfaces: [{switch: web",
                                "{routes: [{prefix: 0.0.0.0/0, via: [10.1.0.253]}], interfaces: [{switch: web"),
                Yaml.object("Port", "uplink", "{node: host-a, interface: uplink}"),
                Yaml.object(
                        "LogicalRouter",
                        "edge",
                        "{node: host-a, interfaces: [{switch: web, addresses: [10.1.0.253/24]}, {port: uplink, addresses: [203.0.113.1/24]}], "
                                + "routes: [{prefix: 10.2.0.0/24, via: [10.1.0.254]}]}"));
        try (Topology topology = Topology.create()) {
            hosts(topology);
            List<Namespace> tenants = List.of(
                    tenant(topology, "web-1", 0, 1, 1),
                    tenant(topology, "web-2", 1, 1, 2),
                    tenant(topology, "db-1", 1, 2, 1),
                    tenant(topology, "db-2", 0, 2, 2));
            Namespace far = topology.namespace("outside");
            Wire wire = topology.wire(far, "eth0", hosts.getFirst(), "uplink");
            wire.b().quiet();
            wire.a().address("203.0.113.2/24");
            far.route("10.0.0.0/8", "203.0.113.1");
            try (EchoHost _ = EchoHost.start(far, 7);
                    SluiceNode a = SluiceNode.startAs(hosts.get(0), "host-a", outside);
                    SluiceNode b = SluiceNode.startAs(hosts.get(1), "host-b", outside)) {
                for (Namespace tenant : tenants) {
                    assertThat(TcpTransfer.echoes(tenant, "203.0.113.2", 7, 100_000))
                            .as(tenant.toString())
                            .isTrue();
                }
                assertThat(a.dropped(DropReason.SEGMENT_LOOP) + b.dropped(DropReason.SEGMENT_LOOP))
                        .isZero();
            }
        }
    }
}
