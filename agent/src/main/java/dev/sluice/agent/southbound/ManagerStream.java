package dev.sluice.agent.southbound;

import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.SouthboundGrpc;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One stream to a manager, from its beginning to its end. One user; gRPC's threads put what comes into a queue. */
final class ManagerStream implements AutoCloseable {
    private final ManagerLink link;

    /** Whether the manager has let this host in: what comes later has other reasons. */
    private volatile boolean heard;

    private final ManagedChannel channel;
    private final StreamObserver<FromAgent> toManager;

    /** What has come, made into an event by the stream's user: why something failed only the link knows, which has one user too. */
    private final BlockingQueue<Supplier<Event>> events = new LinkedBlockingQueue<>();

    /** What comes. */
    sealed interface Event {}

    /** A message. */
    record Message(FromController message) implements Event {}

    /** The stream has ended. */
    record Ended(String why) implements Event {}

    private ManagerStream(ManagerLink link, ManagedChannel channel) {
        this.link = link;
        this.channel = channel;
        toManager = SouthboundGrpc.newStub(channel).follow(new StreamObserver<>() {
            @Override
            public void onNext(FromController message) {
                heard = true;
                events.add(() -> new Message(message));
            }

            @Override
            public void onError(Throwable failure) {
                boolean late = heard;
                events.add(() -> new Ended(late ? ManagerLink.plainWords(failure) : link.words(failure)));
            }

            @Override
            public void onCompleted() {
                events.add(() -> new Ended("the manager has ended the stream"));
            }
        });
    }

    /** Begins one; that the manager does not answer is the first event. */
    static ManagerStream open(ManagerLink link) throws ManagerLink.UnreachableException {
        return new ManagerStream(link, link.connect());
    }

    /** Whether a manager is at the other end: one that only takes connections, since it hangs say, is none. */
    boolean stands() {
        return channel.getState(false) == ConnectivityState.READY;
    }

    /** Whether what this host shows has been renewed, over this connection. */
    boolean renewed() {
        return link.renew(channel);
    }

    /** Any thread. */
    synchronized void send(FromAgent message) {
        try {
            toManager.onNext(message);
        } catch (IllegalStateException e) {
            events.add(() -> new Ended("the stream has ended"));
        }
    }

    /** The next event; null if none came in time. */
    @Nullable
    Event next(long timeoutMs) throws InterruptedException {
        Supplier<Event> next = events.poll(timeoutMs, TimeUnit.MILLISECONDS);
        return next == null ? null : next.get();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
