package dev.sluice.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Commands with subcommands that ask a manager about users, tenants and tokens. Used once, by the thread that runs the command. */
abstract class AccessRequest {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before any command is called
    CommandSpec spec;

    /** Asks something. */
    interface Question {
        Map<String, @Nullable Object> ask(ManagerClient client);
    }

    /** What people get of an answer. */
    interface Words {
        String of(Map<String, @Nullable Object> answer);
    }

    /** Asks, and prints what is answered; what the manager refuses is said in one way. */
    final int ask(ManagerOptions manager, ObjectOutput output, Question question, Words words) {
        try {
            Map<String, @Nullable Object> answer = question.ask(manager.client());
            output.print(spec.commandLine().getOut(), answer, words.of(answer));
            return ExitCode.OK;
        } catch (ManagerClient.Refused e) {
            throw ObjectFiles.failureWithoutFiles(e);
        }
    }

    /** A name as a part of a path; the manager says what names are. */
    static String part(String name) {
        return java.net.URLEncoder.encode(name, java.nio.charset.StandardCharsets.UTF_8);
    }

    /** Of what was done. */
    static String done(Map<String, @Nullable Object> answer) {
        return Fields.text(answer, "what") + " " + Fields.text(answer, "result") + "\n";
    }
}
