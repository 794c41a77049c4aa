package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Brings in frames of many ports: the tag beside a frame says which port it came in by, the frame has its own tags in it. One user: the worker.
 *
 * <p>Packet path: no allocation.
 */
final class PuntIntake extends FrameIntake {
    private static final int NUMBERS = 4096;

    private final int[] portIndices = new int[NUMBERS];
    private final @Nullable PortCounters[] counters = new PortCounters[NUMBERS];
    private final PortCounters own;

    PuntIntake(FramePool pool, PortCounters own) {
        super(pool, 0, own);
        this.own = own;
    }

    void bind(int number, int portIndex, PortCounters portCounters) {
        portIndices[number] = portIndex;
        counters[number] = portCounters;
    }

    void release(int number) {
        counters[number] = null;
    }

    @Override
    int take(Batch batch, MemorySegment source, long vnetHeader, long frame, int frameBytes, int tag) {
        int number = tag & (NUMBERS - 1);
        PortCounters portCounters = counters[number];
        if (tag >>> 16 != KernelConstants.ETH_P_8021Q || portCounters == null) {
            // Not from a port of ours (the kernel's own words on a new interface), or from one that was closed
            // meanwhile.
            own.receiveDropped++;
            return 0;
        }
        return copy(batch, source, vnetHeader, frame, frameBytes, 0, portIndices[number], portCounters);
    }
}
