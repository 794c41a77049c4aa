package dev.sluice.agent.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.compile.PortBinding;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkInfo;
import dev.sluice.ports.MemoryPort;
import java.lang.reflect.Proxy;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The fast path may open long after the first configuration: when the first interface for it appears. Waits for what the worker says to its ports. */
class LateFastPathTest {
    private static final LinkInfo LINK = new LinkInfo("left", 7, 1, 1500, true, true, "", 0);
    private static final Set<String> ALL = Set.of("left", "right", "fw-1-in", "fw-1-out");

    private final LateSource source = new LateSource();

    @SuppressWarnings("NullAway.Init") // set before each test
    private RunningWorker running;

    @BeforeEach
    void start() throws Exception {
        running = new RunningWorker(source);
    }

    @AfterEach
    void stop() throws InterruptedException {
        running.stop();
    }

    @Test
    void whatWasLeftIsLetGoOfAndPortsKnowWhatToDoWithoutTheProcess() throws Exception {
        assertThat(source.absencesUntilSettled()).hasSize(ALL.size());
        running.worker.onLinkEvent(new LinkEvent.Appeared(LINK));
        assertThat(source.absencesUntilSettled())
                .as("again, now that there is a fast path")
                .hasSize(ALL.size());
    }

    private static final class LateSource implements PortSource.Factory, PortSource {
        private static final String SETTLED = "settled";
        private static final OffloadDevice NO_ROOM = (OffloadDevice) Proxy.newProxyInstance(
                OffloadDevice.class.getClassLoader(),
                new Class<?>[] {OffloadDevice.class},
                (_, method, _) -> switch (method.getName()) {
                    case "capacity", "pathCapacity" -> 16;
                    case "read" -> OffloadDevice.WALK_ENDED;
                    case "holdsOlder" -> false;
                    default -> method.getReturnType() == int.class ? 0 : null;
                });

        private final BlockingQueue<Object> said = new LinkedBlockingQueue<>();

        @SuppressWarnings("NullAway.Init") // set before a port is opened
        private FramePool pool;

        private @Nullable OffloadDevice device;

        /** Indices of the ports of which the worker says something before it says to settle. */
        Set<Integer> absencesUntilSettled() throws InterruptedException {
            Set<Integer> indices = new TreeSet<>();
            for (Object next = next(); !next.equals(SETTLED); next = next()) {
                indices.add((Integer) next);
            }
            assertThat(next()).isEqualTo(ALL);
            return indices;
        }

        private Object next() throws InterruptedException {
            return Objects.requireNonNull(said.poll(30, TimeUnit.SECONDS), "the worker says no more");
        }

        @Override
        public PortSource over(FramePool workersPool) {
            pool = workersPool;
            return this;
        }

        @Override
        public PacketPort open(PortBinding binding) {
            return new MemoryPort(binding.interfaceName(), binding.index(), pool);
        }

        @Override
        public boolean isOpen(PacketPort port) {
            return true;
        }

        @Override
        public boolean onLinkEvent(PacketPort port, LinkEvent event) {
            device = NO_ROOM;
            return true;
        }

        @Override
        public @Nullable OffloadDevice offload() {
            return device;
        }

        @Override
        public void setAbsence(int port, Absence absence) {
            said.add(port);
        }

        @Override
        public void settle(Set<String> interfaceNames) {
            said.add(SETTLED);
            said.add(interfaceNames);
        }
    }
}
