package dev.sluice.manager.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.store.rpc.KVGrpc;
import dev.sluice.manager.store.rpc.LeaseGrantRequest;
import dev.sluice.manager.store.rpc.LeaseGrantResponse;
import dev.sluice.manager.store.rpc.LeaseGrpc;
import dev.sluice.manager.store.rpc.LeaseKeepAliveRequest;
import dev.sluice.manager.store.rpc.LeaseKeepAliveResponse;
import dev.sluice.manager.store.rpc.TxnRequest;
import dev.sluice.manager.store.rpc.TxnResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a manager says of itself to a member of etcd that does not always take it. */
class EtcdMembersTest {
    private static final long LATER_NS = 2_000_000_000L;
    private static final int TRIES = 20;

    private final AtomicBoolean refuses = new AtomicBoolean();
    private final AtomicLong leases = new AtomicLong();

    /** What etcd was asked, in order. */
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());

    @SuppressWarnings("NullAway.Init") // set before each test
    private Server server;

    @SuppressWarnings("NullAway.Init") // set before each test
    private EtcdCalls calls;

    @BeforeEach
    void start() throws Exception {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(new Leases())
                .addService(new Keys())
                .build()
                .start();
        calls = new EtcdCalls(
                EtcdOptions.parse(EtcdOptions.SCHEME + "127.0.0.1:" + server.getPort(), "a", Optional.empty()),
                EtcdCalls.PATIENCE_MS);
    }

    @AfterEach
    void stop() {
        calls.close();
        server.shutdownNow();
    }

    private final class Leases extends LeaseGrpc.LeaseImplBase {
        @Override
        public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> answer) {
            long lease = leases.incrementAndGet();
            asked.add("grant " + lease);
            answer.onNext(LeaseGrantResponse.newBuilder()
                    .setID(lease)
                    .setTTL(request.getTTL())
                    .build());
            answer.onCompleted();
        }

        @Override
        public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(StreamObserver<LeaseKeepAliveResponse> answer) {
            return new StreamObserver<>() {
                @Override
                public void onNext(LeaseKeepAliveRequest request) {
                    asked.add("keep " + request.getID());
                    answer.onNext(LeaseKeepAliveResponse.newBuilder()
                            .setID(request.getID())
                            .setTTL(10)
                            .build());
                }

                @Override
                public void onError(Throwable failure) {
                    // Whoever asked has its answer.
                }

                @Override
                public void onCompleted() {
                    answer.onCompleted();
                }
            };
        }
    }

    private final class Keys extends KVGrpc.KVImplBase {
        @Override
        public void txn(TxnRequest request, StreamObserver<TxnResponse> answer) {
            long lease = request.getSuccess(0).getRequestPut().getLease();
            if (refuses.get()) {
                asked.add("refused " + lease);
                answer.onError(Status.PERMISSION_DENIED.asRuntimeException());
                return;
            }
            asked.add("put " + lease);
            answer.onNext(TxnResponse.newBuilder().setSucceeded(true).build());
            answer.onCompleted();
        }
    }

    /** On a busy machine calls are given up and made again, so it is only said that it comes to be known. */
    @Test
    void aManagerThatCouldNotSayThatItIsThereSaysItAgain() {
        EtcdMembers members = new EtcdMembers(calls, new EtcdKeys("/test/"), "a", "http://127.0.0.1:9470");
        refuses.set(true);
        members.keep(0);
        assertThat(asked).noneMatch(what -> what.startsWith("put"));
        refuses.set(false);
        for (int i = 1; i <= TRIES && asked.stream().noneMatch(what -> what.startsWith("put")); i++) {
            members.keep(i * LATER_NS);
        }
        assertThat(asked).anyMatch(what -> what.startsWith("put"));
    }
}
