package dev.sluice.manager.rest;

import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.paths.PathTraffic;
import dev.sluice.model.Kind;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Objects with what is known of them, and of paths besides what they carry: that is asked of hosts, and stored nowhere. */
final class StatusRoutes {
    private final Inventory inventory;
    private final PathTraffic traffic;
    private final Self self;

    StatusRoutes(Inventory inventory, PathTraffic traffic, Self self) {
        this.inventory = inventory;
        this.traffic = traffic;
        this.self = self;
    }

    List<Route> routes() {
        return List.of(new Route("GET", "/api/v1/{kinds}/{name}/status", "getStatus", this::status));
    }

    private HttpAnswer status(Call call) throws InterruptedException {
        call.checkParameters(Set.of());
        Kind kind = call.kind();
        Tenants tenants = inventory.tenants();
        ManagedObject object = inventory
                .get(kind, call.name())
                .filter(found -> tenants.sees(call.who(), found))
                .orElseThrow(() -> Refusal.noObject(kind, call.name()));
        ObjectNode shown = object.shown().deepCopy();
        if (kind == Kind.SERVICE_PATH) {
            self.elsewhere().ifPresent(where -> {
                throw new Refusal(Reason.UNAVAILABLE, "this manager stands by and asks no hosts", where);
            });
            Optional<ObjectNode> carried = traffic.of(object);
            carried.ifPresent(tree -> shown.withObject("status").set("traffic", tree));
        }
        return Answers.value(call, 200, shown, Map.of("Cache-Control", "no-store"));
    }
}
