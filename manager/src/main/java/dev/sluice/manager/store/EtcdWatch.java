package dev.sluice.manager.store;

import dev.sluice.manager.store.rpc.WatchCreateRequest;
import dev.sluice.manager.store.rpc.WatchEvent;
import dev.sluice.manager.store.rpc.WatchGrpc;
import dev.sluice.manager.store.rpc.WatchRequest;
import dev.sluice.manager.store.rpc.WatchResponse;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A watch of all keys of a store from a revision of etcd on, over one connection, until it ends. One user; gRPC's threads put what comes into a queue. */
final class EtcdWatch implements StreamObserver<WatchResponse>, AutoCloseable {
    private final EtcdKeys keys;
    private final BlockingQueue<Item> items = new LinkedBlockingQueue<>();
    private final Context.CancellableContext context;

    /** Of a revision that has not come as a whole yet; gRPC's calls are one after the other. */
    private List<WatchEvent> events = new ArrayList<>();

    /** What comes. */
    sealed interface Item {}

    /** It stands. */
    record Begun() implements Item {}

    /**
     * A transaction of the store.
     *
     * @param revision of etcd
     */
    record Transaction(long revision, List<WatchEvent> events) implements Item {}

    /**
     * It has ended.
     *
     * @param compacted the oldest revision of etcd that is kept, if the one asked for is not; else 0
     */
    record Ended(long compacted, String why) implements Item {}

    EtcdWatch(Channel channel, EtcdKeys keys, long fromRevision) {
        this.keys = keys;
        context = Context.ROOT.withCancellation();
        context.run(() -> {
            StreamObserver<WatchRequest> toEtcd = WatchGrpc.newStub(channel).watch(this);
            toEtcd.onNext(WatchRequest.newBuilder()
                    .setCreateRequest(WatchCreateRequest.newBuilder()
                            .setKey(keys.all())
                            .setRangeEnd(keys.allEnd())
                            .setStartRevision(fromRevision)
                            .setPrevKv(true))
                    .build());
        });
    }

    @Nullable
    Item next(long timeoutMs) throws InterruptedException {
        return items.poll(timeoutMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void onNext(WatchResponse response) {
        if (response.getCanceled()) {
            items.add(new Ended(response.getCompactRevision(), response.getCancelReason()));
            return;
        }
        if (response.getCreated()) {
            items.add(new Begun());
        }
        for (WatchEvent event : response.getEventsList()) {
            take(event);
        }
    }

    /** Each transaction ends with the key of its writer; what is changed without one is no transaction. */
    private void take(WatchEvent event) {
        long revision = event.getKv().getModRevision();
        if (!events.isEmpty() && events.getLast().getKv().getModRevision() != revision) {
            events = new ArrayList<>();
        }
        if (keys.isData(event.getKv().getKey())) {
            events.add(event);
        } else if (keys.isWriter(event.getKv().getKey()) && event.getType() == WatchEvent.EventType.PUT) {
            items.add(new Transaction(revision, events));
            events = new ArrayList<>();
        }
    }

    @Override
    public void onError(Throwable failure) {
        items.add(new Ended(0, String.valueOf(failure.getMessage())));
    }

    @Override
    public void onCompleted() {
        items.add(new Ended(0, "etcd has ended the watch"));
    }

    @Override
    public void close() {
        context.cancel(null);
    }
}
