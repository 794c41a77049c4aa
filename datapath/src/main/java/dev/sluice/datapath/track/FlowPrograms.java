package dev.sluice.datapath.track;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The flow programming table (V12; document 002: flow programming table, process 1300): instructions for single flows that go before what their records say. One
 * user: the worker; others hand it tasks.
 *
 * <p>An operator names a flow by its addresses, before it begins or while it lasts, and says how long: {@link #put}. A node speaks of the flow of a record, and what it says ends with that record
 * ({@link #tell}): the next flow with the same addresses is another one. So each flow has one instruction of an operator, or those of nodes; of each node and direction at most one for the next packet
 * and one for all.
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

    /** {@link #tell}: packets of both directions. */
    public static final int BOTH_DIRECTIONS = 3;

    /** {@link #tell}: as long as the record. */
    public static final long WITH_THE_RECORD = -1;

    /** {@link Instruction#speaker}: an operator. */
    public static final int OPERATOR = -1;

    /** {@link Instruction#speaker}: flows are spread anew. */
    public static final int REBALANCING = -2;

    /** How long after its time an instruction may still be in the table while a fast path repeats what it says, in ns. */
    private static final long LATE_NS = 100_000_000L;

    /** Instructions with journeys that end in one tick, and a chain: each costs system calls. */
    private static final int ENDS_PER_TICK = 256;

    /** A reference that no record has: slots are below this one. */
    private static final long GONE = Integer.MAX_VALUE;

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

    private final ConnectionTable table;
    private final @Nullable Instruction[] buckets = new Instruction[BUCKETS];
    private final PacketFields key = new PacketFields();
    private int size;
    private int generation = 1;
    private int sweepAt;

    private final Ends ends = new Ends(LATE_NS);

    /** While {@link #key} is in use. */
    private final PacketFields repeatedKey = new PacketFields();

    /** Where instructions given before are found, while foretelling, and which chains were copied from there. */
    private @Nullable FlowPrograms source;

    private final BitSet adopted = new BitSet();

    /** Against crafted collisions: the flow hash is known to all, and tenants choose which flows nodes speak of. */
    private long seed;

    /** Told of each instruction that comes and goes; null: nobody asks. */
    private @Nullable ZoneUse zoneUse;

    /** Told of each flow that something is said of; null: nobody asks. */
    private @Nullable FlowWatcher watcher;

    /**
     * An empty table.
     *
     * @param table whose records instructions of nodes end with
     * @param seed secret and random
     */
    public FlowPrograms(ConnectionTable table, long seed) {
        this.table = table;
        this.seed = seed;
    }

    public void tell(@Nullable FlowWatcher fastPath) {
        watcher = fastPath;
    }

    /** Counts instructions by key space there from now on; for an empty table. */
    public void countIn(ZoneUse use) {
        zoneUse = use;
    }

    /** To be called while it still is in the table: what was repeated until now counts for it. */
    private void goes(Instruction instruction) {
        hear(instruction.flow);
        size--;
        if (zoneUse != null) {
            zoneUse.leave(instruction.flow.zone());
        }
    }

    /** Moves with each instruction; never 0, which is what a new record has. */
    public int generation() {
        return generation;
    }

    /** Instructions in the table, those that are over and that nobody has met yet included. */
    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    // What operators say.

    /**
     * Tells what to do with a flow; takes the place of all that was told of it before. The same once more only lives longer, and goes on counting. In a full table what some node said gives way, which it will say again when
     * it sees the flow again: no node keeps an operator from blocking a flow.
     *
     * @return false if the table is full of what operators say
     */
    public boolean put(InstructedFlow flow, Action action, int argument, boolean once, long expiresNs, long nowNs) {
        flow.write(key);
        Instruction before = first(flow.hash(), key, flow.zone(), nowNs);
        remove(flow);
        for (int i = 0; i < BUCKETS && size == INSTRUCTIONS_MAX; i++) {
            sweep(i, nowNs);
        }
        if (size == INSTRUCTIONS_MAX && !giveWay()) {
            return false;
        }
        Instruction instruction = new Instruction(flow, OPERATOR, action, argument, once);
        instruction.expiresAt(expiresNs);
        if (before != null && before.action == action && before.argument == argument && before.once == once) {
            instruction.hits = before.hits;
        }
        add(instruction);
        return true;
    }

    private boolean giveWay() {
        for (int i = 0; i < BUCKETS; i++) {
            sweepAt = sweepAt + 1 & BUCKETS - 1;
            for (Instruction one = buckets[sweepAt]; one != null; one = one.next) {
                if (one.speaker != OPERATOR) {
                    unlink(one);
                    return true;
                }
            }
        }
        return false;
    }

    /** Revokes all that was told of a flow; false if there was nothing. */
    public boolean remove(InstructedFlow flow) {
        flow.write(key);
        int before = size;
        for (Instruction one = buckets[bucket(flow.hash())]; one != null; one = one.next) {
            if (one.matches(key, flow.zone())) {
                unlink(one);
            }
        }
        return size < before;
    }

    // What nodes say.

    /**
     * What a service node says of the flow of a record. It does not undo what an operator said, nor a drop for all packets, its own included; it takes the place of what the same node said of the same
     * directions for as many packets. The same once more changes nothing and costs no memory.
     *
     * @param slot of the record; its directions are meant
     * @param speaker instance number of the node, or {@link #REBALANCING}
     * @param directions bit 0: forward packets, bit 1: reverse ones
     * @param lifeNs how long it holds at most, or {@link #WITH_THE_RECORD}
     * @return false if it is refused, or the table is full
     */
    public boolean tell(
            int slot, int speaker, Action action, int argument, boolean once, int directions, long lifeNs, long nowNs) {
        int zone = table.router(slot);
        table.readKey(slot, key);
        long hash = FlowHash.withRouter(table.flowHash(slot), zone);
        int open = table.isSuperseded(slot) ? 0 : directions;
        for (Instruction one = first(hash, key, zone, nowNs); one != null; one = next(one, key, zone, nowNs)) {
            if (one.speaker == OPERATOR) {
                return false;
            }
            boolean stands = action != Action.DROP && one.isDropForAll();
            open &= stands ? ~one.turned(one.directions, key) : BOTH_DIRECTIONS;
        }
        if (open == 0) {
            return false;
        }
        Instruction same = null;
        for (Instruction one = first(hash, key, zone, nowNs); one != null; one = next(one, key, zone, nowNs)) {
            if (one.speaker == speaker && one.action == action && one.argument == argument && (once || !one.once)) {
                open &= ~one.turned(one.directions, key);
                same = one.once == once ? one : same;
            }
        }
        if (open == 0) {
            return true;
        }
        for (Instruction one = first(hash, key, zone, nowNs); one != null; one = next(one, key, zone, nowNs)) {
            boolean again = !once && one.action == action && one.argument == argument;
            if (one.speaker == speaker && one != same && (one.once == once || again)) {
                narrow(one, one.turned(open, key));
            }
        }
        return say(slot, same, speaker, action, argument, once, open, lifeNs, nowNs);
    }

    /**
     * Takes back what a node said of the flow of a record, whatever it was; what others said stands. Nothing happens if it said nothing.
     *
     * @param directions as in {@link #tell}
     * @return false if the record decides no more
     */
    public boolean takeBack(int slot, int speaker, int directions, long nowNs) {
        if (table.isSuperseded(slot)) {
            return false;
        }
        int zone = table.router(slot);
        table.readKey(slot, key);
        long hash = FlowHash.withRouter(table.flowHash(slot), zone);
        for (Instruction one = first(hash, key, zone, nowNs); one != null; one = next(one, key, zone, nowNs)) {
            if (one.speaker == speaker) {
                narrow(one, one.turned(directions, key));
            }
        }
        return true;
    }

    private boolean say(
            int slot,
            @Nullable Instruction same,
            int speaker,
            Action action,
            int argument,
            boolean once,
            int directions,
            long lifeNs,
            long nowNs) {
        if (same != null) {
            same.directions |= same.turned(directions, key);
            told(same.flow);
            return true;
        }
        if (size == INSTRUCTIONS_MAX) {
            return false;
        }
        Instruction instruction = new Instruction(flowOf(slot), speaker, action, argument, once);
        instruction.directions = directions;
        instruction.record = table.reference(slot);
        if (lifeNs != WITH_THE_RECORD) {
            instruction.expiresAt(nowNs + lifeNs);
        }
        add(instruction);
        return true;
    }

    private InstructedFlow flowOf(int slot) {
        return new InstructedFlow(
                table.router(slot),
                table.protocol(slot),
                new IpAddress(table.sourceHi(slot), table.sourceLo(slot)),
                table.sourcePort(slot),
                new IpAddress(table.destinationHi(slot), table.destinationLo(slot)),
                table.destinationPort(slot));
    }

    /** Takes directions away from an instruction, which ends with the last one. */
    private void narrow(Instruction instruction, int directions) {
        int left = instruction.directions & ~directions;
        if (left == 0) {
            unlink(instruction);
        } else if (left != instruction.directions) {
            hear(instruction.flow);
            instruction.directions = left;
            instruction.carriedOut &= left;
        }
    }

    /** A record took the place of another one of its flow, which is going on: so does what nodes said of it. */
    public void follow(long before, int slot) {
        long now = table.reference(slot);
        int bucket = bucket(FlowHash.withRouter(table.flowHash(slot), table.router(slot)));
        for (Instruction one = buckets[bucket]; one != null; one = one.next) {
            if (one.record == before) {
                one.record = now;
            }
        }
    }

    /** A packet opens a connection where there may have been one: what nodes said of that one ends, but that it is to be dropped. */
    public void opens(long hash, PacketFields fields, int zone) {
        for (Instruction one = chain(bucket(hash)); one != null; one = one.next) {
            if (one.record != Instruction.NO_RECORD && one.action != Action.DROP && one.matches(fields, zone)) {
                unlink(one);
            }
        }
    }

    // The table.

    private void add(Instruction instruction) {
        InstructedFlow flow = instruction.flow;
        int bucket = bucket(flow.hash());
        instruction.next = buckets[bucket];
        buckets[bucket] = instruction;
        size++;
        addEnd(instruction);
        if (zoneUse != null) {
            zoneUse.enter(flow.zone());
        }
        told(flow);
    }

    private void told(InstructedFlow flow) {
        generation = generation == -1 ? 1 : generation + 1;
        hear(flow);
    }

    private void hear(InstructedFlow flow) {
        if (watcher != null) {
            watcher.flowTold(flow);
        }
    }

    /** Revokes everything; the number of instructions that there were. */
    public int clear() {
        int cleared = size;
        FlowWatcher each = watcher;
        if (each != null && size > ENDS_PER_TICK) {
            each.allMoved();
            watcher = null;
        }
        for (int i = 0; i < BUCKETS; i++) {
            for (Instruction instruction = buckets[i]; instruction != null; instruction = instruction.next) {
                goes(instruction);
            }
            buckets[i] = null;
        }
        watcher = each;
        return cleared;
    }

    /** Copies instructions from the other one as they are asked for. */
    public void lookInto(FlowPrograms other) {
        source = other;
        size = other.size;
        generation = other.generation;
        seed = other.seed;
    }

    private @Nullable Instruction chain(int bucket) {
        if (source != null) {
            adopt(source, bucket);
        }
        return buckets[bucket];
    }

    private void adopt(FlowPrograms other, int bucket) {
        if (adopted.get(bucket)) {
            return;
        }
        adopted.set(bucket);
        Instruction last = null;
        for (Instruction from = other.buckets[bucket]; from != null; from = from.next) {
            Instruction copy = from.copy(copyOf(from.record, other.table));
            if (last == null) {
                buckets[bucket] = copy;
            } else {
                last.next = copy;
            }
            last = copy;
        }
    }

    /** The name that the copy of a record has here; that of one that is gone names nothing here either. */
    private long copyOf(long record, ConnectionTable real) {
        if (record == Instruction.NO_RECORD) {
            return record;
        }
        int slot = table.adopted(real.resolve(record));
        return slot < 0 ? GONE : table.reference(slot);
    }

    /** The newest instruction for the flow of a packet, null if there is none; see {@link #next}. */
    @Nullable
    public Instruction first(long hash, PacketFields fields, int zone, long nowNs) {
        return from(chain(bucket(hash)), fields, zone, nowNs);
    }

    /** The next older instruction for the same flow, also if the one given has been revoked meanwhile. */
    @Nullable
    public Instruction next(Instruction instruction, PacketFields fields, int zone, long nowNs) {
        return from(instruction.next, fields, zone, nowNs);
    }

    @Nullable
    private Instruction from(@Nullable Instruction begin, PacketFields fields, int zone, long nowNs) {
        for (Instruction one = begin; one != null; one = one.next) {
            if (one.matches(fields, zone)) {
                if (!isOver(one, nowNs)) {
                    return one;
                }
                unlink(one);
            }
        }
        return null;
    }

    private boolean isOver(Instruction instruction, long nowNs) {
        return hasEnded(instruction, nowNs)
                || (instruction.record != Instruction.NO_RECORD
                        && table.isOver(table.resolve(instruction.record), ConnectionTable.tableMs(nowNs)));
    }

    /** As {@link #isOver}, but for records that have expired and that nobody has met yet. */
    private boolean hasEnded(Instruction instruction, long nowNs) {
        if (instruction.timed && nowNs - instruction.expiresNs >= 0) {
            return true;
        }
        if (instruction.record == Instruction.NO_RECORD) {
            return false;
        }
        int slot = table.resolve(instruction.record);
        return slot < 0 || table.isSuperseded(slot);
    }

    /** Milliseconds until an instruction is over, of a node's if no packet of its flow comes; not above 0: it is. */
    public long remainingMs(Instruction instruction, long nowNs) {
        long ms = instruction.timed ? (instruction.expiresNs - nowNs) / 1_000_000 : Long.MAX_VALUE;
        if (instruction.record != Instruction.NO_RECORD) {
            int slot = table.resolve(instruction.record);
            boolean stands = slot >= 0 && !table.isSuperseded(slot);
            ms = stands ? Math.min(ms, table.timeoutMs(slot) - table.idleMs(slot, nowNs)) : 0;
        }
        return ms;
    }

    /** The instructions for the flow of a connection, for people; allocates. */
    public List<Instruction> of(int slot, long nowNs) {
        List<Instruction> all = new ArrayList<>();
        if (isTold(slot, nowNs)) {
            int zone = table.router(slot);
            Instruction one = first(FlowHash.withRouter(table.flowHash(slot), zone), key, zone, nowNs);
            for (; one != null; one = next(one, key, zone, nowNs)) {
                all.add(one);
            }
        }
        return all;
    }

    /** Whether there is an instruction for the flow of a connection. */
    public boolean isTold(int slot, long nowNs) {
        if (size == 0 || table.tag(slot) != ConnectionTable.SERVICE) {
            return false;
        }
        table.readKey(slot, key);
        int zone = table.router(slot);
        return first(FlowHash.withRouter(table.flowHash(slot), zone), key, zone, nowNs) != null;
    }

    /**
     * An instruction was carried out on a packet; one for a single packet of each direction is over after the second, a path for good after the first. A packet that a node's has dropped keeps the record
     * alive that it ends with, also where no record decides.
     */
    public void executed(Instruction instruction, PacketFields fields, long nowNs) {
        instruction.hits++;
        if (instruction.action == Action.DROP && instruction.record != Instruction.NO_RECORD) {
            int slot = table.resolve(instruction.record);
            table.seen(slot, table.isReverse(slot, fields) ? 1 : 0, ConnectionTable.tableMs(nowNs));
        }
        if (instruction.once) {
            boolean path = instruction.action == Action.PATH;
            narrow(instruction, path ? BOTH_DIRECTIONS : instruction.directionBit(fields));
        }
    }

    /** Notes whether an instruction is carried out on a packet that takes its path or passes without: what is repeated of it counts likewise, see {@link #repeated}. */
    public void carriesOut(Instruction instruction, PacketFields fields, boolean carriedOut) {
        int bit = instruction.directionBit(fields);
        instruction.carriedOut = carriedOut ? instruction.carriedOut | bit : instruction.carriedOut & ~bit;
    }

    /** A fast path repeated packets of a direction of a record on which instructions were carried out; less than none: they are not to count. */
    public void repeated(int slot, int direction, long packets) {
        int zone = table.router(slot);
        table.readKey(slot, repeatedKey);
        int bucket = bucket(FlowHash.withRouter(table.flowHash(slot), zone));
        for (Instruction one = buckets[bucket]; one != null; one = one.next) {
            if (one.matches(repeatedKey, zone) && (one.carriedOut & one.turned(1 << direction, repeatedKey)) != 0) {
                one.hits += packets;
            }
        }
    }

    /** Removes what is over from a few chains; from all, if something is over by now that a fast path may repeat. */
    public void sweep(long nowNs) {
        if (watcher != null && ends.isDue(nowNs)) {
            sweepAll(nowNs, ENDS_PER_TICK);
            return;
        }
        for (int i = 0; i < 64 && size > 0; i++) {
            sweepAt = sweepAt + 1 & BUCKETS - 1;
            sweep(sweepAt, nowNs);
        }
    }

    /** Removes what is over, all of it, however long that takes. */
    public void sweepAll(long nowNs) {
        sweepAll(nowNs, Integer.MAX_VALUE);
    }

    private void sweepAll(long nowNs, int most) {
        int left = size - most;
        ends.begin(nowNs);
        for (int i = 0; i < BUCKETS; i++) {
            sweep(i, nowNs);
            for (Instruction one = buckets[i]; one != null; one = one.next) {
                addEnd(one);
            }
            if (size <= left) {
                ends.goOn(nowNs);
                return;
            }
        }
    }

    /** What is for the next packet alone is never repeated. */
    private void addEnd(Instruction instruction) {
        if (instruction.timed && !instruction.once) {
            ends.add(instruction.expiresNs);
        }
    }

    private void sweep(int bucket, long nowNs) {
        for (Instruction one = buckets[bucket]; one != null; one = one.next) {
            if (hasEnded(one, nowNs)) {
                unlink(one);
            }
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

    private int bucket(long hash) {
        return (int) (FlowHash.mix(hash + seed) >>> 32) & BUCKETS - 1;
    }

    private void unlink(Instruction gone) {
        int bucket = bucket(gone.flow.hash());
        Instruction before = null;
        Instruction at = buckets[bucket];
        while (at != null && at != gone) {
            before = at;
            at = at.next;
        }
        if (at == null) {
            return;
        }
        goes(gone);
        if (before == null) {
            buckets[bucket] = gone.next;
        } else {
            before.next = gone.next;
        }
    }
}
