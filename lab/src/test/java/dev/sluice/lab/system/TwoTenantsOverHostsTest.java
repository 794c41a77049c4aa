package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.Waits;
import dev.sluice.lab.Wire;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Two tenants with the same addresses and ports, at one switch and served by one node of another host: no record, frame or counter ever crosses (V29 over hosts; issue 4, shows it).
 */
@Tag("system")
class TwoTenantsOverHostsTest {
    private static final int SOURCE_PORT = 4000;
    private static final int PACKETS = 150;

    private static Namespace host(HostsNetwork network, String name, String ownInterface, String address) {
        Namespace host = network.topology.namespace(name);
        Wire wire = network.topology.wire(host, "eth0", network.hosts.getFirst(), ownInterface);
        wire.a().address(address);
        wire.b().quiet();
        return host;
    }

    /** Red is the pair of {@link HostsNetwork} with the chain of both nodes; blue has the firewall only. */
    private static String objects(boolean tagged) {
        String red = HostsNetwork.objects("direct", 4);
        if (tagged) {
            red = red.replace(
                            Yaml.object("Service", "fw", "{transport: raw}"),
                            Yaml.object("Service", "fw", "{transport: vlan}"))
                    .replace(
                            "interfaces: {in: fw-in, out: fw-out}}",
                            "interfaces: {in: fw-in, out: fw-out}, policies: [{chain: both, in: {vlan: 11}}, {chain: blue, in: {vlan: 12}}]}");
        }
        return String.join(
                "---\n",
                red,
                Yaml.object("Port", "blue-left", "{node: host-a, interface: blue-left, peer: blue-right}"),
                Yaml.object("Port", "blue-right", "{node: host-a, interface: blue-right}"),
                Yaml.object("ServiceChain", "blue", "{profiles: [fw]}"),
                Yaml.policy("blue", "host-a/blue-left", "{name: blue, action: {chain: blue}}"));
    }

    private final Map<Long, Set<String>> tagsAtNode = new ConcurrentHashMap<>();

    private ProgramNode firewall(Namespace namespace) {
        return ProgramNode.start(
                (from, frame, sender) -> {
                    SeenFrame seen = SeenFrame.of(frame.bytes());
                    if (seen.id() != 0) {
                        tagsAtNode
                                .computeIfAbsent(seen.id(), _ -> ConcurrentHashMap.newKeySet())
                                .add(String.join(",", seen.vlans()));
                    }
                    sender.send(1 - from, frame);
                },
                namespace.interfaceNamed("in"),
                namespace.interfaceNamed("out"));
    }

    private Set<String> tags(Set<Long> ids) {
        Set<String> tags = new TreeSet<>();
        ids.forEach(id -> tags.addAll(tagsAtNode.getOrDefault(id, Set.of("never seen"))));
        return tags;
    }

    @Test
    void nothingOfOneTenantEverReachesTheOther() throws Exception {
        try (HostsNetwork network = new HostsNetwork()) {
            Namespace blueClient = host(network, "blue-client", "blue-left", "10.0.0.1/24");
            Namespace blueServer = host(network, "blue-server", "blue-right", "10.0.0.2/24");
            try (ProgramNode _ = firewall(network.fw);
                    ProgramNode _ =
                            ProgramNode.cable(network.ips.interfaceNamed("in"), network.ips.interfaceNamed("out"));
                    EchoHost redEcho = EchoHost.start(network.server, 7);
                    EchoHost blueEcho = EchoHost.start(blueServer, 7);
                    SluiceNode a = network.start(0, objects(true));
                    SluiceNode b = network.start(1, objects(true));
                    SluiceNode c = network.start(2, objects(true));
                    UdpFlow red = UdpFlow.open(network.client, "10.0.0.2", 7, SOURCE_PORT);
                    UdpFlow blue = UdpFlow.open(blueClient, "10.0.0.2", 7, SOURCE_PORT)) {
                a.awaitTold("fw");
                a.awaitTold("ips");
                b.awaitTold("ips");
                c.awaitTold("fw");
                List<UdpFlow.Account> accounts = together(red, blue);
                check(accounts, List.of(redEcho, blueEcho));
                // What the kernel repeated is counted a little later.
                Set<String> each = Set.of(
                        "both[fw,ips] [" + PACKETS + ", " + PACKETS + "]",
                        "blue[fw] [" + PACKETS + ", " + PACKETS + "]");
                Waits.until(
                        "all packets are counted: " + each,
                        Duration.ofSeconds(10),
                        () -> Set.copyOf(flows(a)).equals(each));
                assertThat(flows(a)).hasSize(2);
                assertThat(flows(b)).hasSize(2);
                assertThat(a.admin().rules().rules())
                        .extracting(rule -> rule.rule() + " " + rule.flows() + " " + rule.packets())
                        .contains("all/all 1 " + 2 * PACKETS, "blue/blue 1 " + 2 * PACKETS);

                // Without tags of their own nobody could tell what the node gives back: the one that comes second gets
                // nothing, and disturbs nobody.
                for (SluiceNode node : List.of(a, b, c)) {
                    node.configure(objects(false));
                }
                UdpFlow.Account redAlone = red.exchange(10);
                assertThat(redAlone.lost()).isZero();
                UdpFlow.Account second = blue.exchange(3, 100);
                assertThat(second.answered()).isEmpty();
                assertThat(b.dropped(DropReason.RETURN_AMBIGUOUS)).isPositive();
                assertThat(redEcho.ids()).doesNotContainAnyElementsOf(second.sent());
                assertThat(blueEcho.ids()).doesNotContainAnyElementsOf(redAlone.sent());
                assertThat(red.exchange(10).lost()).isZero();
            }
        }
    }

    private void check(List<UdpFlow.Account> accounts, List<EchoHost> echoes) {
        for (int i = 0; i < 2; i++) {
            UdpFlow.Account own = accounts.get(i);
            assertThat(own.lost()).isZero();
            assertThat(own.foreign()).isZero();
            assertThat(echoes.get(i).ids()).isEqualTo(own.sent());
            assertThat(tags(own.sent())).containsExactly("8100:" + (11 + i));
        }
    }

    private static List<UdpFlow.Account> together(UdpFlow red, UdpFlow blue) throws InterruptedException {
        Map<UdpFlow, UdpFlow.Account> accounts = new HashMap<>();
        List<Thread> threads = new ArrayList<>();
        for (UdpFlow flow : List.of(red, blue)) {
            threads.add(Thread.ofPlatform().start(() -> {
                UdpFlow.Account account = flow.exchange(PACKETS);
                synchronized (accounts) {
                    accounts.put(flow, account);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return List.of(accounts.get(red), accounts.get(blue));
    }

    private static List<String> flows(SluiceNode node) {
        return node.flowsOfPort(SOURCE_PORT).flows().stream()
                .map((FlowReport flow) -> flow.path() + " " + flow.packets())
                .toList();
    }
}
