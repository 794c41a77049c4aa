package dev.sluice.manager.paths;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.objects.Generated;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.southbound.InstanceRuntime;
import dev.sluice.southbound.Plane;
import dev.sluice.southbound.PlaneMembership;
import dev.sluice.southbound.RouterRuntime;
import dev.sluice.southbound.RoutingState;
import dev.sluice.southbound.RuntimeInterface;
import dev.sluice.southbound.Runtimes;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** From what hosts tell of their service nodes and routers to ServiceInstanceRuntime objects (V16, V20, V31). */
class RuntimeTableTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final Plane PLANE =
            Plane.newBuilder().setSvni(5_001).setAttachment("plane-1").build();

    private final Inventory inventory =
            new Inventory(new MemoryStore(), InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z")));
    private final RoutingWords routing = new RoutingWords();
    private RuntimeTable table = new RuntimeTable(routing);

    private static InstanceRuntime.Builder instance(String name, boolean alive) {
        return InstanceRuntime.newBuilder()
                .setInstance(name)
                .setService("firewall")
                .addInterfaces(RuntimeInterface.newBuilder()
                        .setSide("in")
                        .setName("fw-i")
                        .setMac(0x02_00_00_00_00_01L))
                .addInterfaces(RuntimeInterface.newBuilder()
                        .setSide("out")
                        .setName("fw-o")
                        .setTrouble(alive ? "" : "no carrier"))
                .setAdminState("up")
                .setAlive(alive)
                .setProven(true)
                .setReason(alive ? "" : "interface fw-o has no carrier")
                .addPlanes(PLANE);
    }

    private static RouterRuntime router(String kind, String name) {
        return RouterRuntime.newBuilder()
                .setKind(kind)
                .setName(name)
                .setTenant(0xf000_0001)
                .setEndpoint("10.0.0.1")
                .addPlanes(PlaneMembership.newBuilder()
                        .setPlane(PLANE)
                        .addChains("inspect")
                        .addPorts("t1")
                        .addInterfaces("fw-i")
                        .addInstances("fw-1")
                        .addInstances("fw-2@host-b"))
                .build();
    }

    private static Runtimes runtimes(InstanceRuntime.Builder instance, RouterRuntime... routers) {
        return Runtimes.newBuilder()
                .addInstances(instance)
                .addAllRouters(List.of(routers))
                .build();
    }

    private Map<String, ManagedObject> stored() {
        return Generated.of(Kind.SERVICE_INSTANCE_RUNTIME, inventory.generated().all(0));
    }

    private void write() {
        inventory.generated().become(Kind.SERVICE_INSTANCE_RUNTIME, stored(), table.objects(stored(), NOON), List.of());
    }

    private JsonNode shown(String kind, String name, String node) {
        ManagedObject object = stored().get(RuntimeTable.objectName(kind, name, node));
        return Objects.requireNonNull(object, () -> name + " on " + node + " of " + stored().keySet())
                .shown();
    }

    private JsonNode status(String kind, String name, String node) {
        return shown(kind, name, node).path("status");
    }

    private void routing(String teller, String node, String state) {
        routing.told(
                teller,
                List.of(RoutingState.newBuilder()
                        .setNode(node)
                        .setState(state)
                        .setReason(state.equals("dead") ? "its node does not answer" : "")
                        .build()));
    }

    @Test
    void anInstanceIsOneObjectForEachHostThatHasIt() {
        table.told("host-a", runtimes(instance("fw-1", true)));
        table.told("host-b", runtimes(instance("fw-1", false)));
        write();
        assertThat(stored()).hasSize(2).allSatisfy((name, _) -> assertThat(name).matches("fw-1-[0-9a-f]{10}"));
        assertThat(shown("instance", "fw-1", "host-a").path("spec").toString())
                .isEqualTo("{\"kind\":\"instance\",\"service\":\"firewall\",\"instance\":\"fw-1\",\"node\":\"host-a\","
                        + "\"interfaces\":[{\"side\":\"in\",\"name\":\"fw-i\",\"mac\":\"02:00:00:00:00:01\"},"
                        + "{\"side\":\"out\",\"name\":\"fw-o\"}],"
                        + "\"planes\":[{\"svni\":5001,\"attachment\":\"plane-1\"}]}");
        assertThat(status("instance", "fw-1", "host-a").toString())
                .isEqualTo(
                        "{\"state\":\"active\",\"liveness\":\"up\",\"adminState\":\"up\",\"conditions\":[{\"type\":\"Alive\","
                                + "\"status\":\"True\",\"reason\":\"Alive\",\"message\":\"\","
                                + "\"lastTransitionTime\":\"2026-01-01T12:00:00Z\"}]}");
        JsonNode dead = status("instance", "fw-1", "host-b");
        assertThat(dead.path("state").asString()).isEqualTo("inactive");
        assertThat(dead.path("liveness").asString()).isEqualTo("down");
        assertThat(dead.path("reason").asString()).isEqualTo("interface fw-o has no carrier");
        assertThat(dead.path("downInterfaces").toString()).isEqualTo("[{\"name\":\"fw-o\",\"reason\":\"no carrier\"}]");
    }

    @Test
    void anInstanceIsActiveIfItIsKnownToServeAndMayHaveFlows() {
        for (String admin : List.of("up", "drain", "down", "maintenance")) {
            table.told("host-a", runtimes(instance("fw-1", true).setAdminState(admin)));
            write();
            assertThat(status("instance", "fw-1", "host-a").path("state").asString())
                    .as(admin)
                    .isEqualTo(admin.equals("up") || admin.equals("drain") ? "active" : "inactive");
        }
        table.told("host-a", runtimes(instance("fw-1", true).setProven(false)));
        write();
        assertThat(status("instance", "fw-1", "host-a").path("state").asString())
                .isEqualTo("inactive");
        assertThat(status("instance", "fw-1", "host-a").path("liveness").asString())
                .isEqualTo("unproven");
    }

    /** V20: the interface map of a router; V31: whether it runs, the others say. */
    @Test
    void aRouterIsARuntimeOfRoutingThatOtherHostsWatch() {
        table.told("host-a", runtimes(instance("edge", true), router("router", "edge")));
        write();
        assertThat(stored()).as("an instance may have the name of a router").hasSize(2);
        assertThat(shown("router", "edge", "host-a").path("spec").toString())
                .isEqualTo("{\"kind\":\"router\",\"service\":\"routing\",\"router\":\"edge\",\"node\":\"host-a\","
                        + "\"tenant\":4026531841,\"endpoint\":\"10.0.0.1\",\"planes\":[{\"svni\":5001,"
                        + "\"attachment\":\"plane-1\",\"chains\":[\"inspect\"],\"ports\":[\"t1\"],"
                        + "\"interfaces\":[\"fw-i\"],\"instances\":[\"fw-1\",\"fw-2@host-b\"]}]}");
        assertThat(status("router", "edge", "host-a").path("state").asString()).isEqualTo("active");
        routing("host-c", "host-a", "alive");
        routing("host-b", "host-a", "dead");
        write();
        JsonNode dead = status("router", "edge", "host-a");
        assertThat(dead.path("state").asString()).isEqualTo("inactive");
        assertThat(dead.path("reason").asString()).isEqualTo("host-b: its node does not answer");
        routing.lost("host-b");
        table.lost("host-a");
        write();
        assertThat(status("router", "edge", "host-a").path("liveness").asString())
                .as("without its manager it goes on, and host-c hears it")
                .isEqualTo("up");
        assertThat(status("instance", "edge", "host-a").path("state").asString())
                .isEqualTo("unknown");
    }

    @Test
    void onlyWhatIsOtherIsWrittenAndWhatIsNotToldAnyMoreIsGone() {
        table.told("host-a", runtimes(instance("fw-1", true), router("pair", "left/right")));
        write();
        assertThat(stored().keySet()).anyMatch(name -> name.startsWith("left-right-"));
        long revision = inventory.revision();
        write();
        assertThat(inventory.revision()).isEqualTo(revision);
        table.told("host-a", runtimes(instance("fw-1", true)));
        write();
        assertThat(stored()).hasSize(1);
        assertThat(shown("instance", "fw-1", "host-a")
                        .path("metadata")
                        .path("generation")
                        .asInt())
                .isEqualTo(1);
    }

    /** A host goes on without its manager, and another manager goes on where one ended. */
    @Test
    void thoseOfHostsThatAreNotConnectedAreUnknownUntilTheyOrTheirHostsAreGone() {
        table.told(
                "host-a",
                runtimes(
                        instance("fw-1", true),
                        router("router", "edge"),
                        router("switch", "lan"),
                        router("pair", "left/right")));
        write();
        table = new RuntimeTable(routing);
        table.remember(stored().values());
        Map<Kind, Set<String>> all = Map.of(
                Kind.SERVICE_INSTANCE, Set.of("fw-1"),
                Kind.LOGICAL_ROUTER, Set.of("edge"),
                Kind.LOGICAL_SWITCH, Set.of("lan"));
        table.keep(all, Set.of("host-a"));
        write();
        assertThat(stored())
                .hasSize(4)
                .allSatisfy((_, object) -> assertThat(
                                object.tree().path("status").path("state").asString())
                        .isEqualTo("unknown"));
        table.keep(Map.of(), Set.of("host-a"));
        assertThat(table.objects(stored(), NOON)).hasSize(1);
        table.keep(all, Set.of());
        assertThat(table.objects(stored(), NOON)).isEmpty();

        // What was told is newer than what is remembered.
        table.told("host-a", runtimes(instance("fw-1", true)));
        table.remember(stored().values());
        assertThat(table.objects(stored(), NOON)).hasSize(1);
    }

    @Test
    void whatHostsSayIsBounded() {
        Runtimes.Builder many = Runtimes.newBuilder();
        for (int i = 0; i < RuntimeTable.RUNTIMES_MAX + 5; i++) {
            many.addInstances(InstanceRuntime.newBuilder().setInstance("i" + i));
        }
        table.told("host-a", many.build());
        assertThat(table.objects(Map.of(), NOON)).hasSize(RuntimeTable.RUNTIMES_MAX);
        RouterRuntime wide = router("router", "x".repeat(60)).toBuilder()
                .clearPlanes()
                .addAllPlanes(Collections.nCopies(
                        RuntimeTable.PLANES_MAX + 5,
                        PlaneMembership.newBuilder()
                                .addAllChains(Collections.nCopies(RuntimeTable.NAMES_MAX + 5, "c".repeat(1_000)))
                                .build()))
                .build();
        table.told("host-a", Runtimes.newBuilder().addRouters(wide).build());
        Map.Entry<String, Generated.Content> only =
                table.objects(Map.of(), NOON).entrySet().iterator().next();
        assertThat(only.getKey()).hasSizeLessThanOrEqualTo(63);
        JsonNode planes = only.getValue().spec().path("planes");
        assertThat(planes).hasSize(RuntimeTable.PLANES_MAX);
        assertThat(planes.get(0).path("chains")).hasSize(RuntimeTable.NAMES_MAX);
        assertThat(planes.get(0).path("chains").get(0).asString()).hasSizeLessThan(140);
    }
}
