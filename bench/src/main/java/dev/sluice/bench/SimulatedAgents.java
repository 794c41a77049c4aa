package dev.sluice.bench;

import dev.sluice.lab.LabException;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.SouthboundGrpc;
import dev.sluice.southbound.Update;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Many agents in one process, each with a stream of its own, that take whatever they are told. One user; gRPC's threads answer. */
final class SimulatedAgents implements AutoCloseable {
    private static final int STREAMS_PER_CHANNEL = 4;

    private final List<ManagedChannel> channels = new ArrayList<>();
    private final Map<String, Simulated> agents = new LinkedHashMap<>();
    private final AtomicLong updates = new AtomicLong();

    /** Begins streams for nodes n0, n1 and so on. */
    SimulatedAgents(int port, int count) {
        for (int i = 0; i < count; i++) {
            if (i % STREAMS_PER_CHANNEL == 0) {
                channels.add(NettyChannelBuilder.forAddress("127.0.0.1", port)
                        .usePlaintext()
                        .build());
            }
            String name = "n" + i;
            Simulated agent = new Simulated();
            agents.put(name, agent);
            agent.begin(channels.getLast(), name);
        }
    }

    /** One of them. */
    private final class Simulated implements StreamObserver<FromController> {
        private final Map<String, String> held = new ConcurrentHashMap<>();
        private volatile long bytes;
        private volatile String failure = "";
        private @Nullable StreamObserver<FromAgent> out;

        synchronized void begin(ManagedChannel channel, String name) {
            out = SouthboundGrpc.newStub(channel).follow(this);
            out.onNext(FromAgent.newBuilder()
                    .setHello(Hello.newBuilder().setNode(name).setProtocol(Protocol.NUMBER))
                    .build());
        }

        @Override
        public synchronized void onNext(FromController message) {
            Update update = message.getUpdate();
            bytes += message.getSerializedSize();
            update.getRemovedList().forEach(held::remove);
            update.getResourcesList().forEach(each -> held.put(each.getName(), each.getVersion()));
            if (update.getMore() || out == null) {
                return;
            }
            boolean sound = Protocol.fingerprint(held).equals(update.getFingerprint());
            if (!sound) {
                failure = "an update does not lead to what it says";
            }
            out.onNext(FromAgent.newBuilder()
                    .setAnswer(Answer.newBuilder().setNonce(update.getNonce()).setAccepted(sound))
                    .build());
            updates.incrementAndGet();
        }

        @Override
        public void onError(Throwable cause) {
            failure = String.valueOf(cause);
        }

        @Override
        public void onCompleted() {
            failure = "the manager has ended the stream";
        }
    }

    /** How many updates came, at all agents together. */
    long updates() {
        return updates.get();
    }

    /** Bytes that an agent was sent. */
    long bytes(String node) {
        Simulated agent = agents.get(node);
        return agent == null ? 0 : agent.bytes;
    }

    /** Waits until each agent holds so many objects. */
    void awaitInStep(int objects, long timeoutMs) throws InterruptedException {
        long deadlineNs = System.nanoTime() + timeoutMs * 1_000_000;
        while (agents.values().stream().anyMatch(agent -> agent.held.size() != objects)) {
            await(deadlineNs);
        }
    }

    /** Waits until so many updates came. */
    void awaitUpdates(long count, long timeoutMs) throws InterruptedException {
        long deadlineNs = System.nanoTime() + timeoutMs * 1_000_000;
        while (updates.get() < count) {
            await(deadlineNs);
        }
    }

    private void await(long deadlineNs) throws InterruptedException {
        for (Simulated agent : agents.values()) {
            if (!agent.failure.isEmpty()) {
                throw new LabException("a simulated agent: " + agent.failure);
            }
        }
        if (System.nanoTime() > deadlineNs) {
            throw new LabException("agents do not get what they are to have; " + updates + " updates came");
        }
        Thread.sleep(1);
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
    }
}
