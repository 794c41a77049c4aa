package dev.sluice.lab;

/** A node that only gets copies: counts them, notes their ids and sends nothing. */
public final class TapNode {
    private final LabInterface in;
    private final IdObserver observer;

    private TapNode(LabInterface in, IdObserver observer) {
        this.in = in;
        this.observer = observer;
    }

    /** Makes one of an interface. */
    public static TapNode start(LabInterface in) {
        in.quiet();
        return new TapNode(in, IdObserver.start(in, IdObserver.Direction.IN));
    }

    /** Where the copies come in. */
    public LabInterface in() {
        return in;
    }

    /** Copies so far; behind by 50 ms at most. */
    public long copyCount() {
        return observer.frameCount();
    }

    /** What it saw. */
    public IdObserver observer() {
        return observer;
    }
}
