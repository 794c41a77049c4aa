package dev.sluice.datapath;

import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.paths.Selector;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Journey;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.FlowPrograms.Action;
import dev.sluice.datapath.track.Instruction;
import dev.sluice.datapath.track.TcpState;
import java.util.List;

/**
 * The instructions for the packet in hand, from the flow programming table, and how they are carried out (V12, V13; document 002: process 1300; packet-life.md, flow programming).
 * One user: the worker.
 *
 * <p>Hot path: no allocation; a flow without instruction costs one compare of generations.
 */
final class Instructions {
    private final FlowPrograms programs;
    private final ConnectionTable table;
    private final Selector selector;
    private final Frames frames;
    private final DatapathCounters counters;

    /** Bit per {@link Action} that an instruction says for the packet's direction. */
    private int actions;

    /** The path that the newest one of those that name one asks for, 0 if none does. */
    private int path;

    /** Something is told of the flow, in either direction; and something of it for the next packet alone. */
    private boolean told;

    private boolean once;

    Instructions(
            FlowPrograms programs, ConnectionTable table, Selector selector, Frames frames, DatapathCounters counters) {
        this.programs = programs;
        this.table = table;
        this.selector = selector;
        this.frames = frames;
        this.counters = counters;
    }

    /** A packet of which nothing is known comes to a port side. */
    void forget() {
        actions = 0;
        path = 0;
        told = false;
        once = false;
    }

    /** Looks for instructions for a packet without record; false if its flow has none in either direction. */
    boolean lookUp(Cursor c) {
        forget();
        if (programs.isEmpty()) {
            return false;
        }
        Instruction first = programs.first(c.keyHash, c.fields, c.zone, c.nowNs);
        for (Instruction one = first; one != null; one = programs.next(one, c.fields, c.zone, c.nowNs)) {
            once |= one.once();
            if (one.concerns(c.fields)) {
                actions |= bit(one.action());
                path = one.action() == Action.PATH && path == 0 ? one.argument() : path;
            }
        }
        told = first != null;
        return told;
    }

    /** A packet comes to a record, which may decide no more, or to none: -1. If it opens another connection than the record's, what nodes said of that one ends. */
    void opens(Cursor c, int slot) {
        if (!programs.isEmpty() && slot >= 0 && c.isOpening() && TcpState.isBeyondOpening(table.tcpState(slot))) {
            programs.opens(c.keyHash, c.fields, c.zone);
        }
    }

    private static int bit(Action action) {
        return switch (action) {
            case DROP -> 1;
            case ACCEPT -> 2;
            case SKIP -> 4;
            case PATH -> 8;
        };
    }

    /** The new record need not be looked up until the next instruction comes. */
    void setCurrent(int slot) {
        table.setFlowProgramGeneration(slot, programs.generation());
    }

    /** Looks for instructions if any has come since this record was last looked up in vain. */
    void validate(Cursor c, int slot) {
        if (table.flowProgramGeneration(slot) == programs.generation()) {
            return;
        }
        if (!lookUp(c)) {
            setCurrent(slot);
            table.setSkipMask(slot, 0, 0);
            table.setSkipMask(slot, 1, 0);
        }
    }

    /**
     * Whether whatever is told of the flow, if anything is, holds for all its packets like for this one: nothing is for the next packet alone, and there is no path that it would move to if only it
     * were there.
     */
    boolean holdForAll(int slot) {
        return !told || (!once && (path == 0 || path == table.pathId(slot)));
    }

    /** Whether there is an instruction, and what it says. */
    boolean says(Action action) {
        return (actions & bit(action)) != 0;
    }

    /** Whether the packet is dropped: then the other side does not hear of it, and it moves no connection. */
    boolean drops() {
        return says(Action.DROP);
    }

    /** Whether an instruction gives the flow another path of its target, alive. The record then gives way as one that is migrated. */
    boolean isMoved(int slot) {
        return path != 0
                && !says(Action.DROP)
                && table.pathId(slot) != 0
                && table.pathId(slot) != path
                && (table.flags(slot) & ConnectionTable.TRANSLATED) == 0
                && selector.offered(table.targetId(slot), path) != null;
    }

    /** A record took the place of another one of the flow in hand. */
    void follow(long before, int slot) {
        programs.follow(before, slot);
    }

    /** Counts that what is said by instructions with this action is carried out on the packet, and nothing else of what is told. */
    void execute(Cursor c, Action action) {
        Instruction one = programs.first(c.keyHash, c.fields, c.zone, c.nowNs);
        while (one != null) {
            if (one.concerns(c.fields)) {
                programs.carriesOut(one, c.fields, one.action() == action);
                if (one.action() == action) {
                    execute(c, one);
                }
            }
            one = programs.next(one, c.fields, c.zone, c.nowNs);
        }
    }

    /** The packet passes without the services of its path. */
    void accept(Cursor c) {
        leaveOutNothing(c);
        counters.acceptedByInstruction++;
        execute(c, Action.ACCEPT);
        tell(Action.ACCEPT);
    }

    private void tell(Action carriedOut) {
        Journey journey = frames.journey();
        if (journey != null) {
            journey.instructed(carriedOut);
        }
    }

    /** The packet takes no path: nodes that were left out for those before it are left out no more. */
    void leaveOutNothing(Cursor c) {
        if (told) {
            table.setSkipMask(c.record, c.direction, 0);
        }
    }

    private void execute(Cursor c, Instruction one) {
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.instructed(c.batch, c.slot, one);
        }
        programs.executed(one, c.fields, c.nowNs);
    }

    /** The path that an instruction asks for, 0 if none does. */
    int path() {
        return path;
    }

    /** Which hops an instruction leaves out. */
    private static int skipped(Path path, Instruction told) {
        int mask = 0;
        List<Path.Hop> hops = path.hops();
        for (int i = 0; i < Math.min(hops.size(), FlowPrograms.SKIPPED_HOPS_MAX); i++) {
            if (told.skips(hops.get(i).attachment().instance())) {
                mask |= 1 << i;
            }
        }
        return mask;
    }

    /** Before a packet takes its path: leaves out hops, in its direction and until the next packet of the flow, or notes that the path is one that was asked for. */
    void heed(Cursor c, Path path) {
        if (!says(Action.SKIP) && !says(Action.PATH)) {
            leaveOutNothing(c);
            return;
        }
        int mask = 0;
        Instruction one = programs.first(c.keyHash, c.fields, c.zone, c.nowNs);
        while (one != null) {
            if (one.concerns(c.fields)) {
                int skipped = skipped(path, one);
                mask |= skipped;
                boolean carriedOut = skipped != 0 || (one.action() == Action.PATH && one.argument() == path.id());
                programs.carriesOut(one, c.fields, carriedOut);
                if (carriedOut) {
                    execute(c, one);
                }
            }
            one = programs.next(one, c.fields, c.zone, c.nowNs);
        }
        table.setSkipMask(c.record, c.direction, mask);
        if (mask != 0) {
            counters.skippedByInstruction++;
        }
        tell(mask == 0 ? Action.PATH : Action.SKIP);
    }
}
