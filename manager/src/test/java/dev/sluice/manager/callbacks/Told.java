package dev.sluice.manager.callbacks;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.model.WrittenObject;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/** Objects of a manager in memory, for tests of who is told what. */
final class Told {
    private static final Caller CALLER = new Caller("test", "test");

    static final String NETWORK = """
        {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
        ---
        {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: tap}, spec: {transport: raw, action: copy}}
        ---
        {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: other}, spec: {transport: raw}}
        ---
        {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, node: host-b, interfaces: {in: a, out: b}}}
        ---
        {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [other, firewall, {service: tap, onFailure: open}], onFailure: closed}}
        ---
        {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: not-mine}, spec: {profiles: [other]}}
        ---
        """;

    final Inventory inventory = new Inventory(new MemoryStore(), InstantSource.system());

    Told() {
        apply(NETWORK);
    }

    static String manager(String name, String more) {
        return "{apiVersion: sluice.dev/v1, kind: ServiceManager, metadata: {name: " + name
                + "}, spec: {services: [firewall, tap]" + more + "}}\n---\n";
    }

    static String calledAt(String url) {
        return calledAt(url, "20s");
    }

    static String calledAt(String url, String timeout) {
        return ", callback: {url: \"" + url + "\", timeout: " + timeout + "}";
    }

    void apply(String yaml) {
        List<Edit> edits = WrittenObject.read("test", yaml).objects().stream()
                .<Edit>map(object -> new Edit.Apply(object, true))
                .toList();
        inventory.change(edits, CALLER, false);
    }

    void delete(Kind kind, String name) {
        inventory.change(List.of(new Edit.Remove(kind, name, 0)), CALLER, false);
    }

    /** Writes what is to be said of a service manager into its status. */
    void write(Callbacks.State state) {
        ManagedObject object = object(state.assignment().manager().name());
        CallbackStatus.of(object, state, Instant.EPOCH)
                .ifPresent(status -> inventory.change(
                        List.of(new Edit.SetStatus(object.kind(), object.name(), object.revision(), status)),
                        CALLER,
                        false));
    }

    ManagedObject object(String name) {
        return inventory.get(Kind.SERVICE_MANAGER, name).orElseThrow();
    }

    Map<String, Assignment> assignments(String... tenants) {
        return Assignment.all(inventory.all().objects(), new Tenants(new TreeSet<>(List.of(tenants))));
    }

    Assignment assignment(String name, String... tenants) {
        return Objects.requireNonNull(assignments(tenants).get(name), name);
    }
}
