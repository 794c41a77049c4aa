package dev.sluice.manager.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.manager.access.Identity;
import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.History;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Rollback;
import dev.sluice.manager.store.Store.Change;
import dev.sluice.manager.store.Store.Committed;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.Store.Conflict;
import dev.sluice.manager.store.Store.Delete;
import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Event;
import dev.sluice.manager.store.Store.Listing;
import dev.sluice.manager.store.Store.Outcome;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.manager.store.StoreException.Reason;
import dev.sluice.model.WrittenObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store does; each implementation has a test class that extends this one. */
abstract class StoreContractTest {
    @SuppressWarnings("NullAway.Init") // set before each test
    Store store;

    /** A new, empty store. */
    abstract Store open() throws Exception;

    @BeforeEach
    void openStore() throws Exception {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(Entry entry) {
        return new String(entry.value(), StandardCharsets.UTF_8);
    }

    static Change put(String key, String value) {
        return new Put(key, bytes(value));
    }

    long commit(Change... changes) {
        return ((Committed) store.commit(List.of(), List.of(changes))).revision();
    }

    List<String> list(String prefix, long revision) throws CompactedException {
        return store.list(prefix, "", 100, revision).entries().stream()
                .map(e -> e.key() + "=" + text(e))
                .toList();
    }

    List<String> events(String prefix, long after) throws CompactedException {
        return store.events(prefix, after, 1_000).stream()
                .map(e -> e.entry().revision()
                        + (e.deleted() ? "-" : "+")
                        + e.entry().key()
                        + e.previous().map(p -> "<" + text(p)).orElse(""))
                .toList();
    }

    @Test
    void newStoreIsEmptyAtRevisionZero() throws Exception {
        assertThat(store.revision()).isZero();
        assertThat(store.compacted()).isZero();
        assertThat(store.get("a")).isEmpty();
        assertThat(list("a", 0)).isEmpty();
        assertThat(events("a", 0)).isEmpty();
    }

    @Test
    void valueIsReadWithTheRevisionsThatBroughtIt() {
        assertThat(commit(put("a", "1"))).isEqualTo(1);
        assertThat(commit(put("a", "2"))).isEqualTo(2);
        Entry entry = store.get("a").orElseThrow();
        assertThat(text(entry)).isEqualTo("2");
        assertThat(entry.created()).isEqualTo(1);
        assertThat(entry.revision()).isEqualTo(2);
        assertThat(store.revision()).isEqualTo(2);
    }

    @Test
    void deletedKeyIsGoneAndComesBackAsANewOne() {
        commit(put("a", "1"));
        commit(new Delete("a"));
        assertThat(store.get("a")).isEmpty();
        commit(put("a", "2"));
        assertThat(store.get("a").orElseThrow().created()).isEqualTo(3);
    }

    @Test
    void transactionIsOneRevisionAndAllOrNothing() throws Exception {
        assertThat(commit(put("a", "1"), put("b", "1"), put("c", "1"))).isEqualTo(1);
        Outcome outcome = store.commit(
                List.of(new Condition("b", 1), new Condition("c", 7)), List.of(put("a", "2"), new Delete("b")));
        assertThat(outcome).isEqualTo(new Conflict(new Condition("c", 7), 1));
        assertThat(listAll("a", "b", "c")).containsExactly("a=1", "b=1", "c=1");
        assertThat(store.revision()).isEqualTo(1);
    }

    private List<String> listAll(String... keys) throws CompactedException {
        List<String> found = new ArrayList<>();
        for (String key : keys) {
            found.addAll(list(key, 0));
        }
        return found;
    }

    @Test
    void conditionOnAKeyThatMustNotExist() {
        assertThat(store.commit(List.of(new Condition("a", 0)), List.of(put("a", "1"))))
                .isEqualTo(new Committed(1));
        assertThat(store.commit(List.of(new Condition("a", 0)), List.of(put("a", "2"))))
                .isEqualTo(new Conflict(new Condition("a", 0), 1));
        commit(new Delete("a"));
        assertThat(store.commit(List.of(new Condition("a", 0)), List.of(put("a", "3"))))
                .isEqualTo(new Committed(3));
    }

    @Test
    void deletionOfWhatIsNotThereIsAConflictAndChangesNothing() {
        assertThat(store.commit(List.of(), List.of(put("a", "1"), new Delete("b"))))
                .isEqualTo(new Conflict(new Condition("b", -1), 0));
        assertThat(store.get("a")).isEmpty();
    }

    @Test
    void listingIsInTheOrderOfKeysAndEndsAtThePrefix() throws Exception {
        commit(put("x/b", "2"), put("x/a", "1"), put("x0", "no"), put("w/z", "no"), put("x/a/c", "3"));
        assertThat(list("x/", 0)).containsExactly("x/a=1", "x/a/c=3", "x/b=2");
    }

    @Test
    void listingGoesOnWhereTheLastPartEnded() throws Exception {
        for (int i = 0; i < 10; i++) {
            commit(put("k/" + i, "v" + i));
        }
        List<String> keys = new ArrayList<>();
        String after = "";
        Listing part;
        do {
            part = store.list("k/", after, 3, 10);
            part.entries().forEach(e -> keys.add(e.key()));
            after = part.entries().getLast().key();
            commit(put("k/9x", "later"), put("k/5", "changed"));
            assertThat(part.revision()).isEqualTo(10);
        } while (part.more());
        assertThat(keys).hasSize(10).doesNotContain("k/9x").isSorted();
    }

    @Test
    void listingShowsEveryKeptRevisionAsItWas() throws Exception {
        commit(put("a", "1"));
        commit(put("b", "1"));
        commit(put("a", "2"));
        commit(new Delete("b"));
        assertThat(list("a", 1)).containsExactly("a=1");
        assertThat(list("b", 1)).isEmpty();
        assertThat(list("b", 3)).containsExactly("b=1");
        assertThat(list("b", 4)).isEmpty();
        assertThatThrownBy(() -> list("a", 5))
                .isInstanceOf(CompactedException.class)
                .hasMessage("revision 5 has not been yet; the newest is 4");
    }

    @Test
    void eventsTellWholeTransactionsInOrderWithWhatWasBefore() throws Exception {
        commit(put("a", "1"), put("b", "1"));
        commit(put("a", "2"), new Delete("b"));
        commit(put("other", "x"));
        assertThat(events("a", 0)).containsExactly("1+a", "2+a<1");
        assertThat(events("b", 1)).containsExactly("2-b<1");
        List<Event> part = store.events("a", 0, 1);
        assertThat(part).hasSize(1);
    }

    @Test
    void eventsNeverEndWithinATransaction() throws Exception {
        commit(put("k/1", ""), put("k/2", ""), put("k/3", ""));
        commit(put("k/4", ""));
        assertThat(store.events("k/", 0, 2)).hasSize(3);
        assertThat(store.events("k/", 0, 4)).hasSize(4);
    }

    @Test
    void compactionForgetsWhatWasReplacedAndKeepsWhatIsThere() throws Exception {
        commit(put("a", "1"));
        commit(put("a", "2"));
        commit(put("b", "1"));
        commit(new Delete("b"));
        commit(put("c", "1"));
        store.compact(4);
        assertThat(store.compacted()).isEqualTo(4);
        assertThat(list("a", 0)).containsExactly("a=2");
        assertThat(list("a", 4)).containsExactly("a=2");
        assertThat(store.get("b")).isEmpty();
        assertThat(events("c", 4)).containsExactly("5+c");
        assertThatThrownBy(() -> list("a", 3))
                .isInstanceOf(CompactedException.class)
                .hasMessage("revision 3 is not kept any more; the oldest is 4");
        assertThatThrownBy(() -> events("a", 3)).isInstanceOf(CompactedException.class);
        assertThatThrownBy(() -> store.compact(3)).isInstanceOf(CompactedException.class);
        assertThatThrownBy(() -> store.compact(6)).isInstanceOf(CompactedException.class);
    }

    @Test
    void numberOfADeletionIsNotUsedAgainAfterItIsCompacted() throws Exception {
        commit(put("a", "1"));
        commit(new Delete("a"));
        store.compact(2);
        assertThat(store.revision()).isEqualTo(2);
        assertThat(commit(put("a", "2"))).isEqualTo(3);
    }

    @Test
    void waitingEndsWithTheNextTransactionOrItsTime() throws Exception {
        assertThat(store.await(0, 1)).isZero();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Long> waiter = threads.submit(() -> store.await(0, 20_000));
            commit(put("a", "1"));
            assertThat(waiter.get()).isEqualTo(1);
        }
    }

    @Test
    void closedStoreSaysSo() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Long> waiter = threads.submit(() -> store.await(0, 20_000));
            store.close();
            assertThatThrownBy(waiter::get)
                    .cause()
                    .isInstanceOf(StoreException.class)
                    .hasMessage("the store is closed");
        }
    }

    @Test
    void restoreFillsAnEmptyStoreAndCountsAsCompacted() throws Exception {
        store.restore(500, List.of(new Entry("a", 1, 2, bytes("x")), new Entry("b", 7, 7, bytes("y"))));
        assertThat(store.revision()).isEqualTo(500);
        assertThat(list("a", 0)).containsExactly("a=x");
        assertThatThrownBy(() -> events("a", 499)).isInstanceOf(CompactedException.class);
        assertThat(commit(put("a", "z"))).isEqualTo(501);
        assertThatThrownBy(() -> store.restore(9, List.of())).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void backupIsRestoredToAnEmptyStoreOfAnyKind() throws Exception {
        for (int i = 0; i < 1_200; i += 100) {
            List<Change> changes = new ArrayList<>(List.of(put("other", "x")));
            for (int j = i; j < i + 100; j++) {
                changes.add(put("k/" + j, "v" + j));
            }
            commit(changes.toArray(Change[]::new));
        }
        byte[] backup = Backup.take(store, List.of("k/"));
        assertThatThrownBy(() -> Backup.restore(backup, store)).hasMessageContaining("there are objects already");
        try (Store memory = new MemoryStore()) {
            assertThat(Backup.restore(backup, memory)).isEqualTo(1_200);
            assertThat(memory.revision()).isEqualTo(12 + Backup.REVISIONS_SKIPPED);
            assertThat(text(memory.get("k/77").orElseThrow())).isEqualTo("v77");
            assertThat(memory.get("other")).isEmpty();
        }
    }

    @Test
    void damagedBackupIsRefusedAndNothingIsRestored() {
        commit(put("k/1", "v"));
        byte[] backup = Backup.take(store, List.of("k/"));
        for (int at = 0; at < backup.length; at++) {
            byte[] damaged = backup.clone();
            damaged[at] ^= 1;
            try (Store memory = new MemoryStore()) {
                assertThatThrownBy(() -> Backup.restore(damaged, memory))
                        .isInstanceOf(StoreException.class)
                        .satisfies(e -> assertThat(reason(e)).isEqualTo(Reason.CORRUPT));
                assertThat(memory.revision()).isZero();
            }
            byte[] cut = java.util.Arrays.copyOf(backup, at);
            assertThatThrownBy(() -> Backup.restore(cut, store)).isInstanceOf(StoreException.class);
        }
    }

    @Test
    void whatNoProgramMayAskIsRefused() {
        assertThatThrownBy(() -> commit()).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> commit(put("", "x"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> commit(put("a b", "x"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> commit(put("ä", "x"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> commit(put("a".repeat(513), "x"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> commit(put("a", "1"), put("a", "2"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.commit(List.of(), List.of(new Put("a", new byte[Store.VALUE_BYTES_MAX + 1]))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> store.list("a", "", 0, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(store.revision()).isZero();
    }

    @Test
    void ofWritersThatMeetOneWinsEachRound() throws Exception {
        int writers = 8;
        int rounds = 10;
        commit(put("counter", "0"));
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int w = 0; w < writers; w++) {
                all.add(threads.submit(() -> {
                    for (int done = 0; done < rounds; ) {
                        Entry now = store.get("counter").orElseThrow();
                        String next = String.valueOf(Integer.parseInt(text(now)) + 1);
                        Outcome outcome = store.commit(
                                List.of(new Condition("counter", now.revision())), List.of(put("counter", next)));
                        done += outcome instanceof Committed ? 1 : 0;
                    }
                    return null;
                }));
            }
            for (Future<?> writer : all) {
                writer.get();
            }
        }
        assertThat(text(store.get("counter").orElseThrow())).isEqualTo(String.valueOf(writers * rounds));
        assertThat(store.revision()).isEqualTo(1 + writers * rounds);
    }

    /** Random transactions, compared with maps, one per revision. */
    @Test
    void isWhatAPlainMapPerRevisionSays() throws Exception {
        long seed = Long.getLong("sluice.seed", 20_260_101L);
        Random random = new Random(seed);
        List<Map<String, String>> history = new ArrayList<>(List.of(Map.of()));
        int oldest = 0;
        for (int step = 0; step < 300; step++) {
            Map<String, String> state = new TreeMap<>(history.getLast());
            List<Change> changes = new ArrayList<>();
            for (int i = 0; i <= random.nextInt(3); i++) {
                String key = "k/" + (char) ('a' + random.nextInt(6)) + i;
                if (state.containsKey(key) && random.nextInt(3) == 0) {
                    changes.add(new Delete(key));
                    state.remove(key);
                } else {
                    changes.add(put(key, "v" + step));
                    state.put(key, "v" + step);
                }
            }
            assertThat(store.commit(List.of(), changes)).as("seed %d", seed).isEqualTo(new Committed(history.size()));
            history.add(state);
            if (random.nextInt(40) == 0) {
                oldest += random.nextInt(history.size() - oldest);
                store.compact(oldest);
            }
            int at = oldest + random.nextInt(history.size() - oldest);
            Map<String, String> found = new TreeMap<>();
            store.list("k/", "", 100, at).entries().forEach(e -> found.put(e.key(), text(e)));
            // Revision 0 as a wish means now.
            assertThat(found).as("seed %d revision %d", seed, at).isEqualTo(at == 0 ? state : history.get(at));
            Map<String, String> replayed = new TreeMap<>(history.get(at));
            for (Event event : store.events("k/", at, 10_000)) {
                if (event.deleted()) {
                    replayed.remove(event.entry().key());
                } else {
                    replayed.put(event.entry().key(), text(event.entry()));
                }
            }
            assertThat(replayed).as("seed %d events after %d", seed, at).isEqualTo(state);
        }
    }

    /** What a history needs of a store: parts of listings, and many keys in one transaction. */
    @Test
    void objectsComeBackAsTheyWereBeforeOldRevisionsWereForgotten() throws Exception {
        Inventory inventory = new Inventory(store, () -> Instant.EPOCH, History.Bounds.of(Duration.ofDays(1), 120));
        Caller caller = new Caller("alice", "alice", Identity.LOCAL);
        for (int i = 1; i <= 130; i++) {
            String text = "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: s-" + i % 3 + ", labels: {i: '"
                    + i + "'}}, spec: {transport: raw}}";
            WrittenObject object = WrittenObject.read("test", text).objects().getFirst();
            inventory.change(List.of(new Edit.Apply(object, false)), caller, false);
        }
        store.compact(store.revision());
        inventory.history().forget(false);
        assertThat(inventory.history().list(caller.rights(), 0, 1).oldest()).isEqualTo(10);
        assertThat(store.list("changes/", "", Store.LIST_MAX, 0).entries()).hasSize(120);
        assertThat(store.list("before/", "", Store.LIST_MAX, 0).entries()).hasSize(120);
        new Rollback(inventory, 10, caller).run(false);
        assertThat(inventory.all().objects())
                .extracting(object -> object.labels().get("i"))
                .containsExactly("9", "10", "8");
        new Rollback(inventory, 130, caller).run(false);
        assertThat(inventory.all().objects())
                .extracting(object -> object.labels().get("i"))
                .containsExactly("129", "130", "128");
        Rollback tried = new Rollback(inventory, 10, caller, Optional.of(Duration.ZERO), Optional.empty());
        assertThat(inventory.trials().of(tried.run(false).changed())).isPresent();
        assertThat(inventory.trials().step(List.of())).isPresent();
        assertThat(inventory.trials().pending()).isEmpty();
        assertThat(inventory.all().objects())
                .extracting(object -> object.labels().get("i"))
                .containsExactly("129", "130", "128");
    }

    static Reason reason(Throwable failure) {
        return ((StoreException) failure).reason();
    }
}
