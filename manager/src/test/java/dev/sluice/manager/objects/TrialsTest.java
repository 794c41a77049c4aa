package dev.sluice.manager.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.manager.access.Accounts;
import dev.sluice.manager.access.Binding;
import dev.sluice.manager.access.Identity;
import dev.sluice.manager.access.Role;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.store.Backup;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Changes that are taken back unless they are confirmed (X9). */
class TrialsTest {
    private static final Caller ALICE = user("alice", Role.ADMIN, Binding.EVERYWHERE);
    private static final Caller BOB = user("bob", Role.SECURITY_ADMIN, Binding.EVERYWHERE);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Store store = new MemoryStore();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private Inventory inventory = new Inventory(store, () -> now);

    private static Caller user(String name, Role role, String tenant) {
        return new Caller(name, "sluice", new Identity(name, List.of(new Binding(role, tenant)), "", ""));
    }

    private static List<Edit> service(String action) {
        String text = "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: raw, action: "
                + action + "}}";
        return List.of(new Edit.Apply(read(text), true));
    }

    private static WrittenObject read(String text) {
        WrittenObject.Read read = WrittenObject.read("test", text);
        assertThat(read.problems()).isEmpty();
        return read.objects().getFirst();
    }

    private String action() {
        JsonNode spec = inventory.get(Kind.SERVICE, "fw").orElseThrow().tree().path("spec");
        return spec.path("action").asString("");
    }

    private Changed tried(Caller caller, String action) {
        return inventory.trials().change(service(action), caller, false, MINUTE);
    }

    private static Refusal refused(Runnable request) {
        Refusal refusal = catchThrowableOfType(Refusal.class, request::run);
        assertThat(refusal).isNotNull();
        return refusal;
    }

    @Test
    void whatNobodyConfirmsIsTakenBackByWhicheverManagerLeadsThen() {
        inventory.change(service("copy"), ALICE, false);
        Changed changed = tried(BOB, "forward");
        assertThat(inventory.trials().of(changed))
                .hasValueSatisfying(trial -> assertThat(trial.until()).isEqualTo(now.plus(MINUTE)));
        inventory = new Inventory(store, () -> now);
        now = now.plusSeconds(59);
        assertThat(inventory.trials().step(List.of())).isEmpty();
        assertThat(action()).isEqualTo("forward");
        now = now.plusSeconds(1);
        assertThat(inventory.trials().step(List.of())).isPresent();
        assertThat(action()).isEqualTo("copy");
        assertThat(inventory.trials().pending()).isEmpty();
        assertThat(inventory.trials().step(List.of())).isEmpty();
        History.Listed last =
                inventory.history().list(ALICE.rights(), 0, 1).changes().getFirst();
        assertThat(last.user()).isEqualTo("manager");
        assertThat(last.rolledBackTo()).hasValue(1);
        inventory.change(service("forward"), BOB, false);
        assertThat(inventory.verifyAudit().problems()).isEmpty();
    }

    @Test
    void managerThatLeadsNoLongerTakesNothingBack() {
        inventory.change(service("copy"), ALICE, false);
        tried(ALICE, "forward");
        now = now.plus(MINUTE);
        Refusal refusal = refused(() -> inventory.trials().step(List.of(new Condition("leader", 7))));
        assertThat(refusal).hasMessageContaining("leads no longer");
        assertThat(action()).isEqualTo("forward");
        assertThat(inventory.trials().pending()).isPresent();
    }

    @Test
    void confirmedChangeStaysAndIsConfirmedOnce() {
        inventory.change(service("copy"), ALICE, false);
        tried(BOB, "forward");
        assertThat(refused(() -> inventory.trials().confirm(ALICE, 1, true)).reason())
                .as("another one than is meant")
                .isEqualTo(Reason.CONFLICT);
        assertThat(refused(() -> inventory.trials().confirm(ALICE, 2, false)))
                .hasMessage("revision 2 is on trial by bob");
        inventory.trials().confirm(BOB, 2, false);
        now = now.plus(MINUTE);
        assertThat(inventory.trials().step(List.of())).isEmpty();
        assertThat(action()).isEqualTo("forward");
        assertThat(refused(() -> inventory.trials().confirm(BOB, 2, false)))
                .hasMessageContaining("it is confirmed, or was taken back");
        assertThat(inventory.audit(0, 100).getLast().path("objects").toString())
                .isEqualTo("[\"confirmed revision 2\"]");
    }

    @Test
    void nobodyChangesObjectsMeanwhileButTheManagerDoes() {
        store.commit(List.of(), List.of(new Tenants(new TreeSet<>(List.of("acme"))).stored()));
        inventory.change(service("copy"), ALICE, false);
        tried(BOB, "forward");
        Refusal refusal = refused(() -> inventory.change(service("copy"), ALICE, false));
        assertThat(refusal.reason()).isEqualTo(Reason.CONFLICT);
        assertThat(refusal)
                .hasMessage(
                        "revision 2 by bob is on trial until 2026-01-01T00:01:00Z: nobody changes objects meanwhile");
        assertThat(refused(() -> tried(ALICE, "copy")).reason()).isEqualTo(Reason.CONFLICT);
        assertThat(refused(() -> new Rollback(inventory, 0, ALICE).run(false)).reason())
                .isEqualTo(Reason.CONFLICT);
        Caller ann = user("ann", Role.SECURITY_ADMIN, "acme");
        String own = "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: acme.fw}, spec: {transport: raw}}";
        Edit edit = new Edit.Create(read(own));
        assertThat(refused(() -> inventory.change(List.of(edit), ann, false)))
                .hasMessageContaining("a change is on trial")
                .extracting(Throwable::getMessage)
                .asString()
                .doesNotContain("bob");
        String node = "{apiVersion: sluice.dev/v1, kind: Node, metadata: {name: edge}, spec: {}}";
        Edit found = new Edit.Create(read(node));
        inventory.change(List.of(found), new Caller("discovery", "discovery"), false);
        now = now.plus(MINUTE);
        inventory.trials().step(List.of());
        assertThat(action()).isEqualTo("copy");
        assertThat(inventory.get(Kind.NODE, "edge")).isPresent();
        assertThat(refused(() -> inventory.trials().change(List.of(edit), ann, false, MINUTE))
                        .reason())
                .as("it would hold up all others")
                .isEqualTo(Reason.FORBIDDEN);
    }

    @Test
    void whatChangesNothingIsOnNoTrialAndWhatIsTakenBackEarlyIsGone() {
        inventory.change(service("copy"), ALICE, false);
        assertThat(inventory.trials().of(tried(ALICE, "copy"))).isEmpty();
        assertThat(inventory.trials().pending()).isEmpty();
        new Rollback(inventory, 0, ALICE, Optional.of(MINUTE), Optional.empty()).run(false);
        Trials.Pending trial = inventory.trials().pending().orElseThrow();
        assertThat(inventory.get(Kind.SERVICE, "fw")).isEmpty();
        inventory.trials().takeBack(trial, new Caller("alice", "sluice"));
        assertThat(action()).isEqualTo("copy");
        assertThat(inventory.trials().pending()).isEmpty();
    }

    @Test
    void trialOfWhichNothingIsLeftEnds() {
        inventory.change(service("copy"), ALICE, false);
        tried(ALICE, "forward");
        // As if an older version, which knows of no trial, had let somebody change it back.
        var live = inventory.get(Kind.SERVICE, "fw").orElseThrow();
        var tree = live.tree().deepCopy();
        tree.withObjectProperty("spec").put("action", "copy");
        store.commit(List.of(), List.of(new Put(live.key(), Trees.bytes(tree))));
        now = now.plus(MINUTE);
        assertThat(inventory.trials().step(List.of())).isPresent();
        assertThat(inventory.trials().pending()).isEmpty();
    }

    @Test
    void trialBehindWhichAVersionWithoutTrialsWroteEndsAndSaysSo() {
        inventory.change(service("copy"), ALICE, false);
        tried(ALICE, "forward");
        // As that version writes: an entry of the record, and its end without what it does not know.
        inventory.store(ALICE, new Inventory.Deed("configured Service/fw", List.of(), List.of(), List.of()));
        JsonNode head = Trees.read(store.get(Inventory.HEAD).orElseThrow().value());
        byte[] written = Trees.bytes(Map.of(
                "audit", head.path("audit").asLong(), "hash", head.path("hash").asString("")));
        store.commit(List.of(), List.of(new Put(Inventory.HEAD, written)));
        now = now.plus(MINUTE);
        Refusal refusal = refused(() -> inventory.trials().step(List.of()));
        assertThat(refusal.reason()).isEqualTo(Reason.GONE);
        assertThat(refusal).hasMessage("revision 2 stays: a version without trials changed objects since");
        assertThat(inventory.trials().pending()).isEmpty();
        inventory.change(service("copy"), ALICE, false);
        assertThat(inventory.verifyAudit().problems()).isEmpty();
    }

    @Test
    void tenantsStayWhatTheyAreMeanwhile() {
        Accounts accounts = new Accounts(store, inventory, () -> now);
        accounts.addTenant("acme", ALICE);
        String own = "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: acme.fw}, spec: {transport: raw}}";
        inventory.change(List.of(new Edit.Create(read(own))), ALICE, false);
        new Rollback(inventory, 0, ALICE, Optional.of(MINUTE), Optional.empty()).run(false);
        assertThat(refused(() -> accounts.removeTenant("acme", ALICE)))
                .hasMessage("revision 2 by alice is on trial until 2026-01-01T00:01:00Z: nobody adds or removes tenants"
                        + " meanwhile");
        assertThat(refused(() -> accounts.addTenant("rival", ALICE)).reason()).isEqualTo(Reason.CONFLICT);
        now = now.plus(MINUTE);
        inventory.trials().step(List.of());
        assertThat(inventory.get(Kind.SERVICE, "acme.fw")).isPresent();
        accounts.addTenant("rival", ALICE);
        assertThat(inventory.tenants().names()).containsExactly("acme", "rival");
    }

    @Test
    void instancesThatTheManagerMadeForADeploymentOnTrialGoWithIt() {
        String head = "{apiVersion: sluice.dev/v1, kind: ";
        WrittenObject deployment = read(
                head
                        + "ServiceDeployment, metadata: {name: web}, spec: {service: fw, replicas: 1, command: {argv: [/bin/cat]}}}");
        List<Edit> both = new ArrayList<>(service("copy"));
        both.add(new Edit.Create(deployment));
        inventory.change(
                List.of(new Edit.Create(read(head + "Node, metadata: {name: edge}, spec: {}}"))), ALICE, false);
        inventory.trials().change(both, ALICE, false, MINUTE);
        Edit made = new Edit.Create(
                read(
                        head
                                + "ServiceInstance, metadata: {name: web-1}, spec: {service: fw, node: edge, interfaces: {in: web0, out: web1}, runtime: {deployment: web, command: {argv: [/bin/cat]}}}}"));
        inventory.change(List.of(made), new Caller(ManagedObject.DEPLOYMENTS, ManagedObject.DEPLOYMENTS), false);
        now = now.plus(MINUTE);
        assertThat(inventory.trials().step(List.of())).isPresent();
        assertThat(inventory.all().objects().stream().map(ManagedObject::title)).containsExactly("Node/edge");
    }

    @Test
    void backupHoldsWhatIsOnTrial() throws Exception {
        inventory.change(service("copy"), ALICE, false);
        tried(ALICE, "forward");
        Store restored = new MemoryStore();
        Backup.restore(inventory.backup(), restored);
        inventory = new Inventory(restored, () -> now);
        assertThat(inventory.trials().pending()).isPresent();
        now = now.plus(MINUTE);
        inventory.trials().step(List.of());
        assertThat(action()).isEqualTo("copy");
    }

    @Test
    void whatIsKnownOfObjectsIsSaidMeanwhile() {
        inventory.change(service("copy"), ALICE, false);
        tried(ALICE, "forward");
        Edit known = new Edit.SetStatus(Kind.SERVICE, "fw", 0, Trees.object().put("observedGeneration", 1));
        inventory.change(List.of(known), user("vera", Role.VENDOR, Binding.EVERYWHERE), false);
        assertThat(inventory.get(Kind.SERVICE, "fw").orElseThrow().tree().has("status"))
                .isTrue();
        now = now.plus(MINUTE);
        inventory.trials().step(List.of());
        assertThat(action()).isEqualTo("copy");
    }

    @Test
    void whoOnlyLooksOnEverywhereHoldsUpNobody() {
        store.commit(List.of(), List.of(new Tenants(new TreeSet<>(List.of("acme"))).stored()));
        List<Binding> roles =
                List.of(new Binding(Role.MONITOR, Binding.EVERYWHERE), new Binding(Role.SECURITY_ADMIN, "acme"));
        Caller mona = new Caller("mona", "sluice", new Identity("mona", roles, "", ""));
        String own = "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: acme.fw}, spec: {transport: raw}}";
        List<Edit> edits = List.of(new Edit.Create(read(own)));
        assertThat(refused(() -> inventory.trials().change(edits, mona, false, MINUTE))
                        .reason())
                .isEqualTo(Reason.FORBIDDEN);
        inventory.change(edits, mona, false);
    }
}
