package dev.sluice.manager.access;

import dev.sluice.manager.objects.Trees;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Somebody who has tokens.
 *
 * @param bindings what they may do, by which the tokens are judged anew at each request
 */
public record User(String name, List<Binding> bindings) {
    /** Copies the roles. */
    public User {
        bindings = List.copyOf(bindings);
    }

    /** As it is stored and shown. */
    public ObjectNode tree() {
        ObjectNode tree = Trees.object();
        tree.put("name", name);
        ArrayNode roles = tree.putArray("roles");
        for (Binding binding : bindings) {
            roles.addObject().put("role", binding.role().word()).put("tenant", binding.tenant());
        }
        return tree;
    }

    static User of(JsonNode tree) {
        List<Binding> bindings = new ArrayList<>();
        for (JsonNode entry : tree.path("roles")) {
            // A role that this version does not know gives nothing.
            Role.of(entry.path("role").asString(""))
                    .ifPresent(role ->
                            bindings.add(new Binding(role, entry.path("tenant").asString(""))));
        }
        return new User(tree.path("name").asString(""), bindings);
    }
}
