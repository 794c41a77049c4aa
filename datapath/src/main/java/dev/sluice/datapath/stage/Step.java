package dev.sluice.datapath.stage;

/** Where a packet goes next (packet-life.md, picture). Ints, since stages return them for each packet. */
public final class Step {
    /** The packet has left, is held, or is dropped. */
    public static final int DONE = 0;

    /** Classification of what came in from {@link Cursor#port}. */
    public static final int FROM_PORT = 1;

    /** Routing, or crossing to the peer. */
    public static final int FORWARD = 2;

    /** Classification of what goes out to {@link Cursor#egress}. */
    public static final int TO_PORT = 3;

    /** Out of {@link Cursor#egress}. */
    public static final int LEAVE = 4;

    private Step() {}
}
