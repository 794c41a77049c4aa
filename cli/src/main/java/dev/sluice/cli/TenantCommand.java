package dev.sluice.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code sluice tenant}. */
@Command(
        name = "tenant",
        description = {
            "Shows and changes the tenants of a manager.",
            "An object whose name begins with a tenant's name and a dot belongs to it (acme.web to acme); all others are shared."
        })
final class TenantCommand extends AccessRequest {
    @Command(name = "list", description = "Lists the tenants that you may see.")
    int list(@Mixin ManagerOptions manager, @Mixin ObjectOutput output) {
        return ask(manager, output, client -> client.get("/api/v1/tenants"), answer -> {
            Table table = new Table().words("NAME");
            Fields.objects(answer, "items").forEach(tenant -> table.row(Fields.text(tenant, "name")));
            return table.render("there are no tenants");
        });
    }

    @Command(name = "create", description = "Adds a tenant.")
    int create(
            @Parameters(index = "0", paramLabel = "NAME", description = "a-z, 0-9 and '-', 1..32 characters.")
                    String name,
            @Mixin ManagerOptions manager,
            @Mixin ObjectOutput output) {
        return ask(
                manager,
                output,
                client -> client.put("/api/v1/tenants/" + part(name), "{}"),
                tenant -> "Tenant/" + Fields.text(tenant, "name") + "\n");
    }

    @Command(name = "delete", description = "Removes a tenant that has neither objects nor users.")
    int delete(
            @Parameters(index = "0", paramLabel = "NAME", description = "The tenant.") String name,
            @Mixin ManagerOptions manager,
            @Mixin ObjectOutput output) {
        return ask(manager, output, client -> client.delete("/api/v1/tenants/" + part(name)), AccessRequest::done);
    }
}
