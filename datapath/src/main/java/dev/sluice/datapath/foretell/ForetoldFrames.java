package dev.sluice.datapath.foretell;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import java.util.ArrayList;
import java.util.List;

/** All ports of a data path that foretells: takes frames and sends none. One user: the worker. Allocates a few bytes for each frame. */
final class ForetoldFrames implements PacketPort {
    private final FramePool pool;
    private final PortCounters counters = new PortCounters();
    private final List<Long> starts = new ArrayList<>();

    ForetoldFrames(FramePool pool) {
        this.pool = pool;
    }

    @Override
    public void send(Batch batch, int slot) {
        starts.add(batch.start[slot]);
    }

    /** Gives back what was sent. */
    void clear() {
        starts.forEach(pool::give);
        starts.clear();
    }

    @Override
    public String name() {
        return "foretold";
    }

    @Override
    public int receive(Batch batch) {
        return 0;
    }

    @Override
    public void flush() {
        // Nothing leaves.
    }

    @Override
    public int pollDescriptor() {
        return -1;
    }

    @Override
    public boolean carriesOffloads() {
        return true;
    }

    @Override
    public String description() {
        return "foretold: sends nothing";
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public void close() {
        clear();
    }
}
