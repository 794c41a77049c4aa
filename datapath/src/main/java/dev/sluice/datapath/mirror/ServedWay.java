package dev.sluice.datapath.mirror;

import dev.sluice.datapath.track.ConnectionTable;

/** The way of packets that had their services here back to the switch that classified them. One user: the worker. */
@FunctionalInterface
public interface ServedWay {
    /**
     * Whether packets of a connection that is of another switch end here instead: that switch does not route, and the failure action is closed. False for connections of this one.
     *
     * @param slot of the connection, see {@link ConnectionTable}
     * @param direction 0: forward, 1: reverse
     */
    boolean isClosed(int slot, int direction);
}
