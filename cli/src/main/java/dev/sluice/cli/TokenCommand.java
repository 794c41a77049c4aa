package dev.sluice.cli;

import dev.sluice.model.YamlText;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice token}. */
@Command(
        name = "token",
        description = {
            "Shows, makes and revokes the tokens with which users say who they are.",
            "A token is shown once, when it is made; the manager keeps a hash of it. What it allows are the roles that its user has when it is used."
        })
final class TokenCommand extends AccessRequest {
    @Command(name = "list", description = "Lists the tokens that have not ended: your own or, for administrators, all.")
    int list(@Mixin ManagerOptions manager, @Mixin ObjectOutput output) {
        return ask(manager, output, client -> client.get("/api/v1/tokens"), answer -> {
            Table table = new Table().words("ID").words("USER").words("EXPIRES").words("NOTE");
            Fields.objects(answer, "items")
                    .forEach(token -> table.row(
                            Fields.text(token, "id"),
                            Fields.text(token, "user"),
                            Fields.text(token, "expires"),
                            Fields.text(token, "note")));
            return table.render("there are no tokens");
        });
    }

    @Command(
            name = "create",
            description = "Makes a token for a user, and prints it: sluice token create alice > token")
    int create(
            @Parameters(index = "0", paramLabel = "USER", description = "Whose token it is.") String user,
            @Option(
                            names = "--ttl",
                            paramLabel = "TIME",
                            defaultValue = "12h",
                            converter = TimeOption.class,
                            description =
                                    "How long it lives, such as 30m, 8h or 90d, at most 90d (default: ${DEFAULT-VALUE}).")
                    long ttlSeconds,
            @Option(names = "--note", paramLabel = "TEXT", defaultValue = "", description = "What it is for.")
                    String note,
            @Mixin ManagerOptions manager,
            @Mixin ObjectOutput output) {
        Map<String, Object> wanted = new LinkedHashMap<>();
        wanted.put("user", user);
        wanted.put("ttlSeconds", ttlSeconds);
        wanted.put("note", note);
        String yaml = YamlText.of(wanted);
        return ask(
                manager,
                output,
                client -> client.post("/api/v1/tokens", yaml),
                answer -> Fields.text(answer, "token") + "\n");
    }

    @Command(name = "revoke", description = "Ends a token at once.")
    int revoke(
            @Parameters(index = "0", paramLabel = "ID", description = "As 'sluice token list' shows it.") String id,
            @Mixin ManagerOptions manager,
            @Mixin ObjectOutput output) {
        return ask(manager, output, client -> client.delete("/api/v1/tokens/" + part(id)), AccessRequest::done);
    }
}
