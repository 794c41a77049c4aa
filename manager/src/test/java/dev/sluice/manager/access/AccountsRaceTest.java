package dev.sluice.manager.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.manager.store.Store;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What another manager does between the look at users, tenants and objects and the change that follows from it (C14, S2). */
class AccountsRaceTest {
    private static final Caller ROOT = new Caller("root", "root");

    private final Store store = new MemoryStore();
    private final Inventory others = new Inventory(store, InstantSource.system());
    private final Accounts theirs = new Accounts(store, others, InstantSource.system());
    private final AtomicReference<Runnable> meanwhile = new AtomicReference<>(() -> {});
    private final Store watched = watched();
    private final Accounts accounts =
            new Accounts(watched, new Inventory(watched, InstantSource.system()), InstantSource.system());

    /** The same store, in which something happens before the next commit. */
    private Store watched() {
        return (Store) Proxy.newProxyInstance(
                Store.class.getClassLoader(), new Class<?>[] {Store.class}, (_, method, arguments) -> {
                    if (method.getName().equals("commit")) {
                        meanwhile.getAndSet(() -> {}).run();
                    }
                    try {
                        return method.invoke(store, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    @BeforeEach
    void tenant() {
        accounts.addTenant("acme", ROOT);
    }

    @Test
    void tenantWhoseFirstObjectComesMeanwhileStays() {
        meanwhile.set(() -> others.change(
                List.of(new Edit.Create(WrittenObject.read(
                                "",
                                "{apiVersion: sluice.dev/v1, kind: Service, metadata: {name: acme.fw}, spec:"
                                        + " {transport: raw}}")
                        .objects()
                        .getFirst())),
                ROOT,
                false));
        assertThatThrownBy(() -> accounts.removeTenant("acme", ROOT))
                .isInstanceOf(Refusal.class)
                .hasMessageContaining("still has Service/acme.fw");
        assertThat(others.get(Kind.SERVICE, "acme.fw")).isPresent();
        assertThat(others.tenants().of("acme.fw")).isEqualTo("acme");
    }

    @Test
    void nobodyGetsARoleInATenantThatIsRemovedMeanwhile() {
        meanwhile.set(() -> theirs.removeTenant("acme", ROOT));
        assertThatThrownBy(() -> accounts.put(new User("eve", List.of(new Binding(Role.SECURITY_ADMIN, "acme"))), ROOT))
                .isInstanceOf(Refusal.class);
        assertThat(theirs.user("eve")).isEmpty();
    }

    @Test
    void tokenThatIsMadeMeanwhileEndsWithItsUser() {
        accounts.put(new User("eve", List.of(new Binding(Role.READ_ONLY, "acme"))), ROOT);
        meanwhile.set(() -> theirs.issue("eve", Duration.ofHours(1), "", ROOT));
        accounts.remove("eve", ROOT);
        assertThat(theirs.tokens(Optional.empty())).isEmpty();
    }
}
