package dev.sluice.agent.southbound;

import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.SouthboundGrpc;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.ChannelOption;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One stream to a manager, from its beginning to its end. One user; gRPC's threads put what comes into a queue. */
final class ManagerStream implements AutoCloseable {
    private static final int KEEPALIVE_S = 10;
    private static final int KEEPALIVE_ANSWER_S = 5;
    private static final int CONNECT_TIMEOUT_MS = 5_000;

    private final ManagedChannel channel;
    private final StreamObserver<FromAgent> toManager;
    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();

    /** What comes. */
    sealed interface Event {}

    /** A message. */
    record Message(FromController message) implements Event {}

    /** The stream has ended. */
    record Ended(String why) implements Event {}

    private ManagerStream(ManagerAddress address) {
        channel = NettyChannelBuilder.forAddress(address.host(), address.port())
                .usePlaintext()
                .withOption(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
                .maxInboundMessageSize(Protocol.MESSAGE_BYTES_MAX)
                .keepAliveTime(KEEPALIVE_S, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEPALIVE_ANSWER_S, TimeUnit.SECONDS)
                .build();
        toManager = SouthboundGrpc.newStub(channel).follow(new StreamObserver<>() {
            @Override
            public void onNext(FromController message) {
                events.add(new Message(message));
            }

            @Override
            public void onError(Throwable failure) {
                events.add(new Ended(words(failure)));
            }

            @Override
            public void onCompleted() {
                events.add(new Ended("the manager has ended the stream"));
            }
        });
    }

    /** Begins one; that it cannot be is the first event. */
    static ManagerStream open(ManagerAddress address) {
        return new ManagerStream(address);
    }

    private static String words(Throwable failure) {
        Status status = Status.fromThrowable(failure);
        String description = status.getDescription() == null ? status.getCode().toString() : status.getDescription();
        Throwable cause = status.getCause();
        return cause == null || cause.getMessage() == null ? description : description + ": " + cause.getMessage();
    }

    void send(FromAgent message) {
        try {
            toManager.onNext(message);
        } catch (IllegalStateException e) {
            events.add(new Ended("the stream has ended"));
        }
    }

    /** The next event; null if none came in time. */
    @Nullable
    Event next(long timeoutMs) throws InterruptedException {
        return events.poll(timeoutMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
