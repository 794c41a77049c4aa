package dev.sluice.datapath.track;

import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.track.FlowPrograms.Action;
import org.jspecify.annotations.Nullable;

/** An instruction of {@link FlowPrograms} and what came of it. One writer: the worker. */
public final class Instruction {
    static final long NO_RECORD = -1;

    final InstructedFlow flow;
    final int speaker;
    final Action action;
    final int argument;
    final boolean once;

    /** {@link ConnectionTable#reference} of the record that it ends with, {@link #NO_RECORD} if it needs none. */
    long record = NO_RECORD;

    boolean timed;
    long expiresNs;
    long hits;

    /** Bit per direction in which it was carried out on the last packet that took its path, or passed without. */
    int carriedOut;

    /** Bit per direction that it is for; one for the next packet is over for a direction in which it was carried out. */
    int directions = FlowPrograms.BOTH_DIRECTIONS;

    @Nullable
    Instruction next;

    Instruction(InstructedFlow flow, int speaker, Action action, int argument, boolean once) {
        this.flow = flow;
        this.speaker = speaker;
        this.action = action;
        this.argument = argument;
        this.once = once;
    }

    /** The same for another table. */
    Instruction copy(long recordThere) {
        Instruction copy = new Instruction(flow, speaker, action, argument, once);
        copy.record = recordThere;
        copy.timed = timed;
        copy.expiresNs = expiresNs;
        copy.hits = hits;
        copy.directions = directions;
        return copy;
    }

    void expiresAt(long atNs) {
        timed = true;
        expiresNs = atNs;
    }

    public InstructedFlow flow() {
        return flow;
    }

    /** Instance number of the node that says it, {@link FlowPrograms#OPERATOR} or {@link FlowPrograms#REBALANCING}. */
    public int speaker() {
        return speaker;
    }

    public Action action() {
        return action;
    }

    /** Instance number or path id, 0 for other actions. */
    public int argument() {
        return argument;
    }

    /** Whether it is for one packet of each direction; a path is taken once for all. */
    public boolean once() {
        return once;
    }

    /** Whether {@link Action#SKIP} leaves out a node. */
    public boolean skips(int instance) {
        return action == Action.SKIP && argument == instance;
    }

    /** Packets it was carried out on. */
    public long hits() {
        return hits;
    }

    boolean isDropForAll() {
        return action == Action.DROP && !once;
    }

    boolean matches(PacketFields f, int zone) {
        return flow.zone() == zone && flow.protocol() == f.protocol && (isForward(f) || isReverse(f));
    }

    private boolean isForward(PacketFields f) {
        return f.sourceLo == flow.source().lo()
                && f.sourceHi == flow.source().hi()
                && f.sourcePort == flow.sourcePort()
                && f.destinationLo == flow.destination().lo()
                && f.destinationHi == flow.destination().hi()
                && f.destinationPort == flow.destinationPort();
    }

    private boolean isReverse(PacketFields f) {
        return f.sourceLo == flow.destination().lo()
                && f.sourceHi == flow.destination().hi()
                && f.sourcePort == flow.destinationPort()
                && f.destinationLo == flow.source().lo()
                && f.destinationHi == flow.source().hi()
                && f.destinationPort == flow.sourcePort();
    }

    int directionBit(PacketFields f) {
        return isForward(f) ? 1 : 2;
    }

    /** Directions as a key has them, in those of the flow, and the other way round. */
    int turned(int bits, PacketFields key) {
        return isForward(key) ? bits : bits >>> 1 | (bits & 1) << 1;
    }

    /** Whether it still is for packets of this direction. */
    public boolean concerns(PacketFields f) {
        return (directions & directionBit(f)) != 0;
    }
}
