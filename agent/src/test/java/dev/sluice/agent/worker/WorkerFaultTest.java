package dev.sluice.agent.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.compile.PortBinding;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.MemoryPort;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A defect on the way of a packet costs that packet: the worker, the other packets and the other ports go on. An error of the machine ends the worker. Waits by polling with a deadline. */
class WorkerFaultTest {
    private static final int FRAMES = 200;

    /** UDP 10.0.0.1:1000 -> 10.0.0.2:53, one byte of payload, no UDP checksum. */
    private static final byte[] FRAME = HexFormat.of()
            .parseHex("02000000000b02000000000a0800" + "4500001d00000000401166ce" + "0a0000010a000002"
                    + "03e8003500090000" + "61");

    private final FaultySource source = new FaultySource();

    @SuppressWarnings("NullAway.Init") // set before each test
    private RunningWorker running;

    @BeforeEach
    void start() throws Exception {
        running = new RunningWorker(source);
        await(() -> source.ports.size() == 4);
    }

    @AfterEach
    void stop() throws InterruptedException {
        running.stop();
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    private FaultyPort port(String name) {
        return Objects.requireNonNull(source.ports.get(name));
    }

    @Test
    void throwingSendLosesNothingButTheFrameInHand() throws InterruptedException {
        FaultyPort in = port("fw-1-in");
        in.sendsBeforeFault = 3;
        for (int i = 0; i < FRAMES; i++) {
            port("left").memory.inject(FRAME);
        }
        // A fault is counted when the rest of its batch is done.
        await(() -> in.sends == FRAMES && running.worker.faults() > 0);
        assertThat(running.worker.faults()).isEqualTo(1);
        assertThat(free()).isEqualTo(RunningWorker.SIZES.smallFrames() - 1);
        port("left").memory.inject(FRAME);
        await(() -> in.sends == FRAMES + 1);
    }

    @Test
    void throwingReceiveStopsNoOtherPort() throws InterruptedException {
        FaultyPort in = port("fw-1-in");
        for (FaultyPort other : source.ports.values()) {
            other.receiveThrows = other != port("left") && other != in;
        }
        port("left").memory.inject(FRAME);
        await(() -> in.sends == 1 && running.worker.faults() > 0);
        source.ports.values().forEach(other -> other.receiveThrows = false);
        assertThat(free()).isEqualTo(RunningWorker.SIZES.smallFrames());
    }

    @Test
    void throwingFlushDelaysOthersOnly() throws InterruptedException {
        FaultyPort in = port("fw-1-in");
        in.flushThrows = true;
        port("left").memory.inject(FRAME);
        await(() -> running.worker.faults() > 0);
        in.flushThrows = false;
        port("left").memory.inject(FRAME);
        await(() -> in.memory.takeSent().size() > 0);
        assertThat(free()).isEqualTo(RunningWorker.SIZES.smallFrames());
    }

    @Test
    void errorOfTheMachineEndsTheWorkerWithAllPortsClosed() throws InterruptedException {
        assertThat(running.worker.failure()).isNull();
        port("left").memoryIsOut = true;
        running.thread.join(10_000);
        assertThat(running.thread.isAlive()).isFalse();
        assertThat(running.worker.failure()).isInstanceOf(OutOfMemoryError.class);
        assertThat(source.ports.values()).allMatch(port -> port.closed);
        assertThat(running.worker.submit(new Refused()))
                .as("nobody waits for it")
                .isFalse();
    }

    @Test
    void taskInHandIsAbandonedWhenTheWorkerEndsByAnError() throws InterruptedException {
        Refused waiting = new Refused();
        assertThat(running.worker.submit(waiting)).isTrue();
        port("left").memoryIsOut = true;
        assertThat(waiting.abandoned.await(10, TimeUnit.SECONDS)).isTrue();
    }

    /** Is never done. */
    private static final class Refused implements WorkerTask {
        final CountDownLatch abandoned = new CountDownLatch(1);

        @Override
        public boolean step(Datapath datapath, long nowNs) {
            return false;
        }

        @Override
        public void abandon() {
            abandoned.countDown();
        }
    }

    /** Chunks in nobody's hands, asked between two batches. */
    private int free() throws InterruptedException {
        int[] free = {-1};
        CountDownLatch asked = new CountDownLatch(1);
        running.worker.submit(new WorkerTask() {
            @Override
            public boolean step(Datapath datapath, long nowNs) {
                free[0] = datapath.pool().freeSmallCount();
                asked.countDown();
                return true;
            }

            @Override
            public void abandon() {
                asked.countDown();
            }
        });
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        return free[0];
    }

    private static final class FaultySource implements PortSource.Factory, PortSource {
        final Map<String, FaultyPort> ports = new ConcurrentHashMap<>();

        @SuppressWarnings("NullAway.Init") // set before a port is opened
        private FramePool pool;

        @Override
        public PortSource over(FramePool workersPool) {
            pool = workersPool;
            return this;
        }

        @Override
        public PacketPort open(PortBinding binding) {
            FaultyPort port = new FaultyPort(new MemoryPort(binding.interfaceName(), binding.index(), pool));
            ports.put(binding.interfaceName(), port);
            return port;
        }

        @Override
        public boolean isOpen(PacketPort port) {
            return true;
        }

        @Override
        public boolean onLinkEvent(PacketPort port, LinkEvent event) {
            return false;
        }
    }

    /** A port in memory that breaks its promise not to throw. */
    private static final class FaultyPort implements PacketPort {
        final MemoryPort memory;
        volatile int sendsBeforeFault = Integer.MAX_VALUE;
        volatile int sends;
        volatile boolean receiveThrows;
        volatile boolean flushThrows;
        volatile boolean memoryIsOut;
        volatile boolean closed;

        FaultyPort(MemoryPort memory) {
            this.memory = memory;
        }

        @Override
        public String name() {
            return memory.name();
        }

        @Override
        public int receive(Batch batch) {
            if (receiveThrows) {
                throw new IllegalStateException("planted in receive");
            }
            if (memoryIsOut) {
                throw new OutOfMemoryError("planted in receive");
            }
            return memory.receive(batch);
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // one writer: the worker
        public void send(Batch batch, int slot) {
            int before = sends++;
            if (before == sendsBeforeFault) {
                throw new IllegalStateException("planted in send");
            }
            memory.send(batch, slot);
        }

        @Override
        public void flush() {
            if (flushThrows) {
                throw new IllegalStateException("planted in flush");
            }
            memory.flush();
        }

        @Override
        public int pollDescriptor() {
            return memory.pollDescriptor();
        }

        @Override
        public boolean carriesOffloads() {
            return memory.carriesOffloads();
        }

        @Override
        public String description() {
            return memory.description();
        }

        @Override
        public PortCounters counters() {
            return memory.counters();
        }

        @Override
        public void close() {
            closed = true;
            memory.close();
        }
    }
}
