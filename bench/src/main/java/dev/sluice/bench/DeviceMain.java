package dev.sluice.bench;

import com.sun.management.ThreadMXBean;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.fastpath.FastPath;
import dev.sluice.ports.Poller;
import dev.sluice.ports.PortException;
import dev.sluice.ports.PortOpener;
import dev.sluice.ports.PortOptions;
import java.lang.foreign.Arena;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import org.jspecify.annotations.Nullable;

/**
 * A worker under test, in a process of its own: {@code forward|path|rules DRIVER spin|sleep [FLOWS]}, DRIVER being one of ports, or FAST for the kernel's fast path; {@code rules} tracks between two ports, with
 * {@link #RULES} rules for other traffic. {@code stampede FAST sleep FLOWS SECONDS FILE} has two nodes and does what {@link Stampede} says. Says "ready", then once per second a line
 * {@code stat frames N allocated BYTES collections N}: frames taken, bytes allocated by the worker's thread, collections of the JVM, all since its start.
 */
public final class DeviceMain {
    private static final int SMALL_FRAMES = 8192;
    private static final int LARGE_FRAMES = 256;
    /** Rules before the one for the load. */
    static final int RULES = 10_000;

    private static final int CONNECTIONS_MAX = 1 << 20;
    private static final int NEW_CONNECTIONS_MAX = 1 << 23;
    private static final int IDLE_ROUNDS_MAX = 1000;
    private static final long TICK_NS = 10_000_000;
    private static final int STAT_PERIOD_MS = 1000;

    private final boolean sleeps;
    private final PacketPort[] ports;
    private final Batch batch = new Batch();

    /** What is done between two batches, beside packets. */
    interface Chores {
        void tick(Datapath datapath, Liveness liveness, long frames, long nowNs);
    }

    private static final Chores NONE = (_, _, _, _) -> {};

    /** Written by the worker, read by the thread that prints; may lag. */
    private volatile long frames;

    private DeviceMain(boolean sleeps, PacketPort[] ports) {
        this.sleeps = sleeps;
        this.ports = ports;
    }

    /** Runs until it is killed. */
    public static void main(String[] arguments) throws PortException {
        boolean path = arguments[0].equals("path");
        boolean rules = arguments[0].equals("rules");
        int flows = path && arguments.length > 3 ? Integer.parseInt(arguments[3]) : 0;
        Stampede stampede = arguments[0].equals("stampede") ? Stampede.of(arguments) : null;
        boolean fast = arguments[1].equals("FAST");
        PortOptions options = PortOptions.DEFAULT.withDriver(
                fast ? PortOptions.Driver.AUTO : PortOptions.Driver.valueOf(arguments[1]));
        try (Arena arena = Arena.ofShared()) {
            FramePool pool = new FramePool(
                    arena.allocate(FramePool.bytesFor(SMALL_FRAMES, LARGE_FRAMES), FramePool.SMALL_BYTES),
                    SMALL_FRAMES,
                    LARGE_FRAMES);
            PortOpener opener = new PortOpener(pool);
            FastPath fastPath = fast
                    ? FastPath.open(pool, stampede == null ? Math.max(CONNECTIONS_MAX, 4 * flows) : stampede.journeys())
                    : null;
            PacketPort[] ports = new PacketPort[stampede != null ? 6 : path ? 4 : 2];
            for (int i = 0; i < ports.length; i++) {
                ports[i] = fastPath == null ? opener.open("p" + i, i, options) : fastPath.attach("p" + i, i);
                System.out.println(ports[i].name() + ": " + ports[i].description());
            }
            DeviceMain device = new DeviceMain(arguments[2].equals("sleep"), ports);
            device.printStatistics(Thread.currentThread().threadId());
            System.out.println("ready");
            OffloadDevice offload = fastPath == null ? null : fastPath.offload();
            if (stampede != null) {
                stampede.reads(fastPath);
                device.path(pool, stampede.connections(), BridgePath.snapshotOfTwoNodes(), offload, stampede);
            } else if (rules) {
                device.path(pool, NEW_CONNECTIONS_MAX, BridgePath.passingOfRules(RULES), offload, NONE);
            } else if (path) {
                device.path(pool, Math.max(CONNECTIONS_MAX, 2 * flows), BridgePath.snapshot(), offload, NONE);
            } else {
                device.forward();
            }
        }
    }

    private void forward() throws PortException {
        try (Poller poller = Poller.open(ports)) {
            int idle = 0;
            while (true) {
                int moved = move(ports[0], ports[1]) + move(ports[1], ports[0]);
                idle = rest(poller, moved == 0 ? idle + 1 : 0);
            }
        }
    }

    private int move(PacketPort from, PacketPort to) {
        batch.count = 0;
        int received = from.receive(batch);
        for (int i = 0; i < received; i++) {
            to.send(batch, i);
        }
        if (received > 0) {
            to.flush();
            count(received);
        }
        return received;
    }

    private void path(
            FramePool pool, int connectionsMax, Snapshot snapshot, @Nullable OffloadDevice offload, Chores chores)
            throws PortException {
        Liveness liveness = new Liveness(64, 64);
        try (Datapath datapath = new Datapath(pool, liveness, connectionsMax, System.nanoTime());
                Poller poller = Poller.open(ports)) {
            datapath.apply(snapshot, ports);
            datapath.offload(offload, 1);
            int idle = 0;
            long tickAt = System.nanoTime();
            while (true) {
                int received = 0;
                long now = System.nanoTime();
                for (PacketPort port : ports) {
                    received += steer(datapath, port, now);
                }
                if (now - tickAt >= 0) {
                    chores.tick(datapath, liveness, frames, now);
                    datapath.tick(now);
                    datapath.flush();
                    tickAt = now + TICK_NS;
                }
                idle = rest(poller, received == 0 ? idle + 1 : 0);
            }
        }
    }

    private int steer(Datapath datapath, PacketPort port, long now) {
        batch.count = 0;
        int received = port.receive(batch);
        if (received > 0) {
            datapath.process(batch, now);
            datapath.flush();
            count(received);
        }
        return received;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    private void count(int received) {
        frames += received;
    }

    private int rest(Poller poller, int idle) {
        if (!sleeps || idle < IDLE_ROUNDS_MAX) {
            return idle;
        }
        poller.await((int) (TICK_NS / 1_000_000));
        return 0;
    }

    private void printStatistics(long worker) {
        Thread.ofPlatform().daemon().name("statistics").start(() -> {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            while (true) {
                try {
                    Thread.sleep(STAT_PERIOD_MS);
                } catch (InterruptedException e) {
                    return;
                }
                System.out.println("stat frames " + frames + " allocated " + threads.getThreadAllocatedBytes(worker)
                        + " collections " + collections());
            }
        });
    }

    /** Collections of this JVM since its start. */
    static long collections() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionCount)
                .sum();
    }
}
