package dev.sluice.cli;

import dev.sluice.model.OwnerOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code sluice backup}. */
@Command(
        name = "backup",
        description = {
            "Saves the objects of a running manager and its record of changes to a file, all of one moment. Only the owner of the file may read it.",
            "Back: sluice manager --data EMPTY-DIR --restore FILE. Objects alone, to be read and edited: sluice export."
        })
final class BackupCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli before call
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FILE", description = "The file to write; it must not be there yet.")
    private Path file = Path.of("");

    @Mixin
    private ManagerOptions manager = new ManagerOptions();

    @Override
    public Integer call() {
        if (Files.exists(file)) {
            throw new CommandFailure(file + " is there already; name another file");
        }
        try {
            byte[] backup = manager.client().bytes("/api/v1/backup");
            Path part = file.resolveSibling(file.getFileName() + ".part");
            Files.deleteIfExists(part);
            // With the hashes of tokens.
            Files.createFile(part, OwnerOnly.file());
            Files.write(part, backup);
            Files.move(part, file);
            spec.commandLine().getOut().println(file + ": " + backup.length + " bytes");
            return ExitCode.OK;
        } catch (ManagerClient.Refused e) {
            throw ObjectFiles.failureWithoutFiles(e);
        } catch (IOException e) {
            throw new CommandFailure(file + " can't be written: " + e.getMessage(), e);
        }
    }
}
