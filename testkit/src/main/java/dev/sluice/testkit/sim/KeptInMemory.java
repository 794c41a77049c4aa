package dev.sluice.testkit.sim;

import dev.sluice.agent.southbound.KeptObjects;
import dev.sluice.southbound.Resource;
import java.io.IOException;
import java.util.NavigableMap;
import java.util.TreeMap;

/** What a manager sent last, on a disk in memory that outlives the agent's process. One user. */
final class KeptInMemory implements KeptObjects {
    private final DiskState disk;
    private NavigableMap<String, Resource> kept = new TreeMap<>();

    KeptInMemory(DiskState disk) {
        this.disk = disk;
    }

    @Override
    public NavigableMap<String, Resource> read() {
        return new TreeMap<>(kept);
    }

    @Override
    public void write(NavigableMap<String, Resource> resources) throws IOException {
        disk.beforeWrite();
        if (disk.full) {
            throw new IOException("no space left on the simulated disk");
        }
        kept = new TreeMap<>(resources);
        disk.afterWrite();
    }
}
