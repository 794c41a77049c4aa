package dev.sluice.datapath.mirror;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.paths.PathChanges;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Journey;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.TcpState;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.Tcp;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The journey of the packet in hand, from port to port, as something that could be repeated without asking (packet-life.md, fast path). One user: the worker.
 *
 * <p>The stages say what they did ({@link Journey}). A journey is offered only if a stage says that it sends the packet on plainly, if a record of the connection table was passed before, if no stage said anything against
 * it, and if the frame differs from what came in by no more than its addresses, tags and TTL. So what says nothing is not repeated.
 *
 * <p>Hot path: no allocation. Cost without a device: stages compare with null.
 */
public final class JourneyRecorder implements Journey {
    /** {@link #touchKind} bits: the reverse direction, that packets count there, and for whom. */
    static final int REVERSE = 1;

    static final int COUNTED = 2;

    /** The record is of a flow of another switch: no rule of this one counts. */
    static final int SERVED = 4;

    /** Instructions are carried out on the packets: any, such that they pass without services, such that they leave out nodes. */
    static final int INSTRUCTED = 8;

    static final int ACCEPTED = 16;
    static final int SKIPPED = 32;

    private static final int NONE = -1;
    private static final int TAGS_MAX = 2;
    private static final int FORBIDDEN_FLAGS = Tcp.SYN | Tcp.FIN | Tcp.RST;
    private static final ValueLayout.OfLong WORD = Layouts.BE64;
    private static final int WORDS = 8;

    /** Second word of an IPv4 header without TTL and checksum; first word of an IPv6 header without hop limit. */
    private static final long IPV4_KEPT = 0x00ff_0000_ffff_ffffL;

    private static final long IPV6_KEPT = ~0xffL;

    private final Frames frames;
    private final ConnectionTable table;
    private final OffloadMirror mirror;
    private final OffloadCounters counters;

    /** Packets of a direction that a record has to have counted. */
    private int afterPackets;

    private final long[] header = new long[WORDS];
    final JourneyHeaders tunnel;
    private boolean open;
    private @Nullable OffloadRefusal refusal;
    private @Nullable OffloadRefusal outcome;
    private @Nullable Batch batch;
    private int slot;
    private int words;
    private int ttlBefore;
    private int ipBytes;
    private boolean ipv4;

    // What the mirror reads when the journey is offered.
    int ingress;
    int outerTag;
    int innerTag;
    long sourceMac;
    long destinationMac;
    int lengthBytes;
    int egress;
    long newDestinationMac;
    long newSourceMac;
    int newOuterTag;
    int newInnerTag;
    int ttlDecrement;
    int ipBytesMax;
    int path;
    int returned;
    int sent;
    int direction;
    int neighborPort;
    long neighborHi;
    long neighborLo;
    int touches;
    final int[] touchSlot = new int[MirrorEntries.TOUCHES_MAX];
    final int[] touchKind = new int[MirrorEntries.TOUCHES_MAX];
    final int[] touchRule = new int[MirrorEntries.TOUCHES_MAX];
    final int[] touchBytes = new int[MirrorEntries.TOUCHES_MAX];

    public JourneyRecorder(
            Frames frames, ConnectionTable table, OffloadMirror mirror, OffloadCounters counters, int afterPackets) {
        this.frames = frames;
        this.table = table;
        this.mirror = mirror;
        this.counters = counters;
        this.afterPackets = afterPackets;
        tunnel = new JourneyHeaders(frames.memory());
    }

    public void afterPackets(int count) {
        afterPackets = Math.max(1, count);
    }

    /** The parsed packet in hand begins its way. */
    public void begin(Cursor c) {
        Batch b = c.batch;
        int i = c.slot;
        open = true;
        tunnel.begin();
        batch = b;
        slot = i;
        ingress = mirror.numberOf(b.port[i]);
        refusal = refusalOf(b, i);
        if (refusal != null) {
            return;
        }
        sourceMac = b.sourceMac[i];
        destinationMac = b.destinationMac[i];
        path = 0;
        returned = 0;
        sent = 0;
        direction = 0;
        neighborPort = NONE;
        neighborHi = 0;
        neighborLo = 0;
        touches = 0;
        read(b, i);
    }

    private void read(Batch b, int i) {
        outerTag = b.outerTag[i];
        innerTag = b.innerTag[i];
        lengthBytes = b.length[i];
        readHeader(b, i);
    }

    private @Nullable OffloadRefusal refusalOf(Batch b, int i) {
        int parsed = b.parsed[i];
        if (ingress == 0) {
            return OffloadRefusal.PORT_NOT_ATTACHED;
        }
        if (frames.tracer() != null) {
            return OffloadRefusal.TRACED;
        }
        if ((parsed & Parser.IP) == 0 || (parsed & (Parser.GROUP | Parser.NEIGHBOR_DISCOVERY)) != 0) {
            return OffloadRefusal.NOT_UNICAST_IP;
        }
        if ((parsed & Parser.FRAGMENT) != 0) {
            return OffloadRefusal.FRAGMENT;
        }
        int protocol = b.protocol[i];
        if (protocol == IpProtocols.TCP ? (b.tcpFlags[i] & FORBIDDEN_FLAGS) != 0 : !isEchoOrUdp(b, i, protocol)) {
            return protocol == IpProtocols.TCP ? OffloadRefusal.TCP_FLAGS : OffloadRefusal.PROTOCOL;
        }
        int plain = (parsed & Parser.IPV4) != 0 ? Ipv4.BYTES : Ipv6.BYTES;
        return b.l4[i] - b.l3[i] == plain ? null : OffloadRefusal.OPTIONS;
    }

    /** What ICMP says besides echoes has identifier 0 too: errors, which have to be read. */
    private static boolean isEchoOrUdp(Batch b, int i, int protocol) {
        int icmp = (b.parsed[i] & Parser.IPV4) != 0 ? IpProtocols.ICMP : IpProtocols.ICMPV6;
        return protocol == IpProtocols.UDP || (protocol == icmp && b.sourcePort[i] != 0);
    }

    private void readHeader(Batch b, int i) {
        MemorySegment memory = frames.memory();
        long ip = b.start[i] + b.l3[i];
        ipv4 = (b.parsed[i] & Parser.IPV4) != 0;
        ipBytes = b.length[i] - b.l3[i];
        words = Math.min(WORDS, ipBytes >>> 3);
        for (int k = 0; k < words; k++) {
            header[k] = memory.get(WORD, ip + k * 8L);
        }
        ttlBefore = ipv4 ? Ipv4.ttl(memory, ip) : Ipv6.hopLimit(memory, ip);
    }

    // What stages say.

    @Override
    public void opens(Cursor c, long geneve, long nsh, int nshBytes) {
        if (refusal == null && !tunnel.open(c, geneve, nsh, nshBytes)) {
            refuse(OffloadRefusal.OVERLAY);
        }
    }

    @Override
    public void emerges(Cursor c) {
        Batch b = c.batch;
        int i = c.slot;
        if (refusal == null && tunnel.flags == 0) {
            refuse(OffloadRefusal.OVERLAY);
        }
        if (refusal == null) {
            refusal = refusalOf(b, i);
        }
        if (refusal == null) {
            tunnel.emerge(b.destinationMac[i], b.sourceMac[i]);
            read(b, i);
        }
    }

    @Override
    public void refuse(OffloadRefusal why) {
        if (refusal == null) {
            refusal = why;
        }
    }

    @Override
    public void classified(Cursor c, boolean hit, boolean lasting, boolean watchful) {
        if (!hit) {
            refuse(OffloadRefusal.NEW_FLOW);
        } else if (!lasting) {
            refuse(OffloadRefusal.INSTRUCTED);
        } else if (watchful) {
            refuse(OffloadRefusal.ATTRIBUTES);
        } else if (isHalfOpen(c)) {
            refuse(OffloadRefusal.TCP_NOT_ESTABLISHED);
        } else {
            passed(c, COUNTED, table.ruleId(c.record));
        }
    }

    @Override
    public void instructed(FlowPrograms.Action action) {
        if (refusal == null && touches > 0) {
            touchKind[touches - 1] |= INSTRUCTED
                    | (action == FlowPrograms.Action.ACCEPT ? ACCEPTED : 0)
                    | (action == FlowPrograms.Action.SKIP ? SKIPPED : 0);
        }
    }

    @Override
    public void returned(Cursor c, Attachment node) {
        if (!node.hasPorts()) {
            refuse(OffloadRefusal.OVERLAY);
        } else if (table.tag(c.record) != ConnectionTable.SERVICE && !isAlone(c)) {
            refuse(OffloadRefusal.TWO_PATHS);
        } else if (node.translation() != Attachment.Translation.NONE) {
            refuse(OffloadRefusal.TRANSLATED);
        } else {
            returned = node.id();
            direction = c.direction;
            passed(c, 0, 0);
        }
    }

    @Override
    public void broughtBack(Cursor c, Attachment node) {
        if (node.translation() != Attachment.Translation.NONE) {
            refuse(OffloadRefusal.TRANSLATED);
        } else {
            returned = node.id();
            direction = c.direction;
            passed(c, 0, 0);
        }
    }

    @Override
    public void served(Cursor c) {
        if (!table.hasCounted(c.record, c.direction, 2)) {
            refuse(OffloadRefusal.NEW_FLOW);
        } else if (!isAlone(c)) {
            refuse(OffloadRefusal.TWO_PATHS);
        } else if (isHalfOpen(c)) {
            refuse(OffloadRefusal.TCP_NOT_ESTABLISHED);
        } else {
            passed(c, COUNTED | SERVED, 0);
        }
    }

    private boolean isHalfOpen(Cursor c) {
        return c.fields.protocol == IpProtocols.TCP && TcpState.isHalfOpen(table.tcpState(c.record));
    }

    /** Which of several records of a flow of another switch counts depends on what was sent last. */
    private boolean isAlone(Cursor c) {
        return table.find(c.keyHash, c.fields, c.zone, c.feature(), c.nowNs) == c.record
                && table.next(c.record, c.nowNs) < 0;
    }

    private void passed(Cursor c, int counted, int rule) {
        int record = c.record;
        int flags = table.flags(record);
        if (c.follows || (flags & ConnectionTable.TRANSLATED) != 0) {
            refuse(OffloadRefusal.TRANSLATED);
        } else if ((flags & (ConnectionTable.SUPERSEDED | PathChanges.WAITS)) != 0) {
            refuse(OffloadRefusal.PATH_CHANGING);
        } else if (!table.hasCounted(record, c.direction, afterPackets)) {
            refuse(OffloadRefusal.NEW_FLOW);
        } else if (touches == MirrorEntries.TOUCHES_MAX) {
            refuse(OffloadRefusal.TOO_MANY_RECORDS);
        } else if (refusal == null) {
            takePath(table.pathId(record));
            touchSlot[touches] = record;
            touchKind[touches] = c.direction | counted;
            touchRule[touches] = rule;
            touchBytes[touches++] = c.lengthBytes();
        }
    }

    @Override
    public void changesPath() {
        if (returned != 0 || tunnel.flags != 0) {
            refuse(OffloadRefusal.PATH_CHANGING);
        }
    }

    @Override
    public void redirects(int record) {
        for (int k = 0; k < touches; k++) {
            if (touchSlot[k] == record && (touchKind[k] & COUNTED) == 0) {
                refuse(OffloadRefusal.PATH_CHANGING);
            }
        }
    }

    private void takePath(int id) {
        if (path != 0 && id != 0 && path != id) {
            refuse(OffloadRefusal.TWO_PATHS);
        }
        path = id != 0 ? id : path;
    }

    @Override
    public void enters(Attachment node, int into, boolean capped) {
        if (capped) {
            refuse(OffloadRefusal.CAPPED);
        } else if (node.translation() != Attachment.Translation.NONE) {
            refuse(OffloadRefusal.TRANSLATED);
        } else if (returned != 0 && direction != into) {
            refuse(OffloadRefusal.TWO_PATHS);
        }
        sent = node.id();
        direction = into;
    }

    @Override
    public void resolves(int port, long hi, long lo) {
        neighborPort = port;
        neighborHi = hi;
        neighborLo = lo;
    }

    @Override
    public void sends(Cursor c, PortEntry port) {
        Batch b = c.batch;
        int i = c.slot;
        if (!open || b != batch || i != slot) {
            return;
        }
        if (refusal == null) {
            newOuterTag = b.outerTag[i];
            newInnerTag = b.innerTag[i];
            refusal = compare(b, i, port.mtuBytes() == 0 ? 0xffff : frames.roomBytes(port, b, i, 0, 0));
        }
        offer(b, i, b.start[i], port);
    }

    private void offer(Batch b, int i, long start, PortEntry port) {
        egress = mirror.numberOf(port.index());
        if (egress == 0 || !frames.leadsOutside(port.index())) {
            refuse(OffloadRefusal.PORT_NOT_ATTACHED);
        } else if (touches == 0) {
            refuse(OffloadRefusal.UNTRACKED);
        }
        if (refusal == null) {
            newDestinationMac = Ethernet.destination(frames.memory(), start);
            newSourceMac = Ethernet.source(frames.memory(), start);
            refusal = mirror.offer(this, b, i);
        }
        open = refusal != null;
    }

    @Override
    public void carries(Batch b, int i, int headerBytes, int roomBytes) {
        if (!open || b != batch || i != slot || refusal != null) {
            return;
        }
        refusal = compare(b, i, roomBytes);
        boolean through = tunnel.flags != 0;
        if (refusal == null && through && ttlDecrement != 0) {
            refuse(OffloadRefusal.REWRITTEN);
        }
        if (refusal == null && !tunnel.close(headerBytes + b.l3[i], b.l3[i])) {
            refuse(OffloadRefusal.OVERLAY);
        }
    }

    @Override
    public void sendsCarried(Batch b, int i, PortEntry port, long nextHi, long nextLo) {
        Batch own = batch;
        if (!open || refusal != null || own == null || !tunnel.waits()) {
            return;
        }
        tunnel.written(b.start[i]);
        resolves(port.index(), nextHi, nextLo);
        newOuterTag = 0;
        newInnerTag = 0;
        offer(own, slot, b.start[i], port);
    }

    /** What became of the packet is known. */
    public void end() {
        outcome = open ? (refusal == null ? OffloadRefusal.ENDED_HERE : refusal) : null;
        if (outcome != null) {
            counters.refuse(outcome);
            open = false;
        }
    }

    /** Why the packet that ended last was not given to the device, null if it was. */
    @Nullable
    public OffloadRefusal outcome() {
        return outcome;
    }

    private @Nullable OffloadRefusal compare(Batch b, int i, int room) {
        MemorySegment memory = frames.memory();
        long ip = b.start[i] + b.l3[i];
        int tags = (b.l3[i] - Ethernet.BYTES) / VlanTag.BYTES;
        if (tags > TAGS_MAX) {
            return OffloadRefusal.TAGS;
        }
        if (b.length[i] - b.l3[i] != ipBytes || !isSame(memory, ip)) {
            return OffloadRefusal.REWRITTEN;
        }
        ttlDecrement = ttlBefore - (ipv4 ? Ipv4.ttl(memory, ip) : Ipv6.hopLimit(memory, ip));
        if (ttlDecrement < 0) {
            return OffloadRefusal.REWRITTEN;
        }
        ipBytesMax = Math.min(room, 0xffff);
        return frames.packetBytes(b, i) > ipBytesMax ? OffloadRefusal.TOO_LARGE : null;
    }

    /** What is to be done with packets of the key, as long as these generations stand. */
    void writeAction(MemorySegment action, MirrorGenerations generations) {
        OffloadAction.clear(action, 0);
        OffloadAction.setConfigGeneration(action, 0, generations.config());
        OffloadAction.setPath(action, 0, path, generations.ofPath(path));
        OffloadAction.setEgress(action, 0, egress, generations.ofPort(egress));
        OffloadAction.setExpectedMacs(action, 0, destinationMac, sourceMac);
        OffloadAction.setFlags(action, 0, tunnel.flags);
        OffloadAction.setNewMacs(action, 0, newDestinationMac, newSourceMac);
        OffloadAction.setNewTags(action, 0, newOuterTag, newInnerTag);
        OffloadAction.setTtlDecrement(action, 0, ttlDecrement);
        OffloadAction.setIpBytesMax(action, 0, ipBytesMax);
    }

    /** What has to be known here of the journey while the device has it. */
    void note(MirrorEntries entries, int entry, MirrorGenerations generations) {
        entries.config[entry] = generations.config();
        entries.path[entry] = path;
        entries.pathGeneration[entry] = generations.ofPath(path);
        entries.egress[entry] = egress;
        entries.egressGeneration[entry] = generations.ofPort(egress);
        entries.returned[entry] = returned;
        entries.sent[entry] = sent;
        entries.direction[entry] = (byte) direction;
        entries.tunnel[entry] = (byte) tunnel.flags;
        entries.neighborPort[entry] = neighborPort;
        entries.neighborHi[entry] = neighborHi;
        entries.neighborLo[entry] = neighborLo;
        for (int k = 0; k < touches; k++) {
            entries.touch(entry, touchSlot[k], touchKind[k], touchRule[k], touchBytes[k] - lengthBytes);
        }
    }

    /** By what the device knows the packet that has come in. */
    void writeKey(MemorySegment key, Batch b, int i) {
        OffloadKey.clear(key, 0);
        OffloadKey.setSource(key, 0, b.sourceHi[i], b.sourceLo[i]);
        OffloadKey.setDestination(key, 0, b.destinationHi[i], b.destinationLo[i]);
        OffloadKey.setTransport(key, 0, b.protocol[i], b.sourcePort[i], b.destinationPort[i]);
        OffloadKey.setIngress(key, 0, ingress);
        OffloadKey.setTags(key, 0, outerTag, innerTag);
        if ((tunnel.flags & OffloadAction.POP) != 0) {
            OffloadKey.setKind(key, 0, OffloadKey.SERVICE_HEADER);
            OffloadKey.setServicePath(key, 0, tunnel.servicePath, tunnel.network);
        }
    }

    private boolean isSame(MemorySegment memory, long ip) {
        for (int k = 0; k < words; k++) {
            long changed = header[k] ^ memory.get(WORD, ip + k * 8L);
            long kept = ipv4 ? (k == 1 ? IPV4_KEPT : -1) : k == 0 ? IPV6_KEPT : -1;
            if ((changed & kept) != 0) {
                return false;
            }
        }
        return true;
    }
}
