package dev.sluice.manager.rest;

import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.objects.Changed;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.objects.Trials;
import dev.sluice.model.YamlText;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What answers look like. */
final class Answers {
    private Answers() {}

    static HttpAnswer.Whole value(Call call, int status, JsonNode value, Map<String, String> headers) {
        boolean yaml = call.wantsYaml();
        byte[] body = yaml ? YamlText.of(Trees.plain(value)).getBytes(StandardCharsets.UTF_8) : Trees.bytes(value);
        return new HttpAnswer.Whole(status, yaml ? "application/yaml" : "application/json", headers, body);
    }

    static HttpAnswer.Whole value(Call call, JsonNode value) {
        return value(call, 200, value, Map.of());
    }

    /** One object, with its version as entity tag. */
    static HttpAnswer.Whole object(Call call, int status, ManagedObject object, List<String> warnings) {
        Map<String, String> headers = new LinkedHashMap<>();
        if (object.revision() > 0) {
            headers.put("ETag", "\"" + object.revision() + "\"");
        }
        if (status == 201) {
            headers.put("Location", "/api/v1/" + object.kind().plural() + "/" + object.name());
        }
        if (!warnings.isEmpty()) {
            String text = String.join("; ", warnings).replaceAll("[^ -~]", "?").replace("\"", "'");
            headers.put("Warning", "299 - \"" + text.substring(0, Math.min(1_000, text.length())) + "\"");
        }
        return value(call, status, object.shown(), headers);
    }

    static HttpAnswer.Whole changed(Call call, Changed changed) {
        return value(call, changes(changed));
    }

    /** Says what is on trial, and until when. */
    static void putTrial(ObjectNode body, Optional<Trials.Pending> trial) {
        trial.ifPresent(pending -> body.putObject("trial")
                .put("revision", pending.revision())
                .put("user", pending.user())
                .put("until", pending.until().toString()));
    }

    static ObjectNode changes(Changed changed) {
        ObjectNode body = Trees.object();
        body.put("resourceVersion", String.valueOf(changed.revision()));
        body.put("dryRun", changed.dryRun());
        ArrayNode items = body.putArray("items");
        for (Changed.Item item : changed.items()) {
            ObjectNode entry = items.addObject();
            entry.put("result", item.what().word());
            entry.set("object", item.object().shown());
        }
        body.set("warnings", Trees.tree(changed.warnings()));
        return body;
    }

    /** Problem details (RFC 9457), with what is wrong one by one. */
    static ObjectNode problem(Refusal refusal) {
        ObjectNode problem = Trees.object();
        problem.put("type", "about:blank");
        problem.put("title", refusal.reason().title());
        problem.put("status", refusal.reason().status());
        problem.put("detail", refusal.getMessage());
        problem.put("action", refusal.action());
        problem.set("causes", Trees.tree(refusal.causes()));
        return problem;
    }

    static HttpAnswer.Whole refused(Refusal refusal, Map<String, String> headers) {
        return new HttpAnswer.Whole(
                refusal.reason().status(), "application/problem+json", headers, Trees.bytes(problem(refusal)));
    }
}
