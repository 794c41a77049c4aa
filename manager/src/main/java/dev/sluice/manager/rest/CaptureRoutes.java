package dev.sluice.manager.rest;

import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.objects.Rights.Verb;
import dev.sluice.manager.objects.Tenants;
import dev.sluice.manager.traces.CaptureFiles;
import dev.sluice.model.Kind;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Reading the packets of captures. Only the manager that leads has them. */
final class CaptureRoutes {
    private final Inventory inventory;
    private final CaptureFiles files;
    private final Self self;

    CaptureRoutes(Inventory inventory, CaptureFiles files, Self self) {
        this.inventory = inventory;
        this.files = files;
        this.self = self;
    }

    List<Route> routes() {
        return List.of(new Route("GET", "/api/v1/captures/{name}/file", "getCaptureFile", this::file));
    }

    private HttpAnswer file(Call call) {
        call.checkParameters(Set.of());
        Tenants tenants = inventory.tenants();
        ManagedObject object = inventory
                .get(Kind.CAPTURE, call.name())
                .filter(found -> tenants.sees(call.who(), found))
                .orElseThrow(() -> Refusal.noObject(Kind.CAPTURE, call.name()));
        String tenant = tenants.of(object.name());
        if (!call.who().may(Verb.CONTENTS, Kind.CAPTURE, tenant)) {
            throw new Refusal(
                    Reason.FORBIDDEN,
                    call.who().user() + " may not read the packets of " + object.title(),
                    "packets are read by the roles admin and network-admin; an administrator gives them: sluice user set");
        }
        self.elsewhere().ifPresent(where -> {
            throw new Refusal(Reason.UNAVAILABLE, "this manager stands by and has no packets", where);
        });
        byte[] file = files.file(object, tenant).orElseThrow(() -> missing(object));
        // Who reads what others said to each other is known afterwards, or it is not read.
        inventory.store(
                call.caller(),
                new Inventory.Deed(
                        "read the packets of " + object.title(),
                        List.of("file: " + file.length + " bytes"),
                        List.of(),
                        List.of()));
        return new HttpAnswer.Whole(200, "application/x-pcapng", Map.of("Cache-Control", "no-store"), file);
    }

    private static Refusal missing(ManagedObject object) {
        JsonNode status = object.tree().path("status");
        JsonNode condition = status.path("conditions").path(0);
        boolean seen = status.path("observedGeneration").asLong(0) == object.generation();
        if (!seen || condition.path("reason").asString("").equals("Running")) {
            return new Refusal(
                    Reason.CONFLICT,
                    object.title() + " has not ended yet",
                    "ask again when it has: its condition Captured says so");
        }
        return new Refusal(
                Reason.NOT_FOUND,
                object.title() + " has no packets: " + condition.path("message").asString("it is not known why"),
                "see sluice describe capture " + object.name() + ", and write it anew");
    }
}
