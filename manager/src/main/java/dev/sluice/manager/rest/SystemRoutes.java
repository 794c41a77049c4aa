package dev.sluice.manager.rest;

import dev.sluice.manager.access.Role.Permission;
import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.metrics.RequestFigures;
import dev.sluice.manager.objects.Audit;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the manager says of itself: health, the contract, its kinds, the record of changes. */
final class SystemRoutes {
    private static final int AUDIT_MAX = 500;

    private final Inventory inventory;
    private final Self self;
    private final RequestFigures requests;

    SystemRoutes(Inventory inventory, Self self, RequestFigures requests) {
        this.inventory = inventory;
        this.self = self;
        this.requests = requests;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/livez", "live", true, this::live),
                new Route("GET", "/readyz", "ready", true, this::ready),
                new Route("GET", "/openapi.yaml", "contract", true, this::contract),
                new Route("GET", "/metrics", "metrics", this::metrics),
                new Route("GET", "/api/v1", "discover", this::discover),
                new Route("GET", "/api/v1/managers", "listManagers", this::managers),
                new Route("GET", "/api/v1/backup", "takeBackup", this::backup),
                new Route("GET", "/api/v1/audit", "listAudit", this::audit),
                new Route("GET", "/api/v1/audit/verification", "verifyAudit", this::verification));
    }

    private HttpAnswer live(Call call) {
        call.checkParameters(Set.of());
        return HttpAnswer.text(200, "text/plain; charset=utf-8", "ok\n");
    }

    private HttpAnswer ready(Call call) {
        call.checkParameters(Set.of("verbose"));
        boolean ready = true;
        StringBuilder text = new StringBuilder();
        for (Inventory.Check check : inventory.checks()) {
            ready &= check.problem().isEmpty();
            text.append(check.problem().isEmpty() ? "[+] " : "[-] ")
                    .append(check.name())
                    .append(check.problem().isEmpty() ? " ok" : ": " + check.problem())
                    .append('\n');
        }
        // What is wrong may tell of paths and hosts: those who did not say who they are learn that something is.
        boolean known = !call.who().bindings().isEmpty();
        boolean verbose = call.flag("verbose") || !ready;
        return HttpAnswer.text(
                ready ? 200 : 503,
                "text/plain; charset=utf-8",
                (verbose && known ? self.words() + text : "") + (ready ? "ready\n" : "not ready\n"));
    }

    private HttpAnswer metrics(Call call) throws InterruptedException {
        call.checkParameters(Set.of());
        // They name the nodes of all tenants, and how many objects there are of kinds that not everybody reads.
        if (!call.who().may(Permission.METRICS)) {
            throw new Refusal(
                    Refusal.Reason.FORBIDDEN,
                    call.who().user() + " has no role that reads metrics",
                    "they are of all tenants: give the user that reads them the role monitor, sluice user set NAME"
                            + " monitor");
        }
        return HttpAnswer.text(200, "text/plain; version=0.0.4; charset=utf-8", self.metrics(requests));
    }

    private HttpAnswer contract(Call call) throws IOException {
        call.checkParameters(Set.of());
        return HttpAnswer.text(200, "application/yaml", contract());
    }

    /** The contract as it stands in the tree. */
    static String contract() throws IOException {
        try (InputStream in = SystemRoutes.class.getResourceAsStream("openapi.yaml")) {
            if (in == null) {
                throw new IllegalStateException("openapi.yaml is missing in this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private HttpAnswer discover(Call call) {
        call.checkParameters(Set.of());
        ObjectNode body = Trees.object();
        body.put("apiVersion", ManagedObject.API_VERSION);
        body.put("resourceVersion", String.valueOf(inventory.revision()));
        body.set("manager", self.tree());
        ArrayNode kinds = body.putArray("kinds");
        for (Kind kind : Kind.values()) {
            kinds.addObject().put("kind", kind.word()).put("plural", kind.plural());
        }
        return Answers.value(call, body);
    }

    private HttpAnswer managers(Call call) {
        call.checkParameters(Set.of());
        return Answers.value(call, self.managers());
    }

    private HttpAnswer audit(Call call) {
        call.checkParameters(Set.of("after", "limit"));
        call.require(Permission.AUDIT);
        long after = call.number("after", 0, Long.MAX_VALUE, 0);
        int limit = (int) call.number("limit", 1, AUDIT_MAX, AUDIT_MAX);
        ObjectNode body = Trees.object();
        ArrayNode items = body.putArray("items");
        inventory.audit(after, limit).forEach(items::add);
        return Answers.value(call, body);
    }

    private HttpAnswer backup(Call call) {
        call.checkParameters(Set.of());
        call.require(Permission.BACKUP);
        return new HttpAnswer.Whole(200, "application/octet-stream", Map.of(), inventory.backup());
    }

    private HttpAnswer verification(Call call) {
        call.checkParameters(Set.of());
        call.require(Permission.AUDIT);
        Audit.Verdict verdict = inventory.verifyAudit();
        ObjectNode body = Trees.object();
        body.put("entries", verdict.entries());
        body.put("whole", verdict.problems().isEmpty());
        body.set("problems", Trees.tree(verdict.problems()));
        return Answers.value(call, body);
    }
}
