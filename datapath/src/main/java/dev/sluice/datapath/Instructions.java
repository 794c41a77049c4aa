package dev.sluice.datapath;

import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.paths.Selector;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.FlowPrograms.Action;
import dev.sluice.datapath.track.FlowPrograms.Instruction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The instruction for the packet in hand, from the flow programming table, and how it is carried out (V12, V13; document 002: process 1300; packet-life.md, flow programming).
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

    /** Null if there is none for the packet's direction. */
    private @Nullable Instruction instruction;

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
        instruction = null;
    }

    /** Looks for the instruction of a packet without record; false if its flow has none in either direction. */
    boolean lookUp(Cursor c) {
        Instruction found = programs.isEmpty() ? null : programs.find(c.keyHash, c.fields, c.zone, c.nowNs);
        instruction = found != null && found.concerns(c.fields) ? found : null;
        return found != null;
    }

    /** The new record need not be looked up until the next instruction comes. */
    void setCurrent(int slot) {
        table.setFlowProgramGeneration(slot, programs.generation());
    }

    /** Looks for an instruction if any has come since this record was last looked up in vain. */
    void validate(Cursor c, int slot) {
        if (table.flowProgramGeneration(slot) == programs.generation()) {
            return;
        }
        Instruction found = programs.find(c.keyHash, c.fields, c.zone, c.nowNs);
        if (found == null) {
            setCurrent(slot);
            table.setSkipMask(slot, 0, 0);
            table.setSkipMask(slot, 1, 0);
            return;
        }
        table.setSkipMask(slot, table.isReverse(slot, c.fields) ? 1 : 0, 0);
        instruction = found.concerns(c.fields) ? found : null;
    }

    /** Whether a record was looked up in vain since the last instruction came. */
    boolean isCurrent(int slot) {
        return table.flowProgramGeneration(slot) == programs.generation();
    }

    /** Whether there is an instruction, and what it says. */
    boolean says(Action action) {
        Instruction now = instruction;
        return now != null && now.action() == action;
    }

    /** Whether an instruction gives the flow another path of its target, alive. The record then gives way as one that is migrated. */
    boolean isMoved(int slot) {
        Instruction now = instruction;
        return now != null
                && now.action() == Action.PATH
                && table.pathId(slot) != 0
                && table.pathId(slot) != now.argument()
                && (table.flags(slot) & ConnectionTable.TRANSLATED) == 0
                && selector.offered(table.targetId(slot), now.argument()) != null;
    }

    /** Counts that the instruction is carried out on the packet. */
    void execute(Cursor c) {
        Instruction now = instruction;
        if (now != null) {
            PacketTracer tracer = frames.tracer();
            if (tracer != null) {
                tracer.instructed(c.batch, c.slot, now);
            }
            programs.executed(now, c.fields);
        }
    }

    /** The path that the instruction asks for, 0 if it asks for none. */
    int path() {
        Instruction now = instruction;
        return now != null && now.action() == Action.PATH ? now.argument() : 0;
    }

    /** Sets which hops the packet leaves out, in its direction: until the next packet of the flow. */
    private void skip(Cursor c, Path path, Instruction told) {
        int mask = 0;
        List<Path.Hop> hops = path.hops();
        for (int i = 0; i < Math.min(hops.size(), FlowPrograms.SKIPPED_HOPS_MAX); i++) {
            if (told.skips(hops.get(i).attachment().instance())) {
                mask |= 1 << i;
            }
        }
        if (mask != 0) {
            table.setSkipMask(c.record, c.direction, mask);
            counters.skippedByInstruction++;
            execute(c);
        }
    }

    /** Before a packet takes its path: leaves out a hop, or notes that the path is the one that was asked for. */
    void heed(Cursor c, Path path) {
        Instruction told = instruction;
        if (told == null) {
            return;
        }
        if (told.action() == Action.SKIP) {
            skip(c, path, told);
        } else if (told.action() == Action.PATH && path.id() == told.argument()) {
            execute(c);
        }
    }
}
