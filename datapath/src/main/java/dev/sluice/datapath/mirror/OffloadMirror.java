package dev.sluice.datapath.mirror;

import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.neighbors.NeighborWatcher;
import dev.sluice.datapath.neighbors.Neighbors;
import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.offload.OffloadReader;
import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.FlowWatcher;
import dev.sluice.datapath.track.InstructedFlow;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a device repeats, as the data path knows it: gives it journeys, takes them back as soon as anything changes that they were made from, and counts what was repeated where the
 * packets would have counted (packet-life.md, fast path). One writer: the worker.
 *
 * <p>Journeys depend on their flow, that is on every record and instruction with the same addresses, ports and protocol, whatever the key space: a change there takes back all of that flow,
 * at most {@link MirrorEntries#PER_FLOW_MAX}. What concerns many flows moves a number instead ({@link MirrorGenerations}). No call allocates, but {@link #differences}.
 */
public final class OffloadMirror implements FlowWatcher, NeighborWatcher {
    /** Records read in one tick, so that some hundred thousand flows cost a tick no more than a few. */
    private static final int READS_PER_TICK = 64;

    /** Of more records than that, this part in each tick: all are read within about a minute and a half, however many. */
    private static final int READS_SHIFT = 13;

    /** A journey that was idle for so long gives way if there is no room for a new one: long enough that flows in use never push each other out and in. */
    static final int IDLE_MS = 1_000;

    /** Journeys that are looked at for one that is idle, before a new one is refused. */
    private static final int GIVE_WAY_LOOKS = 8;

    /** Such looks in one tick: each is a system call of the worker. */
    private static final int LOOKS_PER_TICK = 64;

    /** How long it takes at least to read all records once. */
    private static final long ROUND_NS = 1_000_000_000L;

    private static final long NS_PER_MS = 1_000_000L;
    private static final int NONE = MirrorEntries.NONE;
    private static final int E2BIG = -7;
    private static final int ENOENT = -2;

    /** Parts of an action that say what is repeated, and when it no longer holds: in front of the flags, and behind them up to the cookie. */
    private static final long[][] SAYS = {{20, 34}, {36, 80}};

    private final OffloadDevice device;
    private final ConnectionTable table;
    private final FlowPrograms programs;
    private final Neighbors neighbors;
    private final DatapathCounters datapathCounters;
    private final OffloadCounters counters = new OffloadCounters();
    private final MirrorGenerations generations;
    private final MirrorEntries entries;
    private final OffloadReader reader = this::onRecord;
    private final MemorySegment key;
    private final MemorySegment goneKey;
    private final MemorySegment action;
    private final MemorySegment last;
    private Snapshot snapshot = Snapshot.empty();
    private int looks = LOOKS_PER_TICK;

    private final ServedWay servedWay;

    /** Journeys of a process before; null when all are confirmed or taken back. */
    private @Nullable MirrorAdoption adoption;

    private boolean rehearsing;
    private long nowNs;
    private long lastTickNs;

    /** Records that may be read, times {@link #ROUND_NS}. */
    private long due;

    private int walked;
    private int walkedBefore;

    public OffloadMirror(
            OffloadDevice device,
            ConnectionTable table,
            FlowPrograms programs,
            LivenessView liveness,
            Neighbors neighbors,
            DatapathCounters datapathCounters,
            ServedWay servedWay,
            int firstGeneration) {
        this.servedWay = servedWay;
        this.device = device;
        this.table = table;
        this.programs = programs;
        this.neighbors = neighbors;
        this.datapathCounters = datapathCounters;
        generations = new MirrorGenerations(device, liveness, counters, firstGeneration);
        entries = new MirrorEntries(device.capacity(), table.capacity(), firstGeneration);
        MirrorAdoption older = device.holdsOlder() ? new MirrorAdoption(entries, device) : null;
        adoption = older == null || older.left() == 0 ? null : older;
        Arena arena = Arena.ofAuto();
        key = arena.allocate(OffloadKey.BYTES, Long.BYTES);
        goneKey = arena.allocate(OffloadKey.BYTES, Long.BYTES);
        action = arena.allocate(OffloadAction.BYTES, Long.BYTES);
        last = arena.allocate(OffloadAction.BYTES, Long.BYTES);
    }

    /** Nothing recorded so far holds under another configuration; to be called before the first packet under it. */
    public void apply(Snapshot next) {
        snapshot = next;
        generations.apply(next);
    }

    /** The device has another port than before at an index of the configuration, none, or the same one made anew: to be called by who opened or closed it, before the next packet. */
    public void portChanged(int port) {
        generations.portChanged(port);
    }

    /** What was repeated and what was not, and why. */
    public OffloadCounters counters() {
        return counters;
    }

    /** What each journey that there is room for takes of the heap, in bytes, from the beginning on. */
    public static int heapBytesEach() {
        return MirrorEntries.HEAP_BYTES_EACH;
    }

    /** What it takes besides. */
    public static int otherBytesEach() {
        return MirrorEntries.OTHER_BYTES_EACH;
    }

    /** Journeys that the device has. */
    public int size() {
        return entries.size();
    }

    /** Most journeys that it can have. */
    public int capacity() {
        return entries.capacity();
    }

    int numberOf(int port) {
        return generations.number(port);
    }

    /** The time from now on. */
    public void at(long now) {
        nowNs = now;
    }

    // What happens to flows.

    @Override
    public void flowChanged(int slot) {
        dropFlow(table.flowHash(slot));
    }

    @Override
    public void recordChanged(int slot) {
        if (entries.uses(slot) || adoption != null) {
            dropFlow(table.flowHash(slot));
        }
    }

    @Override
    public void flowTold(InstructedFlow flow) {
        dropFlow(flow.flowHash());
    }

    private void dropFlow(long hash) {
        int entry = entries.first(hash);
        while (entry != NONE) {
            int after = entries.after(entry);
            drop(entry);
            counters.removed++;
            entry = after;
        }
    }

    private void drop(int entry) {
        entries.copyKey(entry, goneKey);
        int answer = device.take(goneKey, last);
        if (answer == 0) {
            feed(entry, last, 0);
        } else if (answer != ENOENT) {
            end(goneKey);
        }
        give(entry);
    }

    /** The device is to repeat this no more, whatever it counted; if it can't even let go of it, nothing that it has holds any more. */
    private void end(MemorySegment of) {
        int answer = device.remove(of);
        if (answer != 0 && answer != ENOENT) {
            generations.moveConfig();
        }
    }

    private void give(int entry) {
        if (adoption != null && entries.touches[entry] == 0 && adoption.settle()) {
            adoption = null;
        }
        entries.give(entry);
    }

    // Journeys of a process before.

    /** Journeys that are repeated as a process before recorded them, and not confirmed yet. */
    public int unconfirmed() {
        return adoption == null ? 0 : adoption.left();
    }

    /** Makes up packets for the journeys that were read and wait for one, in the order of their slots; whether there are any. */
    public boolean makeUp(Rehearsal rehearsal) {
        MirrorAdoption now = adoption;
        int made = 0;
        while (now != null && made < now.waiting()) {
            long keyBase = (long) made * OffloadKey.BYTES;
            int port = generations.indexOf(OffloadKey.ingress(now.keys(), keyBase));
            if (rehearsal.make(now.keys(), keyBase, now.actions(), (long) made * OffloadAction.BYTES, port) < 0) {
                break;
            }
            made++;
        }
        rehearsing = made > 0;
        return rehearsing;
    }

    /** The data path would not repeat the journey whose packet is in a slot. */
    public void dropRehearsed(int slot) {
        MirrorAdoption now = adoption;
        int entry = now == null ? NONE : now.find(now.keys(), (long) slot * OffloadKey.BYTES);
        if (entry != NONE) {
            drop(entry);
            counters.staleRemoved++;
        }
    }

    public void endRehearsal() {
        rehearsing = false;
        if (adoption != null) {
            adoption.clear();
        }
    }

    /** Takes back that a made-up packet was counted, where its journey says that it was. */
    private void uncount(int entry, int bytes, int lastSeenMs) {
        datapathCounters.recordHits -= entries.touches[entry];
        for (int i = entry * MirrorEntries.TOUCHES_MAX;
                i < entry * MirrorEntries.TOUCHES_MAX + entries.touches[entry];
                i++) {
            int kind = entries.touchKind[i];
            if ((kind & JourneyRecorder.COUNTED) != 0) {
                long bytesHere = (long) bytes + entries.touchMoreBytes[i];
                int slot = entries.touchSlot[i];
                int seenMs = MirrorAdoption.possibleMs(table, slot, lastSeenMs, ConnectionTable.tableMs(nowNs));
                table.uncount(slot, kind & JourneyRecorder.REVERSE, bytesHere, seenMs);
                feedInstructions(slot, kind, -1);
                Rule rule = entries.touchRule[i] > 0 ? snapshot.ruleOfRecord(entries.touchRule[i]) : null;
                if (rule != null) {
                    rule.counters().hitRepeated(-1, -bytesHere, nowNs);
                }
            }
        }
        count(entry, -1);
    }

    @Override
    public void portMoved(int port) {
        generations.movePort(port);
    }

    @Override
    public void allMoved() {
        generations.moveConfig();
    }

    /** Nodes or ports came or went. */
    public void onLiveness() {
        generations.onLiveness();
    }

    // What was repeated.

    @Override
    public void refresh(int slot) {
        if (!entries.uses(slot)) {
            return;
        }
        for (int entry = entries.first(table.flowHash(slot)); entry != NONE; entry = entries.after(entry)) {
            entries.copyKey(entry, goneKey);
            if (device.get(goneKey, last) == 0) {
                feed(entry, last, 0);
            }
        }
    }

    /** Reads some records, and takes back those that hold no more. */
    public void tick(long now) {
        at(now);
        looks = LOOKS_PER_TICK;
        long elapsedNs = Math.min(ROUND_NS, now - lastTickNs);
        lastTickNs = now;
        long records = Math.max(READS_PER_TICK, Math.max(entries.size(), walkedBefore));
        due = Math.min(due + records * elapsedNs, Math.max(READS_PER_TICK, records >>> READS_SHIFT) * ROUND_NS);
        int count = (int) (due / ROUND_NS);
        if (count > 0) {
            due -= count * ROUND_NS;
            walk(count);
        }
    }

    /** False at the end of a walk over all records. */
    private boolean walk(int count) {
        if (device.read(reader, count) == OffloadDevice.WALK_ENDED) {
            walkedBefore = walked;
            walked = 0;
            return false;
        }
        return true;
    }

    /** Reads all records, however many: for tests, and before the end. */
    public void readAll(long now) {
        at(now);
        while (walk(Integer.MAX_VALUE)) {
            // Ends the walk that is under way.
        }
        while (walk(Integer.MAX_VALUE)) {
            // One walk over all.
        }
    }

    private void onRecord(MemorySegment keys, long keyBase, MemorySegment actions, long actionBase) {
        walked++;
        int entry = entries.named(OffloadAction.cookie(actions, actionBase));
        if (entry == NONE || !entries.hasKey(entry, keys, keyBase)) {
            if (adoption != null && adopt(adoption, keys, keyBase, actions, actionBase)) {
                return;
            }
            MemorySegment.copy(keys, keyBase, goneKey, 0, OffloadKey.BYTES);
            end(goneKey);
            counters.strangersRemoved++;
            return;
        }
        feed(entry, actions, actionBase);
        if (!isCurrent(entry) || hasExpired(entry) || goesBackInVain(entry)) {
            drop(entry);
            counters.staleRemoved++;
        }
    }

    /** Whether a journey is one of a process before; it waits for its packet, or is taken back if it had its chances. */
    private boolean adopt(
            MirrorAdoption from, MemorySegment keys, long keyBase, MemorySegment actions, long actionBase) {
        int entry = from.find(keys, keyBase);
        if (entry == NONE) {
            return false;
        }
        if (!isCurrent(entry) || !from.await(entry, keys, keyBase, actions, actionBase)) {
            drop(entry);
            counters.staleRemoved++;
        }
        return true;
    }

    /** Whether a packet would find a record no more: it may not live on by what a device repeats. */
    private boolean hasExpired(int entry) {
        for (int i = 0; i < entries.touches[entry]; i++) {
            int slot = entries.touchSlot[entry * MirrorEntries.TOUCHES_MAX + i];
            if (table.isOver(slot, ConnectionTable.tableMs(nowNs))) {
                return true;
            }
        }
        return false;
    }

    /** Whether it leaves for the switch that classified the flow, and the data path would not send a packet there. */
    private boolean goesBackInVain(int entry) {
        int last = entry * MirrorEntries.TOUCHES_MAX + entries.touches[entry] - 1;
        return (entries.tunnel[entry] & OffloadAction.PUSH) != 0
                && entries.sent[entry] == 0
                && entries.touches[entry] > 0
                && servedWay.isClosed(entries.touchSlot[last], entries.touchKind[last] & JourneyRecorder.REVERSE);
    }

    /** Takes back at once what timers would find in a while: journeys of flows that have an expired record or instruction. For tests, in which time jumps. */
    public void dropExpired(long now) {
        at(now);
        programs.sweepAll(now);
        int nowMs = ConnectionTable.tableMs(now);
        for (int slot = table.nextUsed(0); slot >= 0; slot = table.nextUsed(slot + 1)) {
            if (table.isOver(slot, nowMs)) {
                dropFlow(table.flowHash(slot));
            }
        }
    }

    /** Counts where the packets would have counted that were repeated since this was last done. */
    private void feed(int entry, MemorySegment now, long base) {
        long packets = OffloadAction.packets(now, base);
        long allFrames = MirrorEntries.framesOf(now, base);
        long frames = allFrames - entries.frames[entry];
        long bytes = OffloadAction.bytes(now, base) - entries.bytes[entry];
        if (frames <= 0) {
            return;
        }
        counters.frames += frames;
        counters.packets += packets - entries.packets[entry];
        counters.bytes += bytes;
        entries.frames[entry] = allFrames;
        entries.packets[entry] = packets;
        entries.bytes[entry] += bytes;
        datapathCounters.overlayReceived += (entries.tunnel[entry] & OffloadAction.POP) != 0 ? frames : 0;
        datapathCounters.overlaySent += (entries.tunnel[entry] & OffloadAction.PUSH) != 0 ? frames : 0;
        int lastSeenMs = OffloadAction.lastSeenMs(now, base);
        entries.ages.seen(entry, lastSeenMs);
        for (int i = 0; i < entries.touches[entry]; i++) {
            feedRecord(entry * MirrorEntries.TOUCHES_MAX + i, frames, bytes, lastSeenMs);
        }
        count(entry, frames);
        if (entries.neighborPort[entry] >= 0 && isCurrent(entry)) {
            neighbors.use(entries.neighborPort[entry], entries.neighborHi[entry], entries.neighborLo[entry], nowNs);
        }
    }

    private void count(int entry, long frames) {
        Attachment from = entries.returned[entry] == 0 ? null : snapshot.attachment(entries.returned[entry]);
        Attachment to = entries.sent[entry] == 0 ? null : snapshot.attachment(entries.sent[entry]);
        if (from != null) {
            from.counters().returned[entries.direction[entry]] += frames;
        }
        if (to != null) {
            to.counters().sent[entries.direction[entry]] += frames;
        }
    }

    private void feedRecord(int touch, long frames, long bytes, int lastSeenMs) {
        int kind = entries.touchKind[touch];
        if ((kind & JourneyRecorder.COUNTED) == 0) {
            return;
        }
        long bytesHere = bytes + frames * entries.touchMoreBytes[touch];
        datapathCounters.recordHits += (kind & JourneyRecorder.SERVED) == 0 ? frames : 0;
        table.countRepeated(entries.touchSlot[touch], kind & JourneyRecorder.REVERSE, frames, bytesHere, lastSeenMs);
        feedInstructions(entries.touchSlot[touch], kind, frames);
        Rule rule = entries.touchRule[touch] > 0 ? snapshot.ruleOfRecord(entries.touchRule[touch]) : null;
        if (rule != null) {
            long seenNs = nowNs - Math.max(0, ConnectionTable.tableMs(nowNs) - lastSeenMs) * NS_PER_MS;
            rule.counters().hitRepeated(frames, bytesHere, seenNs);
        }
    }

    private void feedInstructions(int slot, int kind, long frames) {
        if ((kind & JourneyRecorder.INSTRUCTED) != 0) {
            int direction = kind & JourneyRecorder.REVERSE;
            programs.repeated(slot, direction, frames);
            datapathCounters.acceptedByInstruction += (kind & JourneyRecorder.ACCEPTED) == 0 ? 0 : frames;
            datapathCounters.skippedByInstruction += (kind & JourneyRecorder.SKIPPED) == 0 ? 0 : frames;
        }
    }

    private boolean isCurrent(int entry) {
        return entries.config[entry] == generations.config()
                && entries.pathGeneration[entry] == generations.ofPath(entries.path[entry])
                && entries.egressGeneration[entry] == generations.ofPort(entries.egress[entry]);
    }

    // What is offered.

    /** Gives a journey to the device; null if it has it now, else why not. */
    @Nullable
    OffloadRefusal offer(JourneyRecorder j, Batch b, int i) {
        long hash = b.hash[i];
        j.writeKey(key, b, i);
        j.writeAction(action, generations);
        long headersHash = j.tunnel.flags == 0 ? 0 : j.tunnel.hash();
        int old = entries.find(hash, key);
        boolean continued = old != NONE && entries.touches[old] == 0 && device.get(key, last) == 0;
        if (continued) {
            // What was repeated until now is in no record of a connection.
            feed(old, last, 0);
            OffloadAction.setCounters(
                    action,
                    0,
                    OffloadAction.packets(last, 0),
                    OffloadAction.bytes(last, 0),
                    OffloadAction.lastSeenMs(last, 0));
            OffloadAction.setFrames(action, 0, OffloadAction.frames(last, 0));
            give(old);
        } else if (old != NONE) {
            OffloadAction.setEncapsulation(action, 0, j.tunnel.flags == 0 ? 0 : old);
            boolean sameHeaders = entries.tunnel[old] == j.tunnel.flags && entries.headersHash[old] == headersHash;
            if (sameHeaders && isCurrent(old) && device.get(key, last) == 0 && saysTheSame()) {
                return null;
            }
            drop(old);
        } else if (entries.hasMany(hash)) {
            return OffloadRefusal.TOO_MANY_RECORDS;
        }
        int entry = takeEntry(hash);
        if (entry == NONE) {
            return OffloadRefusal.FULL;
        }
        j.note(entries, entry, generations);
        if (continued) {
            entries.countFrom(entry, last, 0);
        }
        entries.headersHash[entry] = headersHash;
        OffloadAction.setCookie(action, 0, entries.name(entry));
        // What had to go for it may have moved that.
        OffloadAction.setConfigGeneration(action, 0, generations.config());
        int result = install(entry, j.tunnel);
        if (result != 0) {
            entries.give(entry);
            if (continued) {
                end(key);
            }
            return result == E2BIG ? OffloadRefusal.FULL : OffloadRefusal.DEVICE_REFUSED;
        }
        counters.installed++;
        if (rehearsing) {
            int seenMs = continued ? OffloadAction.lastSeenMs(last, 0) : ConnectionTable.tableMs(nowNs);
            uncount(entry, j.lengthBytes, seenMs);
        }
        if (j.neighborPort >= 0) {
            neighbors.watch(j.neighborPort, j.neighborHi, j.neighborLo);
        }
        return null;
    }

    private int takeEntry(long hash) {
        int nowMs = ConnectionTable.tableMs(nowNs);
        int entry = entries.take(hash, key, nowMs);
        return entry == NONE && makeRoom(nowMs) ? entries.take(hash, key, nowMs) : entry;
    }

    /** Takes back the journey that was idle longest, as far as is known; false if a few of those have been used a moment ago. */
    private boolean makeRoom(int nowMs) {
        for (int i = 0; i < GIVE_WAY_LOOKS && looks > 0; i++) {
            looks--;
            int oldest = entries.ages.oldest();
            if (oldest == NONE || nowMs - entries.ages.seenMs(oldest) < IDLE_MS) {
                return false;
            }
            entries.copyKey(oldest, goneKey);
            if (device.get(goneKey, last) == 0) {
                feed(oldest, last, 0);
            }
            if (nowMs - entries.ages.seenMs(oldest) >= IDLE_MS) {
                drop(oldest);
                counters.gaveWay++;
                return true;
            }
        }
        return false;
    }

    private int install(int entry, JourneyHeaders tunnel) {
        if (tunnel.flags == 0) {
            return device.install(key, action);
        }
        OffloadAction.setEncapsulation(action, 0, entry);
        OffloadHeaders.setCookie(tunnel.headers, 0, entries.name(entry));
        return device.install(key, action, tunnel.headers);
    }

    /** Whether what the device has is what would be given to it; the device may have set flags of its own. */
    private boolean saysTheSame() {
        for (long[] part : SAYS) {
            if (MemorySegment.mismatch(action, part[0], part[1], last, part[0], part[1]) >= 0) {
                return false;
            }
        }
        return true;
    }

    // Whether both agree.

    /**
     * Compares what the device has with what is known here, and what is known here with the connections; in words, empty if all agrees. Reads all records: for tests and for
     * whoever looks for a defect, between two batches.
     */
    public List<String> differences(long now) {
        readAll(now);
        return new MirrorComparison(device, table, entries, this::isCurrent).differences();
    }
}
