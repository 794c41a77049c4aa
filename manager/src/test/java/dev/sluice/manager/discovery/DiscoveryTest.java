package dev.sluice.manager.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.discovery.Found.FoundPort;
import dev.sluice.manager.discovery.Sought.Instance;
import dev.sluice.manager.discovery.Sought.Profile;
import dev.sluice.model.PortProfile;
import dev.sluice.model.ReadObject;
import dev.sluice.southbound.Interface;
import dev.sluice.southbound.Interfaces;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What is found where, and where it has gone (C9, C10). */
class DiscoveryTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private final Discovery discovery = new Discovery(0);
    private final Map<String, Integer> indices = new HashMap<>();
    private long nowNs = SECOND_NS;

    private static Profile profile(String name, String tenant, String spec) {
        String text =
                "{apiVersion: sluice.dev/v1, kind: PortProfile, metadata: {name: " + name + "}, spec: " + spec + "}";
        PortProfile read = (PortProfile) ReadObject.read(text).orElseThrow().resource();
        return new Profile(name, tenant, read.spec(), read.spec().discover().orElseThrow());
    }

    private static final Profile WORKLOADS =
            profile("web", "", "{chain: inspect, switch: lan, discover: {aliases: ['vm-*']}}");

    private static Instance instance(String name, String identifier) {
        return new Instance(
                name,
                name.startsWith("acme.") ? "acme" : "",
                "",
                identifier,
                Optional.empty(),
                false,
                Optional.empty());
    }

    private static Sought sought(List<Profile> profiles, Instance... instances) {
        Map<String, Instance> nodes = new TreeMap<>();
        for (Instance each : instances) {
            nodes.put(each.name(), each);
        }
        return new Sought(profiles, nodes, Map.of(), Map.of(), Set.of(), Set.of(), Set.of());
    }

    private Interface seen(String name, String alias) {
        return Interface.newBuilder()
                .setName(name)
                .setAlias(alias)
                .setWorks(true)
                .setMac(0x02_00_00_00_00_07L)
                .setIndex(indices.merge(name, 1, Integer::sum))
                .build();
    }

    private void connect(String node, Interface... all) {
        discovery.connected(node, nowNs);
        discovery.told(
                node,
                Interfaces.newBuilder().setWhole(true).addAllSeen(List.of(all)).build(),
                nowNs);
    }

    private void appears(String node, Interface... all) {
        discovery.told(node, Interfaces.newBuilder().addAllSeen(List.of(all)).build(), nowNs);
    }

    private void vanishes(String node, String... names) {
        discovery.told(node, Interfaces.newBuilder().addAllGone(List.of(names)).build(), nowNs);
    }

    private Found look() {
        return discovery.look(nowNs);
    }

    private Map<String, String> portPlaces() {
        Map<String, String> places = new TreeMap<>();
        look().ports().forEach((name, port) -> places.put(name, port.place().toString()));
        return places;
    }

    private String node(String name) {
        return String.valueOf(look().nodes().get(name));
    }

    @Test
    void interfaceBecomesAPortOfItsProfileAndGoesAgainASecondAfterItVanished() {
        discovery.seek(sought(List.of(WORKLOADS)));
        connect("a");
        assertThat(portPlaces()).isEmpty();
        appears("a", seen("tap0", "vm-1"), seen("tap1", "other"));
        assertThat(look().ports())
                .containsExactly(
                        Map.entry("vm-1", new FoundPort(Place.of("a", "tap0"), "web", Optional.of("lan"), "vm-1")));
        vanishes("a", "tap0");
        assertThat(portPlaces()).containsOnlyKeys("vm-1");
        assertThat(look().againNs()).contains(nowNs + SECOND_NS);
        nowNs += SECOND_NS;
        assertThat(portPlaces()).isEmpty();
    }

    @Test
    void portGoesWhereItsAliasGoesAtOnce() {
        discovery.seek(sought(List.of(WORKLOADS)));
        connect("a", seen("tap0", "vm-1"));
        connect("b");
        assertThat(portPlaces()).containsEntry("vm-1", "a/tap0");
        vanishes("a", "tap0");
        appears("b", seen("tap9", "vm-1"));
        assertThat(portPlaces()).containsEntry("vm-1", "b/tap9");
    }

    @Test
    void firstOfTwoCountsUntilItIsGoneOrDown() {
        discovery.seek(sought(List.of(), instance("fw-1", "fw")));
        connect("b", seen("t1", "sluice:fw"));
        assertThat(node("fw-1")).isEqualTo("b/t1");
        nowNs += 1;
        connect("c", seen("t2", "sluice:fw"));
        Found both = look();
        assertThat(both.nodes()).containsEntry("fw-1", Place.of("b", "t1"));
        assertThat(both.notices().get("ServiceInstance/fw-1")).contains("b/t1").contains("c/t2");
        Interface down =
                seen("t1", "sluice:fw").toBuilder().setWorks(false).setIndex(1).build();
        appears("b", down);
        assertThat(node("fw-1")).isEqualTo("c/t2");
        appears("b", down.toBuilder().setWorks(true).build());
        assertThat(node("fw-1")).isEqualTo("c/t2");
        vanishes("c", "t2");
        assertThat(node("fw-1")).isEqualTo("b/t1");
    }

    @Test
    void nodeWithTwoSidesNeedsBothOnOneHost() {
        discovery.seek(sought(List.of(), instance("fw-1", "fw")));
        connect("b", seen("i", "sluice:fw/in"));
        connect("c", seen("o", "sluice:fw/out"));
        Found found = look();
        assertThat(found.nodes()).isEmpty();
        assertThat(found.notices().get("ServiceInstance/fw-1")).contains("none of its side");
        appears("b", seen("o", "edge sluice:fw/out"));
        assertThat(look().nodes()).containsEntry("fw-1", new Place("b", "i", Optional.of("o")));
    }

    @Test
    void profileMayNameTheNodeInsteadOfTheAlias() {
        Profile profile = profile("fw-port", "", "{serviceNode: fw, discover: {interfaces: fw0, nodes: b}}");
        discovery.seek(sought(List.of(profile), instance("fw-1", "fw")));
        connect("a", seen("fw0", ""));
        assertThat(look().nodes()).isEmpty();
        connect("b", seen("fw0", ""));
        assertThat(node("fw-1")).isEqualTo("b/fw0");
    }

    /** Who owns a profile must not become a node that belongs to others. */
    @Test
    void profileOfATenantNamesNodesOfTheTenantOnly() {
        Profile ofAcme = profile("acme.vms", "acme", "{serviceNode: fw, discover: {interfaces: fw0}}");
        discovery.seek(sought(List.of(ofAcme), instance("fw-1", "fw")));
        connect("a", seen("fw0", ""));
        Found found = look();
        assertThat(found.nodes()).isEmpty();
        assertThat(found.notices().get("a/fw0")).contains("tenant acme").contains("service node fw is not");
        discovery.seek(sought(List.of(ofAcme), instance("bolt.fw", "fw")));
        assertThat(look().nodes()).isEmpty();
        discovery.seek(sought(List.of(ofAcme), instance("acme.fw", "fw")));
        assertThat(node("acme.fw")).isEqualTo("a/fw0");
        // What the interface itself says is said by whoever runs the host.
        discovery.seek(sought(List.of(ofAcme), instance("fw-1", "ips")));
        appears("a", seen("t1", "sluice:ips"));
        assertThat(node("fw-1")).isEqualTo("a/t1");
    }

    @Test
    void hostThatIsAwayKeepsWhatItHadUntilItIsSeenElsewhereForTenSeconds() {
        discovery.seek(sought(List.of(WORKLOADS)));
        connect("a", seen("tap0", "vm-1"));
        look();
        discovery.lost("a", nowNs);
        nowNs += 3_600 * SECOND_NS;
        assertThat(portPlaces()).containsEntry("vm-1", "a/tap0");
        discovery.connected("a", nowNs);
        discovery.lost("a", nowNs);
        connect("b", seen("tap1", "vm-1"));
        nowNs += 9 * SECOND_NS;
        assertThat(portPlaces()).containsEntry("vm-1", "a/tap0");
        nowNs += SECOND_NS;
        assertThat(portPlaces()).containsEntry("vm-1", "b/tap1");
    }

    @Test
    void whatWasFoundBeforeTheManagerStartedStaysUntilItsHostSpeaks() {
        FoundPort port = new FoundPort(Place.of("a", "tap0"), "web", Optional.of("lan"), "vm-1");
        Instance fw = new Instance("fw-1", "", "", "fw", Optional.empty(), false, Optional.of(Place.of("a", "t1")));
        discovery.seek(new Sought(
                List.of(WORKLOADS), Map.of("fw-1", fw), Map.of("vm-1", port), Map.of(), Set.of(), Set.of(), Set.of()));
        connect("b", seen("tap5", "vm-1"));
        nowNs = Choice.START_NS - 1;
        assertThat(portPlaces()).containsEntry("vm-1", "a/tap0");
        assertThat(look().againNs()).contains(Choice.START_NS);
        vanishes("b", "tap5");
        nowNs += 60 * SECOND_NS;
        assertThat(portPlaces()).containsEntry("vm-1", "a/tap0");
        discovery.connected("a", nowNs);
        assertThat(node("fw-1")).isEqualTo("a/t1");
        connect("a", seen("tap0", "vm-1"));
        look();
        nowNs += SECOND_NS;
        assertThat(portPlaces()).containsEntry("vm-1", "a/tap0");
        assertThat(look().nodes()).isEmpty();
    }

    @Test
    void interfaceThatComesAndGoesHasToStayBeforeItCounts() {
        discovery.seek(sought(List.of(WORKLOADS)));
        connect("a");
        for (int i = 0; i < Flapping.FREE; i++) {
            appears("a", seen("tap0", "vm-1"));
            assertThat(portPlaces()).containsOnlyKeys("vm-1");
            vanishes("a", "tap0");
            look();
            nowNs += SECOND_NS;
            assertThat(portPlaces()).isEmpty();
        }
        appears("a", seen("tap0", "vm-1"));
        Found held = look();
        assertThat(held.ports()).isEmpty();
        assertThat(held.notices().get("a/tap0")).contains("comes and goes").contains("5 s");
        assertThat(held.againNs()).contains(nowNs + 5 * SECOND_NS);
        nowNs += 5 * SECOND_NS;
        assertThat(portPlaces()).containsOnlyKeys("vm-1");
    }

    @Test
    void leavesAloneWhatCarriesSomethingOrIsSomebodys() {
        Sought sought = new Sought(
                List.of(profile("all", "", "{chain: inspect, discover: {interfaces: '*'}}")),
                Map.of(),
                Map.of(),
                Map.of(),
                Set.of("a/eth1", "/eth2"),
                Set.of("a-tap7"),
                Set.of());
        discovery.seek(sought);
        Interface uplink = seen("eth0", "").toBuilder()
                .setInUse("carries the IPv4 default route")
                .build();
        connect("a", uplink, seen("eth1", ""), seen("eth2", ""), seen("tap7", ""), seen("tap8", ""));
        Found found = look();
        assertThat(found.ports()).containsOnlyKeys("a-tap8");
        assertThat(found.notices().get("a/eth0")).contains("left alone").contains("default route");
        assertThat(found.notices().get("a/tap7")).contains("Port/a-tap7");
    }

    @Test
    void saysWhichNodesNobodyKnowsAndWhichIdentifierTwoHave() {
        discovery.seek(sought(List.of(), instance("fw-1", "fw"), instance("fw-2", "fw")));
        connect("b", seen("t1", "sluice:fw"), seen("t2", "sluice:ips"));
        Found found = look();
        assertThat(found.nodes()).containsOnlyKeys("fw-1");
        assertThat(found.notices().get("ServiceInstance/fw-2")).contains("ServiceInstance/fw-1");
        assertThat(found.notices().get("b/t2")).contains("ips").contains("no ServiceInstance");
    }

    @Test
    void namesFollowWhatStaysTheSameAndStayInTheTenantOfTheProfile() {
        Profile tenants = profile("acme.web", "acme", "{chain: c, discover: {aliases: '*'}}");
        Profile byMac = profile("by-mac", "", "{chain: c, discover: {macs: '02:*'}}");
        assertThat(PortNaming.name(tenants, "a", seen("x", "vm-1"))).isEqualTo("acme.vm-1");
        assertThat(PortNaming.name(tenants, "a", seen("x", "other.vm")))
                .startsWith("acme.other-vm-")
                .hasSize("acme.other-vm-".length() + 8);
        assertThat(PortNaming.name(byMac, "a", seen("x", "vm-1"))).isEqualTo("mac-02-00-00-00-00-07");
        assertThat(PortNaming.name(tenants, "a", seen("x", "V".repeat(200)))).hasSize(63);
        assertThat(PortNaming.name(tenants, "a", seen("x", "é"))).matches("acme\\.[0-9a-f]{8}");
    }

    @Test
    void thousandsOfInterfacesAreFoundInOneLookAndNoMoreThanAHostCanTake() {
        discovery.seek(sought(List.of(WORKLOADS)));
        Interface[] many = new Interface[3_000];
        for (int i = 0; i < many.length; i++) {
            many[i] = seen("tap" + i, "vm-" + i);
        }
        connect("a", many);
        connect("b", seen("tap", "vm-b"));
        Found found = look();
        assertThat(found.ports()).hasSize(Discovery.PORTS_PER_NODE_MAX + 1).containsKey("vm-b");
        assertThat(found.notices().values()).anyMatch(text -> text.contains("1024 ports"));
        Map<String, FoundPort> before = found.ports();
        appears("a", seen("early", "vm-0000"));
        assertThat(look().ports()).isEqualTo(before);
    }
}
