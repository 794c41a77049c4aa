package dev.sluice.datapath.stage;

import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Tcp;
import dev.sluice.wire.Udp;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The ends of a frame's life: sent out of a port, dropped with a reason, or copied. One user: the worker.
 *
 * <p>Hot path: no allocation, no exceptions.
 */
public final class Frames {
    private final FramePool pool;
    private final DropCounters drops;
    private @Nullable PacketPort[] ports = new PacketPort[0];
    private boolean[] dirty = new boolean[0];

    /** Port that what is sent to a port comes in at, as over a wire between the two; -1 for ports that lead outside. */
    private int[] joined = new int[0];

    /** What crosses such wires. */
    private final Batch crossing = new Batch();

    private int nextCrossing;
    private @Nullable PacketTracer tracer;
    private @Nullable Journey journey;
    private boolean rehearsing;
    private boolean heldBack;

    /** The frame that a port is just taking over, {@link FramePool#NONE} if none. */
    private long handedOver = FramePool.NONE;

    public Frames(FramePool pool, DropCounters drops) {
        this.pool = pool;
        this.drops = drops;
    }

    /** From now on packets are made-up ones: nothing of them leaves, and their ends are not counted (ADR 23). */
    public void rehearse(boolean yes) {
        rehearsing = yes;
    }

    /** Whether the packet in hand is made up, so that nothing may be made for it. */
    public boolean isRehearsing() {
        return rehearsing;
    }

    /** Whether the packet in hand is made up, so that it may not wait; notes that it would have. */
    public boolean holdsBack() {
        heldBack = rehearsing;
        return rehearsing;
    }

    /** Whether a made-up packet would have had to wait since this was last asked. */
    public boolean takeHeldBack() {
        boolean held = heldBack;
        heldBack = false;
        return held;
    }

    public void apply(Snapshot snapshot, @Nullable PacketPort[] portsByIndex) {
        ports = portsByIndex;
        joined = new int[portsByIndex.length];
        for (int i = 0; i < joined.length; i++) {
            joined[i] = i < snapshot.portCount() ? joined(snapshot.port(i)) : -1;
        }
        dirty = new boolean[portsByIndex.length];
        drops.resize(Math.max(1, portsByIndex.length));
    }

    private static int joined(PortEntry port) {
        boolean inside = port.role() == PortEntry.Role.ROUTER || port.role() == PortEntry.Role.SWITCH;
        return inside ? port.peer() : -1;
    }

    public void trace(@Nullable PacketTracer newTracer) {
        tracer = newTracer;
    }

    @Nullable
    public PacketTracer tracer() {
        return tracer;
    }

    /** Hears what stages do with packets that a fast path might repeat; null: there is none. */
    public void record(@Nullable Journey recorder) {
        journey = recorder;
    }

    @Nullable
    public Journey journey() {
        return journey;
    }

    /** The record that classifies the packet in hand gets another path. */
    public void changesPath() {
        if (journey != null) {
            journey.changesPath();
        }
    }

    /** Something about the packet in hand has to be seen each time. */
    public void refuse(OffloadRefusal why) {
        if (journey != null) {
            journey.refuse(why);
        }
    }

    public FramePool pool() {
        return pool;
    }

    public MemorySegment memory() {
        return pool.memory();
    }

    /** Drops the packet in hand. */
    public int drop(Cursor c, DropReason reason) {
        return drop(c.batch, c.slot, c.batch.port[c.slot], reason);
    }

    /** Drops a frame that came in on the given port (-1: unknown, counted at port 0). */
    public int drop(Batch b, int slot, int port, DropReason reason) {
        if (rehearsing) {
            pool.give(b.start[slot]);
            return Step.DONE;
        }
        drops.count(port < 0 || port >= ports.length ? 0 : port, reason);
        if (tracer != null) {
            tracer.dropped(b, slot, reason);
        }
        pool.give(b.start[slot]);
        return Step.DONE;
    }

    /** Takes the packet in hand, which is of the watch over nodes and switches: no traffic, and no drop. */
    public int takeWatch(Cursor c) {
        if (tracer != null) {
            tracer.watched(c.batch, c.slot);
        }
        pool.give(c.start());
        return Step.DONE;
    }

    /** Takes the packet in hand, which has told something of a flow: no drop. */
    public int takeMessage(Cursor c) {
        if (tracer != null) {
            tracer.heeded(c.batch, c.slot);
        }
        pool.give(c.start());
        return Step.DONE;
    }

    /** Drops a frame that waited for a neighbour and had to give way to one that came in on the given port. */
    public void dropHeld(long start, int port) {
        drops.count(port < 0 || port >= ports.length ? 0 : port, DropReason.NEIGHBOR_QUEUE_FULL);
        pool.give(start);
    }

    /** Sends out of the given port instead of each of those that the other one has. */
    public void sendInstead(Frames other, PacketPort out) {
        for (int i = 0; i < ports.length; i++) {
            ports[i] = other.hasDevice(i) ? out : null;
        }
    }

    public boolean hasDevice(int port) {
        return port >= 0 && port < ports.length && (ports[port] != null || joined[port] >= 0);
    }

    /** Whether what is sent out of a port leaves by a device of its own. */
    public boolean leadsOutside(int port) {
        return ports[port] != null && joined[port] < 0;
    }

    /** Sends a frame out of a port; if the port has no device at the moment the frame is lost. */
    public int send(Batch b, int slot, int port) {
        PacketPort out = ports[port];
        if (joined[port] >= 0) {
            return cross(b, slot, joined[port]);
        }
        if (out == null || rehearsing) {
            return drop(b, slot, b.port[slot], DropReason.PORT_ABSENT);
        }
        if (tracer != null) {
            tracer.sent(b, slot, port);
        }
        dirty[port] = true;
        handedOver = b.start[slot];
        out.send(b, slot);
        handedOver = FramePool.NONE;
        return Step.DONE;
    }

    private int cross(Batch b, int slot, int port) {
        if (!crossing.hasRoom()) {
            return drop(b, slot, b.port[slot], DropReason.LINK_LOOP);
        }
        int i = crossing.append(b.start[slot], b.length[slot], port);
        crossing.offload[i] = b.offload[slot];
        crossing.gsoType[i] = b.gsoType[slot];
        crossing.gsoSizeBytes[i] = b.gsoSizeBytes[slot];
        crossing.gsoHeaderBytes[i] = b.gsoHeaderBytes[slot];
        crossing.csumStart[i] = b.csumStart[slot];
        crossing.csumOffset[i] = b.csumOffset[slot];
        if (tracer != null) {
            tracer.crossed(b, slot, crossing, i);
        }
        return Step.DONE;
    }

    /** The frames that {@link #takeCrossing} gives out. */
    public Batch crossing() {
        return crossing;
    }

    /** The next frame that has crossed a wire between two ports here, and comes in; -1 if there is none. */
    public int takeCrossing() {
        if (nextCrossing == crossing.count) {
            nextCrossing = 0;
            crossing.count = 0;
            return -1;
        }
        return nextCrossing++;
    }

    /** Sends a frame that is no packet's, so that no story tells of it; only where there {@link #hasDevice}. */
    public void sendOwn(Batch b, int slot, int port) {
        PacketPort out = ports[port];
        if (out == null) {
            pool.give(b.start[slot]);
            return;
        }
        dirty[port] = true;
        handedOver = b.start[slot];
        out.send(b, slot);
        handedOver = FramePool.NONE;
    }

    /** Flushes the ports that frames were sent to. Should one throw, those behind it are flushed by the next call. */
    public void flush() {
        handedOver = FramePool.NONE;
        for (int i = 0; i < dirty.length; i++) {
            PacketPort port = ports[i];
            if (dirty[i]) {
                dirty[i] = false;
                if (port != null) {
                    port.flush();
                }
            }
        }
    }

    /**
     * Gives back a frame whose handling ended with an exception, a defect of this program. Not on the hot path. A frame that a port was taking over stays lost: the
     * port may have given it to the kernel already, and a chunk with two owners would be worse than one with none.
     */
    public void reclaim(Batch b, int slot) {
        long lost = handedOver;
        handedOver = FramePool.NONE;
        boolean withPort = lost != FramePool.NONE && pool.isSameChunk(lost, b.start[slot]);
        if (!withPort && !pool.isFree(b.start[slot])) {
            pool.give(b.start[slot]);
        }
    }

    /** Copies a frame with all that is known of it into slot 0 of a batch that is otherwise empty; false if no frame is free. */
    public boolean copy(Batch from, int i, Batch to) {
        int length = from.length[i];
        long start = pool.take(length);
        if (start == FramePool.NONE) {
            return false;
        }
        MemorySegment.copy(pool.memory(), from.start[i], pool.memory(), start, length);
        to.count = 0;
        to.append(start, length, from.port[i]);
        to.offload[0] = from.offload[i];
        to.gsoType[0] = from.gsoType[i];
        to.gsoSizeBytes[0] = from.gsoSizeBytes[i];
        to.gsoHeaderBytes[0] = from.gsoHeaderBytes[i];
        to.csumStart[0] = from.csumStart[i];
        to.csumOffset[0] = from.csumOffset[i];
        to.l3[0] = from.l3[i];
        to.l4[0] = from.l4[i];
        to.etherType[0] = from.etherType[i];
        to.outerTag[0] = from.outerTag[i];
        to.innerTag[0] = from.innerTag[i];
        to.parsed[0] = from.parsed[i];
        return true;
    }

    /** Whether the frame, with tags that are still to be pushed (0 for none), is more than the port's interface takes. */
    public boolean exceeds(PortEntry port, Batch b, int i, int innerTag, int outerTag) {
        return port.mtuBytes() != 0 && packetBytes(b, i) > roomBytes(port, b, i, innerTag, outerTag);
    }

    /** The largest IP packet that the port's interface takes behind this frame's tags and those still to be pushed: the path's MTU for its sender. */
    public int roomBytes(PortEntry port, Batch b, int i, int innerTag, int outerTag) {
        int pushed = (innerTag != 0 ? VlanTag.BYTES : 0) + (outerTag != 0 ? VlanTag.BYTES : 0);
        int outermost = outerTag != 0 ? outerTag : innerTag != 0 ? innerTag : b.outerTag[i];
        int tags = b.l3[i] - Ethernet.BYTES + pushed;
        // Linux leaves room for one 802.1Q tag beside the MTU, and for no other (packet_snd, is_skb_forwardable).
        int free = outermost >>> 16 == EtherTypes.VLAN ? VlanTag.BYTES : 0;
        return port.mtuBytes() - tags + free;
    }

    /** Packets that the frame is on the wire: 1, or the segments of a super-frame. */
    public int packets(Batch b, int i) {
        if (b.gsoType[i] == Batch.GSO_NONE || b.l4[i] == 0 || b.gsoSizeBytes[i] <= 0) {
            return 1;
        }
        boolean tcp = b.gsoType[i] == Batch.GSO_TCPV4 || b.gsoType[i] == Batch.GSO_TCPV6;
        int transport = tcp ? Tcp.headerBytes(pool.memory(), b.start[i] + b.l4[i]) : Udp.BYTES;
        int payload = b.length[i] - b.l4[i] - transport;
        return Math.max(1, (payload + b.gsoSizeBytes[i] - 1) / b.gsoSizeBytes[i]);
    }

    /**
     * Bytes of the largest IP packet that the frame becomes on the wire: of a super-frame, one segment. The header length that comes with a super-frame is only a hint
     * (it may cover payload), so the headers themselves are asked.
     */
    public int packetBytes(Batch b, int i) {
        int whole = b.length[i] - b.l3[i];
        if (b.gsoType[i] == Batch.GSO_NONE || b.l4[i] == 0) {
            return whole;
        }
        boolean tcp = b.gsoType[i] == Batch.GSO_TCPV4 || b.gsoType[i] == Batch.GSO_TCPV6;
        int transport = tcp ? Tcp.headerBytes(pool.memory(), b.start[i] + b.l4[i]) : Udp.BYTES;
        return Math.min(whole, b.l4[i] - b.l3[i] + transport + b.gsoSizeBytes[i]);
    }
}
