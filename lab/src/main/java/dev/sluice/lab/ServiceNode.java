package dev.sluice.lab;

/** A service node that knows nothing of Sluice: it has an in side and an out side (the same interface if it has one arm), and it can die. */
public sealed interface ServiceNode permits FilteringNode, InlineNode {
    /** The side that forward packets enter by. */
    LabInterface in();

    /** The side that forward packets leave by. */
    LabInterface out();

    /** Lets it die silently: its interfaces keep their carriers, but nothing passes any more. */
    void kill();

    /** Brings it back to life. */
    void restore();

    /** Pulls its wires: both sides lose the carrier. */
    default void unplug() {
        in().down();
        out().down();
    }

    /** Puts the wires back. */
    default void replug() {
        in().up();
        out().up();
    }
}
