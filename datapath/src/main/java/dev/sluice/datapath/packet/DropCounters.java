package dev.sluice.datapath.packet;

import java.util.Arrays;

/** Dropped packets by port and reason. One writer: the worker; readers may see values that lag a little. */
public final class DropCounters {
    private long[] counts = new long[0];

    /** Makes room for ports 0..portCount-1; counts are kept. */
    public void resize(int portCount) {
        if (portCount * DropReason.COUNT > counts.length) {
            counts = Arrays.copyOf(counts, portCount * DropReason.COUNT);
        }
    }

    public void count(int port, DropReason reason) {
        counts[port * DropReason.COUNT + reason.index()]++;
    }

    /** Packets that came in on the port and were dropped for the reason. */
    public long of(int port, DropReason reason) {
        long[] now = counts;
        int index = port * DropReason.COUNT + reason.index();
        return index < now.length ? now[index] : 0;
    }

    /** Packets dropped for the reason, over all ports. */
    public long total(DropReason reason) {
        long[] now = counts;
        long sum = 0;
        for (int i = reason.index(); i < now.length; i += DropReason.COUNT) {
            sum += now[i];
        }
        return sum;
    }
}
