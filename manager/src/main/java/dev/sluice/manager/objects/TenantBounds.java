package dev.sluice.manager.objects;

import dev.sluice.manager.objects.Refusal.Cause;
import dev.sluice.model.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** What objects of a tenant must not take hold of, whoever writes them: places that all share. Rules of a tenant apply to its own ports and routers only. */
final class TenantBounds {
    /** Fields of port profiles that say which interfaces of hosts they take, and which service node these are. */
    private static final List<String> HOLDS = List.of("discover", "serviceNode", "side");

    private TenantBounds() {}

    /** What an object of a tenant names that is not its own; nothing for objects that all share. */
    static List<Cause> problems(ManagedObject object, String tenant) {
        JsonNode spec = object.tree().path("spec");
        if (!tenant.isEmpty() && object.kind() == Kind.CAPTURE) {
            return captured(object, spec, tenant);
        }
        if (tenant.isEmpty() || object.kind() != Kind.SERVICE_POLICY) {
            return List.of();
        }
        List<Cause> problems = new ArrayList<>();
        places(object, "spec.appliedTo", spec.path("appliedTo"), tenant, problems);
        int at = 0;
        for (JsonNode rule : elements(spec.path("rules"))) {
            places(object, "spec.rules[" + at + "].appliedTo", rule.path("appliedTo"), tenant, problems);
            at++;
        }
        return problems;
    }

    /** Its packets are read by people of the tenant, so they have to be the tenant's own. */
    private static List<Cause> captured(ManagedObject object, JsonNode spec, String tenant) {
        List<Cause> problems = new ArrayList<>();
        String port = spec.path("port").asString("");
        if (!port.startsWith(tenant + ".")) {
            problems.add(new Cause(
                    object.title(),
                    "spec.port",
                    "is not a Port of tenant " + tenant,
                    port,
                    "names that begin with " + tenant + ".",
                    ""));
        }
        if (spec.has("nodes")) {
            problems.add(new Cause(
                    object.title(),
                    "spec.nodes",
                    "are hosts, where a name may be an interface that is not of tenant " + tenant,
                    "",
                    "no nodes: the host is that of the Port",
                    ""));
        }
        return problems;
    }

    /** What takes hold of interfaces of hosts, and is not as it was: for those who run the network, not for a tenant's own people. */
    static List<Cause> holds(ManagedObject object, @Nullable ManagedObject before) {
        if (object.kind() != Kind.PORT_PROFILE) {
            return List.of();
        }
        JsonNode spec = object.tree().path("spec");
        JsonNode was =
                before == null ? MissingNode.getInstance() : before.tree().path("spec");
        // Without one of these the profile's interfaces mean something else too, for as long as it finds any.
        boolean finds = spec.has("discover");
        return HOLDS.stream()
                .filter(field -> (finds || spec.has(field)) && !spec.path(field).equals(was.path(field)))
                .map(field -> new Cause(
                        object.title(),
                        "spec." + field,
                        "takes hold of interfaces of hosts, which are nobody's own",
                        "",
                        (was.has(field) ? field + " as it was" : "no " + field)
                                + "; ask those who run the network to write it",
                        ""))
                .toList();
    }

    private static void places(
            ManagedObject object, String field, JsonNode places, String tenant, List<Cause> problems) {
        int at = 0;
        for (JsonNode place : elements(places)) {
            String name = place.isString()
                    ? place.asString()
                    : place.path("interface").asString(place.path("profile").asString(""));
            if (!name.startsWith(tenant + ".")) {
                problems.add(new Cause(
                        object.title(),
                        field + "[" + at + "]",
                        "is not a port, router or profile of tenant " + tenant,
                        name,
                        "names that begin with " + tenant + ".",
                        ""));
            }
            at++;
        }
    }

    /** Of a list, or of one element that was written without brackets. */
    private static Iterable<JsonNode> elements(JsonNode node) {
        return node.isArray() ? node : node.isMissingNode() || node.isNull() ? List.of() : List.of(node);
    }
}
