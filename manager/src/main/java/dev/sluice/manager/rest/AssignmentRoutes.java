package dev.sluice.manager.rest;

import dev.sluice.manager.access.Identity;
import dev.sluice.manager.callbacks.Assignment;
import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.objects.Rights.Verb;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.model.Kind;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a service manager has to know, for those that ask instead of being called. Every manager of a cluster answers. */
final class AssignmentRoutes {
    private static final int WAIT_S_MAX = 30;

    private final Inventory inventory;
    private final Gate gate;

    AssignmentRoutes(Inventory inventory, Gate gate) {
        this.inventory = inventory;
        this.gate = gate;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/api/v1/servicemanagers/{name}/assignment", "getAssignment", this::assignment));
    }

    private HttpAnswer assignment(Call call) throws InterruptedException {
        call.checkParameters(Set.of("version", "wait"));
        String known = call.request().parameter("version");
        long untilNs = System.nanoTime() + call.number("wait", 0, WAIT_S_MAX, 0) * 1_000_000_000L;
        String authorization = call.request().header("Authorization");
        while (true) {
            // Rights may have ended while this request waited.
            Identity who = gate.identify(authorization);
            Tenants tenants = inventory.tenants();
            allow(who, call.name(), tenants);
            Inventory.All all = inventory.all();
            Assignment now = Assignment.of(call.name(), all.objects(), tenants)
                    .orElseThrow(() -> Refusal.noObject(Kind.SERVICE_MANAGER, call.name()));
            long leftMs = (untilNs - System.nanoTime()) / 1_000_000L;
            if (!now.version().equals(known) || leftMs <= 0) {
                return Answers.value(call, 200, now.tree(), Map.of("ETag", "\"" + now.version() + "\""));
            }
            inventory.await(all.revision(), leftMs);
        }
    }

    /** That of one that all tenants share tells of chains of all tenants. */
    private static void allow(Identity who, String name, Tenants tenants) {
        String tenant = tenants.of(name);
        if (!who.may(Verb.READ, Kind.SERVICE_MANAGER, tenant)) {
            throw Refusal.noObject(Kind.SERVICE_MANAGER, name);
        }
        boolean all = Assignment.KINDS.stream().allMatch(kind -> who.may(Verb.READ, kind, tenant));
        if (!all || (tenant.isEmpty() && !who.everywhere())) {
            throw new Refusal(
                    Reason.FORBIDDEN,
                    who.user() + " may not read all that ServiceManager/" + name + " has to know",
                    "give the user the role vendor: sluice user set NAME vendor");
        }
    }
}
