package dev.sluice.datapath.neighbors;

/** Whoever repeats packets to neighbours without asking for each of them, and so has to hear when that is over. Called by the worker. */
public interface NeighborWatcher {
    /** A neighbour behind this port that packets leave to has another MAC address or none. */
    void portMoved(int port);
}
