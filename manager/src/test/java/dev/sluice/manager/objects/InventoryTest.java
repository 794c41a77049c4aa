package dev.sluice.manager.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.manager.objects.Changed.What;
import dev.sluice.manager.objects.Refusal.Cause;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.manager.store.StoreException;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class InventoryTest {
    static final String FIREWALL = """
            apiVersion: sluice.dev/v1
            kind: Service
            metadata: {name: firewall}
            spec: {transport: raw}
            """;
    static final String CHAIN = """
            apiVersion: sluice.dev/v1
            kind: ServiceChain
            metadata: {name: inspect}
            spec: {profiles: [firewall]}
            """;
    static final String INSTANCE = """
            apiVersion: sluice.dev/v1
            kind: ServiceInstance
            metadata: {name: fw-1, labels: {rack: r1}}
            spec: {service: firewall, node: edge, interfaces: {in: fw1-in, out: fw1-out}}
            """;

    private final Store store = new MemoryStore();
    private Runnable onBusy = () -> {};
    private final Inventory inventory = new Inventory(store, () -> Instant.parse("2026-01-01T00:00:00Z"));

    private static List<WrittenObject> read(String... texts) {
        WrittenObject.Read read = WrittenObject.read("test", String.join("---\n", texts));
        assertThat(read.problems()).isEmpty();
        return read.objects();
    }

    @Test
    void changeOfWhoeverLeadsNoLongerIsRefusedAndChangesNothing() {
        apply("a", false, FIREWALL);
        long revision = inventory.revision();
        Store.Condition fence = new Store.Condition("leader", 7);
        List<Edit> edits = List.of(new Edit.Remove(Kind.SERVICE, "firewall", 0));
        assertThatThrownBy(() -> inventory.change(edits, new Caller("c", "c"), false, List.of(fence)))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("this manager leads no longer");
        assertThat(inventory.revision()).isEqualTo(revision);
    }

    private Changed apply(String manager, boolean force, String... texts) {
        List<Edit> edits = new ArrayList<>();
        read(texts).forEach(object -> edits.add(new Edit.Apply(object, force)));
        return inventory.change(edits, new Caller("test", manager), false);
    }

    private Changed apply(String... texts) {
        return apply("me", false, texts);
    }

    private Changed change(Edit edit) {
        return inventory.change(List.of(edit), new Caller("test", "me"), false);
    }

    private static Refusal refused(Callable<?> request) {
        Refusal refusal = catchThrowableOfType(Refusal.class, request::call);
        assertThat(refusal).isNotNull();
        return refusal;
    }

    private JsonNode spec(Kind kind, String name) {
        return inventory.get(kind, name).orElseThrow().tree().path("spec");
    }

    private static String service(String spec) {
        return "apiVersion: sluice.dev/v1\nkind: Service\nmetadata: {name: firewall}\nspec: " + spec + "\n";
    }

    @Test
    void appliedObjectHasWhatTheManagerAdds() {
        Changed changed = apply(FIREWALL);
        assertThat(changed.items().getFirst().what()).isEqualTo(What.CREATED);
        JsonNode metadata = changed.items().getFirst().object().shown().path("metadata");
        assertThat(metadata.path("generation").asLong()).isEqualTo(1);
        assertThat(metadata.path("creationTimestamp").asString()).isEqualTo("2026-01-01T00:00:00Z");
        assertThat(metadata.path("uid").asString()).hasSize(36);
        assertThat(metadata.path("resourceVersion").asString()).isEqualTo("1");
        assertThat(metadata.path("managedFields").toString())
                .contains("\"manager\":\"me\"")
                .contains("\"fields\":[\"/spec/transport\"]");
    }

    @Test
    void applyingTheSameAgainChangesNothing() {
        apply(FIREWALL, CHAIN);
        long revision = inventory.revision();
        Changed again = apply(FIREWALL, CHAIN);
        assertThat(again.items()).allMatch(item -> item.what() == What.UNCHANGED);
        assertThat(inventory.revision()).isEqualTo(revision);
    }

    @Test
    void whatWasReadCanBeAppliedAgain() {
        apply(FIREWALL);
        String shown =
                Trees.text(inventory.get(Kind.SERVICE, "firewall").orElseThrow().shown());
        assertThat(apply(shown).items().getFirst().what()).isEqualTo(What.UNCHANGED);
    }

    @Test
    void generationCountsChangesOfTheSpecificationOnly() {
        apply(FIREWALL);
        apply(
                "apiVersion: sluice.dev/v1\nkind: Service\nmetadata: {name: firewall, labels: {a: b}}\nspec: {transport: raw}\n");
        assertThat(inventory.get(Kind.SERVICE, "firewall").orElseThrow().generation())
                .isEqualTo(1);
        apply(service("{transport: raw, action: copy}"));
        assertThat(inventory.get(Kind.SERVICE, "firewall").orElseThrow().generation())
                .isEqualTo(2);
    }

    @Test
    void objectsThatNeedEachOtherAreAppliedTogetherInAnyOrder() {
        assertThat(refused(() -> apply(CHAIN)).causes().getFirst().toString())
                .startsWith("ServiceChain/inspect spec.profiles[0]: there is no Service or ServiceProfile of that name")
                .contains("'firewall'");
        assertThat(apply(CHAIN, INSTANCE, FIREWALL).items()).hasSize(3);
    }

    @Test
    void oneWrongObjectMeansThatNoneIsStored() {
        Refusal refusal = refused(() -> apply(FIREWALL, CHAIN.replace("firewall", "firewal")));
        assertThat(refusal.reason()).isEqualTo(Reason.INVALID);
        assertThat(refusal.causes().getFirst().message()).contains("did you mean 'firewall'?");
        assertThat(inventory.all().objects()).isEmpty();
        assertThat(inventory.revision()).isZero();
    }

    @Test
    void everyKindOfWrongFieldIsNamed() {
        assertThat(refused(() -> apply(service("{transpot: raw}"))).causes())
                .extracting(Cause::toString)
                .anyMatch(text ->
                        text.startsWith("Service/firewall spec.transpot: unknown field; did you mean 'transport'?"))
                .anyMatch(text -> text.startsWith("Service/firewall spec.transport: is missing"));
        assertThat(refused(() -> apply(service("{transport: raw, health: {intervalMs: 5}}")))
                        .causes()
                        .getFirst()
                        .toString())
                .isEqualTo("Service/firewall spec.health.intervalMs: is out of range (found '5'; allowed: 10..60000)");
        assertThat(refused(() -> apply(service("7"))).causes().getFirst().toString())
                .startsWith("Service/firewall spec: is a single value where an object is expected");
        assertThat(refused(() -> apply(FIREWALL + "speck: 1\n"))
                        .causes()
                        .getFirst()
                        .toString())
                .startsWith("Service/firewall speck: unknown field; did you mean 'spec'?");
        assertThat(refused(() -> apply(FIREWALL.replace("{name: firewall}", "{name: firewall, label: {}}")))
                        .causes()
                        .getFirst()
                        .toString())
                .startsWith("Service/firewall metadata.label: unknown field; did you mean 'labels'?");
        assertThat(refused(() -> apply(FIREWALL.replace("v1", "v9")))
                        .causes()
                        .getFirst()
                        .toString())
                .contains("apiVersion: is not a version that is known here");
        assertThat(refused(() -> apply(FIREWALL.replace("kind: Service", "kind: Servce")))
                        .causes()
                        .getFirst()
                        .toString())
                .contains("kind: is not one of the known words; did you mean 'Service'?");
        assertThat(refused(() -> apply(FIREWALL.replace("name: firewall", "name: Fire_Wall")))
                        .causes()
                        .getFirst()
                        .toString())
                .contains("metadata.name: is not a name");
        assertThat(refused(() -> apply("metadata: {name: x}\n"))
                        .causes()
                        .getFirst()
                        .toString())
                .contains("kind: is missing");
        assertThat(refused(() -> apply(FIREWALL, FIREWALL)).causes().getFirst().message())
                .contains("more than once");
        assertThat(inventory.revision()).isZero();
    }

    @Test
    void deletionNamesWhoStillNeedsTheObject() {
        apply(FIREWALL, CHAIN, INSTANCE);
        Refusal refusal = refused(() -> change(new Edit.Remove(Kind.SERVICE, "firewall", 0)));
        assertThat(refusal.reason()).isEqualTo(Reason.CONFLICT);
        assertThat(refusal).hasMessage("other objects still need Service/firewall");
        assertThat(refusal.causes())
                .extracting(cause -> cause.object() + " " + cause.field())
                .containsExactlyInAnyOrder(
                        "ServiceChain/inspect spec.profiles[0]", "ServiceInstance/fw-1 spec.service");
        Changed all = inventory.change(
                List.of(
                        new Edit.Remove(Kind.SERVICE, "firewall", 0),
                        new Edit.Remove(Kind.SERVICE_CHAIN, "inspect", 0),
                        new Edit.Remove(Kind.SERVICE_INSTANCE, "fw-1", 0)),
                new Caller("test", "me"),
                false);
        assertThat(all.items()).allMatch(item -> item.what() == What.DELETED);
        assertThat(inventory.all().objects()).isEmpty();
    }

    @Test
    void fieldOfAnotherIsAConflictThatNamesOwnerAndField() {
        apply("alice", false, service("{transport: raw, action: copy}"));
        Refusal refusal = refused(() -> apply("bob", false, service("{transport: raw, action: forward}")));
        assertThat(refusal.reason()).isEqualTo(Reason.CONFLICT);
        assertThat(refusal.causes()).hasSize(1);
        Cause cause = refusal.causes().getFirst();
        assertThat(cause.owner()).isEqualTo("alice");
        assertThat(cause.field()).isEqualTo("spec.action");
        assertThat(cause.message()).isEqualTo("belongs to alice, who set it to \"copy\" at 2026-01-01T00:00:00Z");
        assertThat(refusal.action()).contains("--force");
        assertThat(spec(Kind.SERVICE, "firewall").path("action").asString()).isEqualTo("copy");
    }

    @Test
    void forceTakesTheFieldOver() {
        apply("alice", false, service("{transport: raw, action: copy}"));
        apply("bob", true, service("{transport: raw, action: forward}"));
        assertThat(spec(Kind.SERVICE, "firewall").path("action").asString()).isEqualTo("forward");
        assertThat(refused(() -> apply("alice", false, service("{transport: raw, action: copy}")))
                        .causes()
                        .getFirst()
                        .owner())
                .isEqualTo("bob");
    }

    @Test
    void fieldsOfOthersStayAndSharedOnesGoWithTheLastOwner() {
        apply("alice", false, service("{transport: raw, action: copy}"));
        apply("bob", false, service("{health: {intervalMs: 100}, action: copy}"));
        apply("alice", false, service("{transport: raw}"));
        assertThat(Trees.text(spec(Kind.SERVICE, "firewall")))
                .isEqualTo("{\"transport\":\"raw\",\"action\":\"copy\",\"health\":{\"intervalMs\":100}}");
        apply("bob", false, service("{health: {failAfter: 5}}"));
        assertThat(Trees.text(spec(Kind.SERVICE, "firewall")))
                .isEqualTo("{\"transport\":\"raw\",\"health\":{\"failAfter\":5}}");
    }

    @Test
    void objectAroundAFieldOfAnotherIsAConflictToo() {
        apply("alice", false, service("{transport: raw, health: {intervalMs: 100}}"));
        assertThat(refused(() -> apply("bob", false, service("{health: none}")))
                        .causes()
                        .getFirst()
                        .field())
                .isEqualTo("spec.health.intervalMs");
        apply("bob", false, service("{health: {failAfter: 2}}"));
        apply("carol", false, service("{health: {}}"));
        assertThat(spec(Kind.SERVICE, "firewall").path("health").size()).isEqualTo(2);
    }

    @Test
    void fieldNamesWithSlashesAndDotsAreFieldsLikeOthers() {
        String labels =
                "apiVersion: sluice.dev/v1\nkind: Service\nmetadata: {name: firewall, labels: {'a/b.c~d': x, e: y}}\nspec: {transport: raw}\n";
        apply("alice", false, labels);
        apply("alice", false, FIREWALL.replace("{name: firewall}", "{name: firewall, labels: {'a/b.c~d': z}}"));
        assertThat(inventory.get(Kind.SERVICE, "firewall").orElseThrow().labels())
                .hasToString("{a/b.c~d=z}");
    }

    @Test
    void replacementNeedsTheVersionThatIsThere() {
        apply(FIREWALL);
        long first = inventory.get(Kind.SERVICE, "firewall").orElseThrow().revision();
        change(new Edit.Replace(read(service("{transport: raw, action: copy}")).getFirst(), first));
        Refusal stale = refused(() -> change(new Edit.Replace(read(FIREWALL).getFirst(), first)));
        assertThat(stale.reason()).isEqualTo(Reason.CONFLICT);
        assertThat(stale).hasMessageContaining("it has version 2, not 1");
        assertThat(refused(() -> change(new Edit.Replace(read(CHAIN).getFirst(), 1)))
                        .reason())
                .isEqualTo(Reason.NOT_FOUND);
        assertThat(refused(() -> change(new Edit.Create(read(FIREWALL).getFirst())))
                        .reason())
                .isEqualTo(Reason.CONFLICT);
        assertThat(refused(() -> change(new Edit.Remove(Kind.SERVICE, "firewall", 1)))
                        .reason())
                .isEqualTo(Reason.CONFLICT);
    }

    @Test
    void versionInTheObjectCountsWhenItIsApplied() {
        apply(FIREWALL);
        String stale = FIREWALL.replace("{name: firewall}", "{name: firewall, resourceVersion: '99'}");
        assertThat(refused(() -> apply(stale)).reason()).isEqualTo(Reason.CONFLICT);
        assertThat(refused(() -> apply(stale.replace("'99'", "soon")))
                        .causes()
                        .getFirst()
                        .field())
                .isEqualTo("metadata.resourceVersion");
        assertThat(refused(() -> apply(stale.replace("name: firewall", "name: other")))
                        .reason())
                .isEqualTo(Reason.CONFLICT);
    }

    @Test
    void dryRunSaysWhatWouldBeAndStoresNothing() {
        Changed changed = inventory.change(
                List.of(new Edit.Apply(read(FIREWALL).getFirst(), false)), new Caller("test", "me"), true);
        assertThat(changed.items().getFirst().what()).isEqualTo(What.CREATED);
        assertThat(changed.dryRun()).isTrue();
        assertThat(inventory.revision()).isZero();
    }

    @Test
    void statusChangesNeitherGenerationNorOwners() {
        apply(FIREWALL);
        JsonNode before = inventory.get(Kind.SERVICE, "firewall").orElseThrow().metadata();
        JsonNode status = Trees.read(
                "{\"observedGeneration\":1,\"conditions\":[]}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        change(new Edit.SetStatus(Kind.SERVICE, "firewall", 0, status));
        ManagedObject after = inventory.get(Kind.SERVICE, "firewall").orElseThrow();
        assertThat(after.metadata()).isEqualTo(before);
        assertThat(after.tree().path("status")).isEqualTo(status);
        assertThat(inventory.audit(0, 10)).hasSize(1);
        apply(FIREWALL);
        assertThat(inventory.get(Kind.SERVICE, "firewall").orElseThrow().tree().path("status"))
                .isEqualTo(status);
    }

    @Test
    void warningsAreToldAndDoNotRefuse() {
        assertThat(apply(FIREWALL, CHAIN).warnings().toString()).contains("no ServiceInstance has this service");
    }

    @Test
    void listingComesInPartsOfOneMoment() {
        List<String> services = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            services.add(FIREWALL.replace("firewall", "fw-" + i));
        }
        apply(services.toArray(String[]::new));
        Inventory.Page first = inventory.list(Kind.SERVICE, LabelSelector.ALL, 3, "");
        change(new Edit.Remove(Kind.SERVICE, "fw-5", 0));
        Inventory.Page second = inventory.list(Kind.SERVICE, LabelSelector.ALL, 3, first.next());
        Inventory.Page third = inventory.list(Kind.SERVICE, LabelSelector.ALL, 3, second.next());
        assertThat(first.objects()).extracting(ManagedObject::name).containsExactly("fw-0", "fw-1", "fw-2");
        assertThat(second.objects()).extracting(ManagedObject::name).containsExactly("fw-3", "fw-4", "fw-5");
        assertThat(third.objects()).extracting(ManagedObject::name).containsExactly("fw-6");
        assertThat(third.next()).isEmpty();
        assertThat(refused(() -> inventory.list(Kind.SERVICE, LabelSelector.ALL, 3, "nonsense"))
                        .reason())
                .isEqualTo(Reason.BAD_REQUEST);
        assertThat(refused(() -> inventory.list(Kind.PORT, LabelSelector.ALL, 3, first.next()))
                        .reason())
                .isEqualTo(Reason.BAD_REQUEST);
    }

    @Test
    void listingThatWaitsTooLongIsGone() throws Exception {
        apply(FIREWALL, FIREWALL.replace("firewall", "other"));
        String next = inventory.list(Kind.SERVICE, LabelSelector.ALL, 1, "").next();
        apply(service("{transport: raw, action: copy}"));
        store.compact(store.revision());
        assertThat(refused(() -> inventory.list(Kind.SERVICE, LabelSelector.ALL, 1, next))
                        .reason())
                .isEqualTo(Reason.GONE);
        assertThat(refused(() -> inventory.events(1)).reason()).isEqualTo(Reason.GONE);
    }

    @Test
    void selectorsChooseByLabels() {
        apply(
                FIREWALL,
                CHAIN,
                INSTANCE,
                INSTANCE.replace("fw-1", "fw-2").replace("r1", "r2").replace("fw1", "fw2"));
        for (var wish : List.of(
                List.of("rack=r1", "fw-1"),
                List.of("rack!=r1", "fw-2"),
                List.of("rack", "fw-1fw-2"),
                List.of("!rack", ""),
                List.of("rack==r2,rack!=r1", "fw-2"),
                List.of("", "fw-1fw-2"))) {
            StringBuilder names = new StringBuilder();
            inventory
                    .list(Kind.SERVICE_INSTANCE, LabelSelector.parse(wish.get(0)), 10, "")
                    .objects()
                    .forEach(object -> names.append(object.name()));
            assertThat(names).as(wish.get(0)).hasToString(wish.get(1));
        }
        for (String wrong : List.of("=x", "a=b,", "a b", "!a=b", "a=b=c")) {
            assertThat(refused(() -> LabelSelector.parse(wrong)).reason()).isEqualTo(Reason.BAD_REQUEST);
        }
    }

    @Test
    void eventsAreSeenThroughASelectorAsObjectsComeAndGo() {
        LabelSelector rack = LabelSelector.parse("rack=r1");
        apply(FIREWALL, INSTANCE.replace("{rack: r1}", "{rack: r2}"));
        apply(INSTANCE);
        apply(INSTANCE.replace("node: edge", "node: edge, weight: 2"));
        apply(INSTANCE.replace("{rack: r1}", "{rack: r3}"));
        change(new Edit.Remove(Kind.SERVICE_INSTANCE, "fw-1", 0));
        assertThat(inventory.events(0).stream()
                        .filter(event -> event.object().kind() == Kind.SERVICE_INSTANCE)
                        .map(event -> event.through(rack)
                                .map(seen -> seen.type().name())
                                .orElse("-"))
                        .toList())
                .containsExactly("-", "ADDED", "MODIFIED", "DELETED", "-");
    }

    @Test
    void recordOfChangesIsAChainThatShowsTampering() {
        apply("alice", false, FIREWALL);
        apply("alice", false, service("{transport: raw, action: copy}"));
        apply("alice", false, CHAIN);
        assertThat(inventory.audit(0, 10).get(1).path("changes").toString())
                .isEqualTo("[\"changed Service/firewall spec.action: (not set) -> copy\"]");
        assertThat(inventory.audit(0, 10).get(1).path("user").asString()).isEqualTo("test");
        assertThat(inventory.verifyAudit()).isEqualTo(new Audit.Verdict(3, List.of()));
        String second = inventory.audit(0, 10).get(1).toString();
        store.commit(
                List.of(),
                List.of(new Put(
                        Audit.key(2),
                        second.replace("copy", "forward").getBytes(java.nio.charset.StandardCharsets.UTF_8))));
        assertThat(inventory.verifyAudit().problems()).containsExactly("entry 2 is not what was written there");
        store.commit(List.of(), List.of(new Store.Delete(Audit.key(3))));
        assertThat(inventory.verifyAudit().problems())
                .anyMatch(problem -> problem.startsWith("the record ends with entry 2"));
    }

    @Test
    void recordIsLookedThroughWhileOthersAddToIt() {
        apply(FIREWALL);
        apply(CHAIN);
        AtomicBoolean first = new AtomicBoolean(true);
        Store busy = (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, arguments) -> {
                    boolean looks = method.getName().equals("list") && Audit.PREFIX.equals(arguments[0]);
                    if (looks && first.getAndSet(false)) {
                        onBusy.run();
                    }
                    return method.invoke(store, arguments);
                });
        Inventory looked = new Inventory(busy, Instant::now);
        onBusy = () -> CompletableFuture.runAsync(() -> looked.change(
                        List.of(new Edit.Remove(Kind.SERVICE_CHAIN, "inspect", 0)), new Caller("x", "x"), false))
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
        assertThat(looked.verifyAudit()).isEqualTo(new Audit.Verdict(2, List.of()));
        assertThat(looked.verifyAudit()).isEqualTo(new Audit.Verdict(3, List.of()));
        Store.Entry last = store.get(Audit.key(3)).orElseThrow();
        store.commit(List.of(), List.of(new Put(Audit.key(4), last.value())));
        assertThat(looked.verifyAudit().problems())
                .as("an entry that was smuggled in")
                .hasSize(2);
    }

    /** A store whose disk is full for as long as it is said to be. */
    private static Store onADiskThatIsFull(Store store, AtomicBoolean full) {
        return (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (proxy, method, arguments) -> {
                    if (full.get() && method.getName().equals("commit")) {
                        throw new StoreException(StoreException.Reason.FULL, "no room left");
                    }
                    return method.invoke(store, arguments);
                });
    }

    @Test
    void fullDiskIsStatus507UntilAChangeCanBeStoredAgain() {
        AtomicBoolean full = new AtomicBoolean(true);
        Inventory limited = new Inventory(onADiskThatIsFull(store, full), () -> Instant.EPOCH);
        List<Edit> edits = List.of(new Edit.Apply(read(FIREWALL).getFirst(), false));
        Refusal refusal = refused(() -> limited.change(edits, new Caller("test", "me"), false));
        assertThat(refusal.reason().status()).isEqualTo(507);
        assertThat(limited.checks()).anyMatch(check -> check.problem().equals("no room left"));
        assertThat(limited.all().objects()).isEmpty();
        full.set(false);
        limited.change(edits, new Caller("test", "me"), false);
        assertThat(limited.checks()).allMatch(check -> check.problem().isEmpty());
    }

    @Test
    void objectThatThisVersionFindsWrongIsNoReasonToRefuseOthers() {
        apply(FIREWALL);
        store.commit(
                List.of(),
                List.of(new Put(
                        "objects/services/old",
                        Trees.bytes(Trees.of(
                                read(FIREWALL.replace("firewall", "old").replace("raw", "pigeon"))
                                        .getFirst())))));
        apply(CHAIN);
        assertThat(refused(() -> apply(INSTANCE.replace("firewall", "gone"))).causes())
                .hasSize(1);
    }

    @Test
    void writersInTwoManagersOverOneStoreNeverBreakTheConfiguration() throws Exception {
        Inventory other = new Inventory(store, Instant::now);
        apply(FIREWALL);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> deleting = threads.submit(() ->
                    repeat(() -> change(new Edit.Remove(Kind.SERVICE, "firewall", 0)), () -> apply(FIREWALL)));
            Future<?> referring = threads.submit(() -> repeat(
                    () -> other.change(
                            List.of(new Edit.Apply(read(CHAIN).getFirst(), false)), new Caller("x", "x"), false),
                    () -> other.change(
                            List.of(new Edit.Remove(Kind.SERVICE_CHAIN, "inspect", 0)), new Caller("x", "x"), false)));
            for (int i = 0; i < 200; i++) {
                assertThat(new WholeCheck().problems(inventory.all().objects()))
                        .noneMatch(problem -> problem.isError());
            }
            deleting.get();
            referring.get();
        }
        assertThat(inventory.verifyAudit().problems()).isEmpty();
    }

    private static void repeat(Runnable first, Runnable second) {
        for (int i = 0; i < 100; i++) {
            for (Runnable step : List.of(first, second)) {
                try {
                    step.run();
                } catch (Refusal e) {
                    assertThat(e.reason()).isIn(Reason.CONFLICT, Reason.INVALID, Reason.NOT_FOUND, Reason.UNAVAILABLE);
                }
            }
        }
    }

    /** Going back to a version that does not know a kind: nothing is lost or half read, and it says what to do. */
    @Test
    void storeOfANewerVersionWithKindsOfItsOwnIsLeftAloneAndNamed() {
        MemoryStore newer = new MemoryStore();
        newer.commit(List.of(), List.of(new Put("objects/pigeons/p-1", "{}".getBytes(StandardCharsets.UTF_8))));
        Inventory older = new Inventory(newer, InstantSource.system());
        assertThatThrownBy(older::all)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("pigeons/p-1")
                .hasMessageContaining("a newer one wrote it")
                .hasMessageContaining("delete all pigeons");
        assertThat(newer.revision()).isEqualTo(1);
    }
}
