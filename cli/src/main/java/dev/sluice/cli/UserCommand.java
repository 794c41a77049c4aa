package dev.sluice.cli;

import dev.sluice.model.YamlText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code sluice user}. */
@Command(
        name = "user",
        description = {
            "Shows and changes who may do what with a manager.",
            "Roles: admin, network-admin, security-admin, vendor, agent, auditor, read-only, monitor. ROLE@TENANT gives one in one tenant only: sluice user set alice security-admin@acme"
        })
final class UserCommand extends AccessRequest {
    @Command(name = "list", description = "Lists users and their roles.")
    int list(@Mixin ManagerOptions manager, @Mixin ObjectOutput output) {
        return ask(manager, output, client -> client.get("/api/v1/users"), answer -> {
            Table table = new Table().words("NAME").words("ROLES");
            Fields.objects(answer, "items")
                    .forEach(user -> table.row(Fields.text(user, "name"), WhoAmICommand.roles(user, "")));
            return table.render("there are no users but the administrators of the manager's machine");
        });
    }

    @Command(
            name = "set",
            description =
                    "Adds a user, or gives one these roles instead of what they had; at once, also for tokens that they have.")
    int set(
            @Parameters(index = "0", paramLabel = "NAME", description = "a-z, 0-9 and '-', 1..32 characters.")
                    String name,
            @Parameters(
                            index = "1..*",
                            paramLabel = "ROLE[@TENANT]",
                            description = "Roles; without one, the user may do nothing.")
                    @Nullable
                    List<String> roles,
            @Mixin ManagerOptions manager,
            @Mixin ObjectOutput output) {
        List<Map<String, String>> bindings = new ArrayList<>();
        for (String role : roles == null ? List.<String>of() : roles) {
            String[] parts = role.split("@", 2);
            bindings.add(Map.of("role", parts[0], "tenant", parts.length == 2 ? parts[1] : "*"));
        }
        String yaml = YamlText.of(Map.of("roles", bindings));
        return ask(
                manager,
                output,
                client -> client.put("/api/v1/users/" + part(name), yaml),
                user -> Fields.text(user, "name") + ": " + WhoAmICommand.roles(user, "no roles") + "\n");
    }

    @Command(name = "delete", description = "Deletes a user; their tokens end.")
    int delete(
            @Parameters(index = "0", paramLabel = "NAME", description = "The user.") String name,
            @Mixin ManagerOptions manager,
            @Mixin ObjectOutput output) {
        return ask(manager, output, client -> client.delete("/api/v1/users/" + part(name)), AccessRequest::done);
    }
}
