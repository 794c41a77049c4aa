package dev.sluice.testkit.sim;

import dev.sluice.agent.history.HistoryDirectory;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The files of a history on a disk in memory that outlives the agent's process. One user. */
final class HistoryInMemory extends HistoryDirectory {
    private final DiskState disk;
    private final NavigableMap<Integer, byte[]> revisions = new TreeMap<>();
    private byte @Nullable [] state;

    HistoryInMemory(DiskState disk) {
        super(Path.of("/nonexistent"));
        this.disk = disk;
    }

    @Override
    public void claim() {}

    @Override
    public NavigableSet<Integer> numbers() {
        return new TreeSet<>(revisions.keySet());
    }

    @Override
    public byte[] readRevision(int number) throws IOException {
        byte[] found = revisions.get(number);
        if (found == null) {
            throw new NoSuchFileException(String.valueOf(number));
        }
        return found;
    }

    @Override
    public byte @Nullable [] readState() {
        return state;
    }

    @Override
    public void writeRevision(int number, byte[] bytes) throws IOException {
        write();
        revisions.put(number, bytes);
    }

    @Override
    public void writeState(byte[] bytes) throws IOException {
        write();
        state = bytes;
    }

    private void write() throws IOException {
        if (disk.full) {
            throw new IOException("no space left on the simulated disk");
        }
    }

    @Override
    public void remove(int number) {
        revisions.remove(number);
    }

    @Override
    public void close() {}
}
