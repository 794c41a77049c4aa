package dev.sluice.manager.rest;

import dev.sluice.manager.access.Accounts;
import dev.sluice.manager.access.Binding;
import dev.sluice.manager.access.Identity;
import dev.sluice.manager.access.Role;
import dev.sluice.manager.access.Role.Permission;
import dev.sluice.manager.access.User;
import dev.sluice.manager.http.HttpAnswer;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.objects.Rights.Verb;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Users, tenants and tokens, and what somebody may do. */
final class AccessRoutes {
    private static final Duration TTL_USUAL = Duration.ofHours(12);

    private final Accounts accounts;
    private final Inventory inventory;

    AccessRoutes(Accounts accounts, Inventory inventory) {
        this.accounts = accounts;
        this.inventory = inventory;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/api/v1/self", "whoAmI", this::self),
                new Route("GET", "/api/v1/self/rights", "mayI", this::rights),
                new Route("GET", "/api/v1/users", "listUsers", this::users),
                new Route("GET", "/api/v1/users/{name}", "getUser", this::user),
                new Route("PUT", "/api/v1/users/{name}", "setUser", this::setUser),
                new Route("DELETE", "/api/v1/users/{name}", "deleteUser", this::deleteUser),
                new Route("GET", "/api/v1/tenants", "listTenants", this::tenants),
                new Route("PUT", "/api/v1/tenants/{name}", "setTenant", this::setTenant),
                new Route("DELETE", "/api/v1/tenants/{name}", "deleteTenant", this::deleteTenant),
                new Route("GET", "/api/v1/tokens", "listTokens", this::tokens),
                new Route("POST", "/api/v1/tokens", "issueToken", this::issue),
                new Route("DELETE", "/api/v1/tokens/{name}", "revokeToken", this::revoke));
    }

    private HttpAnswer self(Call call) {
        call.checkParameters(Set.of());
        Identity who = call.who();
        ObjectNode body = new User(who.user(), who.bindings()).tree();
        body.put("token", who.token());
        body.put("expires", who.expires());
        return Answers.value(call, body);
    }

    private HttpAnswer rights(Call call) {
        call.checkParameters(Set.of("verb", "kind", "name"));
        String word = call.request().parameter("verb");
        Optional<Verb> verb = Arrays.stream(Verb.values())
                .filter(v -> v.name().toLowerCase(Locale.ROOT).equals(word))
                .findFirst();
        Optional<Kind> kind = Kind.named(call.request().parameter("kind"));
        if (verb.isEmpty() || kind.isEmpty()) {
            throw new Refusal(
                    Reason.BAD_REQUEST,
                    verb.isEmpty() ? "verb is '" + word + "'" : "there is no such kind",
                    "verb: read, write, status or contents; kind: one of " + String.join(", ", Kind.plurals()));
        }
        String tenant = inventory.tenants().of(call.request().parameter("name"));
        ObjectNode body = Trees.object();
        body.put("allowed", call.who().may(verb.get(), kind.get(), tenant));
        body.put("tenant", tenant);
        return Answers.value(call, body);
    }

    private HttpAnswer users(Call call) {
        call.checkParameters(Set.of());
        call.require(Permission.ACCESS);
        return items(call, accounts.users().stream().map(User::tree).toList());
    }

    private HttpAnswer user(Call call) {
        call.checkParameters(Set.of());
        call.require(Permission.ACCESS);
        User user = accounts.user(call.name())
                .orElseThrow(() -> new Refusal(
                        Reason.NOT_FOUND, "there is no User/" + call.name(), "list them: GET /api/v1/users"));
        return Answers.value(call, user.tree());
    }

    private HttpAnswer setUser(Call call) throws IOException {
        call.checkParameters(Set.of());
        call.require(Permission.ACCESS);
        String object = "User/" + call.name();
        JsonNode roles = call.fields(object, Set.of("roles")).list("roles", "a list of {role, tenant}; [] for none");
        List<Binding> bindings = new ArrayList<>();
        for (JsonNode entry : roles) {
            String at = "roles[" + bindings.size() + "]";
            Fields fields = new Fields(object, at + ".", entry, Set.of("role", "tenant"));
            String word = fields.text("role");
            Role role = Role.of(word)
                    .orElseThrow(() ->
                            Refusal.invalid(object, at + ".role", "is no role", word, String.join(", ", Role.words())));
            bindings.add(new Binding(role, fields.text("tenant", Binding.EVERYWHERE)));
        }
        User user = accounts.put(new User(call.name(), bindings), call.caller());
        return Answers.value(call, user.tree());
    }

    private HttpAnswer deleteUser(Call call) {
        call.checkParameters(Set.of());
        call.require(Permission.ACCESS);
        accounts.remove(call.name(), call.caller());
        return done(call, "deleted", "User/" + call.name());
    }

    private HttpAnswer tenants(Call call) {
        call.checkParameters(Set.of());
        List<JsonNode> items = new ArrayList<>();
        for (String tenant : inventory.tenants().names()) {
            boolean visible = call.who().bindings().stream()
                    .anyMatch(
                            binding -> binding.everywhere() || binding.tenant().equals(tenant));
            if (visible) {
                items.add(Trees.object().put("name", tenant));
            }
        }
        return items(call, items);
    }

    private HttpAnswer setTenant(Call call) {
        call.checkParameters(Set.of());
        call.require(Permission.ACCESS);
        accounts.addTenant(call.name(), call.caller());
        return Answers.value(call, Trees.object().put("name", call.name()));
    }

    private HttpAnswer deleteTenant(Call call) {
        call.checkParameters(Set.of());
        call.require(Permission.ACCESS);
        accounts.removeTenant(call.name(), call.caller());
        return done(call, "deleted", "Tenant/" + call.name());
    }

    /** Whose tokens the caller may look at: empty means everybody's. */
    private static Optional<String> ownOnly(Call call) {
        return call.who().may(Permission.ACCESS)
                ? Optional.empty()
                : Optional.of(call.who().user());
    }

    private HttpAnswer tokens(Call call) {
        call.checkParameters(Set.of());
        return items(call, accounts.tokens(ownOnly(call)));
    }

    private HttpAnswer issue(Call call) throws IOException {
        call.checkParameters(Set.of());
        call.require(Permission.ACCESS);
        Fields body = call.fields("Token", Set.of("user", "ttlSeconds", "note"));
        Accounts.Issued issued = accounts.issue(
                body.text("user"),
                Duration.ofSeconds(body.number("ttlSeconds", TTL_USUAL.toSeconds())),
                body.text("note", ""),
                call.caller());
        ObjectNode answer = ((ObjectNode) issued.token()).deepCopy();
        answer.put("token", issued.text());
        return Answers.value(call, 201, answer, Map.of());
    }

    private HttpAnswer revoke(Call call) {
        call.checkParameters(Set.of());
        accounts.revoke(call.name(), ownOnly(call), call.caller());
        return done(call, "deleted", "Token/" + call.name());
    }

    private static HttpAnswer items(Call call, List<? extends JsonNode> items) {
        ObjectNode body = Trees.object();
        ArrayNode array = body.putArray("items");
        items.forEach(array::add);
        return Answers.value(call, body);
    }

    private static HttpAnswer done(Call call, String result, String what) {
        return Answers.value(call, Trees.object().put("result", result).put("what", what));
    }
}
