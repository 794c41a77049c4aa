package dev.sluice.manager.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.store.MemoryStore;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Users (C14, S2). */
class AccountsTest {
    private final MemoryStore store = new MemoryStore();
    private final Accounts accounts =
            new Accounts(store, new Inventory(store, InstantSource.system()), InstantSource.system());

    /** In the record of changes nobody is to look like the manager, or like whoever is on its machine. */
    @Test
    void nobodyIsCalledAsTheManagerCallsItself() {
        for (String name : List.of("local-admin", "controller", "deployments", "discovery")) {
            assertThatThrownBy(() -> accounts.put(
                            new User(name, List.of(new Binding(Role.READ_ONLY, Binding.EVERYWHERE))),
                            new Caller("root", "root")))
                    .isInstanceOf(Refusal.class)
                    .satisfies(
                            no -> assertThat(((Refusal) no).causes().toString()).contains("of the manager itself"));
        }
        assertThat(accounts.users()).isEmpty();
    }
}
