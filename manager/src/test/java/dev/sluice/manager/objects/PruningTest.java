package dev.sluice.manager.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.manager.access.Binding;
import dev.sluice.manager.access.Identity;
import dev.sluice.manager.access.Role;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.manager.store.Store;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PruningTest {
    private static final Caller CI = new Caller("test", "ci");
    private static final String FIREWALL = InventoryTest.FIREWALL;
    private static final String CHAIN = InventoryTest.CHAIN;
    private static final String DEPLOYMENT =
            "{apiVersion: sluice.dev/v1, kind: ServiceDeployment, metadata: {name: fw}, spec: {service: firewall,"
                    + " existing: [{node: edge, in: i, out: o}]}}\n";
    private static final String IPS = FIREWALL.replace("firewall", "ips");

    private final Store store = new MemoryStore();
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final Inventory inventory = new Inventory(store, () -> now);

    private static List<Edit> edits(String... texts) {
        WrittenObject.Read read = WrittenObject.read("test", String.join("---\n", texts));
        assertThat(read.problems()).isEmpty();
        List<Edit> edits = new ArrayList<>();
        read.objects().forEach(object -> edits.add(new Edit.Apply(object, true)));
        return edits;
    }

    private Changed prune(Caller caller, boolean dryRun, String... texts) {
        return new Pruning(inventory, edits(texts), caller, Optional.empty()).run(dryRun);
    }

    private List<String> there() {
        return inventory.all().objects().stream().map(ManagedObject::title).toList();
    }

    private static List<String> said(Changed changed) {
        return changed.items().stream()
                .map(item -> item.object().title() + " " + item.what().word())
                .toList();
    }

    @Test
    void whatIsNotAppliedAnyMoreGoesInTheSameChange() {
        inventory.change(edits(FIREWALL, CHAIN, IPS), CI, false);
        long revision = inventory.revision();
        Changed dry = prune(CI, true, IPS);
        assertThat(said(dry))
                .containsExactly("Service/ips unchanged", "ServiceChain/inspect deleted", "Service/firewall deleted");
        assertThat(inventory.revision()).isEqualTo(revision);
        assertThat(said(prune(CI, false, IPS))).isEqualTo(said(dry));
        assertThat(there()).containsExactly("Service/ips");
        assertThat(inventory.revision()).as("one change").isEqualTo(revision + 1);
    }

    @Test
    void whatOthersAppliedOrSetFieldsOfStays() {
        inventory.change(edits(FIREWALL), CI, false);
        inventory.change(edits(IPS), new Caller("test", "bob"), false);
        inventory.change(edits(CHAIN), CI, false);
        String more = CHAIN.replace("spec: {profiles: [firewall]}", "spec: {onFailure: open}");
        inventory.change(edits(more), new Caller("test", "bob"), false);
        Changed changed = prune(CI, false, FIREWALL);
        assertThat(said(changed)).containsExactly("Service/firewall unchanged");
        assertThat(changed.warnings())
                .contains("ServiceChain/inspect stays though it is not applied any more: bob set fields of it too");
        assertThat(there()).containsExactly("ServiceChain/inspect", "Service/firewall", "Service/ips");
    }

    /** What the manager fills in does not make it somebody else's. */
    @Test
    void whatTheManagerFoundOfItGoesWithIt() {
        inventory.change(edits(FIREWALL, InventoryTest.INSTANCE.replace(", labels: {rack: r1}", "")), CI, false);
        String found = InventoryTest.INSTANCE
                .replace("name: fw-1, labels: {rack: r1}", "name: fw-1, labels: {found: here}")
                .replaceFirst("spec: .*", "spec: {node: edge}");
        inventory.change(edits(found), new Caller("manager", ManagedObject.DISCOVERY), false);
        assertThat(said(prune(CI, false, FIREWALL)))
                .containsExactly("Service/firewall unchanged", "ServiceInstance/fw-1 deleted");
    }

    @Test
    void whatOthersNeedKeepsEverythingAsItIs() {
        inventory.change(edits(FIREWALL), CI, false);
        inventory.change(edits(CHAIN), new Caller("test", "bob"), false);
        Refusal refusal = catchThrowableOfType(Refusal.class, () -> prune(CI, false, IPS));
        assertThat(refusal.reason()).isEqualTo(Reason.CONFLICT);
        assertThat(refusal).hasMessageContaining("other objects still need Service/firewall");
        assertThat(there()).containsExactly("ServiceChain/inspect", "Service/firewall");
    }

    private void make() {
        String made =
                "{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall,"
                        + " node: edge, interfaces: {in: i, out: o}, runtime: {deployment: fw}}}\n";
        inventory.change(edits(made), new Caller("manager", ManagedObject.DEPLOYMENTS), false);
    }

    /** The manager drains what a deployment made, and until it is gone its service has to be there. */
    @Test
    void aServiceStaysUntilTheInstancesOfItsDeploymentAreGone() {
        inventory.change(edits(FIREWALL, DEPLOYMENT, CHAIN), CI, false);
        make();
        String stays =
                "Service/firewall stays until what its deployment made is drained and gone: ServiceInstance/fw-1;"
                        + " apply the same again then";
        Changed changed = prune(CI, false, IPS);
        assertThat(said(changed))
                .containsExactly("Service/ips created", "ServiceChain/inspect deleted", "ServiceDeployment/fw deleted");
        assertThat(changed.warnings()).contains(stays);
        Changed again = prune(CI, false, IPS);
        assertThat(said(again)).containsExactly("Service/ips unchanged");
        assertThat(again.warnings()).contains(stays);
        inventory.change(
                List.of(new Edit.Remove(Kind.SERVICE_INSTANCE, "fw-1", 0)),
                new Caller("manager", ManagedObject.DEPLOYMENTS),
                false);
        assertThat(said(prune(CI, false, IPS))).containsExactly("Service/ips unchanged", "Service/firewall deleted");
    }

    /** Somebody else's deployment goes on with its instances. */
    @Test
    void aServiceThatADeploymentGoesOnWithIsRefused() {
        inventory.change(edits(FIREWALL), CI, false);
        inventory.change(edits(DEPLOYMENT), new Caller("test", "bob"), false);
        make();
        assertThat(catchThrowableOfType(Refusal.class, () -> prune(CI, false, IPS)))
                .hasMessageContaining("other objects still need Service/firewall");
    }

    /** Two tenants may use one name for their field owner; neither learns of the other. */
    @Test
    void objectsOfOtherTenantsAreNoneOfIt() {
        store.commit(List.of(), List.of(new Tenants(new TreeSet<>(List.of("acme", "umbra"))).stored()));
        inventory.change(
                edits(FIREWALL.replace("firewall", "acme.fw"), FIREWALL.replace("firewall", "umbra.fw")), CI, false);
        Caller acme = new Caller(
                "alice", "ci", new Identity("alice", List.of(new Binding(Role.SECURITY_ADMIN, "acme")), "", ""));
        assertThat(said(prune(acme, false, FIREWALL.replace("firewall", "acme.other"))))
                .containsExactly("Service/acme.other created", "Service/acme.fw deleted");
        assertThat(inventory.get(Kind.SERVICE, "umbra.fw")).isPresent();
    }

    @Test
    void onTrialItAllComesBack() {
        Caller alice = new Caller(
                "alice", "ci", new Identity("alice", List.of(new Binding(Role.ADMIN, Binding.EVERYWHERE)), "", ""));
        inventory.change(edits(FIREWALL), alice, false);
        Changed changed = new Pruning(inventory, edits(IPS), alice, Optional.of(Duration.ofMinutes(1))).run(false);
        assertThat(inventory.trials().of(changed)).isPresent();
        assertThat(there()).containsExactly("Service/ips");
        now = now.plusSeconds(61);
        assertThat(inventory.trials().step(List.of())).isPresent();
        assertThat(there()).containsExactly("Service/firewall");
        assertThat(said(prune(alice, false, IPS))).as("once more").contains("Service/firewall deleted");
    }

    @Test
    void nothingAtAllIsNoWish() {
        inventory.change(edits(FIREWALL), CI, false);
        Refusal refusal = catchThrowableOfType(
                Refusal.class, () -> new Pruning(inventory, List.of(), CI, Optional.empty()).run(false));
        assertThat(refusal.reason()).isEqualTo(Reason.BAD_REQUEST);
        assertThat(refusal).hasMessageContaining("0 objects");
        assertThat(there()).containsExactly("Service/firewall");
    }

    /** An administrator may delete everything, and is not asked to by files that are about something else. */
    @Test
    void objectsOfTenantsThatAreNotSpokenOfStay() {
        store.commit(List.of(), List.of(new Tenants(new TreeSet<>(List.of("acme"))).stored()));
        inventory.change(edits(FIREWALL, FIREWALL.replace("firewall", "acme.fw")), CI, false);
        Changed changed = prune(CI, false, IPS);
        assertThat(said(changed)).containsExactly("Service/ips created", "Service/firewall deleted");
        assertThat(changed.warnings())
                .contains(
                        "Service/acme.fw stays though it is not applied any more: nothing of tenant acme is applied here");
    }
}
