package dev.sluice.manager.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.manager.events.EventLog;
import dev.sluice.manager.events.EventWriter;
import dev.sluice.manager.events.Happening;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Rights;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import dev.sluice.southbound.Interface;
import dev.sluice.southbound.Interfaces;
import dev.sluice.southbound.Lookout;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/** What was found becomes objects, and what others say of these objects is respected (C9, C10). */
@Timeout(60)
class DiscoveryServiceTest {
    private static final String SERVICES = """
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [firewall]}}
            """;
    private static final String INSTANCE = """
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, identifier: fw}}
            """;
    private static final String PROFILE = """
            {apiVersion: sluice.dev/v1, kind: PortProfile, metadata: {name: web}, spec: {chain: inspect, discover: {aliases: "vm-*"}}}
            """;

    private final Inventory inventory = new Inventory(new MemoryStore(), () -> Instant.parse("2026-01-01T00:00:00Z"));
    private final List<Lookout> lookouts = new ArrayList<>();
    private final EventLog events = new EventLog(InstantSource.system());
    private DiscoveryService service = start();

    private DiscoveryService start() {
        return DiscoveryService.start(
                inventory,
                List.of(),
                lookout -> {
                    synchronized (lookouts) {
                        lookouts.add(lookout);
                    }
                },
                new EventWriter(events, inventory));
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private void change(List<Edit> edits) {
        inventory.change(edits, new Caller("alice", "alice"), false);
        service.objectsChanged();
    }

    private void apply(String text) {
        change(edits(text));
    }

    private static List<Edit> edits(String text) {
        List<Edit> edits = new ArrayList<>();
        WrittenObject.read("test", text).objects().forEach(object -> edits.add(new Edit.Apply(object, false)));
        return edits;
    }

    private static Interface seen(String name, String alias) {
        return Interface.newBuilder()
                .setName(name)
                .setAlias(alias)
                .setWorks(true)
                .setIndex(7)
                .build();
    }

    private void host(String node, Interface... all) {
        service.connected(node);
        service.interfaces(
                node,
                Interfaces.newBuilder().setWhole(true).addAllSeen(List.of(all)).build());
    }

    private ManagedObject await(Kind kind, String name, Predicate<ManagedObject> holds) throws InterruptedException {
        while (true) {
            Optional<ManagedObject> object = inventory.get(kind, name);
            if (object.filter(holds).isPresent()) {
                return object.get();
            }
            Thread.sleep(2);
        }
    }

    /** What the condition Found says if it has this truth; else nothing. */
    private static String found(ManagedObject object, String truth) {
        for (JsonNode condition : object.tree().path("status").path("conditions")) {
            if (condition.path("type").asString("").equals("Found")
                    && condition.path("status").asString("").equals(truth)) {
                return condition.path("message").asString("");
            }
        }
        return "";
    }

    private static String spec(ManagedObject object) {
        return object.written().path("spec").toString();
    }

    @Test
    void foundPortIsAnObjectOfTheManagersOwnThatGoesWhenItsInterfaceGoes() throws Exception {
        apply(SERVICES + "---\n" + PROFILE);
        host("a", seen("tap0", "vm-1"));
        ManagedObject port = await(Kind.PORT, "vm-1", _ -> true);
        assertThat(spec(port)).isEqualTo("{\"node\":\"a\",\"interface\":\"tap0\",\"profile\":\"web\"}");
        assertThat(port.labels()).containsEntry("sluice.dev/discovered", "web");
        assertThat(port.writtenByUsers()).isEmpty();
        Refusal refused = catchThrowableOfType(
                Refusal.class,
                () -> apply(
                        "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: vm-1}, spec: {node: a, interface: eth9}}"));
        assertThat(refused.causes().getFirst().owner()).isEqualTo("discovery");
        synchronized (lookouts) {
            assertThat(lookouts.getLast().getSelectorsList()).hasSize(1);
            assertThat(lookouts.getLast().getMarks()).isFalse();
        }
        service.interfaces("a", Interfaces.newBuilder().addGone("tap0").build());
        while (inventory.get(Kind.PORT, "vm-1").isPresent()) {
            Thread.sleep(2);
        }
    }

    @Test
    void foundPortThatSomebodyStillNeedsStaysAndThatIsSaid() throws Exception {
        apply(SERVICES + "---\n" + PROFILE);
        host("a", seen("tap0", "vm-1"));
        await(Kind.PORT, "vm-1", _ -> true);
        apply(
                "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: next}, spec: {node: a, interface: eth9, peer: vm-1}}");
        service.interfaces("a", Interfaces.newBuilder().addGone("tap0").build());
        while (events.after(0, 100, what -> what.message().contains("stays as it is"))
                .isEmpty()) {
            Thread.sleep(2);
        }
        assertThat(inventory.get(Kind.PORT, "vm-1")).isPresent();
    }

    @Test
    void foundNodeKeepsItsIdentifierAndWhatWasWrittenOfItsSides() throws Exception {
        apply(SERVICES.replace("raw", "vlan") + "---\n"
                + INSTANCE.replace("identifier: fw", "identifier: fw, interfaces: {in: {vlan: 5}, out: {vlan: 6}}"));
        host("b", seen("t1", "sluice:fw"));
        ManagedObject found =
                await(Kind.SERVICE_INSTANCE, "fw-1", each -> spec(each).contains("t1"));
        assertThat(spec(found))
                .contains("\"identifier\":\"fw\"")
                .contains("\"node\":\"b\"")
                .contains("\"in\":{\"vlan\":5,\"interface\":\"t1\"}")
                .contains("\"out\":{\"vlan\":6,\"interface\":\"t1\"}");
        assertThat(found.writtenByUsers().orElseThrow().path("spec").toString())
                .doesNotContain("t1")
                .doesNotContain("node")
                .contains("\"vlan\":6");
        await(Kind.SERVICE_INSTANCE, "fw-1", each -> found(each, "True").equals("at b/t1"));
        service.interfaces("b", Interfaces.newBuilder().addGone("t1").build());
        service.connected("c");
        service.interfaces(
                "c",
                Interfaces.newBuilder()
                        .setWhole(true)
                        .addSeen(seen("t2", "sluice:fw"))
                        .build());
        await(Kind.SERVICE_INSTANCE, "fw-1", each -> spec(each).contains("\"node\":\"c\""));
        await(Kind.SERVICE_INSTANCE, "fw-1", each -> found(each, "True").contains("c/t2"));
        assertThat(events.after(0, 100, _ -> true))
                .extracting(event ->
                        event.what().title() + " " + event.what().reason().word())
                .containsExactly(
                        "ServiceInstance/fw-1 Found",
                        "ServiceChain/inspect PathsChanged",
                        "ServiceInstance/fw-1 Moved",
                        "ServiceChain/inspect PathsChanged");
    }

    @Test
    void whatSomebodyWroteStaysAndTheRestIsFoundAllTheSame() throws Exception {
        apply(SERVICES + "---\n" + PROFILE + "---\n" + INSTANCE + """
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: vm-1}, spec: {node: a, interface: eth7}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: own}, spec: {node: a, interface: tap2}}
                """);
        host("a", seen("tap1", "vm-1"), seen("tap2", "vm-2"), seen("tap3", "vm-3"), seen("t1", "sluice:fw"));
        await(Kind.PORT, "vm-3", _ -> true);
        await(Kind.SERVICE_INSTANCE, "fw-1", each -> spec(each).contains("t1"));
        assertThat(spec(inventory.get(Kind.PORT, "vm-1").orElseThrow())).contains("eth7");
        assertThat(inventory.get(Kind.PORT, "vm-2")).isEmpty();
    }

    @Test
    void oneThatTheModelRefusesHoldsUpNoOther() throws Exception {
        apply(SERVICES.replace("raw", "vlan") + "---\n" + PROFILE + "---\n" + INSTANCE);
        host("a", seen("tap0", "vm-1"), seen("t1", "sluice:fw"), seen("tap1", "vm-2"));
        await(Kind.PORT, "vm-1", _ -> true);
        await(Kind.PORT, "vm-2", _ -> true);
        ManagedObject refused = await(
                Kind.SERVICE_INSTANCE, "fw-1", each -> found(each, "False").contains("stays as it is"));
        assertThat(spec(refused)).doesNotContain("t1");
        assertThat(events.after(0, 100, _ -> true))
                .anyMatch(event -> event.what().title().equals("ServiceInstance/fw-1")
                        && event.what().reason() == Happening.Reason.LEFT_ALONE);
        // Its side needs a tag; once it has one it goes.
        apply(INSTANCE.replace("identifier: fw", "identifier: fw, interfaces: {in: {vlan: 5}}"));
        await(Kind.SERVICE_INSTANCE, "fw-1", each -> spec(each).contains("t1"));
    }

    @Test
    void managerThatStartsAnewGoesOnWithWhatWasFound() throws Exception {
        apply(SERVICES + "---\n" + PROFILE + "---\n" + INSTANCE);
        host("a", seen("tap0", "vm-1"), seen("t1", "sluice:fw"));
        await(Kind.PORT, "vm-1", _ -> true);
        await(Kind.SERVICE_INSTANCE, "fw-1", each -> spec(each).contains("t1"));
        service.close();
        service = start();
        // Something else that it does first: by then it has looked at what it knows.
        host("b", seen("tap5", "vm-5"));
        await(Kind.PORT, "vm-5", _ -> true);
        assertThat(spec(inventory.get(Kind.PORT, "vm-1").orElseThrow())).contains("tap0");
        assertThat(spec(inventory.get(Kind.SERVICE_INSTANCE, "fw-1").orElseThrow()))
                .contains("t1");
    }

    @Test
    void portThatSomebodyDeletesIsFoundAgain() throws Exception {
        apply(SERVICES + "---\n" + PROFILE);
        host("a", seen("tap0", "vm-1"));
        ManagedObject first = await(Kind.PORT, "vm-1", _ -> true);
        change(List.of(new Edit.Remove(Kind.PORT, "vm-1", 0)));
        await(Kind.PORT, "vm-1", each -> each.revision() > first.revision());
    }

    @Test
    void tenantsPeopleDoNotTakeHoldOfInterfaces() {
        apply(SERVICES);
        Rights ofATenant = new Rights() {
            @Override
            public boolean may(Verb verb, Kind kind, String tenant) {
                return true;
            }

            @Override
            public boolean everywhere() {
                return false;
            }
        };
        Refusal refused = catchThrowableOfType(
                Refusal.class, () -> inventory.change(edits(PROFILE), new Caller("bob", "bob", ofATenant), false));
        assertThat(refused.causes().getFirst().field()).isEqualTo("spec.discover");
    }
}
