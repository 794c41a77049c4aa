package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.fuzz.network.Namespace;
import java.lang.foreign.Arena;
import java.util.IdentityHashMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** One short run of each driver with 64-byte frames, generator on the other core: prints rates, asserts only that frames pass. */
@Tag("system")
@Tag("long")
class PortRateSystemTest {
    /** Waking up costs more than a few thousand looks. */
    private static final int SPIN_ROUNDS = 5000;

    /** On a busy machine fewer may pass within the time of a test; then nothing can be said of the code once compiled. */
    private static final int FRAMES_UNTIL_COMPILED = 500_000;

    private static final PortOptions XDP_NATIVE =
            new PortOptions(PortOptions.Driver.AF_XDP, PortOptions.XdpMode.NATIVE, PortOptions.ZeroCopy.OFF);
    private static final PortOptions XDP_GENERIC =
            new PortOptions(PortOptions.Driver.AF_XDP, PortOptions.XdpMode.GENERIC, PortOptions.ZeroCopy.OFF);

    private final Namespace client = Namespace.make("c");
    private final Namespace middle = Namespace.make("m");
    private final Namespace server = Namespace.make("s");
    private final IdentityHashMap<FramePool, XdpUmem> umems = new IdentityHashMap<>();

    @BeforeEach
    void wire() {
        Namespace.veth(client, "c0", middle, "left");
        Namespace.veth(server, "s0", middle, "right");
    }

    @AfterEach
    void remove() {
        client.close();
        middle.close();
        server.close();
    }

    @Test
    void packetRing() throws Exception {
        rate("AF_PACKET ring", PacketSocketPort::open, PacketSocketPort::open);
    }

    @Test
    void xdpNative() throws Exception {
        rate(
                "AF_XDP native",
                (name, index, pool) -> XdpPort.open(name, index, umem(pool), XDP_NATIVE),
                (name, index, pool) -> XdpPort.open(name, index, umem(pool), XDP_NATIVE));
    }

    @Test
    void xdpGeneric() throws Exception {
        rate(
                "AF_XDP generic",
                (name, index, pool) -> XdpPort.open(name, index, umem(pool), XDP_GENERIC),
                (name, index, pool) -> XdpPort.open(name, index, umem(pool), XDP_GENERIC));
    }

    @Test
    void tapOut() throws Exception {
        rate("AF_PACKET ring to TAP", PacketSocketPort::open, (name, index, pool) -> {
            TapPort tap = TapPort.open("slptap1", index, pool);
            middle.ip("link set slptap1 up");
            return tap;
        });
    }

    private interface Opener {
        PacketPort open(String name, int index, FramePool pool) throws PortException;
    }

    private void rate(String what, Opener left, Opener right) throws Exception {
        Forwarder forwarder = new Forwarder(
                middle,
                (index, pool) -> left.open("left", index, pool),
                (index, pool) -> right.open("right", index, pool),
                (batch, slot, memory) -> {},
                SPIN_ROUNDS);
        AtomicBoolean stopped = new AtomicBoolean();
        FutureTask<Long> generator = client.start(() -> generate(stopped));
        // The rate is that of a whole run, warm-up included: 4 s.
        long began = System.nanoTime();
        while (System.nanoTime() - began < 4_000_000_000L) {
            LockSupport.parkNanos(10_000_000);
        }
        stopped.set(true);
        double seconds = (System.nanoTime() - began) / 1e9;
        long sent = generator.get();
        forwarder.stop();
        System.out.printf(
                "%s, 64 B: generated %.2f, forwarded %.2f Mpps, %.0f ns of processor per frame, allocated %d B, %s%n",
                what,
                sent / seconds / 1e6,
                forwarder.forwarded / seconds / 1e6,
                (double) forwarder.cpuNs / forwarder.forwarded,
                forwarder.allocatedBytes,
                forwarder.counters);
        assertThat(forwarder.forwarded).isPositive();
        // One object for each of the 50,000 frames would be 800,000 bytes.
        if (forwarder.forwarded > FRAMES_UNTIL_COMPILED) {
            assertThat(forwarder.allocatedBytes).isLessThan(100_000);
        }
        assertThat(forwarder.leaked).isFalse();
    }

    private static long generate(AtomicBoolean stopped) throws PortException {
        FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(64, 1), 4096), 64, 1);
        Batch batch = new Batch();
        try (PacketSocketPort port = PacketSocketPort.open("c0", 0, pool)) {
            while (!stopped.get()) {
                batch.count = 0;
                for (int i = 0; i < 64; i++) {
                    batch.append(pool.takeSmall(), 64, 0);
                    port.send(batch, i);
                }
                port.flush();
            }
            return port.counters().sentFrames;
        }
    }

    private XdpUmem umem(FramePool pool) {
        return umems.computeIfAbsent(pool, XdpUmem::new);
    }
}
