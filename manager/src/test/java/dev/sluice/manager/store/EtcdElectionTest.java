package dev.sluice.manager.store;

import static dev.sluice.manager.store.StoreContractTest.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.manager.store.Election.Candidate;
import dev.sluice.manager.store.Election.Term;
import dev.sluice.manager.store.Store.Committed;
import dev.sluice.manager.store.Store.Conflict;
import dev.sluice.manager.store.Store.Put;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Two managers that want to lead, on real members of etcd. */
@Tag("system")
@ExtendWith(SharedEtcd.class)
class EtcdElectionTest {
    private static final EtcdElection.Times QUICK = new EtcdElection.Times(2, 1_200, 50);
    private static final long WAIT_S = 20;

    @SuppressWarnings("NullAway.Init") // set before all tests
    private static EtcdCluster cluster;

    @BeforeAll
    static void shareCluster(EtcdCluster shared) {
        cluster = shared;
    }

    /** Writes down what it is told. */
    private static final class Recorder implements Candidate {
        final BlockingQueue<Term> begun = new LinkedBlockingQueue<>();
        final CountDownLatch ended = new CountDownLatch(1);

        @Nullable
        CountDownLatch held;

        @Override
        public void begin(Term term) {
            begun.add(term);
            CountDownLatch until = held;
            if (until != null) {
                try {
                    until.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        public void end() {
            ended.countDown();
        }

        Term awaitTerm() throws InterruptedException {
            Term term = begun.poll(WAIT_S, TimeUnit.SECONDS);
            assertThat(term).as("a term begins").isNotNull();
            return term;
        }
    }

    private static Store.Outcome write(Store store, Term term, String value) {
        return store.commit(term.fence(), List.of(new Put("status", bytes(value))));
    }

    @Test
    void oneLeadsAndWhenItStopsTheOtherDoesAtOnce() throws Exception {
        try (EtcdStore a = EtcdStore.open(cluster.options("stop", "a"));
                EtcdStore b = EtcdStore.open(cluster.options("stop", "b"))) {
            Recorder ofA = new Recorder();
            Recorder ofB = new Recorder();
            Election electionA = a.elect(ofA, QUICK);
            Election electionB = b.elect(ofB, QUICK);
            Term first = ofA.awaitTerm();
            assertThat(electionA.standing()).isEqualTo(new Election.Standing("a", true, "a", first.number()));
            assertThat(electionB.standing()).isEqualTo(new Election.Standing("b", false, "a", first.number()));
            assertThat(write(a, first, "1")).isInstanceOf(Committed.class);
            long stoppedNs = System.nanoTime();
            electionA.close();
            assertThat(ofA.ended.getCount()).isZero();
            Term second = ofB.awaitTerm();
            assertThat(System.nanoTime() - stoppedNs)
                    .as("without waiting for the lease")
                    .isLessThan(1_500_000_000L);
            assertThat(second.number()).isGreaterThan(first.number());
            assertThat(write(a, first, "2")).isInstanceOf(Conflict.class);
            assertThat(write(b, second, "3")).isInstanceOf(Committed.class);
            electionB.close();
        }
    }

    /** A manager whose process stands still says nothing to etcd, and does not know that it has lost. */
    @Test
    void leaderThatStoodStillIsReplacedAndCanChangeNothingAfterwards() throws Exception {
        try (EtcdStore a = EtcdStore.open(cluster.options("still", "a"));
                EtcdStore b = EtcdStore.open(cluster.options("still", "b"))) {
            Recorder ofA = new Recorder();
            // It leads from another thread, and there its thread is held up.
            Election before = b.elect(new Recorder(), QUICK);
            ofA.held = new CountDownLatch(1);
            Election electionA = a.elect(ofA, QUICK);
            before.close();
            Term first = ofA.awaitTerm();
            assertThat(first.holds().getAsBoolean()).isTrue();
            Recorder ofB = new Recorder();
            Election electionB = b.elect(ofB, QUICK);
            Term second = ofB.awaitTerm();
            assertThat(first.holds().getAsBoolean())
                    .as("stops before another one begins")
                    .isFalse();
            assertThat(electionA.standing().leads()).isFalse();
            assertThat(write(a, first, "late")).isInstanceOf(Conflict.class);
            assertThat(write(b, second, "new")).isInstanceOf(Committed.class);
            ofA.held.countDown();
            assertThat(ofA.ended.await(WAIT_S, TimeUnit.SECONDS))
                    .as("learns that it leads no longer")
                    .isTrue();
            electionA.close();
            electionB.close();
        }
    }

    @Test
    void managerThatCannotDoWhatLeadersDoLeavesItToAnother() throws Exception {
        try (EtcdStore a = EtcdStore.open(cluster.options("cannot", "a"));
                EtcdStore b = EtcdStore.open(cluster.options("cannot", "b"))) {
            Candidate unable = new Candidate() {
                @Override
                public void begin(Term term) {
                    throw new IllegalStateException("the port is taken");
                }

                @Override
                public void end() {}
            };
            assertThatThrownBy(() -> a.elect(unable, QUICK)).hasMessage("the port is taken");
            Recorder ofB = new Recorder();
            try (Election election = b.elect(ofB, QUICK)) {
                ofB.awaitTerm();
                assertThat(election.standing().leads()).isTrue();
            }
        }
    }

    /** The lease lives on, and the leader keeps it: that alone says nothing. */
    @Test
    void leaderWhoseKeySomebodyDeletesStopsAndAnotherMayBegin() throws Exception {
        try (EtcdStore a = EtcdStore.open(cluster.options("deleted", "a"));
                EtcdStore b = EtcdStore.open(cluster.options("deleted", "b"))) {
            Recorder ofA = new Recorder();
            Recorder ofB = new Recorder();
            Election electionA = a.elect(ofA, QUICK);
            Term first = ofA.awaitTerm();
            Election electionB = b.elect(ofB, QUICK);
            cluster.delete("deleted/d/leader");
            assertThat(ofA.ended.await(WAIT_S, TimeUnit.SECONDS))
                    .as("learns that it leads no longer")
                    .isTrue();
            assertThat(first.holds().getAsBoolean()).isFalse();
            assertThat(write(a, first, "late")).isInstanceOf(Conflict.class);
            for (int tries = 0; ofA.begun.isEmpty() && ofB.begun.isEmpty() && tries < WAIT_S * 50; tries++) {
                Thread.sleep(20);
            }
            Term second = (ofA.begun.isEmpty() ? ofB : ofA).awaitTerm();
            assertThat(second.number()).isGreaterThan(first.number());
            assertThat(electionA.standing().leads() && electionB.standing().leads())
                    .as("two lead")
                    .isFalse();
            electionB.close();
            electionA.close();
        }
    }
}
