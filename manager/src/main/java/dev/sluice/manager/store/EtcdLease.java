package dev.sluice.manager.store;

import dev.sluice.manager.store.rpc.LeaseGrantRequest;
import dev.sluice.manager.store.rpc.LeaseGrpc;
import dev.sluice.manager.store.rpc.LeaseKeepAliveRequest;
import dev.sluice.manager.store.rpc.LeaseKeepAliveResponse;
import dev.sluice.manager.store.rpc.LeaseRevokeRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Leases of etcd: what is bound to one goes away when nobody asks for it to be kept. Stateless. */
final class EtcdLease {
    private static final Logger LOG = LoggerFactory.getLogger(EtcdLease.class);
    private static final long REVOKE_MS = 1_000;

    private EtcdLease() {}

    /** A new one. If an answer is lost there may be one more, which nobody keeps. */
    static long grant(EtcdCalls calls, int seconds) {
        try {
            return calls.ask((channel, ms) -> LeaseGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(ms, TimeUnit.MILLISECONDS)
                            .leaseGrant(LeaseGrantRequest.newBuilder()
                                    .setTTL(seconds)
                                    .build()))
                    .getID();
        } catch (StatusRuntimeException e) {
            throw calls.refusal(e);
        }
    }

    /**
     * Keeps one for its whole time from now on.
     *
     * @param patienceMs for how long to try
     * @return whether it was still there
     */
    static boolean keep(EtcdCalls calls, long lease, long patienceMs) {
        try {
            return calls.askWithin(patienceMs, 0, (channel, ms) -> {
                        Once answer = new Once();
                        StreamObserver<LeaseKeepAliveRequest> toEtcd = LeaseGrpc.newStub(channel)
                                .withDeadlineAfter(ms, TimeUnit.MILLISECONDS)
                                .leaseKeepAlive(answer);
                        toEtcd.onNext(
                                LeaseKeepAliveRequest.newBuilder().setID(lease).build());
                        try {
                            return answer.await();
                        } finally {
                            toEtcd.onCompleted();
                        }
                    })
                    > 0;
        } catch (StatusRuntimeException e) {
            throw calls.refusal(e);
        }
    }

    /** The first answer of a stream: the seconds that are left. */
    private static final class Once implements StreamObserver<LeaseKeepAliveResponse> {
        private final CompletableFuture<Long> seconds = new CompletableFuture<>();

        @Override
        public void onNext(LeaseKeepAliveResponse response) {
            seconds.complete(response.getTTL());
        }

        @Override
        public void onError(Throwable failure) {
            seconds.completeExceptionally(failure);
        }

        @Override
        public void onCompleted() {
            seconds.completeExceptionally(new StatusRuntimeException(Status.UNAVAILABLE));
        }

        long await() {
            try {
                return seconds.join();
            } catch (CompletionException e) {
                throw Status.fromThrowable(e.getCause()).asRuntimeException();
            }
        }
    }

    /** Ends one, if etcd answers; it ends by itself otherwise. */
    static void revoke(EtcdCalls calls, long lease) {
        try {
            calls.askWithin(
                    REVOKE_MS,
                    0,
                    (channel, ms) -> LeaseGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(ms, TimeUnit.MILLISECONDS)
                            .leaseRevoke(
                                    LeaseRevokeRequest.newBuilder().setID(lease).build()));
        } catch (StatusRuntimeException | StoreException e) {
            LOG.debug("a lease ends by itself", e);
        }
    }
}
