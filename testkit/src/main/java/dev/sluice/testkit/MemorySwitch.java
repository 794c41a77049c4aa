package dev.sluice.testkit;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.KeptTables;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.ports.MemoryPort;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The production data path over ports in memory, with time in the hands of the test. One user: the test. */
public final class MemorySwitch implements AutoCloseable {
    private static final int SMALL_FRAMES = 1024;
    private static final int LARGE_FRAMES = 64;

    private final Arena arena = Arena.ofConfined();
    private final FramePool pool;
    private final Liveness liveness = new Liveness(1024, 1024);
    private final Datapath datapath;
    private final Batch batch = new Batch();
    private final List<@Nullable MemoryPort> ports = new ArrayList<>();
    private @Nullable MemoryOffload fastPath;
    private long nowNs = 1_000_000_000L;

    /** A switch with room for the given number of connections. */
    public MemorySwitch(Snapshot snapshot, int connectionsMax) {
        this(snapshot, connectionsMax, SMALL_FRAMES, LARGE_FRAMES);
    }

    /** A switch with room for the given numbers of connections and frames. */
    public MemorySwitch(Snapshot snapshot, int connectionsMax, int smallFrames, int largeFrames) {
        pool = new FramePool(
                arena.allocate(FramePool.bytesFor(smallFrames, largeFrames), 4096), smallFrames, largeFrames);
        datapath = new Datapath(pool, liveness, connectionsMax, 42);
        apply(snapshot);
    }

    /** A switch whose connections lie in memory that outlives it. */
    public MemorySwitch(Snapshot snapshot, KeptTables kept) {
        pool = new FramePool(
                arena.allocate(FramePool.bytesFor(SMALL_FRAMES, LARGE_FRAMES), 4096), SMALL_FRAMES, LARGE_FRAMES);
        datapath = new Datapath(pool, liveness, kept, 43);
        apply(snapshot);
    }

    /** Goes on with what another switch has left, now; how many connections. */
    public int goOn(KeptTables before, long now, MemoryOffload device) {
        nowNs = now;
        device.handOver();
        int connections = datapath.recollect(before, device, now);
        offload(device, 1);
        return connections;
    }

    /** From now on a fast path sees frames first; flows have to have had some packets before. */
    public void offload(MemoryOffload device, int afterPackets) {
        fastPath = device;
        datapath.offload(device, afterPackets);
    }

    /** Swaps the configuration. Ports keep their place and what they hold. */
    public void apply(Snapshot snapshot) {
        for (int i = ports.size(); i < snapshot.portCount(); i++) {
            PortEntry port = snapshot.port(i);
            ports.add(port.role() == PortEntry.Role.LINK ? null : new MemoryPort(port.name(), i, pool));
        }
        datapath.apply(snapshot, ports.toArray(new PacketPort[0]));
    }

    /** Takes the device of a port away, as when its interface is deleted. */
    public void loseDevice(int port) {
        ports.set(port, null);
        datapath.apply(datapath.snapshot(), ports.toArray(new PacketPort[0]));
    }

    /** A frame comes in; what the switch sends because of it is waiting at its ports afterwards. */
    public void receive(int port, byte[] frame) {
        receive(port, MemoryFrame.plain(frame));
    }

    /** A frame with offload metadata comes in. */
    public void receive(int port, MemoryFrame frame) {
        MemoryOffload first = fastPath;
        MemoryOffload.Sent sent = first == null ? null : first.repeat(port, frame, nowNs);
        if (sent != null) {
            port(sent.port()).pass(sent.frame());
            return;
        }
        MemoryPort in = port(port);
        in.inject(frame);
        batch.count = 0;
        in.receive(batch);
        datapath.process(batch, nowNs);
        datapath.flush();
    }

    /** The frames sent out of a port since the last call. */
    public List<byte[]> sent(int port) {
        return port(port).takeSent().stream().map(MemoryFrame::bytes).toList();
    }

    /** The frames sent out of a port since the last call, with their offload metadata. */
    public List<MemoryFrame> sentFrames(int port) {
        return port(port).takeSent();
    }

    /** What was sent since the last call, by port. */
    public Map<Integer, List<MemoryFrame>> sentAnywhere() {
        Map<Integer, List<MemoryFrame>> all = new java.util.TreeMap<>();
        for (int i = 0; i < ports.size(); i++) {
            MemoryPort port = ports.get(i);
            List<MemoryFrame> sent = port == null ? List.of() : port.takeSent();
            if (!sent.isEmpty()) {
                all.put(i, sent);
            }
        }
        return all;
    }

    private MemoryPort port(int index) {
        MemoryPort port = ports.get(index);
        if (port == null) {
            throw new IllegalArgumentException("port " + index + " is a link and has no device");
        }
        return port;
    }

    /** Lets time pass; timers run at its end. */
    public void advance(long ns) {
        nowNs += ns;
        datapath.tick(nowNs);
        datapath.flush();
    }

    /** Dropped packets so far, by reason. */
    public Map<DropReason, Long> drops() {
        Map<DropReason, Long> drops = new EnumMap<>(DropReason.class);
        for (DropReason reason : DropReason.values()) {
            long count = datapath.drops().total(reason);
            if (count > 0) {
                drops.put(reason, count);
            }
        }
        return drops;
    }

    /** Frames of the pool that are in nobody's hands; equal before and after means that none leaked. */
    public int freeFrames() {
        return pool.freeSmallCount() + pool.freeLargeCount();
    }

    public long nowNs() {
        return nowNs;
    }

    public Liveness liveness() {
        return liveness;
    }

    public Datapath datapath() {
        return datapath;
    }

    @Override
    public void close() {
        datapath.close();
        arena.close();
    }
}
