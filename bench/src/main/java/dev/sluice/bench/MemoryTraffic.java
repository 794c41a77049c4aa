package dev.sluice.bench;

import com.sun.management.ThreadMXBean;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.Checksum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.ByteOrder;

/**
 * The production data path over ports in memory with traffic of many flows. One user: the benchmark's thread.
 *
 * <p>Batches of 256 UDP frames come in from the client's port, of flows in random order; the node bridges; the server's port swallows them. Nothing here allocates after the
 * constructor.
 */
final class MemoryTraffic implements AutoCloseable {
    /** One packet in so many belongs to a flow never seen before. */
    static final int MISS_PERIOD = 16;

    /** No new flows. */
    static final int HITS_ONLY = Integer.MAX_VALUE;

    private static final int FRAME_BYTES = 60;
    private static final int SMALL_FRAMES = 4096;
    private static final int IP = 14;
    private static final int UDP = 34;
    private static final int SERVER_ADDRESS = 0x0c00_0001;
    private static final int NEW_FLOWS = 0x0b00_0000;
    private static final long STEP_NS = 50_000;

    /** As often as a node's worker does it. */
    private static final long TICK_NS = 1_000_000;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final int flows;
    private final Arena arena = Arena.ofShared();
    private final FramePool pool =
            new FramePool(arena.allocate(FramePool.bytesFor(SMALL_FRAMES, 1), FramePool.SMALL_BYTES), SMALL_FRAMES, 1);
    private final MemoryLane[] lanes = new MemoryLane[BridgePath.PORTS];
    private final MemorySegment template = arena.allocate(FRAME_BYTES, 8);
    private final Batch batch = new Batch();
    private final Datapath datapath;
    private long nowNs = 1_000_000_000L;
    private long lastTickNs;
    private long random = 0x9e3779b97f4a7c15L;
    private int newFlow;
    private int untilMiss;

    /** A data path with room for a quarter more flows than given; the node returns what it gets. */
    MemoryTraffic(int flows) {
        this(flows, BridgePath.snapshot());
        MemoryLane.join(lanes[BridgePath.NODE_IN], lanes[BridgePath.NODE_OUT]);
    }

    /** The same with another configuration of those ports, and a node that swallows what it gets until {@link #establish} needs it. */
    MemoryTraffic(int flows, Snapshot snapshot) {
        this.flows = flows;
        datapath = new Datapath(pool, new Liveness(64, 64), Math.max(1024, flows + flows / 4), 42);
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = new MemoryLane(i, pool);
        }
        apply(snapshot);
        template.set(INT, 0, 0x0200_0000);
        template.set(SHORT, 4, (short) 0x0022);
        template.set(INT, 6, 0x0200_0000);
        template.set(SHORT, 10, (short) 0x0011);
        template.set(SHORT, 12, (short) 0x0800);
        template.set(SHORT, IP, (short) 0x4500);
        template.set(SHORT, IP + 2, (short) (FRAME_BYTES - IP));
        template.set(INT, IP + 8, 0x4011_0000);
        template.set(SHORT, UDP + 4, (short) (FRAME_BYTES - UDP));
    }

    /** From now on what is sent to a port comes back by it, as this makes it. */
    void turnBack(int port, MemoryLane.Turn turn) {
        lanes[port].turnBack(turn);
    }

    /** From now on two ports are the two sides of a node that bridges. */
    void join(int one, int other) {
        MemoryLane.join(lanes[one], lanes[other]);
    }

    /** Lets each flow send in both directions, so that none is half open. */
    void establish() {
        for (int direction = 0; direction < 2; direction++) {
            for (int flow = 0; flow < flows; flow += Batch.CAPACITY) {
                batch.count = 0;
                for (int i = 0; i < Batch.CAPACITY && flow + i < flows; i++) {
                    append(0x0a00_0000, flow + i, direction == 1);
                }
                pass();
            }
        }
    }

    /** Sends packets of known flows in random order, and every so many one of a new flow. */
    void run(long packets, int missPeriod) {
        for (long sent = 0; sent < packets; sent += Batch.CAPACITY) {
            fill(missPeriod);
            pass();
        }
    }

    private void fill(int missPeriod) {
        batch.count = 0;
        for (int i = 0; i < Batch.CAPACITY; i++) {
            if (missPeriod != HITS_ONLY && --untilMiss <= 0) {
                untilMiss = missPeriod;
                append(NEW_FLOWS, newFlow++ & 0xff_ffff, false);
            } else {
                append(0x0a00_0000, next() & (flows - 1), false);
            }
        }
    }

    /** Puts a configuration of the same ports in force. */
    void apply(Snapshot snapshot) {
        datapath.apply(snapshot, (PacketPort[]) lanes.clone());
    }

    /**
     * Sends packets as {@link #run} does; the processor time that the data path took for them, without that of making them, in ns. A node that swallows them makes it the time of
     * one pass: parse, track, act.
     */
    long time(long packets, int missPeriod) {
        long ns = 0;
        for (long sent = 0; sent < packets; sent += Batch.CAPACITY) {
            fill(missPeriod);
            long start = processorNs();
            pass();
            ns += processorNs() - start;
        }
        return ns;
    }

    /**
     * Sends packets of new flows, each with the addresses and the destination port of one of the fields in turn; the processor time that the data path took for them, in ns.
     *
     * @param fields IPv4, a power of two of them
     */
    long time(PacketFields[] fields, long packets) {
        long ns = 0;
        for (long sent = 0; sent < packets; sent += Batch.CAPACITY) {
            batch.count = 0;
            for (int i = 0; i < Batch.CAPACITY; i++) {
                PacketFields f = fields[newFlow & (fields.length - 1)];
                append(
                        (int) f.sourceLo,
                        BridgePath.CLIENT,
                        (int) f.destinationLo,
                        1024 + newFlow / fields.length,
                        f.destinationPort);
                newFlow++;
            }
            long start = processorNs();
            pass();
            ns += processorNs() - start;
        }
        return ns;
    }

    private int next() {
        random ^= random << 13;
        random ^= random >>> 7;
        random ^= random << 17;
        return (int) (random >>> 20);
    }

    private void append(int network, int flow, boolean reverse) {
        int client = network | flow >>> 4;
        int port = 1024 + (flow & 15);
        if (reverse) {
            append(SERVER_ADDRESS, BridgePath.SERVER, client, 53, port);
        } else {
            append(client, BridgePath.CLIENT, SERVER_ADDRESS, port, 53);
        }
    }

    private void append(int source, int in, int destination, int sourcePort, int destinationPort) {
        long at = pool.takeSmall();
        MemorySegment frames = pool.memory();
        MemorySegment.copy(template, 0, frames, at, FRAME_BYTES);
        frames.set(INT, at + IP + 12, source);
        frames.set(INT, at + IP + 16, destination);
        frames.set(SHORT, at + UDP, (short) sourcePort);
        frames.set(SHORT, at + UDP + 2, (short) destinationPort);
        frames.set(SHORT, at + IP + 10, (short) 0);
        frames.set(SHORT, at + IP + 10, (short) Checksum.of(frames, at + IP, 20));
        batch.append(at, FRAME_BYTES, in);
    }

    /** The batch to the node and back to the other side. */
    private void pass() {
        nowNs += STEP_NS;
        datapath.process(batch, nowNs);
        datapath.flush();
        for (MemoryLane lane : lanes) {
            batch.count = 0;
            if (lane.receive(batch) > 0) {
                datapath.process(batch, nowNs);
                datapath.flush();
            }
        }
        if (nowNs - lastTickNs >= TICK_NS) {
            lastTickNs = nowNs;
            datapath.tick(nowNs);
        }
    }

    /** Packets that reached the far port. */
    long delivered() {
        return lanes[BridgePath.SERVER].counters().sentFrames + lanes[BridgePath.CLIENT].counters().sentFrames;
    }

    /** Packets that the node got. */
    long steered() {
        return lanes[BridgePath.NODE_IN].counters().sentFrames + lanes[BridgePath.NODE_OUT].counters().sentFrames;
    }

    /** Connections in the tracker. */
    int connections() {
        return datapath.connections().size();
    }

    /** Packets that the data path dropped. */
    long dropped() {
        return datapath.counters().frames
                - lanes[BridgePath.NODE_IN].counters().sentFrames
                - lanes[BridgePath.NODE_OUT].counters().sentFrames
                - delivered();
    }

    /** Processor time of the calling thread so far, in ns: what others do on a busy machine does not count. */
    static long processorNs() {
        return THREADS.getCurrentThreadCpuTime();
    }

    /** Bytes allocated by the calling thread so far. */
    static long allocatedBytes() {
        return THREADS.getCurrentThreadAllocatedBytes();
    }

    @Override
    public void close() {
        datapath.close();
        arena.close();
    }
}
