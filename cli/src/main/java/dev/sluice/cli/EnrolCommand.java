package dev.sluice.cli;

import dev.sluice.model.YamlText;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code sluice enrol}. */
@Command(
        name = "enrol",
        description = {
            "Says which hosts are which nodes: makes the token with which a host comes to the certificate of a node ('sluice agent --enrol'), and takes certificates back.",
            "A host renews its certificate by itself, after two thirds of its life. For administrators."
        })
final class EnrolCommand extends AccessRequest {
    @Command(
            name = "list",
            description = "Lists the nodes whose hosts are enrolled, expired or revoked, and those whose token waits.")
    int list(@Mixin ManagerOptions manager, @Mixin ObjectOutput output) {
        return ask(manager, output, client -> client.get("/api/v1/enrolments"), answer -> {
            Table table = new Table().words("NODE").words("STATE").words("UNTIL");
            Fields.objects(answer, "items")
                    .forEach(each -> table.row(
                            Fields.text(each, "node"), Fields.text(each, "state"), Fields.text(each, "until")));
            return table.render("no host is enrolled");
        });
    }

    @Command(
            name = "create",
            description =
                    "Makes a token for a node, and prints it: it is good for one host, once. Enrolling another host for a node ends the certificate of the one before.")
    int create(
            @Parameters(index = "0", paramLabel = "NODE", description = "Which node the host is to be.") String node,
            @Option(
                            names = "--ttl",
                            paramLabel = "TIME",
                            defaultValue = "1h",
                            converter = TimeOption.class,
                            description =
                                    "How long the token can be used, such as 30m, 12h or 2d, at most 7d (default: ${DEFAULT-VALUE}).")
                    long ttlSeconds,
            @Mixin ManagerOptions manager,
            @Mixin ObjectOutput output) {
        Map<String, Object> wanted = new LinkedHashMap<>();
        wanted.put("node", node);
        wanted.put("ttlSeconds", ttlSeconds);
        String yaml = YamlText.of(wanted);
        return ask(
                manager,
                output,
                client -> client.post("/api/v1/enrolments", yaml),
                answer -> Fields.text(answer, "token") + "\n");
    }

    @Command(
            name = "revoke",
            description =
                    "Ends the certificates and tokens of a node, also of one that the manager does not know (after a restored backup): within a second its agent is told nothing any more. What it has it goes on with; stop it on its host if it is to stop.")
    int revoke(
            @Parameters(
                            index = "0",
                            paramLabel = "NODE",
                            description = "Which node; those that the manager knows: 'sluice enrol list'.")
                    String node,
            @Mixin ManagerOptions manager,
            @Mixin ObjectOutput output) {
        return ask(manager, output, client -> client.delete("/api/v1/enrolments/" + part(node)), EnrolCommand::revoked);
    }

    private static String revoked(Map<String, @Nullable Object> answer) {
        boolean known = Boolean.TRUE.equals(answer.get("known"));
        return done(answer)
                + (known ? "" : "no host was enrolled for it here, and it had no token: look at the name\n");
    }
}
