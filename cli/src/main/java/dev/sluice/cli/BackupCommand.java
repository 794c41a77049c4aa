package dev.sluice.cli;

import dev.sluice.model.OwnerOnly;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Set;
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
            "Saves the objects of a running manager and its record of changes to a file, all of one moment. Only the"
                    + " owner of the file may read it.",
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
            save(backup);
            spec.commandLine().getOut().println(file + ": " + backup.length + " bytes");
            return ExitCode.OK;
        } catch (ManagerClient.Refused e) {
            throw ObjectFiles.failureWithoutFiles(e);
        } catch (IOException e) {
            throw new CommandFailure(file + " can't be written: " + e.getMessage(), e);
        }
    }

    /** What is said to be saved is on disk, and what is not leaves nothing that would keep the disk full. */
    private void save(byte[] backup) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.deleteIfExists(part);
        try {
            // With the hashes of tokens.
            try (FileChannel channel =
                    OwnerOnly.open(part, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE))) {
                ByteBuffer rest = ByteBuffer.wrap(backup);
                while (rest.hasRemaining()) {
                    channel.write(rest);
                }
                channel.force(true);
            }
            Files.move(part, file);
        } finally {
            Files.deleteIfExists(part);
        }
        try (FileChannel names =
                FileChannel.open(Objects.requireNonNull(file.toAbsolutePath().getParent()), StandardOpenOption.READ)) {
            names.force(true);
        }
    }
}
