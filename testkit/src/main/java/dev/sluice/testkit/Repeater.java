package dev.sluice.testkit;

import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.ports.MemoryFrame;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A fast path that tests hand single frames to. One user: the test. */
public interface Repeater {
    /** The records that it repeats by: what the data path knows of it. */
    OffloadDevice device();

    /**
     * Repeats what is known for a frame that comes in at a port.
     *
     * @param port index of the port
     * @param frame as it comes in; not written to
     * @param nowNs the data path's time
     * @return null if the data path has to see it
     */
    MemoryOffload.@Nullable Sent repeat(int port, MemoryFrame frame, long nowNs);

    /** Packets repeated so far, super-frames once. */
    long hits();

    /** Frames that were left to the data path, by reason. */
    Map<String, Long> misses();
}
