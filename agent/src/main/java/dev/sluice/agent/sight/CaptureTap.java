package dev.sluice.agent.sight;

import dev.sluice.agent.WallClock;
import dev.sluice.agent.flows.ListFlows;
import dev.sluice.agent.sight.CaptureFilter.Stage;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.track.Instruction;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Copies frames and what is said of them for one capture. Written by the worker, which never waits: what does not fit any more is counted; one other thread takes what is
 * there. It allocates, so it is in place only while somebody captures.
 */
final class CaptureTap implements PacketTracer {
    /** Most bytes that wait to be taken. */
    static final long WAITING_BYTES_MAX = 32L << 20;

    private static final long FRAME_OVERHEAD_BYTES = 256L;
    private static final int MAC_BYTES = 12;

    /**
     * A frame at a stage.
     *
     * @param port index of the port
     * @param inbound whether it came in
     * @param bytes as many as were asked for
     * @param frameBytes how many it has
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Frame(long epochNs, int port, boolean inbound, byte[] bytes, int frameBytes, String comment) {
        long cost() {
            return bytes.length + FRAME_OVERHEAD_BYTES;
        }
    }

    /**
     * How much is taken.
     *
     * @param framesMax as many frames
     * @param frameBytesMax as many bytes of each
     * @param brief whether the stage is all that is said of a frame
     */
    record Bounds(long framesMax, int frameBytesMax, boolean brief) {}

    private final Datapath datapath;
    private final Tracers tracers;
    private final CaptureFilter filter;
    private final Bounds bounds;
    private final ConcurrentLinkedQueue<Frame> frames = new ConcurrentLinkedQueue<>();
    private final AtomicLong waitingBytes = new AtomicLong();
    private final AtomicLong lost = new AtomicLong();
    private final long epochLessNanoTime = WallClock.epochNs() - System.nanoTime();
    private long taken;
    private volatile boolean full;
    private volatile long untilNs;

    // Of the packet in hand.
    private String decision = "";
    private @Nullable Batch enteringBatch;
    private int enteringSlot;
    private String entering = "";

    /**
     * A capture of this data path.
     *
     * @param tracers where it is put, and takes itself out when nobody asks for it any more
     * @param untilNs how long it stays without being asked, by {@link System#nanoTime}
     */
    CaptureTap(Datapath datapath, Tracers tracers, CaptureFilter filter, Bounds bounds, long untilNs) {
        this.datapath = datapath;
        this.tracers = tracers;
        this.untilNs = untilNs;
        this.filter = filter;
        this.bounds = bounds;
    }

    // Any thread.

    /** The next frame, null if none waits; one thread. */
    @Nullable
    Frame poll() {
        Frame frame = frames.poll();
        if (frame != null) {
            waitingBytes.addAndGet(-frame.cost());
        }
        return frame;
    }

    /** Stays in place until then. */
    void stayUntil(long newUntilNs) {
        untilNs = newUntilNs;
    }

    /** Frames for which there was no room. */
    long lost() {
        return lost.get();
    }

    /** Whether there are as many frames as were asked for. */
    boolean isFull() {
        return full;
    }

    // The worker.

    private void take(Stage stage, Batch b, int i, int port, boolean inbound, String words) {
        if (full || !filter.takes(stage, port)) {
            return;
        }
        byte[] bytes = new byte[b.length[i]];
        MemorySegment.copy(datapath.pool().memory(), ValueLayout.JAVA_BYTE, b.start[i], bytes, 0, bytes.length);
        if (bytes.length <= MAC_BYTES || !filter.takes(bytes)) {
            return;
        }
        long nowNs = System.nanoTime() + epochLessNanoTime;
        Frame frame = new Frame(
                nowNs,
                port,
                inbound,
                bytes.length > bounds.frameBytesMax ? Arrays.copyOf(bytes, bounds.frameBytesMax) : bytes,
                bytes.length,
                stage.word() + (bounds.brief ? "" : words) + offloads(b, i));
        if (waitingBytes.get() + frame.cost() > WAITING_BYTES_MAX) {
            lost.incrementAndGet();
            return;
        }
        waitingBytes.addAndGet(frame.cost());
        frames.add(frame);
        taken++;
        full = taken >= bounds.framesMax;
    }

    private static String offloads(Batch b, int i) {
        String words = "";
        if (b.gsoType[i] != Batch.GSO_NONE) {
            words = "; super-frame, to be cut into segments of " + b.gsoSizeBytes[i] + " bytes";
        }
        if ((b.offload[i] & Batch.CHECKSUM_PARTIAL) != 0) {
            words += "; checksum left to the interface, so it looks wrong here";
        }
        return words;
    }

    private String port(int index) {
        Snapshot snapshot = datapath.snapshot();
        return index >= 0 && index < snapshot.portCount() ? snapshot.port(index).name() : "port " + index;
    }

    @Override
    public void received(Batch b, int i) {
        if (System.nanoTime() - untilNs > 0) {
            tracers.remove(datapath, this);
            return;
        }
        decision = "";
        enteringBatch = null;
        take(Stage.IN, b, i, b.port[i], true, " by " + port(b.port[i]));
    }

    /** It was taken up when it came in. */
    @Override
    public void released(Batch b, int i) {
        decision = "; had waited for its first fragment";
        enteringBatch = null;
    }

    @Override
    public void classified(Batch b, int i, Decision d) {
        Snapshot snapshot = datapath.snapshot();
        Path chosen = d.path() == 0 ? null : snapshot.path(d.path());
        decision = "; rule " + ListFlows.rule(d.rule(), snapshot) + (d.hit() ? ", record" : ", new flow") + ", "
                + (d.direction() == 0 ? "forward" : "reverse")
                + (chosen == null ? ", no path" : ", path " + chosen.name());
    }

    @Override
    public void instructed(Batch b, int i, Instruction instruction) {
        decision += ", instruction";
    }

    @Override
    public void steered(Batch b, int i, Attachment attachment, int enteredSide, boolean copy) {
        // The frame is complete when it is sent.
        enteringBatch = b;
        enteringSlot = i;
        entering = (copy ? " as a copy to " : " to ") + attachment.name() + " " + side(enteredSide);
    }

    @Override
    public void uninspected(Batch b, int i, Attachment attachment) {
        decision += ", past dead " + attachment.name();
    }

    @Override
    public void returned(Batch b, int i, Attachment attachment, int side, int direction) {
        decision = "; " + (direction == 0 ? "forward" : "reverse");
        take(
                Stage.RETURNED,
                b,
                i,
                attachment.hasPorts() ? attachment.side(side).port() : b.port[i],
                true,
                " by " + attachment.name() + " " + side(side) + decision);
    }

    @Override
    public void routed(Batch b, int i, int router, int egress) {
        decision += ", routed " + datapath.snapshot().router(router).name();
    }

    @Override
    public void tunnelled(Batch b, int i, int port, int spi, int si) {
        decision += ", path " + spi + " index " + si;
    }

    @Override
    public void carried(Batch b, int i, OverlayPeer peer, int spi, int si) {
        decision += ", from " + peer.name() + " on path " + spi + " index " + si;
    }

    @Override
    public void sent(Batch b, int i, int port) {
        boolean toNode = b == enteringBatch && i == enteringSlot;
        enteringBatch = null;
        take(
                toNode ? Stage.STEERED : Stage.OUT,
                b,
                i,
                port,
                false,
                (toNode ? entering : " by " + port(port)) + decision);
    }

    @Override
    public void dropped(Batch b, int i, DropReason reason) {
        enteringBatch = null;
        take(Stage.DROPPED, b, i, b.port[i], true, ": " + reason + decision);
    }

    private static String side(int side) {
        return side == Attachment.IN ? "in" : "out";
    }
}
