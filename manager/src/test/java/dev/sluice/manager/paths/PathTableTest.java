package dev.sluice.manager.paths;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.objects.Generated;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.southbound.PathHop;
import dev.sluice.southbound.PathState;
import dev.sluice.southbound.Paths;
import dev.sluice.southbound.RoutingState;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** From what hosts tell of paths to ServicePath objects (X3, V16). */
class PathTableTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private final Inventory inventory =
            new Inventory(new MemoryStore(), InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z")));
    private final RoutingWords routing = new RoutingWords();
    private PathTable table = new PathTable(routing);

    private static PathState path(String chain, String state, String reason, String firewallAt, boolean alive) {
        return PathState.newBuilder()
                .setChain(chain)
                .setName(chain + "[fw-1]")
                .setSpi(77)
                .setReverseSpi(78)
                .setSvni(5_000)
                .setMode("direct")
                .addHops(PathHop.newBuilder()
                        .setService("firewall")
                        .setInstance("fw-1")
                        .setNode(firewallAt)
                        .setVisits("both")
                        .setAlive(alive))
                .setState(state)
                .setReason(reason)
                .build();
    }

    private void told(String node, PathState... paths) {
        table.told(node, Paths.newBuilder().addAllPaths(List.of(paths)).build());
    }

    private Map<String, ManagedObject> stored() {
        return Generated.of(Kind.SERVICE_PATH, inventory.generated().all(0));
    }

    private void write(Instant now) {
        inventory.generated().become(Kind.SERVICE_PATH, stored(), table.objects(stored(), now), List.of());
    }

    private JsonNode only() {
        assertThat(stored()).hasSize(1);
        return stored().values().iterator().next().shown();
    }

    @Test
    void hostsThatKnowAPathAreOneObjectWithTheHostsOfItsNodes() {
        told("host-a", path("inspect", "in use", "", "host-b", true));
        told("host-b", path("inspect", "in use", "", "", true));
        write(NOON);
        JsonNode object = only();
        assertThat(object.path("metadata").path("name").asString()).matches("inspect-[0-9a-f]{10}");
        assertThat(object.path("spec").toString())
                .isEqualTo("{\"chain\":\"inspect\",\"path\":\"inspect[fw-1]\",\"spi\":77,\"reverseSpi\":78,"
                        + "\"svni\":5000,\"mode\":\"direct\",\"hops\":[{\"service\":\"firewall\",\"instance\":\"fw-1\","
                        + "\"node\":\"host-b\",\"copy\":false,\"visits\":\"both\"}]}");
        assertThat(object.path("status").toString())
                .isEqualTo(
                        "{\"state\":\"in use\",\"nodesTotal\":2,\"nodes\":[{\"name\":\"host-a\",\"state\":\"in use\"},"
                                + "{\"name\":\"host-b\",\"state\":\"in use\"}],\"conditions\":[{\"type\":\"InUse\","
                                + "\"status\":\"True\",\"reason\":\"InUse\",\"message\":\"in use on 2 of 2 nodes\","
                                + "\"lastTransitionTime\":\"2026-01-01T12:00:00Z\"}]}");
    }

    @Test
    void whoDoesNotUseItComesFirstAndSaysWhy() {
        told("host-a", path("inspect", "in use", "", "host-b", true));
        told("host-b", path("inspect", "dead", "fw-1: no answer", "", false));
        write(NOON);
        JsonNode status = only().path("status");
        assertThat(status.path("state").asString()).isEqualTo("mixed");
        assertThat(status.path("nodes").get(0).path("reason").asString()).isEqualTo("fw-1: no answer");
        assertThat(status.path("deadInstances").toString()).isEqualTo("[\"fw-1\"]");
        JsonNode condition = status.path("conditions").get(0);
        assertThat(condition.path("status").asString()).isEqualTo("False");
        assertThat(condition.path("message").asString())
                .isEqualTo("in use on 1 of 2 nodes; host-b: dead, fw-1: no answer");
        told("host-b", path("inspect", "dead", "fw-1: no carrier", "", false));
        write(NOON.plusSeconds(60));
        assertThat(only().path("status")
                        .path("conditions")
                        .get(0)
                        .path("lastTransitionTime")
                        .asString())
                .isEqualTo("2026-01-01T12:00:00Z");
        assertThat(only().path("metadata").path("generation").asInt()).isEqualTo(1);
    }

    @Test
    void whatAHostDoesNotTellAnyMoreIsGoneAndOnlyWhatIsOtherIsWritten() {
        told("host-a", path("inspect", "in use", "", "", true), path("record", "in use", "", "", true));
        write(NOON);
        assertThat(stored()).hasSize(2);
        long revision = inventory.revision();
        write(NOON.plusSeconds(1));
        assertThat(inventory.revision()).isEqualTo(revision);
        told("host-a", path("record", "in use", "", "", true));
        write(NOON);
        assertThat(only().path("spec").path("chain").asString()).isEqualTo("record");
    }

    /** A host goes on without its manager, and another manager goes on where one ended. */
    @Test
    void pathsOfHostsThatAreNotConnectedAreUnknownUntilChainOrHostAreGone() {
        told("host-a", path("inspect", "in use", "", "host-b", true));
        write(NOON);
        table.lost("host-a");
        write(NOON);
        JsonNode status = only().path("status");
        assertThat(status.path("state").asString()).isEqualTo("unknown");
        assertThat(status.path("conditions").get(0).path("status").asString()).isEqualTo("Unknown");

        table = new PathTable(routing);
        table.remember(stored().values());
        write(NOON);
        assertThat(only().path("spec").path("hops").get(0).path("node").asString())
                .isEqualTo("host-b");
        table.keep(Set.of("inspect"), Set.of("host-a"));
        write(NOON);
        assertThat(only().path("status").path("state").asString()).isEqualTo("unknown");
        PathTable gone = new PathTable(routing);
        gone.remember(stored().values());
        gone.keep(Set.of("inspect"), Set.of("host-b"));
        assertThat(gone.objects(Map.of(), NOON)).isEmpty();
        table.keep(Set.of("other"), Set.of("host-a"));
        assertThat(table.objects(Map.of(), NOON)).isEmpty();
    }

    /** A manager that begins hears of hosts while it still reads what the one before wrote. */
    @Test
    void whatWasToldIsNewerThanWhatIsRemembered() {
        told("host-a", path("inspect", "in use", "", "host-b", true));
        write(NOON);
        table = new PathTable(routing);
        told("host-a");
        table.remember(stored().values());
        assertThat(table.objects(stored(), NOON)).isEmpty();
    }

    @Test
    void namesAreShortUniqueAndOfTheChainsTenant() {
        String longest = "acme." + "x".repeat(58);
        PathState one = path(longest, "in use", "", "", true);
        PathState other = one.toBuilder().setName("another").build();
        assertThat(PathTable.objectName(one)).hasSize(63).startsWith("acme.x");
        assertThat(PathTable.objectName(other)).isNotEqualTo(PathTable.objectName(one));
        assertThat(PathTable.objectName(path("web", "", "", "", true))).startsWith("web-");
    }

    private static PathState begun(String chain, String firewallAt, String... routers) {
        PathState path = path(chain, "in use", "", firewallAt, true);
        return path.toBuilder()
                .setHops(0, path.getHops(0).toBuilder().setOnFailure("open"))
                .addAllRouters(List.of(routers))
                .build();
    }

    private void routing(String teller, String node, String state, String reason) {
        routing.told(
                teller,
                List.of(RoutingState.newBuilder()
                        .setNode(node)
                        .setState(state)
                        .setReason(reason)
                        .build()));
    }

    private List<String> ends() {
        return only().path("status")
                .path("routing")
                .valueStream()
                .map(JsonNode::toString)
                .toList();
    }

    /** V31: dead is what those say whose packets have to come back, here host-b. */
    @Test
    void routersThatLeadToAPathAreItsFirstAndLastHopAsItsServiceNodesHostsSeeThem() {
        told("host-a", begun("inspect", "host-b", "edge", "vpc"));
        told("host-b", begun("inspect", "", "edge"));
        routing("host-b", "host-a", "dead", "its node does not answer");
        routing("host-c", "host-b", "dead", "its node does not answer");
        write(NOON);
        assertThat(ends())
                .containsExactly(
                        "{\"router\":\"edge\",\"node\":\"host-a\",\"state\":\"dead\","
                                + "\"reason\":\"host-b: its node does not answer\",\"onFailure\":\"open\"}",
                        "{\"router\":\"vpc\",\"node\":\"host-a\",\"state\":\"dead\","
                                + "\"reason\":\"host-b: its node does not answer\",\"onFailure\":\"open\"}",
                        "{\"router\":\"edge\",\"node\":\"host-b\",\"state\":\"alive\",\"onFailure\":\"open\"}");
        assertThat(only().path("spec").path("hops").get(0).path("onFailure").asString())
                .isEqualTo("open");
        routing("host-b", "host-a", "unproven", "");
        write(NOON);
        assertThat(ends()).filteredOn(end -> end.contains("unproven")).hasSize(2);
        routing("host-b", "host-a", "alive", "");
        table.lost("host-a");
        write(NOON);
        assertThat(ends()).as("host-b hears it yet").allMatch(end -> end.contains("\"alive\""));
        routing.lost("host-b");
        write(NOON);
        assertThat(ends()).filteredOn(end -> end.contains("\"unknown\"")).hasSize(2);

        table = new PathTable(routing);
        table.remember(stored().values());
        write(NOON);
        assertThat(ends()).filteredOn(end -> end.contains("\"vpc\"")).hasSize(1);
    }

    @Test
    void namesOfRoutersOfOtherTenantsAreNotSaid() {
        table.tenants(new Tenants(new TreeSet<>(Set.of("acme", "bolt"))));
        told("host-a", begun("acme.inspect", "host-b", "acme.edge", "bolt.edge", "bolt.vpc", "edge.1"));
        write(NOON);
        assertThat(only().toString()).contains("acme.edge", "edge.1").doesNotContain("bolt");
        assertThat(ends()).hasSize(3);
    }

    @Test
    void whatHostsSayIsBounded() {
        PathState[] many = new PathState[PathTable.PATHS_MAX + 5];
        for (int i = 0; i < many.length; i++) {
            many[i] = path("c" + i, "dead", "x".repeat(10_000), "", true);
        }
        told("host-a", many);
        Map<String, Generated.Content> objects = table.objects(Map.of(), NOON);
        assertThat(objects).hasSize(PathTable.PATHS_MAX);
        assertThat(objects.values().iterator().next().status().toString()).hasSizeLessThan(1_500);
        PathTable wide = new PathTable(routing);
        for (int i = 0; i < PathTable.NODES_MAX + 3; i++) {
            wide.told(
                    "host-" + i,
                    Paths.newBuilder()
                            .addPaths(path("inspect", "in use", "", "", true))
                            .build());
        }
        JsonNode status =
                wide.objects(Map.of(), NOON).values().iterator().next().status();
        assertThat(status.path("nodes")).hasSize(PathTable.NODES_MAX);
        assertThat(status.path("nodesTotal").asInt()).isEqualTo(PathTable.NODES_MAX + 3);
    }
}
