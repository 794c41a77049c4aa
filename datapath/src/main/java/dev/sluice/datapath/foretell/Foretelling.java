package dev.sluice.datapath.foretell;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.DatapathMemory;
import dev.sluice.datapath.RuleHits;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.neighbors.Neighbors;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.TrackerTimeouts;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.EthernetMemory;
import dev.sluice.datapath.track.FlowContext;
import dev.sluice.datapath.track.MemoryPieces;
import dev.sluice.datapath.track.Zones;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * What would happen to a packet, found by the production stages without changing anything (docs/adr/0009): a data path of its own, over frames of its own, which looks into
 * that of the worker for connections, neighbours, turns of the selector, instructions and all else that is remembered, and copies what it meets.
 *
 * <p>Made and given up by any thread; {@link #tell} is for the worker that owns the data path looked into, between two batches. One question after the other. Can't be foretold:
 * what depends on frames being scarce, on a probe being expected, or on crafted hashes that fill a bucket of the real table.
 */
public final class Foretelling {
    /** Largest frame: a super-frame of 64 KiB with its headers. */
    public static final int FRAME_BYTES_MAX = 65_536 + 256;

    private static final int SMALL_FRAMES = 96;
    private static final int LARGE_FRAMES = 4;
    private static final int CONNECTIONS_MAX = 512;
    private static final int NEIGHBORS_MAX = 64;
    private static final int MAC_PAIRS_MAX = 64;

    private final Liveness liveness;
    private final MemorySegment frames;
    private final MemorySegment connections;
    private Snapshot basis = Snapshot.empty();
    private Snapshot ownSnapshot = basis;

    /** Of the question in hand. */
    private @Nullable Datapath datapath;

    private @Nullable FramePool pool;

    /** Of the question answered last, which may go on. */
    private @Nullable Datapath told;

    private @Nullable ForetoldFrames sent;

    /** A place to foretell in: about 1 MiB, which lives as long as this object. */
    public Foretelling(Liveness liveness) {
        this.liveness = liveness;
        Arena arena = Arena.ofAuto();
        frames = arena.allocate(FramePool.bytesFor(SMALL_FRAMES, LARGE_FRAMES), 4096);
        connections = arena.allocate(ConnectionTable.bytesFor(CONNECTIONS_MAX), 64);
    }

    /**
     * Gets ready for one question: the part of the work that needs no worker.
     *
     * @param snapshot the configuration that is in force
     * @return the data path that will be asked; for tracers that want to read from it
     */
    public Datapath prepare(Snapshot snapshot) {
        if (basis != snapshot) {
            basis = snapshot;
            ownSnapshot = snapshot.withOwnCounters();
        }
        connections.fill((byte) 0);
        FramePool ownPool = new FramePool(frames, SMALL_FRAMES, LARGE_FRAMES);
        Datapath own = new Datapath(
                ownPool,
                liveness,
                new DatapathMemory(
                        ConnectionTable.over(
                                connections,
                                MemoryPieces.in(Arena.ofAuto()),
                                CONNECTIONS_MAX,
                                0,
                                TrackerTimeouts.DEFAULT),
                        new Neighbors(ownPool, NEIGHBORS_MAX, Neighbors.HELD_MAX),
                        new EthernetMemory(frames, MAC_PAIRS_MAX),
                        Zones.forForetelling(),
                        null,
                        new FlowContext(),
                        new RuleHits(false)),
                0);
        own.apply(ownSnapshot, new PacketPort[ownSnapshot.portCount()]);
        pool = ownPool;
        datapath = own;
        told = null;
        return own;
    }

    /**
     * Tells what the real data path would do with a frame now, and with what nodes give back of it.
     *
     * @param real the worker's own
     * @param first the frame; {@link Batch#port} is where it comes in
     * @param tracer hears what would happen
     * @param nowNs the worker's time
     * @return how the journey ends; null if another configuration has come into force: prepare again
     */
    public @Nullable ForetoldEnd tell(Datapath real, ForetoldFrame first, PacketTracer tracer, long nowNs) {
        Datapath own = datapath;
        FramePool ownPool = pool;
        if (own == null || ownPool == null) {
            throw new IllegalStateException("a question needs its own preparation");
        }
        if (real.snapshot() != basis) {
            return null;
        }
        datapath = null;
        ForetoldFrames out = new ForetoldFrames(ownPool);
        sent = out;
        told = own;
        own.lookInto(real, out);
        return new ForetoldJourney(own, out, tracer, nowNs).from(first);
    }

    /** The data path that was asked last, with all that it has been told; null if none was since {@link #prepare}. */
    public @Nullable Datapath told() {
        return told;
    }

    /**
     * Goes on with the packet that was foretold last, or one that came of it: what its flow left behind here is still known. Otherwise as {@link #tell}.
     *
     * @return null if another configuration has come into force
     */
    public @Nullable ForetoldEnd tellMore(Datapath real, ForetoldFrame next, PacketTracer tracer, long nowNs) {
        Datapath own = told;
        ForetoldFrames out = sent;
        if (own == null || out == null) {
            throw new IllegalStateException("there is no question to go on with");
        }
        return real.snapshot() != basis ? null : new ForetoldJourney(own, out, tracer, nowNs).from(next);
    }

    /** A data path as that of a node which has just started: all its ports there, nothing remembered. To look into only: it sends nothing. */
    public static Datapath newNode(Snapshot snapshot, Liveness liveness) {
        Arena arena = Arena.ofAuto();
        FramePool pool = new FramePool(arena.allocate(FramePool.bytesFor(1, 0), 4096), 1, 0);
        Datapath empty = new Datapath(pool, liveness, 1, 0);
        PacketPort[] ports = new PacketPort[snapshot.portCount()];
        for (int i = 0; i < ports.length; i++) {
            ports[i] = snapshot.port(i).role() == PortEntry.Role.LINK ? null : new ForetoldFrames(pool);
        }
        empty.apply(snapshot, ports);
        return empty;
    }

    /** Puts a frame into a batch as a port would. */
    static void receive(FramePool pool, Batch batch, ForetoldFrame frame) {
        byte[] bytes = frame.bytes();
        long start = pool.take(bytes.length);
        if (start == FramePool.NONE) {
            throw new IllegalArgumentException(
                    "a frame of " + bytes.length + " bytes is larger than " + FRAME_BYTES_MAX);
        }
        MemorySegment.copy(bytes, 0, pool.memory(), ValueLayout.JAVA_BYTE, start, bytes.length);
        batch.count = 0;
        int slot = batch.append(start, bytes.length, frame.port());
        batch.offload[slot] = frame.offload();
        batch.gsoType[slot] = frame.gsoType();
        batch.gsoSizeBytes[slot] = frame.gsoSizeBytes();
        batch.gsoHeaderBytes[slot] = frame.gsoHeaderBytes();
        batch.csumStart[slot] = frame.csumStart();
        batch.csumOffset[slot] = frame.csumOffset();
    }
}
