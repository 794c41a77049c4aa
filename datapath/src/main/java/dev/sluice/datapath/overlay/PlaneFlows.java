package dev.sluice.datapath.overlay;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.paths.Passage;
import dev.sluice.datapath.paths.PathChanges;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.Zones;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshContext;
import dev.sluice.wire.ServiceMetadata;
import dev.sluice.wire.SluiceContext;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * What came with the packets that this node has served for other switches: who classified them and their metadata, kept while agentless nodes have the packets,
 * which come back without (document 000: the terminating switch maintains traffic flow information; C7, V11). One user: the worker.
 *
 * <p>An entry belongs to a direction of a record with the tag {@link ConnectionTable#PLANE}; the record holds its number where others hold a MAC pair. It is free
 * again when the record is gone, which whoever looks for room finds out. Entry {@link #IN_HAND} is that of the packet in hand before it has a record. Hot path: no
 * allocation; room is looked for in a bounded number of places.
 */
public final class PlaneFlows {
    /** Longest network service header that is kept: what has to fit in front of a frame together with the outer headers. */
    static final int NSH_BYTES_MAX = 184;

    /** The entry of the packet in hand. */
    public static final int IN_HAND = 1;

    /** No entry, or no room for one. */
    public static final int NONE = Cursor.NO_ENTRY;

    /** A reference that resolves to nothing, for no slot has this number. */
    static final long OF_NO_FLOW = 0xffff_ffffL;

    /** No node: see {@link #egressNode}. */
    static final long NOT_TOLD = -1;

    private static final int TRIES_MAX = 64;
    private static final int NOBODY = -1;
    private static final long OWNER = 0;
    private static final long TENANT = 8;
    private static final long CLASSIFIER = 16;
    private static final long NSH_LENGTH = 20;
    private static final long FLAGS = 22;
    private static final long SKIP = 23;
    private static final long FLOW = 24;
    private static final int HEADER = 32;
    private static final int ENTRY_BYTES = HEADER + NSH_BYTES_MAX;

    /** Places at which a flow may be in {@link #byFlow}. */
    private static final int PLACES = 8;

    private final ConnectionTable table;
    private final PlaneFlowsMemory memory;
    private final int count;
    private @Nullable MemorySegment entries;
    private Snapshot snapshot = Snapshot.empty();
    private int hand = IN_HAND;

    /** Entries by what their classifier calls the flow, for nodes that speak of flows without sending packets of them; an entry may be missing. */
    private int[] byFlow = {};

    /** Where entries made before are found, while foretelling; own numbers lie above all of its. */
    private @Nullable PlaneFlows source;

    /** @param connectionsMax size of the connection table; a quarter of it as many directions may be served for others */
    public PlaneFlows(ConnectionTable table, int connectionsMax) {
        this.table = table;
        count = Math.max(64, connectionsMax / 4);
        memory = new PlaneFlowsMemory((long) (count + IN_HAND + 1) * ENTRY_BYTES, Integer.highestOneBit(count * 2));
    }

    /** Reserves what a configuration needs, before it is applied; for control threads. */
    public void prepare(Snapshot next) {
        if (next.plane().router() >= 0) {
            memory.reserve();
        }
    }

    /** Takes memory when the node first has a tunnel endpoint; what nobody has prepared is reserved now. */
    public void apply(Snapshot next) {
        snapshot = next;
        if (entries == null && next.plane().router() >= 0) {
            PlaneFlowsMemory.Parts parts = memory.reserve();
            entries = parts.entries();
            byFlow = parts.byFlow();
        }
    }

    /** Whether an entry is of a tenant that several switches classify for: of a segment, each at its own ports. */
    private boolean isShared(int entry) {
        return snapshot.segments().has(snapshot.plane().routerOf(tenant(entry)));
    }

    /** What the other one keeps is known here too. */
    public void lookInto(PlaneFlows other) {
        source = other;
    }

    private MemorySegment memory(int entry) {
        PlaneFlows other = source;
        MemorySegment own = other != null && entry > IN_HAND && entry < other.end() ? other.entries : entries;
        if (own == null) {
            throw new IllegalStateException("entry " + entry + " of a node without peers");
        }
        return own;
    }

    private long at(int entry) {
        PlaneFlows other = source;
        int place = other == null || entry < other.end() ? entry : entry - other.end() + IN_HAND + 1;
        return (long) place * ENTRY_BYTES;
    }

    /** Above all numbers of entries. */
    private int end() {
        return count + IN_HAND + 1;
    }

    /**
     * Takes up the metadata of a packet that came in, as {@link #IN_HAND}.
     *
     * @param f where the packet is
     * @param nsh its network service header, of at most {@link #NSH_BYTES_MAX} bytes
     * @param classifier number of the peer that classified it, see {@link OverlayPeer#number}
     */
    public void take(MemorySegment f, long nsh, int nshBytes, int classifier, ServiceMetadata metadata) {
        MemorySegment m = memory(IN_HAND);
        long at = at(IN_HAND);
        MemorySegment.copy(f, nsh, m, at + HEADER, nshBytes);
        m.set(Layouts.BE64, at + TENANT, metadata.tenant());
        m.set(Layouts.BE32, at + CLASSIFIER, classifier);
        Layouts.putU16(m, at + NSH_LENGTH, nshBytes);
        int flags = metadata.flags() & ~(SluiceContext.ALL | SluiceContext.BOTH | SluiceContext.TRACED);
        m.set(Layouts.BE64, at + FLOW, metadata.flowId());
        Layouts.putU8(m, at + FLAGS, flags);
        Layouts.putU8(m, at + SKIP, SluiceContext.skipMask(f, metadata.sluiceOffset()));
        // What was said of the flow was for somebody else, and is over; marked is each packet for itself.
        long sluice = at + HEADER + (metadata.sluiceOffset() - nsh);
        SluiceContext.setFlags(m, sluice, flags);
        SluiceContext.setProgram(m, sluice, SluiceContext.NONE, 0);
        SluiceContext.setTraceId(m, sluice, 0);
    }

    /**
     * Makes sure that the packet in hand is recognised when it comes back from a node of its path: finds or makes the record, and gives it what came with the packet.
     *
     * @return why the packet has to be dropped, null if it may go to the node
     */
    @Nullable
    public DropReason expect(Cursor c, Path path, Attachment node) {
        if (!c.enterServed(node.instance())) {
            return DropReason.ZONES_FULL;
        }
        NodeTunnel tunnel = node.tunnel();
        boolean tellsApart = tunnel != null && tunnel.tellsFlowsApart();
        int slot = find(c, path, tellsApart);
        if (slot >= 0 && isOfOther(slot, c.planeEntry)) {
            return DropReason.RETURN_AMBIGUOUS;
        }
        int newest = table.find(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        DropReason refused = slot < 0 && tellsApart ? null : beforeOthers(c, newest, slot, path, node);
        if (refused != null) {
            return refused;
        }
        if (slot < 0) {
            slot = make(c, path);
            if (slot < 0) {
                return DropReason.TABLE_FULL;
            }
        } else if (newest != slot) {
            table.putFirst(c.keyHash, c.fields, c.zone, c.feature(), slot);
        }
        int entry = keep(slot, c.direction, c.planeEntry, c.nowNs);
        if (entry == NONE) {
            return DropReason.PLANE_FLOWS_FULL;
        }
        if (tellsApart) {
            remember(entry);
        }
        c.record = slot;
        c.planeEntry = entry;
        table.count(slot, c.direction, c.lengthBytes(), c.nowNs);
        if (c.fields.protocol == IpProtocols.TCP && !c.isLaterFragment()) {
            table.onTcp(slot, c.direction, c.batch.tcpFlags[c.slot]);
        }
        return null;
    }

    /** @param tellsApart whether the node sends metadata back, so that tenants may have the same addresses */
    private int find(Cursor c, Path path, boolean tellsApart) {
        int slot = table.find(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        while (slot >= 0 && (!isOf(slot, c, path) || (tellsApart && isOfOther(slot, c.planeEntry)))) {
            slot = table.next(slot, c.nowNs);
        }
        return slot;
    }

    /**
     * Whether a record may become the newest of its key, as which packets that come back are taken: the flow was on another path meanwhile, or is on both because two rules at two ports say so. Not while packets
     * of another one may be inside the node and it matters whose they are taken for; and never beside one of another tenant.
     *
     * @param newest the newest record of the key, below 0: there is none
     * @param slot the record; below 0: it is still to be made
     * @return why not, null if it may
     */
    private @Nullable DropReason beforeOthers(Cursor c, int newest, int slot, Path path, Attachment node) {
        for (int other = newest; other >= 0 && other != slot; other = table.next(other, c.nowNs)) {
            boolean underWay = table.idleMs(other, c.nowNs) < PathChanges.UNDER_WAY_MS;
            Path sent = snapshot.path(table.pathId(other));
            if (sent == null ? !underWay : !sent.returnsFrom(node)) {
                // Nothing of it comes back with the tags of this one.
                continue;
            }
            if (slot < 0 && isOfOther(other, c.planeEntry)) {
                return DropReason.RETURN_AMBIGUOUS;
            }
            boolean turned = (table.isReverse(other, c.fields) ? 1 : 0) != c.direction;
            boolean follows = slot < 0 && hasLeft(other, c.planeEntry) && mayFollow(sent, path, turned);
            if (underWay && !follows && !mayBeTakenFor(sent, path, turned)) {
                return DropReason.PATH_CHANGING;
            }
        }
        return null;
    }

    /** Whether the flow of an entry has left the path of another record: that one is of the same record where it is classified, or of none that another rule has. */
    private boolean hasLeft(int other, int entry) {
        MemorySegment m = memory(entry);
        boolean left = SluiceContext.hasLeftOthers(
                m, NshContext.value(NshContext.find(m, at(entry) + HEADER, NshContext.SLUICE)));
        for (int direction = 0; direction < 2 && !left; direction++) {
            int known = entry(other, direction);
            left = known != NONE && flow(known) == flow(entry) && classifier(known) == classifier(entry);
        }
        return left;
    }

    /** Whether the classifying switch may have given a flow of one path the other one: it takes care of what is inside nodes itself. */
    private static boolean mayFollow(@Nullable Path sent, Path path, boolean turned) {
        return sent == null
                || (Passage.of(sent, path, turned, 0) & Passage.of(sent, path, turned, 1) & Passage.MAY_FOLLOW) != 0;
    }

    /** Whether packets sent along one path still get all that is left of it, or the same of another node, if they are taken for packets of the other one. */
    private static boolean mayBeTakenFor(@Nullable Path sent, Path path, boolean turned) {
        if (sent == null) {
            return false;
        }
        boolean told = sent.services() != 0 && path.services() != 0;
        boolean same = told
                ? sent.services() == path.services()
                : sent.hops().size() == path.hops().size();
        int both = Passage.of(sent, path, turned, 0) & Passage.of(sent, path, turned, 1);
        return sent.id() == path.id() || (same && Passage.keepsPlaces(sent, path)) || (both & Passage.GETS_ALL) != 0;
    }

    private boolean isOf(int slot, Cursor c, Path path) {
        return table.pathId(slot) == path.id() && (table.isReverse(slot, c.fields) ? 1 : 0) == c.direction;
    }

    /**
     * The entry of the packet in hand, which an aware node sends back, in the key space of that node.
     *
     * @param metadata what the node says of it
     * @return {@link #NONE} if no such packet was sent to the node; else the record is that of the cursor
     */
    public int returned(Cursor c, Path path, ServiceMetadata metadata) {
        for (int slot = table.find(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
                slot >= 0;
                slot = table.next(slot, c.nowNs)) {
            int entry = isOf(slot, c, path) ? entry(slot, c.direction) : NONE;
            if (entry != NONE && isFlow(entry, metadata)) {
                c.record = slot;
                return entry;
            }
        }
        return NONE;
    }

    private boolean isFlow(int entry, ServiceMetadata metadata) {
        return flow(entry) == metadata.flowId()
                && tenant(entry) == metadata.tenant()
                && (classifier(entry) & 0xffff_ffffL) == metadata.ingressNode();
    }

    private void remember(int entry) {
        int first = place(flow(entry), classifier(entry));
        int free = first;
        for (int i = PLACES - 1; i >= 0; i--) {
            int place = first + i & byFlow.length - 1;
            int there = byFlow[place];
            if (there == entry) {
                return;
            }
            free = there == NONE || isFree(there) ? place : free;
        }
        byFlow[free] = entry;
    }

    private int place(long flow, long classifier) {
        return (int) FlowHash.mix(flow * 31 + (int) classifier) & byFlow.length - 1;
    }

    /**
     * The entry of a flow that a node speaks of without sending a packet of it.
     *
     * @param served key space of the flows that the node serves
     * @return {@link #NONE} if the node does not serve it
     */
    public int ofFlow(ServiceMetadata metadata, Zones zones, int served, Path path, int direction) {
        int first = place(metadata.flowId(), metadata.ingressNode());
        for (int i = 0; i < PLACES && byFlow.length > 0; i++) {
            int entry = byFlow[first + i & byFlow.length - 1];
            int slot = entry == NONE || !isFlow(entry, metadata) ? -1 : table.resolve(owner(entry) - 1);
            if (slot >= 0
                    && entry(slot, direction) == entry
                    && table.pathId(slot) == path.id()
                    && zones.router(table.router(slot)) == served) {
                return entry;
            }
        }
        return NONE;
    }

    private int make(Cursor c, Path path) {
        if (c.direction != 0) {
            c.fields.reverse();
        }
        int slot = table.insert(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs);
        if (c.direction != 0) {
            c.fields.reverse();
        }
        if (slot >= 0) {
            table.setPathId(slot, path.id());
        }
        return slot;
    }

    /** Two tenants with the same addresses, on one path through one node: their packets could not be told apart when they come back. */
    private boolean isOfOther(int slot, int entry) {
        for (int direction = 0; direction < 2; direction++) {
            int known = table.l2(slot, direction);
            if (known != NONE && belongs(known, slot)) {
                return tenant(known) != tenant(entry) || (classifier(known) != classifier(entry) && !isShared(entry));
            }
        }
        return false;
    }

    /**
     * Gives a direction of a record what an entry holds.
     *
     * @param from the entry to copy, {@link #IN_HAND} or that of another record
     * @return the entry of the record, {@link #NONE} if there is no room
     */
    public int keep(int slot, int direction, int from, long nowNs) {
        int entry = entry(slot, direction);
        if (entry == from) {
            return entry;
        }
        if (entry == NONE) {
            entry = free(slot, from, nowNs);
            if (entry == NONE) {
                return NONE;
            }
            table.setL2(slot, direction, entry);
        }
        MemorySegment m = memory(entry);
        if (isOtherHeader(entry, from)) {
            table.flowChanged(slot);
        }
        MemorySegment.copy(memory(from), at(from), m, at(entry), HEADER + nshBytes(from));
        m.set(Layouts.BE64, at(entry) + OWNER, table.reference(slot) + 1);
        return entry;
    }

    /** Whether packets leave with another header than those before, as far as they had one. */
    private boolean isOtherHeader(int entry, int from) {
        int end = HEADER + nshBytes(from);
        return MemorySegment.mismatch(
                        memory(entry),
                        at(entry) + TENANT,
                        at(entry) + end,
                        memory(from),
                        at(from) + TENANT,
                        at(from) + end)
                >= 0;
    }

    /** Gives a direction of a record what the other one has, turned round; {@link #NONE} if that has nothing, or there is no room. */
    public int keepTurned(int slot, int direction, long nowNs) {
        int other = entry(slot, 1 - direction);
        int entry = other == NONE ? NONE : keep(slot, direction, other, nowNs);
        if (entry != NONE) {
            MemorySegment m = memory(entry);
            long nsh = at(entry) + HEADER;
            long value = NshContext.value(NshContext.find(m, nsh, NshContext.SLUICE));
            int flags = flags(entry) ^ SluiceContext.REVERSE;
            SluiceContext.setFlags(m, value, flags);
            Layouts.putU8(m, at(entry) + FLAGS, flags);
            long egress = egressContext(entry);
            if (egress >= 0) {
                // That is where packets of the other direction go: nobody knows a node of this number.
                m.set(Layouts.BE32, NshContext.value(egress), NOBODY);
            }
        }
        return entry;
    }

    /** The entry of a direction of a record, {@link #NONE} if it has none. */
    public int entry(int slot, int direction) {
        int entry = table.l2(slot, direction);
        return entry != NONE && belongs(entry, slot) ? entry : NONE;
    }

    /** The same; behind a translating node packets have the key of the flow in front of it, whose record has the entry. */
    public int entryOf(int slot, int direction) {
        int entry = entry(slot, direction);
        int linked = entry == NONE ? table.linked(slot) : -1;
        return linked < 0 ? entry : entry(linked, direction);
    }

    /** Number of the tenant whose flow a record is, as its entry for a direction says; 0: it has none. */
    public long tenantOf(int slot, int direction) {
        int entry = entryOf(slot, direction);
        return entry == NONE ? 0 : tenant(entry);
    }

    /** Whether an entry is the one that a record's slot was given in its present life. */
    private boolean belongs(int entry, int slot) {
        PlaneFlows other = source;
        return (other != null && entry < other.end()) || owner(entry) == table.reference(slot) + 1;
    }

    private long owner(int entry) {
        return memory(entry).get(Layouts.BE64, at(entry) + OWNER);
    }

    /** An entry that nobody has, or the one that was idle longest of those looked at whose flows are half-open: as in the connection table these give way, so that a flood of them keeps no other flow out (F9). */
    private int free(int slot, int from, long nowNs) {
        int first = source == null ? IN_HAND + 1 : source.end();
        int origin = from == IN_HAND ? NOBODY : table.resolve(owner(from) - 1);
        int chosen = NOBODY;
        int idleMs = -1;
        for (int i = 0; i < TRIES_MAX; i++) {
            hand = hand < first || hand + 1 >= first + count ? first : hand + 1;
            if (isFree(hand)) {
                return hand;
            }
            int owner = table.resolve(owner(hand) - 1);
            boolean mayGo = owner != slot && owner != origin && table.isHalfOpen(owner);
            if (mayGo && table.idleMs(owner, nowNs) > idleMs) {
                chosen = hand;
                idleMs = table.idleMs(owner, nowNs);
            }
        }
        if (chosen == NOBODY) {
            return NONE;
        }
        table.evict(table.resolve(owner(chosen) - 1), ConnectionTable.tableMs(nowNs));
        return chosen;
    }

    private boolean isFree(int entry) {
        long owner = owner(entry);
        return owner == 0 || table.resolve(owner - 1) < 0;
    }

    /** What the classifier calls the flow. */
    long flow(int entry) {
        return memory(entry).get(Layouts.BE64, at(entry) + FLOW);
    }

    /** Time to live of the network service header. */
    int ttl(int entry) {
        return Nsh.ttl(memory(entry), at(entry) + HEADER);
    }

    /** Number of the peer that classified the flow. */
    int classifier(int entry) {
        return memory(entry).get(Layouts.BE32, at(entry) + CLASSIFIER);
    }

    /** Number of the tenant. */
    long tenant(int entry) {
        return memory(entry).get(Layouts.BE64, at(entry) + TENANT);
    }

    /** Bytes of the network service header. */
    int nshBytes(int entry) {
        return Layouts.u16(memory(entry), at(entry) + NSH_LENGTH);
    }

    /** Where the destination of the packets is, as their classifier knows, as {@link NshContext#EGRESS_NODE}; {@link #NOT_TOLD} if it did not say. */
    long egressNode(int entry) {
        long at = egressContext(entry);
        return at < 0 ? NOT_TOLD : Layouts.u32(memory(entry), NshContext.value(at));
    }

    /** Whether the classifier also has the packets of the other direction serviced, for packets with {@link #egressNode}. */
    boolean servicesBothWays(int entry) {
        long at = egressContext(entry);
        return at >= 0 && NshContext.kind(memory(entry), at) == NshContext.EGRESS_NODE_BOTH_WAYS;
    }

    private long egressContext(int entry) {
        if (nshBytes(entry) <= ServiceMetadata.USUAL_BYTES) {
            return -1;
        }
        MemorySegment m = memory(entry);
        long nsh = at(entry) + HEADER;
        long at = NshContext.find(m, nsh, NshContext.EGRESS_NODE);
        at = at >= 0 ? at : NshContext.find(m, nsh, NshContext.EGRESS_NODE_BOTH_WAYS);
        return at >= 0 && NshContext.valueBytes(m, at) == 4 ? at : -1;
    }

    /** Whether nodes that bridge get the frame with its own Ethernet header. */
    public boolean isTransparent(int entry) {
        return (flags(entry) & SluiceContext.LAYER_2) != 0;
    }

    /** What the rule says of dead nodes. */
    public Rule.FailureAction onFailure(int entry) {
        return switch (flags(entry) & SluiceContext.FAILURE_MASK) {
            case SluiceContext.FAILURE_CLOSED -> Rule.FailureAction.CLOSED;
            case SluiceContext.FAILURE_OPEN -> Rule.FailureAction.OPEN;
            default -> Rule.FailureAction.INHERIT;
        };
    }

    private int flags(int entry) {
        return Layouts.u8(memory(entry), at(entry) + FLAGS);
    }

    /** Hops that the packet passes by: bit {@code i} stands for hop {@code i}. */
    public int skipMask(int entry) {
        return Layouts.u8(memory(entry), at(entry) + SKIP);
    }

    /** Writes the network service header in front of a frame, with the path's identifier and the index given; of a copy, that it is one. */
    void writeNsh(MemorySegment f, long nsh, int entry, int spi, int si, boolean copy) {
        MemorySegment.copy(memory(entry), at(entry) + HEADER, f, nsh, nshBytes(entry));
        Nsh.setPath(f, nsh, spi, si);
        if (copy) {
            // Who took up the packet has found this context header in it.
            long value = NshContext.value(NshContext.find(f, nsh, NshContext.SLUICE));
            SluiceContext.setFlags(f, value, SluiceContext.flags(f, value) | SluiceContext.COPY);
        }
    }

    /** Makes of a service header that was written a message without payload (RFC 8393) that says something of the flow. */
    static void sayOfFlow(MemorySegment f, long nsh, int program, int flags) {
        long value = NshContext.value(NshContext.find(f, nsh, NshContext.SLUICE));
        SluiceContext.setFlags(f, value, SluiceContext.flags(f, value) | flags);
        SluiceContext.setProgram(f, value, program >>> 24, program);
        Nsh.setOam(f, nsh, true);
        Nsh.setNextProtocol(f, nsh, Nsh.NEXT_NONE);
    }
}
