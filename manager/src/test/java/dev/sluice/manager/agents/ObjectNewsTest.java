package dev.sluice.manager.agents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.controller.WantedObject;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.ExistingFlows;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** A controller hears of each change, whatever else happens before it is told. */
class ObjectNewsTest {
    private static final Caller USER = new Caller("user", "sluice");

    private final Inventory inventory =
            new Inventory(new MemoryStore(), InstantSource.fixed(Instant.parse("2026-01-01T00:00:00Z")));
    private final List<WantedObject> heard = new ArrayList<>();
    private final List<String> gone = new ArrayList<>();
    private final List<String> runs = new ArrayList<>();
    private final ObjectNews news = new ObjectNews(inventory, (changed, removed, flows) -> {
        heard.addAll(changed);
        runs.add(changed.stream().map(WantedObject::name).toList()
                + flows.map(ExistingFlows::word).orElse(""));
        gone.addAll(removed);
    });

    @BeforeEach
    void begin() {
        apply("{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}");
        apply(instance("b"));
        news.tellAll();
        heard.clear();
        runs.clear();
    }

    private static String instance(String node) {
        return "{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, node: "
                + node + ", interfaces: {in: fw-in, out: fw-out}}}";
    }

    private void apply(String yaml) {
        change(WrittenObject.read("test", yaml).objects().stream()
                .<Edit>map(object -> new Edit.Apply(object, false))
                .toList());
    }

    private void change(List<Edit> edits) {
        inventory.change(edits, USER, false);
    }

    private void status() {
        ObjectNode status = Trees.object();
        status.put("said", inventory.revision());
        change(List.of(new Edit.SetStatus(Kind.SERVICE_INSTANCE, "fw-1", 0, status)));
    }

    private void apply(String yaml, ExistingFlows flows) {
        Caller caller = new Caller("user", "sluice", USER.rights(), Optional.of(flows));
        List<Edit> edits = WrittenObject.read("test", yaml).objects().stream()
                .<Edit>map(object -> new Edit.Apply(object, false))
                .toList();
        inventory.change(edits, caller, false);
    }

    /** What a change said of flows in progress is said with it, and with no other. */
    @Test
    void changesThatSayDifferentThingsOfFlowsInProgressAreToldOneAfterTheOther() {
        apply(instance("c"));
        apply(instance("d"), ExistingFlows.KEEP);
        status();
        apply(instance("e"), ExistingFlows.MIGRATE);
        apply(
                "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: wire}}",
                ExistingFlows.MIGRATE);
        tell();
        assertThat(runs).containsExactly("[fw-1]", "[fw-1]keep", "[fw-1, firewall]migrate");
        apply(instance("f"));
        tell();
        assertThat(runs.getLast()).isEqualTo("[fw-1]");
    }

    private void tell() {
        news.tellUpTo(inventory.revision());
    }

    @Test
    void statusIsNoNews() {
        status();
        tell();
        assertThat(heard).isEmpty();
    }

    @Test
    void changeThatIsFollowedByStatusIsTold() {
        apply(instance("c"));
        status();
        status();
        tell();
        assertThat(heard).singleElement().satisfies(told -> {
            assertThat(told.name()).isEqualTo("fw-1");
            assertThat(told.text()).contains("\"node\":\"c\"");
        });
    }

    @Test
    void anotherOfTheSameNameIsToldThoughItsStatusFollowed() {
        change(List.of(new Edit.Remove(Kind.SERVICE_INSTANCE, "fw-1", 0)));
        apply(instance("c"));
        status();
        tell();
        assertThat(heard)
                .singleElement()
                .satisfies(told -> assertThat(told.text()).contains("\"node\":\"c\""));
        assertThat(gone).isEmpty();
    }
}
