package dev.sluice.cli;

import dev.sluice.lab.Lab;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice lab}: networks of namespaces to try things in. */
@Command(
        name = "lab",
        description = "Networks of namespaces to try things in; files are described in docs/guides/lab.md.")
final class LabCommand {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before any command is called
    private CommandSpec spec;

    @Command(
            name = "up",
            description =
                    "Brings up what FILE describes and holds it until Ctrl-C or 'sluice lab down'; then nothing of it is left.")
    int up(@Parameters(paramLabel = "FILE", description = "A lab file.") Path file) {
        Lab lab = Lab.up(file);
        println(lab.describe());
        println("Ctrl-C ends it");
        spec.commandLine().getOut().flush();
        // The lab's shutdown hook cleans up; only a signal leads there.
        while (true) {
            LockSupport.park(lab);
        }
    }

    @Command(
            name = "down",
            description = "Ends a lab that another process holds, and removes leftovers of labs whose process is gone.")
    int down(
            @Parameters(arity = "0..1", paramLabel = "ID", description = "Which one, if several are up (see status).")
                    @Nullable
                    String id) {
        Optional<String> ended = Lab.down(Optional.ofNullable(id));
        println(ended.map(lab -> "lab " + lab + " is down").orElse("no lab is up"));
        return ExitCode.OK;
    }

    @Command(name = "status", description = "Lists the labs of this machine and their namespaces.")
    int status(@Mixin OutputOption output) {
        List<Lab.Running> labs = Lab.status();
        if (output.json()) {
            println(Json.text(labs));
            return ExitCode.OK;
        }
        Table table = new Table().words("LAB").numbers("OWNER").words("STATE").words("NAMESPACES");
        for (Lab.Running lab : labs) {
            table.row(
                    lab.id(),
                    lab.ownerPid(),
                    lab.ownerLives() ? "up" : "owner gone (sluice lab down removes it)",
                    String.join(" ", lab.namespaces()));
        }
        println(table.render("no lab is up").stripTrailing());
        return ExitCode.OK;
    }

    private void println(String text) {
        spec.commandLine().getOut().println(text);
    }
}
