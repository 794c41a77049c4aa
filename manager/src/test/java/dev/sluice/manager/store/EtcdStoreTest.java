package dev.sluice.manager.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.manager.store.Store.Change;
import dev.sluice.manager.store.Store.Committed;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.Store.Conflict;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The contract on three members of etcd. */
@Tag("system")
@ExtendWith(SharedEtcd.class)
class EtcdStoreTest extends StoreContractTest {
    @SuppressWarnings("NullAway.Init") // set before all tests
    private static EtcdCluster cluster;

    private static int stores;

    @BeforeAll
    static void shareCluster(EtcdCluster shared) {
        cluster = shared;
    }

    @Override
    Store open() {
        stores++;
        return EtcdStore.open(cluster.options("test" + stores, "a"));
    }

    private EtcdStore another(String name) {
        return EtcdStore.open(cluster.options("test" + stores, name));
    }

    @Test
    void managersSeeEachOthersChangesAtOnceAndConflictsBetweenThem() throws Exception {
        try (Store other = another("b")) {
            commit(put("a", "1"));
            assertThat(text(other.get("a").orElseThrow())).isEqualTo("1");
            assertThat(other.revision()).isEqualTo(1);
            assertThat(other.commit(List.of(new Condition("a", 1)), List.of(put("a", "2"))))
                    .isEqualTo(new Committed(2));
            assertThat(store.commit(List.of(new Condition("a", 1)), List.of(put("a", "3"))))
                    .isEqualTo(new Conflict(new Condition("a", 1), 2));
            assertThat(events("a", 0)).containsExactly("1+a", "2+a<1");
            assertThat(other.events("a", 0, 10)).hasSize(2);
        }
    }

    @Test
    void twoManagersOfOneNameAreSlowAndLoseNothing() {
        try (Store twin = another("a")) {
            for (int i = 0; i < 3; i++) {
                commit(put("k/" + i, "here"));
                assertThat(twin.commit(List.of(), List.of(put("l/" + i, "there"))))
                        .isEqualTo(new Committed(2 + 2 * i));
            }
            assertThat(store.revision()).isEqualTo(6);
        }
    }

    @Test
    void whatAnotherManagerHadForgottenIsGoneForThisOneToo() throws Exception {
        for (int i = 1; i <= 5; i++) {
            commit(put("k", String.valueOf(i)));
        }
        try (Store late = another("b")) {
            store.compact(3);
            assertThatThrownBy(() -> late.events("k", 1, 10))
                    .isInstanceOf(CompactedException.class)
                    .hasMessage("revision 1 is not kept any more; the oldest is 3");
            assertThat(late.compacted()).isEqualTo(3);
            assertThat(late.events("k", 3, 10)).hasSize(2);
        }
        try (Store later = another("c")) {
            assertThatThrownBy(() -> later.list("k", "", 10, 2))
                    .isInstanceOf(CompactedException.class)
                    .hasMessage("revision 2 is not kept any more; the oldest is 3");
        }
    }

    @Test
    void transactionsOfTheLargestSizeAreOneRevision() throws Exception {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < Store.CHANGES_MAX; i++) {
            changes.add(put("k/" + i, "v"));
        }
        assertThat(store.commit(List.of(), changes)).isEqualTo(new Committed(1));
        assertThat(store.events("k/", 0, 1)).hasSize(Store.CHANGES_MAX);
    }
}
