package dev.sluice.controller;

import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.SouthboundGrpc;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Where agents reach a controller. Any thread. */
public final class SouthboundServer implements AutoCloseable {
    private static final int KEEPALIVE_S = 10;
    private static final int KEEPALIVE_ANSWER_S = 5;

    private final Server server;

    private SouthboundServer(Server server) {
        this.server = server;
    }

    /**
     * Listens, without encryption.
     *
     * @throws IOException if the address cannot be listened on
     */
    public static SouthboundServer start(InetSocketAddress listen, Controller controller) throws IOException {
        Server server = NettyServerBuilder.forAddress(listen)
                .addService(new Service(controller))
                .maxInboundMessageSize(Protocol.MESSAGE_BYTES_MAX)
                .maxConcurrentCallsPerConnection(4)
                .keepAliveTime(KEEPALIVE_S, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEPALIVE_ANSWER_S, TimeUnit.SECONDS)
                .permitKeepAliveTime(KEEPALIVE_ANSWER_S, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .build()
                .start();
        return new SouthboundServer(server);
    }

    /** The port that it listens on. */
    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    /** One object for all streams. */
    private static final class Service extends SouthboundGrpc.SouthboundImplBase {
        private final Controller controller;

        Service(Controller controller) {
            this.controller = controller;
        }

        @Override
        public StreamObserver<FromAgent> follow(StreamObserver<FromController> toAgent) {
            return new Stream(controller, (ServerCallStreamObserver<FromController>) toAgent);
        }
    }

    /** A stream: gRPC calls it from one thread at a time; the controller sends from its own. */
    private static final class Stream implements StreamObserver<FromAgent>, AgentStream {
        private final Controller controller;
        private final ServerCallStreamObserver<FromController> toAgent;
        private @Nullable String node;

        Stream(Controller controller, ServerCallStreamObserver<FromController> toAgent) {
            this.controller = controller;
            this.toAgent = toAgent;
            toAgent.setOnCancelHandler(() -> controller.gone(this));
        }

        @Override
        public void onNext(FromAgent message) {
            boolean first = node == null;
            if (first != message.hasHello()) {
                send(FromController.newBuilder()
                        .setRefusal("an agent says Hello first, and once")
                        .build());
                end();
                return;
            }
            switch (message.getWhatCase()) {
                case HELLO -> {
                    node = message.getHello().getNode();
                    controller.hello(this, message.getHello());
                }
                case ANSWER -> controller.answer(this, message.getAnswer());
                case REPORT -> controller.report(this, message.getReport());
                case WHAT_NOT_SET -> {
                    // Something that a newer agent says.
                }
            }
        }

        @Override
        public void onError(Throwable failure) {
            controller.gone(this);
        }

        @Override
        public void onCompleted() {
            controller.gone(this);
            end();
        }

        @Override
        public synchronized void send(FromController message) {
            try {
                if (!toAgent.isCancelled()) {
                    toAgent.onNext(message);
                }
            } catch (RuntimeException e) {
                // The stream has ended meanwhile; gRPC says so to the other methods.
                controller.gone(this);
            }
        }

        @Override
        public synchronized void end() {
            try {
                toAgent.onCompleted();
            } catch (RuntimeException e) {
                // It has ended already.
                controller.gone(this);
            }
        }
    }
}
