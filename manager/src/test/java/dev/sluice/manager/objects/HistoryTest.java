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
import dev.sluice.manager.store.Store.Put;
import dev.sluice.model.ExistingFlows;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What is kept of changes, who sees it, and going back behind them (X9). */
class HistoryTest {
    private static final Caller ALICE = user("alice", Role.ADMIN, Binding.EVERYWHERE);
    private static final Caller DISCOVERY = new Caller(ManagedObject.DISCOVERY, ManagedObject.DISCOVERY);
    private static final String FIREWALL = object("Service", "firewall", "{transport: raw}");
    private static final String CHAIN = object("ServiceChain", "inspect", "{profiles: [firewall]}");

    private final Store store = new MemoryStore();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private Inventory inventory = new Inventory(store, () -> now);

    private static Caller user(String name, Role role, String tenant) {
        return new Caller(name, name, new Identity(name, List.of(new Binding(role, tenant)), "", ""));
    }

    private static String object(String kind, String name, String spec) {
        return "{apiVersion: sluice.dev/v1, kind: " + kind + ", metadata: {name: " + name + "}, spec: " + spec + "}\n";
    }

    private static List<WrittenObject> read(String... texts) {
        WrittenObject.Read read = WrittenObject.read("test", String.join("---\n", texts));
        assertThat(read.problems()).isEmpty();
        return read.objects();
    }

    private void apply(Caller caller, String... texts) {
        List<Edit> edits = new ArrayList<>();
        read(texts).forEach(object -> edits.add(new Edit.Apply(object, true)));
        inventory.change(edits, caller, false);
    }

    private void delete(Caller caller, Kind kind, String name) {
        inventory.change(List.of(new Edit.Remove(kind, name, 0)), caller, false);
    }

    private void tenants(String... names) {
        store.commit(List.of(), List.of(new Tenants(new TreeSet<>(Arrays.asList(names))).stored()));
    }

    private Rollback.Done back(long revision, Caller caller) {
        return new Rollback(inventory, revision, caller).run(false);
    }

    private Refusal refused(long revision, Caller caller) {
        Refusal refusal = catchThrowableOfType(Refusal.class, () -> back(revision, caller));
        assertThat(refusal).as("back to " + revision).isNotNull();
        return refusal;
    }

    /** {@code Kind/name} of all objects that there are. */
    private List<String> titles() {
        return inventory.all().objects().stream().map(ManagedObject::title).toList();
    }

    private JsonNode spec(Kind kind, String name) {
        return inventory.get(kind, name).orElseThrow().tree().path("spec");
    }

    /** Numbers and objects of what somebody sees, the newest first. */
    private List<String> seen(Caller caller) {
        return inventory.history().list(caller.rights(), 0, 100).changes().stream()
                .map(change -> change.number() + " " + change.user() + " " + String.join(", ", change.objects()))
                .toList();
    }

    private List<String> keys(String prefix) throws Exception {
        return store.list(prefix, "", Store.LIST_MAX, 0).entries().stream()
                .map(Store.Entry::key)
                .toList();
    }

    @Test
    void changesOfPeopleAreListedNewestFirstAndInParts() {
        apply(ALICE, FIREWALL, CHAIN);
        apply(ALICE, FIREWALL);
        apply(new Caller("deployments", "deployments"), object("Service", "other", "{transport: raw}"));
        apply(
                user("bob", Role.ADMIN, Binding.EVERYWHERE),
                object("Service", "firewall", "{transport: raw, action: copy}"));
        delete(ALICE, Kind.SERVICE_CHAIN, "inspect");
        assertThat(seen(ALICE))
                .containsExactly(
                        "3 alice deleted ServiceChain/inspect",
                        "2 bob configured Service/firewall",
                        "1 alice created Service/firewall, created ServiceChain/inspect");
        History.Page first = inventory.history().list(ALICE.rights(), 0, 2);
        assertThat(first.next()).isEqualTo(2);
        assertThat(first.newest()).isEqualTo(3);
        assertThat(first.oldest()).isZero();
        History.Page second = inventory.history().list(ALICE.rights(), 2, 2);
        assertThat(second.next()).isZero();
        assertThat(second.changes()).extracting(History.Listed::number).containsExactly(1L);
        assertThat(second.changes().getFirst().time()).isEqualTo("2026-01-01T00:00:00Z");
        assertThat(inventory.history().list(ALICE.rights(), 1, 2).changes()).isEmpty();
    }

    @Test
    void onePartReadsNoMoreChangesThanItMayWhateverTheCallerSees() {
        tenants("blue");
        Caller blue = user("bea", Role.ADMIN, "blue");
        apply(blue, object("Service", "blue.fw", "{transport: raw}"));
        for (int i = 0; i < History.READ_MAX; i++) {
            apply(ALICE, object("Service", "firewall", i % 2 == 0 ? "{transport: raw}" : "{transport: wire}"));
        }
        History.Page first = inventory.history().list(blue.rights(), 0, 10);
        assertThat(first.changes()).isEmpty();
        assertThat(first.next())
                .as("the change that was not read is the next one")
                .isEqualTo(2);
        History.Page second = inventory.history().list(blue.rights(), first.next(), 10);
        assertThat(second.changes()).extracting(History.Listed::number).containsExactly(1L);
        assertThat(second.next()).isZero();
    }

    @Test
    void aChangeSaysInTheHistoryWhatItSaidOfFlowsInProgress() {
        apply(ALICE, FIREWALL);
        apply(
                new Caller("alice", "sluice", ALICE.rights(), Optional.of(ExistingFlows.MIGRATE)),
                object("Service", "firewall", "{transport: wire}"));
        assertThat(inventory.history().list(ALICE.rights(), 0, 10).changes())
                .extracting(History.Listed::existingFlows)
                .containsExactly("migrate", "");
    }

    @Test
    void statusIsNoChange() {
        apply(ALICE, FIREWALL);
        inventory.change(
                List.of(new Edit.SetStatus(
                        Kind.SERVICE, "firewall", 0, Trees.object().put("observedGeneration", 1))),
                ALICE,
                false);
        assertThat(seen(ALICE)).hasSize(1);
        back(0, ALICE);
        back(1, ALICE);
        assertThat(inventory.get(Kind.SERVICE, "firewall").orElseThrow().tree().has("status"))
                .isFalse();
    }

    @Test
    void whatWasMadeChangedAndDeletedIsAsItWasInOneChangeThatIsRecorded() {
        apply(ALICE, FIREWALL, CHAIN);
        apply(ALICE, object("Service", "ips", "{transport: raw}"));
        apply(ALICE, object("Service", "firewall", "{transport: raw, action: copy}"));
        apply(ALICE, object("Service", "firewall", "{transport: raw, action: forward}"));
        delete(ALICE, Kind.SERVICE_CHAIN, "inspect");
        long before = inventory.revision();
        Rollback.Done done = back(1, ALICE);
        assertThat(inventory.revision()).isEqualTo(before + 1);
        assertThat(done.left()).isEmpty();
        assertThat(titles()).containsExactly("ServiceChain/inspect", "Service/firewall");
        assertThat(spec(Kind.SERVICE, "firewall")).isEqualTo(Trees.tree(Map.of("transport", "raw")));
        assertThat(spec(Kind.SERVICE_CHAIN, "inspect")).isEqualTo(Trees.tree(Map.of("profiles", List.of("firewall"))));
        List<JsonNode> audit = inventory.audit(0, 100);
        assertThat(audit.getLast().path("rolledBackTo").asLong()).isEqualTo(1);
        assertThat(audit.getLast().path("user").asString()).isEqualTo("alice");
        assertThat(inventory.verifyAudit().problems()).isEmpty();
        assertThat(seen(ALICE).getFirst())
                .startsWith("6 alice ")
                .contains("deleted Service/ips", "configured Service/firewall", "created ServiceChain/inspect");
        back(5, ALICE);
        assertThat(titles()).as("forth again").containsExactly("Service/firewall", "Service/ips");
        assertThat(spec(Kind.SERVICE, "firewall").path("action").asString()).isEqualTo("forward");
        back(0, ALICE);
        assertThat(titles()).isEmpty();
    }

    @Test
    void goingBackToWhatIsChangesNothing() {
        apply(ALICE, FIREWALL);
        long before = inventory.revision();
        assertThat(back(1, ALICE).changed().items()).isEmpty();
        apply(ALICE, object("Service", "firewall", "{transport: raw, action: copy}"));
        apply(ALICE, FIREWALL);
        assertThat(back(1, ALICE).changed().items()).isEmpty();
        assertThat(inventory.revision()).isEqualTo(before + 2);
    }

    @Test
    void dryRunSaysWhatWouldBeDifferentAndNoSecrets() {
        String bfd = "{transport: raw, forwarding: route, health: {probe: bfd, bfd: {key: {id: 7, secret: %s}}}}";
        apply(ALICE, object("Service", "firewall", bfd.formatted("hush-1")));
        apply(ALICE, object("Service", "firewall", bfd.formatted("hush-2")));
        long before = inventory.revision();
        Rollback.Done done = new Rollback(inventory, 1, ALICE).run(true);
        assertThat(done.changed().dryRun()).isTrue();
        assertThat(done.changed().differences())
                .containsExactly("changed Service/firewall spec.health.bfd.key.secret: (not shown) -> (not shown)");
        assertThat(inventory.revision()).isEqualTo(before);
        assertThat(seen(ALICE)).hasSize(2);
    }

    @Test
    void refusedAsAWholeIfOthersNeedWhatWouldGo() {
        Caller vendor = user("vendor", Role.VENDOR, Binding.EVERYWHERE);
        apply(vendor, FIREWALL);
        apply(vendor, object("Service", "ips", "{transport: raw}"));
        apply(ALICE, CHAIN);
        Refusal refusal = refused(0, vendor);
        assertThat(refusal.reason()).isEqualTo(Reason.CONFLICT);
        assertThat(refusal).hasMessageContaining("other objects still need").hasMessageContaining("Service/firewall");
        assertThat(refusal.causes().getFirst().object()).isEqualTo("ServiceChain/inspect");
        assertThat(titles()).hasSize(3);
        Rollback.Done done = back(1, vendor);
        assertThat(done.left()).as("seen, and not the vendor's to change").containsExactly("ServiceChain/inspect");
        assertThat(titles()).containsExactly("ServiceChain/inspect", "Service/firewall");
    }

    @Test
    void tenantSeesAndTakesBackItsOwnOnly() {
        tenants("acme", "rival");
        Caller acme = user("ann", Role.SECURITY_ADMIN, "acme");
        apply(ALICE, FIREWALL, object("Service", "acme.fw", "{transport: raw}"));
        apply(user("ron", Role.SECURITY_ADMIN, "rival"), object("Service", "rival.fw", "{transport: raw}"));
        apply(acme, object("Service", "acme.fw", "{transport: raw, action: copy}"));
        apply(ALICE, object("Service", "firewall", "{transport: raw, action: copy}"));
        assertThat(seen(acme)).containsExactly("3 ann configured Service/acme.fw", "1 alice created Service/acme.fw");
        Rollback.Done done = back(0, acme);
        assertThat(done.left()).isEmpty();
        assertThat(done.changed().differences()).allMatch(line -> line.contains("Service/acme.fw"));
        assertThat(titles()).containsExactly("Service/firewall", "Service/rival.fw");
        assertThat(spec(Kind.SERVICE, "firewall").path("action").asString()).isEqualTo("copy");
    }

    @Test
    void nameThatChangedHandsShowsNothingOfBefore() {
        tenants("acme");
        apply(ALICE, object("Service", "acme.fw", "{transport: raw}"));
        delete(ALICE, Kind.SERVICE, "acme.fw");
        tenants("rival");
        Caller reader = user("rita", Role.SECURITY_ADMIN, "rival");
        assertThat(seen(reader)).as("now a name that all share").isEmpty();
        Refusal refusal = refused(1, ALICE);
        assertThat(refusal.reason()).isEqualTo(Reason.INVALID);
        assertThat(refusal.causes().getFirst().message()).contains("belonged to tenant acme");
        assertThat(titles()).isEmpty();
        apply(ALICE, object("Service", "late.fw", "{transport: raw}"));
        tenants("rival", "late");
        assertThat(seen(user("lea", Role.SECURITY_ADMIN, "late"))).containsExactly("3 alice created Service/late.fw");
    }

    @Test
    void newTenantOfAnOldNameSeesAndBringsBackNothingOfTheOldOne() {
        Accounts accounts = new Accounts(store, inventory, () -> now);
        accounts.addTenant("acme", ALICE);
        Caller ann = user("ann", Role.SECURITY_ADMIN, "acme");
        apply(ann, object("Service", "acme.fw", "{transport: raw}"));
        assertThat(seen(ann)).containsExactly("1 ann created Service/acme.fw");
        delete(ann, Kind.SERVICE, "acme.fw");
        accounts.removeTenant("acme", ALICE);
        accounts.addTenant("acme", ALICE);
        assertThat(seen(ann)).isEmpty();
        assertThat(back(1, ann).changed().items()).isEmpty();
        apply(ann, object("Service", "acme.fw", "{transport: raw, action: copy}"));
        assertThat(seen(ann)).containsExactly("3 ann created Service/acme.fw");
        accounts.addTenant("rival", ALICE);
        back(1, ann);
        assertThat(titles()).as("there was nothing of this tenant").isEmpty();
        assertThat(seen(ALICE)).hasSize(4);
    }

    @Test
    void whatTheManagerFoundStays() {
        apply(ALICE, object("Node", "edge", "{}"));
        apply(DISCOVERY, object("Port", "vm-1", "{node: edge, interface: tap0}"));
        apply(
                ALICE,
                "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: vm-1, labels: {a: b}}, spec: {node: edge, interface: tap0}}");
        apply(DISCOVERY, object("Port", "vm-1", "{node: edge, interface: tap1}"));
        apply(DISCOVERY, object("Port", "vm-2", "{node: edge, interface: tap2}"));
        back(1, ALICE);
        ManagedObject port = inventory.get(Kind.PORT, "vm-1").orElseThrow();
        assertThat(port.labels()).isEmpty();
        assertThat(spec(Kind.PORT, "vm-1").path("interface").asString()).isEqualTo("tap1");
        assertThat(titles()).containsExactly("Node/edge", "Port/vm-1", "Port/vm-2");
        back(2, ALICE);
        assertThat(inventory.get(Kind.PORT, "vm-1").orElseThrow().labels()).containsEntry("a", "b");
        delete(ALICE, Kind.PORT, "vm-1");
        back(2, ALICE);
        assertThat(titles()).as("it is found again, or is not there").containsExactly("Node/edge", "Port/vm-2");
    }

    @Test
    void tracesAreNotAskedAgain() {
        apply(ALICE, object("Node", "edge", "{}"), object("Port", "left", "{node: edge, interface: eth1}"));
        apply(ALICE, object("Traceflow", "why", "{port: left, packet: icmp 10.0.0.1 > 10.0.0.2}"));
        delete(ALICE, Kind.TRACEFLOW, "why");
        assertThat(seen(ALICE).getFirst()).isEqualTo("3 alice deleted Traceflow/why");
        assertThat(back(2, ALICE).changed().items()).isEmpty();
    }

    @Test
    void revisionsBeyondTheBoundsAreForgottenAndSaid() throws Exception {
        inventory = new Inventory(store, () -> now, History.Bounds.of(Duration.ofDays(2), 3));
        for (String action : List.of("copy", "forward", "copy", "forward", "copy")) {
            apply(ALICE, object("Service", "firewall", "{transport: raw, action: " + action + "}"));
        }
        inventory.history().forget(false);
        assertThat(inventory.history().list(ALICE.rights(), 0, 100).oldest()).isEqualTo(2);
        assertThat(seen(ALICE)).hasSize(3);
        assertThat(keys(History.PREFIX)).hasSize(3);
        assertThat(keys(History.BEFORE_PREFIX)).hasSize(3);
        Refusal refusal = refused(1, ALICE);
        assertThat(refusal.reason()).isEqualTo(Reason.GONE);
        assertThat(refusal)
                .hasMessage("revision 1 is not kept any more: the oldest one is 2, and changes are kept for 2 days, 3"
                        + " at most, of 256 MiB together");
        assertThat(refused(6, ALICE).reason()).isEqualTo(Reason.NOT_FOUND);
        back(2, ALICE);
        assertThat(spec(Kind.SERVICE, "firewall").path("action").asString()).isEqualTo("forward");
        now = now.plus(Duration.ofDays(2));
        apply(ALICE, CHAIN);
        now = now.plusSeconds(1);
        inventory.history().forget(false);
        assertThat(seen(ALICE)).containsExactly("7 alice created ServiceChain/inspect");
        assertThat(keys(History.PREFIX)).hasSize(1);
        back(6, ALICE);
        assertThat(titles()).containsExactly("Service/firewall");
        assertThat(inventory.verifyAudit().problems()).isEmpty();
    }

    @Test
    void storeWithoutRoomKeepsHalf() throws Exception {
        for (String action : List.of("copy", "forward", "copy", "forward", "copy", "forward")) {
            apply(ALICE, object("Service", "firewall", "{transport: raw, action: " + action + "}"));
        }
        inventory.history().forget(false);
        assertThat(seen(ALICE)).hasSize(6);
        inventory.history().forget(true);
        assertThat(keys(History.PREFIX)).hasSizeBetween(2, 3);
        for (int i = 0; i < 4; i++) {
            inventory.history().forget(true);
        }
        assertThat(keys(History.BEFORE_PREFIX)).isEmpty();
        assertThat(refused(5, ALICE).reason()).isEqualTo(Reason.GONE);
        assertThat(back(6, ALICE).changed().items()).isEmpty();
    }

    @Test
    void historyBeginsAnewWhereAVersionThatKeepsNoneWroteMeanwhile() throws Exception {
        apply(ALICE, FIREWALL);
        apply(ALICE, object("Service", "firewall", "{transport: raw, action: copy}"));
        apply(DISCOVERY, object("Node", "edge", "{}"));
        // As that version writes the end of the record: without what it does not know.
        JsonNode head = Trees.read(store.get(Inventory.HEAD).orElseThrow().value());
        byte[] written = Trees.bytes(Map.of(
                "audit", head.path("audit").asLong(), "hash", head.path("hash").asString("")));
        store.commit(List.of(), List.of(new Put(Inventory.HEAD, written)));
        assertThat(seen(ALICE)).isEmpty();
        assertThat(refused(1, ALICE).reason()).isEqualTo(Reason.GONE);
        apply(ALICE, CHAIN);
        assertThat(seen(ALICE)).containsExactly("4 alice created ServiceChain/inspect");
        inventory.history().forget(false);
        assertThat(keys(History.PREFIX)).hasSize(1);
        back(3, ALICE);
        assertThat(titles()).containsExactly("Node/edge", "Service/firewall");
    }

    @Test
    void historyIsInTheBackupAndOneWithoutItIsNotedAsSuch() throws Exception {
        apply(ALICE, FIREWALL);
        apply(ALICE, object("Service", "firewall", "{transport: raw, action: copy}"));
        Store whole = new MemoryStore();
        Backup.restore(inventory.backup(), whole);
        Store without = new MemoryStore();
        Backup.restore(Backup.take(store, List.of(Audit.PREFIX, Inventory.HEAD, ManagedObject.PREFIX)), without);
        inventory = new Inventory(whole, () -> now);
        back(1, ALICE);
        assertThat(spec(Kind.SERVICE, "firewall").has("action")).isFalse();
        inventory = new Inventory(without, () -> now);
        assertThat(refused(1, ALICE)).hasMessageContaining("change 2 is not in the history");
    }

    @Test
    void largeObjectsAreKeptInPartsAndComeBackWhole() throws Exception {
        StringBuilder note = new StringBuilder();
        Random random = new Random(48);
        while (note.length() < 60_000) {
            note.append(Long.toString(random.nextLong(Long.MAX_VALUE), 36));
        }
        List<String> objects = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            objects.add("{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: s-" + i + ", annotations: {note: "
                    + note.reverse() + i + "}}, spec: {transport: raw}}\n");
        }
        apply(ALICE, objects.toArray(String[]::new));
        JsonNode before = inventory.get(Kind.SERVICE, "s-7").orElseThrow().written();
        inventory.change(
                inventory.all().objects().stream()
                        .<Edit>map(object -> new Edit.Remove(object.kind(), object.name(), 0))
                        .toList(),
                ALICE,
                false);
        assertThat(keys(History.BEFORE_PREFIX)).hasSizeGreaterThan(1);
        back(1, ALICE);
        assertThat(titles()).hasSize(40);
        assertThat(inventory.get(Kind.SERVICE, "s-7").orElseThrow().written()).isEqualTo(before);
    }
}
