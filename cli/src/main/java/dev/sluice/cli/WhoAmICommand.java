package dev.sluice.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code sluice whoami}. */
@Command(name = "whoami", description = "Shows who you are to a manager, what you may do there, and until when.")
final class WhoAmICommand extends ManagerRequest {
    @Override
    int ask(ManagerClient client) {
        Map<String, @Nullable Object> self = client.get("/api/v1/self");
        String expires = Fields.text(self, "expires");
        String text = Fields.text(self, "name") + ": " + roles(self, "no roles")
                + (expires.isEmpty() ? "" : "; the token ends " + expires) + "\n";
        return print(self, text);
    }

    /** The roles of somebody in one line: {@code security-admin@acme, auditor}. */
    static String roles(Map<String, @Nullable Object> user, String none) {
        List<String> roles = new ArrayList<>();
        for (Map<String, @Nullable Object> binding : Fields.objects(user, "roles")) {
            String tenant = Fields.text(binding, "tenant");
            roles.add(Fields.text(binding, "role") + (tenant.equals("*") ? "" : "@" + tenant));
        }
        return roles.isEmpty() ? none : String.join(", ", roles);
    }
}
