package dev.sluice.datapath.track;

/**
 * Whoever repeats packets of flows without asking for each of them, and so has to hear when that is over. Called by the worker; there is one implementation, and nobody is told as long
 * as nothing repeats.
 */
public interface FlowWatcher {
    /** Records of the flow of a connection were made, are about to go, or lead elsewhere. */
    void flowChanged(int slot);

    /** A record says something else about packets that take it. */
    void recordChanged(int slot);

    /** Somebody asks when a connection was last seen: what was repeated until now is to be counted. */
    void refresh(int slot);

    /** Something is told of a flow, or is about to hold no more. */
    void flowTold(InstructedFlow flow);

    /** Something changed that any packet may depend on. */
    void allMoved();
}
