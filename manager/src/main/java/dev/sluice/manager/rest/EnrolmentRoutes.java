package dev.sluice.manager.rest;

import dev.sluice.manager.access.Role.Permission;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.enrolment.Enrolments.Standing;
import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.objects.Trees;
import dev.sluice.southbound.pki.EnrolmentToken;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Which hosts are which nodes. */
final class EnrolmentRoutes {
    private final Optional<Enrolments> enrolments;

    EnrolmentRoutes(Optional<Enrolments> enrolments) {
        this.enrolments = enrolments;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/api/v1/enrolments", "listEnrolments", this::list),
                new Route("POST", "/api/v1/enrolments", "issueEnrolment", this::issue),
                new Route("DELETE", "/api/v1/enrolments/{name}", "revokeEnrolment", this::revoke));
    }

    private Enrolments there() {
        return enrolments.orElseThrow(() -> new Refusal(
                Reason.CONFLICT,
                "this manager serves no agents over TLS, so nobody has to be enrolled",
                "start it with --agents ADDR:PORT and without --agents-insecure"));
    }

    private HttpAnswer list(Call call) {
        call.checkParameters(Set.of());
        call.require(Permission.ENROLMENT);
        ObjectNode body = Trees.object();
        ArrayNode items = body.putArray("items");
        for (Standing standing : there().list()) {
            items.add(Trees.object()
                    .put("node", standing.node())
                    .put("state", standing.state())
                    .put("until", standing.until().toString()));
        }
        return Answers.value(call, body);
    }

    private HttpAnswer issue(Call call) throws IOException {
        call.checkParameters(Set.of());
        call.require(Permission.ENROLMENT);
        Fields body = call.fields("Enrolment", Set.of("node", "ttlSeconds"));
        EnrolmentToken token = there().issue(
                        body.text("node"),
                        Duration.ofSeconds(body.number("ttlSeconds", Enrolments.TTL_USUAL.toSeconds())),
                        call.caller());
        ObjectNode answer = Trees.object();
        answer.put("node", token.node());
        answer.put("token", token.text());
        return Answers.value(call, 201, answer, Map.of());
    }

    private HttpAnswer revoke(Call call) {
        call.checkParameters(Set.of());
        call.require(Permission.ENROLMENT);
        boolean known = there().revoke(call.name(), call.caller());
        return Answers.value(
                call,
                Trees.object()
                        .put("result", "revoked")
                        .put("what", "Enrolment/" + call.name())
                        .put("known", known));
    }
}
