package dev.sluice.datapath.paths;

import dev.sluice.datapath.snapshot.Target;

/** One time that flows of a target are spread anew, and how far it has come. One writer: the worker; readers may see values that lag a little. */
public final class RebalanceRound {
    /** How far a round has come. */
    public enum State {
        /** The node that is back has to show that it stays, or rounds of other targets come first. */
        WAITING,

        /** Flows move. */
        MOVING,

        /** Each path has its share. */
        EVEN,

        /** The rest of what there is to move had no packets, or may not move. */
        UNEVEN,

        /** Somebody asked for its end. */
        STOPPED
    }

    private final int targetId;
    private final String targetName;
    private final String reason;
    private final int flowsPerSecond;
    private final long notBeforeNs;

    /** Where it is. */
    volatile State state = State.WAITING;

    /** Flows that were told to move. */
    long asked;

    /** Flows that did. */
    long moved;

    RebalanceRound(Target target, String reason, int flowsPerSecond, long notBeforeNs) {
        targetId = target.id();
        targetName = target.name();
        this.reason = reason;
        this.flowsPerSecond = flowsPerSecond;
        this.notBeforeNs = notBeforeNs;
    }

    int targetId() {
        return targetId;
    }

    long notBeforeNs() {
        return notBeforeNs;
    }

    boolean isOver() {
        State now = state;
        return now != State.WAITING && now != State.MOVING;
    }

    /** Name of the target: a chain. */
    public String targetName() {
        return targetName;
    }

    /** Why it began, for people. */
    public String reason() {
        return reason;
    }

    /** How many flows are told to move at most. */
    public int flowsPerSecond() {
        return flowsPerSecond;
    }

    /** How far it has come. */
    public State state() {
        return state;
    }

    /** Flows that were told to move so far. */
    public long asked() {
        return asked;
    }

    /** Flows that did so far; the others ended, or had no packet in time. */
    public long moved() {
        return moved;
    }
}
