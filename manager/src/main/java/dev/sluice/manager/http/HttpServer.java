package dev.sluice.manager.http;

import io.helidon.common.tls.Tls;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An HTTP server with one handler, on Helidon. Any thread. */
public final class HttpServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

    /** Of the library, only what somebody has to look at. Kept here, since levels are forgotten with their loggers. */
    private static final java.util.logging.Logger LIBRARY = java.util.logging.Logger.getLogger("io.helidon");

    static {
        LIBRARY.setLevel(java.util.logging.Level.WARNING);
    }

    private static final long LOOK_MS = 1_000;

    private final WebServer server;
    private final int port;
    private final Thread watch;

    private HttpServer(WebServer server, Thread watch) {
        this.server = server;
        this.watch = watch;
        this.port = server.port();
    }

    /** Answers requests; called on a virtual thread for each. */
    public interface Handler {
        /** The answer; what it throws is logged, and the client gets status 500. */
        HttpAnswer answer(HttpRequest request) throws IOException, InterruptedException;
    }

    /**
     * What a client may cost at most.
     *
     * @param connectionsMax open at once
     * @param perClientMax of these, of one IPv4 address or one /64 of IPv6
     * @param firstRequest so soon something has to be asked over a new connection, handshake included
     * @param headerBytesMax of one request
     */
    public record Limits(
            int connectionsMax, int perClientMax, Duration firstRequest, int headerBytesMax, Duration idleTimeout) {
        /** Enough for a thousand watchers, and for others while one client has all that it may have. */
        public static final Limits USUAL =
                new Limits(2_000, 500, Duration.ofSeconds(15), 16 * 1024, Duration.ofMinutes(5));
    }

    /**
     * Listens on an address; port 0 takes a free one.
     *
     * @throws IOException if that is not possible
     */
    public static HttpServer start(InetSocketAddress address, Limits limits, Handler handler) throws IOException {
        return start(address, limits, Optional.empty(), handler);
    }

    /**
     * The same, with TLS 1.3 if there is a certificate.
     *
     * @throws IOException if it cannot listen there
     */
    public static HttpServer start(
            InetSocketAddress address, Limits limits, Optional<ShownCertificate> certificate, Handler handler)
            throws IOException {
        String failed = "cannot listen on " + address.getHostString() + ":" + address.getPort() + ": ";
        // The library says what is in the way in its log only.
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(address);
        } catch (IOException e) {
            throw new IOException(failed + e.getMessage(), e);
        }
        ConnectionBounds bounds = new ConnectionBounds(limits.perClientMax(), limits.firstRequest());
        try {
            WebServerConfig.Builder builder = WebServer.builder()
                    .address(address.getAddress())
                    .port(address.getPort())
                    .shutdownHook(false)
                    .connectionOptions(bounds)
                    .maxTcpConnections(limits.connectionsMax())
                    .idleConnectionTimeout(limits.idleTimeout())
                    .shutdownGracePeriod(Duration.ofMillis(200))
                    .addProtocol(Http1Config.builder()
                            .maxHeadersSize(limits.headerBytesMax())
                            .maxPrologueLength(8 * 1024)
                            .build())
                    .routing(routing -> routing.any((request, response) -> {
                        bounds.asked(request.remotePeer().address());
                        answer(handler, request, response);
                    }));
            certificate.ifPresent(shown -> builder.tls(Tls.builder()
                    .sslContext(shown.context())
                    .enabledProtocols(List.of(ShownCertificate.PROTOCOL))
                    .build()));
            WebServer server = builder.build();
            server.start();
            if (!server.isRunning()) {
                throw new IOException(failed + "somebody else was faster");
            }
            Thread watch =
                    Thread.ofPlatform().daemon().name("sluice-http-bounds").start(() -> look(bounds));
            return new HttpServer(server, watch);
        } catch (UncheckedIOException | IllegalStateException e) {
            throw new IOException(failed + e.getMessage(), e);
        }
    }

    private static void look(ConnectionBounds bounds) {
        try {
            while (true) {
                Thread.sleep(LOOK_MS);
                bounds.look(System.nanoTime());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void answer(Handler handler, ServerRequest request, ServerResponse response) {
        try {
            send(handler.answer(read(request)), response);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | UncheckedIOException e) {
            LOG.debug("{} went away: {}", request.remotePeer().host(), e.getMessage());
        }
    }

    private static HttpRequest read(ServerRequest request) {
        Map<String, List<String>> query = new TreeMap<>();
        for (String name : request.query().names()) {
            query.put(name, request.query().all(name));
        }
        return new HttpRequest(
                request.prologue().method().text(),
                request.prologue().uriPath().path(),
                query,
                request.remotePeer().host(),
                name -> request.headers().first(HeaderNames.create(name)),
                bytesMax -> body(request, bytesMax));
    }

    private static Optional<byte[]> body(ServerRequest request, int bytesMax) throws IOException {
        if (request.headers().contentLength().orElse(0) > bytesMax) {
            return Optional.empty();
        }
        if (!request.content().hasEntity()) {
            return Optional.of(new byte[0]);
        }
        try (InputStream in = request.content().inputStream()) {
            byte[] bytes = in.readNBytes(bytesMax + 1);
            return bytes.length > bytesMax ? Optional.empty() : Optional.of(bytes);
        }
    }

    private static void send(HttpAnswer answer, ServerResponse response) throws IOException, InterruptedException {
        switch (answer) {
            case HttpAnswer.Whole whole -> {
                response.status(whole.status());
                response.header("Content-Type", whole.contentType());
                response.header("X-Content-Type-Options", "nosniff");
                response.header("Cache-Control", "no-store");
                whole.headers().forEach(response::header);
                response.send(whole.body());
            }
            case HttpAnswer.Streamed streamed -> {
                response.header("Content-Type", streamed.contentType());
                response.header("Cache-Control", "no-store");
                try (OutputStream out = response.outputStream()) {
                    streamed.writer().write(text -> {
                        out.write(text.getBytes(StandardCharsets.UTF_8));
                        out.flush();
                    });
                }
            }
        }
    }

    /** The port that it listens on. */
    public int port() {
        return port;
    }

    /** Ends all connections. */
    @Override
    public void close() {
        watch.interrupt();
        server.stop();
    }
}
