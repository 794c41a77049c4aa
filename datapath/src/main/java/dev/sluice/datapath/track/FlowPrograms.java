package dev.sluice.datapath.track;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.wire.IpAddress;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The flow programming table (V12; document 002: flow programming table, process 1300): instructions for single flows that go before what their records say. One
 * user: the worker; others hand it tasks.
 *
 * <p>Each new instruction moves {@link #generation}. A record stores the generation at which it was looked up in vain, so that a flow without instruction pays
 * one compare of integers; one with an instruction stays behind, and is looked up at each packet. Nothing on the way of a packet allocates.
 */
public final class FlowPrograms {
    /** Most instructions at one time. */
    public static final int INSTRUCTIONS_MAX = 65_536;

    /** Chains of instructions by hash; to be asked for in turn, see {@link #inBucket}. */
    public static final int BUCKETS = 16_384;

    /** Hops that {@link Action#SKIP} can leave out: a record has a bit for each. */
    public static final int SKIPPED_HOPS_MAX = 8;

    /** Nodes that one {@link Action#SKIP} can leave out. */
    private static final int SKIPPED_NODES_MAX = SKIPPED_HOPS_MAX;

    /** {@link #tell}: packets of both directions. */
    public static final int BOTH_DIRECTIONS = 3;

    private static final int[] NO_MORE = {};

    /** What an instruction says. */
    public enum Action {
        /** Packets are dropped. */
        DROP,
        /** Packets pass without the services that their rule asks for. */
        ACCEPT,
        /** Packets leave out one node of their path; the argument is its instance number. */
        SKIP,
        /** The flow moves to another path of its target; the argument is its id. */
        PATH
    }

    /**
     * A flow, in either direction.
     *
     * @param zone key space, see {@code Datapath.zone}
     * @param protocol IP protocol, 0..255
     * @param source address
     * @param sourcePort 0..65535; of an echo: its identifier, as both ports
     * @param destination address
     * @param destinationPort as the source port
     */
    public record Flow(
            int zone, int protocol, IpAddress source, int sourcePort, IpAddress destination, int destinationPort) {
        /** {@link FlowHash#of}, the same whatever the key space. */
        public long flowHash() {
            return FlowHash.of(
                    source.hi(),
                    source.lo(),
                    sourcePort,
                    destination.hi(),
                    destination.lo(),
                    destinationPort,
                    protocol);
        }

        private long hash() {
            return FlowHash.withRouter(flowHash(), zone);
        }
    }

    /** An instruction and what came of it. One writer: the worker. */
    public static final class Instruction {
        private final Flow flow;
        private final Action action;
        private final int argument;
        private final boolean once;
        private long expiresNs;
        private long hits;

        /** Whether a service node said it, not an operator. */
        private boolean byNode;

        /** Further nodes that {@link Action#SKIP} leaves out. */
        private int[] more = NO_MORE;

        /** Bit per direction that it is not for, or in which an instruction for one packet was carried out. */
        private int done;

        private @Nullable Instruction next;

        private Instruction(Flow flow, Action action, int argument, boolean once, long expiresNs) {
            this.flow = flow;
            this.action = action;
            this.argument = argument;
            this.once = once;
            this.expiresNs = expiresNs;
        }

        public Flow flow() {
            return flow;
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

        /** From this moment on it counts no more. */
        public long expiresNs() {
            return expiresNs;
        }

        /** Whether {@link Action#SKIP} leaves out a node. */
        public boolean skips(int instance) {
            boolean skips = argument == instance;
            for (int i = 0; !skips && i < more.length; i++) {
                skips = more[i] == instance;
            }
            return skips;
        }

        /** Numbers of the instances that {@link Action#SKIP} leaves out; empty for other actions. */
        public int[] skippedNodes() {
            if (action != Action.SKIP) {
                return NO_MORE;
            }
            int[] all = Arrays.copyOf(more, more.length + 1);
            all[more.length] = argument;
            return all;
        }

        /** Packets it was carried out on. */
        public long hits() {
            return hits;
        }

        /** Whether one more node can be left out by it; for the directions that the others are left out for, since a node speaks for itself only. */
        private boolean canTakeIn(Action another, int others) {
            return another == Action.SKIP && done == others && more.length + 1 < SKIPPED_NODES_MAX;
        }

        /** Takes up what was said before of the same flow, with the same action. */
        private void join(Instruction before) {
            hits = before.hits;
            done &= before.done;
            if (!before.skips(argument)) {
                more = Arrays.copyOf(before.more, before.more.length + 1);
                more[before.more.length] = before.argument;
            }
        }

        private boolean matches(PacketFields f, int zone) {
            return flow.zone == zone && flow.protocol == f.protocol && (isForward(f) || isReverse(f));
        }

        private boolean isForward(PacketFields f) {
            return f.sourceLo == flow.source.lo()
                    && f.sourceHi == flow.source.hi()
                    && f.sourcePort == flow.sourcePort
                    && f.destinationLo == flow.destination.lo()
                    && f.destinationHi == flow.destination.hi()
                    && f.destinationPort == flow.destinationPort;
        }

        private boolean isReverse(PacketFields f) {
            return f.sourceLo == flow.destination.lo()
                    && f.sourceHi == flow.destination.hi()
                    && f.sourcePort == flow.destinationPort
                    && f.destinationLo == flow.source.lo()
                    && f.destinationHi == flow.source.hi()
                    && f.destinationPort == flow.sourcePort;
        }

        private int directionBit(PacketFields f) {
            return isForward(f) ? 1 : 2;
        }

        /** Whether it still is for packets of this direction. */
        public boolean concerns(PacketFields f) {
            return (done & directionBit(f)) == 0;
        }
    }

    private final @Nullable Instruction[] buckets = new Instruction[BUCKETS];
    private int size;
    private int generation = 1;
    private int sweepAt;

    /** Where instructions given before are found, while foretelling, and which chains were copied from there. */
    private @Nullable FlowPrograms source;

    private final BitSet adopted = new BitSet();

    /** Told of each instruction that comes and goes; null: nobody asks. */
    private @Nullable ZoneUse zoneUse;

    /** Told of each flow that something is said of; null: nobody asks. */
    private @Nullable FlowWatcher watcher;

    public void tell(@Nullable FlowWatcher fastPath) {
        watcher = fastPath;
    }

    /** Counts instructions by key space there from now on; for an empty table. */
    public void countIn(ZoneUse use) {
        zoneUse = use;
    }

    private void gone(Instruction instruction) {
        size--;
        if (zoneUse != null) {
            zoneUse.leave(instruction.flow.zone);
        }
    }

    /** Moves with each instruction; never 0, which is what a new record has. */
    public int generation() {
        return generation;
    }

    /** Instructions in the table, expired ones that nobody has met yet included. */
    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /**
     * Tells what to do with a flow; takes the place of what was told of it before. The same once more only lives longer, and goes on counting.
     *
     * @return false if the table is full
     */
    public boolean put(Flow flow, Action action, int argument, boolean once, long expiresNs, long nowNs) {
        Instruction before = said(flow);
        remove(flow);
        for (int i = 0; i < BUCKETS && size == INSTRUCTIONS_MAX; i++) {
            sweep(i, nowNs);
        }
        if (size == INSTRUCTIONS_MAX) {
            return false;
        }
        Instruction instruction = new Instruction(flow, action, argument, once, expiresNs);
        if (before != null && before.action == action && before.argument == argument && before.once == once) {
            instruction.hits = before.hits;
        }
        add(instruction);
        return true;
    }

    private void add(Instruction instruction) {
        Flow flow = instruction.flow;
        int bucket = bucket(flow.hash());
        instruction.next = buckets[bucket];
        buckets[bucket] = instruction;
        size++;
        if (zoneUse != null) {
            zoneUse.enter(flow.zone);
        }
        generation = generation == -1 ? 1 : generation + 1;
        if (watcher != null) {
            watcher.flowTold(flow);
        }
    }

    /**
     * What a service node says of a flow. It does not undo what an operator said, nor that another node says drop; nodes that need not see the flow are left out together. The
     * same once more only lives longer, and costs no memory.
     *
     * @param flow as its record has it, so that directions are those of the record
     * @param directions bit 0: forward packets of {@code flow}, bit 1: reverse ones
     * @return false if it is refused, or the table is full
     */
    public boolean tell(
            Flow flow, Action action, int argument, boolean once, int directions, long expiresNs, long nowNs) {
        Instruction before = said(flow);
        if (before != null && nowNs - before.expiresNs >= 0) {
            unlink(before);
            before = null;
        }
        if (before != null
                && (!before.byNode || (before.action == Action.DROP && !before.once && action != Action.DROP))) {
            return false;
        }
        int others = ~directions & BOTH_DIRECTIONS;
        boolean joins = before != null
                && before.action == action
                && before.once == once
                && before.flow.equals(flow)
                && ((before.argument == argument && before.more.length == 0) || before.canTakeIn(action, others));
        if (before != null && joins && (before.done & ~others) == 0 && before.skips(argument)) {
            before.expiresNs = expiresNs;
            return true;
        }
        if (before == null && size == INSTRUCTIONS_MAX) {
            return false;
        }
        Instruction instruction = new Instruction(flow, action, argument, once, expiresNs);
        instruction.byNode = true;
        instruction.done = others;
        if (before != null) {
            unlink(before);
            if (joins && !once) {
                instruction.join(before);
            }
        }
        add(instruction);
        return true;
    }

    /** Revokes what was told of a flow; false if there was nothing. */
    public boolean remove(Flow flow) {
        Instruction instruction = said(flow);
        if (instruction != null) {
            unlink(instruction);
        }
        return instruction != null;
    }

    private @Nullable Instruction said(Flow flow) {
        Instruction instruction = buckets[bucket(flow.hash())];
        while (instruction != null && !isSameFlow(instruction.flow, flow)) {
            instruction = instruction.next;
        }
        return instruction;
    }

    private static boolean isSameFlow(Flow one, Flow other) {
        boolean straight = one.source.equals(other.source)
                && one.sourcePort == other.sourcePort
                && one.destination.equals(other.destination)
                && one.destinationPort == other.destinationPort;
        boolean turned = one.source.equals(other.destination)
                && one.sourcePort == other.destinationPort
                && one.destination.equals(other.source)
                && one.destinationPort == other.sourcePort;
        return one.zone == other.zone && one.protocol == other.protocol && (straight || turned);
    }

    /** Revokes everything; the number of instructions that there were. */
    public int clear() {
        int cleared = size;
        for (int i = 0; i < BUCKETS; i++) {
            for (Instruction instruction = buckets[i]; instruction != null; instruction = instruction.next) {
                gone(instruction);
            }
            buckets[i] = null;
        }
        return cleared;
    }

    /** Copies instructions from the other one as they are asked for. */
    public void lookInto(FlowPrograms other) {
        source = other;
        size = other.size;
        generation = other.generation;
    }

    private void adopt(FlowPrograms other, int bucket) {
        if (adopted.get(bucket)) {
            return;
        }
        adopted.set(bucket);
        Instruction last = null;
        for (Instruction from = other.buckets[bucket]; from != null; from = from.next) {
            Instruction copy = new Instruction(from.flow, from.action, from.argument, from.once, from.expiresNs);
            copy.hits = from.hits;
            copy.byNode = from.byNode;
            copy.more = from.more;
            copy.done = from.done;
            if (last == null) {
                buckets[bucket] = copy;
            } else {
                last.next = copy;
            }
            last = copy;
        }
    }

    @Nullable
    public Instruction find(long hash, PacketFields fields, int zone, long nowNs) {
        if (source != null) {
            adopt(source, bucket(hash));
        }
        Instruction instruction = buckets[bucket(hash)];
        while (instruction != null) {
            if (instruction.matches(fields, zone)) {
                if (nowNs - instruction.expiresNs < 0) {
                    return instruction;
                }
                unlink(instruction);
                return null;
            }
            instruction = instruction.next;
        }
        return null;
    }

    /** The instruction for the flow of a connection, null if there is none. */
    public @Nullable Instruction of(ConnectionTable table, int slot, long nowNs) {
        if (size == 0 || table.tag(slot) != ConnectionTable.SERVICE) {
            return null;
        }
        PacketFields fields = new PacketFields();
        table.readKey(slot, fields);
        return find(FlowHash.withRouter(table.flowHash(slot), table.router(slot)), fields, table.router(slot), nowNs);
    }

    /** An instruction was carried out on a packet; one for a single packet of each direction is over after the second, a path for good after the first. */
    public void executed(Instruction instruction, PacketFields fields) {
        instruction.hits++;
        if (instruction.once) {
            instruction.done |= instruction.action == Action.PATH ? BOTH_DIRECTIONS : instruction.directionBit(fields);
            if (instruction.done == BOTH_DIRECTIONS) {
                unlink(instruction);
            }
        }
    }

    /** Removes what has expired from a few chains. */
    public void sweep(long nowNs) {
        for (int i = 0; i < 64 && size > 0; i++) {
            sweepAt = sweepAt + 1 & BUCKETS - 1;
            sweep(sweepAt, nowNs);
        }
    }

    private void sweep(int bucket, long nowNs) {
        Instruction instruction = buckets[bucket];
        while (instruction != null) {
            Instruction next = instruction.next;
            if (nowNs - instruction.expiresNs >= 0) {
                unlink(instruction);
            }
            instruction = next;
        }
    }

    /** The first instruction of a chain, for listing, null if it is empty; see {@link #after}. */
    public @Nullable Instruction inBucket(int bucket) {
        return buckets[bucket];
    }

    /** The next instruction of the same chain. */
    public static @Nullable Instruction after(Instruction instruction) {
        return instruction.next;
    }

    private static int bucket(long hash) {
        return (int) (hash >>> 32) & BUCKETS - 1;
    }

    private void unlink(Instruction gone) {
        int bucket = bucket(gone.flow.hash());
        Instruction at = buckets[bucket];
        if (at == gone) {
            buckets[bucket] = gone.next;
            gone(gone);
            return;
        }
        while (at != null) {
            if (at.next == gone) {
                at.next = gone.next;
                gone(gone);
                return;
            }
            at = at.next;
        }
    }
}
