package dev.sluice.datapath;

/** Where a packet goes next (packet-life.md, picture). Ints, since stages return them for each packet. */
final class Step {
    /** The packet has left, is held, or is dropped. */
    static final int DONE = 0;

    /** Classification of what came in from {@link Cursor#port}. */
    static final int FROM_PORT = 1;

    /** Routing, or crossing to the peer. */
    static final int FORWARD = 2;

    /** Classification of what goes out to {@link Cursor#egress}. */
    static final int TO_PORT = 3;

    /** Out of {@link Cursor#egress}. */
    static final int LEAVE = 4;

    private Step() {}
}
