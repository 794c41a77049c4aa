package dev.sluice.controller;

import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.SouthboundGrpc;
import dev.sluice.southbound.pki.Certificates;
import dev.sluice.southbound.pki.PeerCheck;
import dev.sluice.southbound.pki.TlsEnds;
import io.grpc.Codec;
import io.grpc.DecompressorRegistry;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where agents reach a controller: over TLS, as the nodes that their certificates name, or in the clear, as whatever they say. Any thread. */
public final class SouthboundServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SouthboundServer.class);

    /** It would say a line, with its stack, of each connection or call of a stranger that makes no sense. Kept here, since levels are forgotten with their loggers. */
    private static final java.util.logging.Logger LIBRARY =
            java.util.logging.Logger.getLogger("io.grpc.netty.shaded.io.grpc.netty");

    static {
        LIBRARY.setLevel(java.util.logging.Level.SEVERE);
    }

    private static final int KEEPALIVE_S = 10;
    private static final int KEEPALIVE_ANSWER_S = 5;
    private static final int HANDSHAKE_S = 10;

    /** So long a connection may stand on which nobody asks for anything. */
    private static final int IDLE_S = 60;

    private static final int HEADERS_BYTES_MAX = 4_096;
    private static final long LOOK_MS = 1_000;
    private static final long END_MS = 2_000;

    /** Hosts behind one address that come at once try again after a moment if they are more. */
    private static final int STRANGERS_PER_CLIENT_MAX = 100;

    private static final int STRANGERS_MAX = 2_000;

    /** Longer than a handshake and an enrolment take. */
    private static final long STRANGERS_STAY_NS = 30_000_000_000L;

    private final Server server;
    private final @Nullable Thread watch;
    private final List<EventLoopGroup> loops;

    private SouthboundServer(Server server, @Nullable Thread watch, List<EventLoopGroup> loops) {
        this.server = server;
        this.watch = watch;
        this.loops = loops;
    }

    /**
     * Listens, without encryption.
     *
     * @throws IOException if the address cannot be listened on
     */
    public static SouthboundServer start(InetSocketAddress listen, Controller controller) throws IOException {
        Service service = new Service(controller, ConcurrentHashMap.newKeySet(), null);
        return new SouthboundServer(builder(listen).addService(service).build().start(), null, List.of());
    }

    /**
     * Listens with TLS for agents that a gate lets in.
     *
     * @throws IOException if the address cannot be listened on
     */
    public static SouthboundServer start(InetSocketAddress listen, Controller controller, AgentGate gate)
            throws IOException {
        Set<Stream> streams = ConcurrentHashMap.newKeySet();
        PeerCheck agents = new PeerCheck(chain -> {
            Optional<String> problem = gate.refusesConnection(chain.getFirst());
            if (problem.isPresent()) {
                throw new CertificateException(problem.get());
            }
        });
        StrangerBounds bounds = new StrangerBounds(STRANGERS_PER_CLIENT_MAX, STRANGERS_MAX, STRANGERS_STAY_NS);
        EventLoopGroup accepting = loop(1, "sluice-agents-accept");
        EventLoopGroup serving = loop(Runtime.getRuntime().availableProcessors(), "sluice-agents");
        List<EventLoopGroup> loops = List.of(accepting, serving);
        NettyServerBuilder builder = builder(listen)
                .channelFactory(() -> new BoundedServerChannel(bounds))
                .bossEventLoopGroup(accepting)
                .workerEventLoopGroup(serving)
                .addTransportFilter(bounds)
                .sslContext(TlsEnds.server(gate.identity(), agents))
                .handshakeTimeout(HANDSHAKE_S, TimeUnit.SECONDS)
                .maxInboundMetadataSize(HEADERS_BYTES_MAX)
                // What is short on the wire could be long when it is unpacked.
                .decompressorRegistry(DecompressorRegistry.emptyInstance().with(Codec.Identity.NONE, false))
                .addStreamTracerFactory(new SmallCalls())
                .intercept(new CertifiedCalls(gate))
                .addService(new Service(controller, streams, gate))
                .addService(new EnrolmentCalls(gate));
        Server server;
        try {
            server = builder.build().start();
        } catch (IOException e) {
            end(loops);
            throw e;
        }
        Thread watch =
                Thread.ofPlatform().daemon().name("sluice-agents-gate").start(() -> watch(streams, gate, bounds));
        return new SouthboundServer(server, watch, loops);
    }

    private static EventLoopGroup loop(int threads, String name) {
        return new MultiThreadIoEventLoopGroup(
                threads, new DefaultThreadFactory(name, true), NioIoHandler.newFactory());
    }

    private static void end(List<EventLoopGroup> loops) {
        for (EventLoopGroup each : loops) {
            var _ = each.shutdownGracefully(0, END_MS, TimeUnit.MILLISECONDS);
        }
    }

    private static NettyServerBuilder builder(InetSocketAddress listen) {
        return NettyServerBuilder.forAddress(listen)
                .maxInboundMessageSize(Protocol.MESSAGE_BYTES_MAX)
                .maxConcurrentCallsPerConnection(4)
                .keepAliveTime(KEEPALIVE_S, TimeUnit.SECONDS)
                .keepAliveTimeout(KEEPALIVE_ANSWER_S, TimeUnit.SECONDS)
                .maxConnectionIdle(IDLE_S, TimeUnit.SECONDS)
                .permitKeepAliveTime(KEEPALIVE_ANSWER_S, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true);
    }

    /** Ends streams whose certificates have expired or were revoked meanwhile, and connections of strangers that stay. */
    private static void watch(Set<Stream> streams, AgentGate gate, StrangerBounds bounds) {
        try {
            while (true) {
                Thread.sleep(LOOK_MS);
                try {
                    bounds.look(System.nanoTime());
                    look(streams, gate);
                } catch (RuntimeException e) {
                    LOG.error("a defect of this program; streams of agents are looked at again", e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void look(Set<Stream> streams, AgentGate gate) {
        for (Stream stream : streams) {
            X509Certificate certificate = stream.certificate;
            if (certificate != null) {
                gate.endsStream(certificate).ifPresent(stream::refuse);
            }
        }
    }

    /** The port that it listens on. */
    public int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        if (watch != null) {
            watch.interrupt();
        }
        server.shutdownNow();
        end(loops);
    }

    /** One object for all streams. */
    private static final class Service extends SouthboundGrpc.SouthboundImplBase {
        private final Controller controller;
        private final Set<Stream> streams;
        private final @Nullable AgentGate gate;

        Service(Controller controller, Set<Stream> streams, @Nullable AgentGate gate) {
            this.controller = controller;
            this.streams = streams;
            this.gate = gate;
        }

        @Override
        public StreamObserver<FromAgent> follow(StreamObserver<FromController> toAgent) {
            X509Certificate certificate = gate == null ? null : CertifiedCalls.CERTIFICATE.get();
            Stream stream = new Stream(this, (ServerCallStreamObserver<FromController>) toAgent, certificate);
            streams.add(stream);
            return stream;
        }

        /** Whether a stream may have the part of a node; it is told if not. */
        boolean mayFollow(Stream stream, String claimed) {
            if (gate == null) {
                return true;
            }
            X509Certificate certificate = stream.certificate;
            if (certificate == null) {
                stream.refuse("this manager serves hosts that show a certificate: enrol this one");
                return false;
            }
            // Between the beginning of a stream and its first words it may have been revoked, or another host enrolled.
            Optional<String> ended = gate.endsStream(certificate);
            if (ended.isPresent()) {
                stream.refuse(ended.get());
                return false;
            }
            String node = Certificates.name(certificate);
            if (node.equals(claimed)) {
                return true;
            }
            gate.askedForAnother(node, claimed);
            stream.refuse("the certificate of this host is that of node " + node
                    + ", so it gets nothing that is for another node");
            return false;
        }
    }

    /** A stream: gRPC calls it from one thread at a time; the controller sends from its own. */
    private static final class Stream implements StreamObserver<FromAgent>, AgentStream {
        private final Service service;
        private final Controller controller;
        private final ServerCallStreamObserver<FromController> toAgent;
        private final @Nullable X509Certificate certificate;
        private @Nullable String node;
        private volatile boolean refused;

        Stream(
                Service service,
                ServerCallStreamObserver<FromController> toAgent,
                @Nullable X509Certificate certificate) {
            this.service = service;
            this.controller = service.controller;
            this.toAgent = toAgent;
            this.certificate = certificate;
            toAgent.setOnCancelHandler(this::gone);
        }

        @Override
        public void onNext(FromAgent message) {
            if (refused) {
                return;
            }
            boolean first = node == null;
            if (first != message.hasHello()) {
                refuse("an agent says Hello first, and once");
                return;
            }
            switch (message.getWhatCase()) {
                case HELLO -> {
                    String claimed = message.getHello().getNode();
                    if (service.mayFollow(this, claimed)) {
                        node = claimed;
                        controller.hello(this, message.getHello());
                    }
                }
                case ANSWER -> controller.answer(this, message.getAnswer());
                case REPORT -> controller.report(this, message.getReport());
                case INTERFACES -> controller.interfaces(this, message.getInterfaces());
                case PATHS -> controller.paths(this, message.getPaths());
                case REPLY -> controller.reply(this, message.getReply());
                case RUNTIMES -> controller.runtimes(this, message.getRuntimes());
                case WHAT_NOT_SET -> {
                    // Something that a newer agent says.
                }
            }
        }

        /** Says why, and ends it. */
        private void refuse(String why) {
            refused = true;
            send(FromController.newBuilder().setRefusal(why).build());
            end();
        }

        private void gone() {
            service.streams.remove(this);
            controller.gone(this);
        }

        @Override
        public void onError(Throwable failure) {
            gone();
        }

        @Override
        public void onCompleted() {
            gone();
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
                gone();
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
            // When this side has ended a call, gRPC tells nobody that it has ended.
            gone();
        }
    }
}
