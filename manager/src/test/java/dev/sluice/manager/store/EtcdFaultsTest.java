package dev.sluice.manager.store;

import static dev.sluice.manager.store.StoreContractTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.manager.store.Store.Change;
import dev.sluice.manager.store.Store.Committed;
import dev.sluice.manager.store.Store.Event;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.manager.store.StoreException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two stores on three members of etcd, of which some die: F6 and F8 of the goals of reliability. */
@Tag("system")
@ExtendWith(SharedEtcd.class)
class EtcdFaultsTest {
    private static final int WRITERS = 4;
    private static final int WRITES_BEFORE = 100;
    private static final int WRITES_AFTER = 100;
    private static final long BACK_MS = 3_000;
    private static final int FILLER_BYTES = 500_000;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static EtcdCluster cluster;

    @BeforeAll
    static void shareCluster(EtcdCluster shared) {
        cluster = shared;
    }

    /** What one writer was told is stored. */
    private record Acknowledged(long revision, String key, String value) {}

    /** What writers share. */
    private static final class Progress {
        final AtomicInteger acknowledged = new AtomicInteger();
        final AtomicBoolean killed = new AtomicBoolean();
        final AtomicInteger afterKill = new AtomicInteger();
    }

    @Test
    void killOfTheLeaderLosesNothingThatWasAcknowledgedAndWatchesGoOnWithoutGapOrDuplicate() throws Exception {
        Progress progress = new Progress();
        try (Store a = EtcdStore.open(cluster.options("kill", "a"));
                Store b = EtcdStore.open(cluster.options("kill", "b"));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Acknowledged>>> writers = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                writers.add(threads.submit(writer(w % 2 == 0 ? a : b, w, progress)));
            }
            AtomicBoolean done = new AtomicBoolean();
            Future<List<Event>> watcher = threads.submit(() -> watch(b, done));
            while (progress.acknowledged.get() < WRITES_BEFORE) {
                Thread.onSpinWait();
            }
            int leader = cluster.leader();
            cluster.kill(leader);
            progress.killed.set(true);
            long killedNs = System.nanoTime();
            while (progress.afterKill.get() == 0) {
                Thread.onSpinWait();
            }
            long backMs = (System.nanoTime() - killedNs) / 1_000_000;
            System.out.println("writes go on " + backMs + " ms after the leader of etcd is killed");
            assertThat(backMs).isLessThan(BACK_MS);

            List<Acknowledged> all = new ArrayList<>();
            for (Future<List<Acknowledged>> writer : writers) {
                all.addAll(writer.get());
            }
            cluster.begin(leader);
            cluster.awaitAnswer(leader);
            done.set(true);
            List<Event> seen = watcher.get();
            check(all, seen, a);
            // One that has not followed reads it from etcd.
            try (Store late = EtcdStore.open(cluster.options("kill", "late"))) {
                check(all, seen, late);
            }
        }
    }

    private static Callable<List<Acknowledged>> writer(Store store, int number, Progress progress) {
        return () -> {
            List<Acknowledged> all = new ArrayList<>();
            for (int i = 0; progress.afterKill.get() < WRITES_AFTER; i++) {
                String value = number + " " + i;
                boolean later = progress.killed.get();
                // Two keys of each, so that half a transaction would be seen.
                List<Change> changes =
                        List.of(new Put("left/" + number, bytes(value)), new Put("right/" + number, bytes(value)));
                if (store.commit(List.of(), changes) instanceof Committed(long revision)) {
                    all.add(new Acknowledged(revision, "left/" + number, value));
                    progress.acknowledged.incrementAndGet();
                    progress.afterKill.addAndGet(later ? 1 : 0);
                }
            }
            return all;
        };
    }

    /** Follows all changes of keys on the left until there is nothing new and nothing to be expected. */
    private static List<Event> watch(Store store, AtomicBoolean done) throws Exception {
        List<Event> seen = new ArrayList<>();
        long known = 0;
        while (true) {
            boolean last = done.get();
            long newest = last ? store.revision() : store.await(known, 100);
            List<Event> events = store.events("left/", known, 50);
            seen.addAll(events);
            known = events.isEmpty() ? newest : events.getLast().entry().revision();
            if (last && known >= newest) {
                return seen;
            }
        }
    }

    private static void check(List<Acknowledged> all, List<Event> seen, Store store) throws Exception {
        List<String> watched = seen.stream()
                .map(event -> event.entry().revision() + " " + StoreContractTest.text(event.entry()))
                .toList();
        assertThat(all).allSatisfy(each -> assertThat(watched).contains(each.revision() + " " + each.value()));
        assertThat(watched).hasSameSizeAs(all).doesNotHaveDuplicates();
        assertThat(seen.stream().map(event -> event.entry().revision()).toList())
                .isSorted();
        List<Event> right = store.events("right/", 0, 1_000_000);
        assertThat(right.stream().map(event -> event.entry().revision() + " " + StoreContractTest.text(event.entry())))
                .containsExactlyElementsOf(watched);
        for (int writer = 0; writer < WRITERS; writer++) {
            String left = StoreContractTest.text(store.get("left/" + writer).orElseThrow());
            assertThat(StoreContractTest.text(store.get("right/" + writer).orElseThrow()))
                    .isEqualTo(left);
        }
    }

    @Test
    void withoutAMajorityNothingIsStoredAndSaidSoAndThenItGoesOn() throws Exception {
        try (Store store = EtcdStore.open(cluster.options("majority", "a"), 1_000)) {
            store.commit(List.of(), List.of(new Put("k", bytes("1"))));
            int leader = cluster.leader();
            int other = (leader + 1) % 3;
            cluster.kill(leader);
            cluster.kill(other);
            StoreException refused = catchThrowableOfType(
                    StoreException.class, () -> store.commit(List.of(), List.of(new Put("k", bytes("2")))));
            assertThat(refused)
                    .hasMessageContaining("no majority of members answers")
                    .hasMessageContaining("etcdctl endpoint health");
            cluster.begin(leader);
            cluster.begin(other);
            cluster.awaitAnswer(leader);
            cluster.leader();
            store.commit(List.of(), List.of(new Put("k", bytes("3"))));
            assertThat(store.events("k", 0, 100).stream().map(event -> StoreContractTest.text(event.entry())))
                    .containsAnyOf("1")
                    .endsWith("3");
        }
    }

    @Test
    void fullDiskRefusesWritesKeepsWhatIsThereAndTakesWritesAgainWhenOldRevisionsAreForgotten() throws Exception {
        try (Store store = EtcdStore.open(cluster.options("full", "a"))) {
            byte[] filler = new byte[FILLER_BYTES];
            long last = 0;
            StoreException refused = null;
            for (int i = 0; refused == null; i++) {
                try {
                    Store.Outcome outcome = store.commit(
                            List.of(), List.of(new Put("filler", filler), new Put("n", bytes(String.valueOf(i)))));
                    last = ((Committed) outcome).revision();
                } catch (StoreException e) {
                    refused = e;
                }
            }
            assertThat(refused.reason()).isEqualTo(Reason.FULL);
            assertThat(refused).hasMessageContaining("disk space").hasMessageContaining("--quota-backend-bytes");
            assertThat(store.get("n").orElseThrow().revision()).isEqualTo(last);
            assertThatThrownBy(() -> store.commit(List.of(), List.of(new Put("n", bytes("x")))))
                    .isInstanceOf(StoreException.class);
            store.compact(last);
            assertThat(store.commit(List.of(), List.of(new Put("n", bytes("y")))))
                    .isInstanceOf(Committed.class);
        }
    }
}
