package dev.sluice.cli;

import picocli.CommandLine.Command;

/** {@code sluice export}. */
@Command(
        name = "export",
        description = {
            "Prints all objects of a manager as users wrote them, of one moment: for 'sluice apply' elsewhere, for 'sluice run -f', for a backup.",
            "The format is YAML whatever -o says."
        })
final class ExportCommand extends ManagerRequest {
    @Override
    int ask(ManagerClient client) {
        spec.commandLine().getOut().print(client.text("/api/v1/export"));
        spec.commandLine().getOut().flush();
        return ExitCode.OK;
    }
}
