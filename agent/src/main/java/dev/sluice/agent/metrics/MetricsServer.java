package dev.sluice.agent.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code /metrics} over HTTP. Bounded in everything a stranger can choose: connections, time of a request and of an answer, threads. Any thread.
 */
public final class MetricsServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MetricsServer.class);
    private static final int THREADS = 2;
    private static final int WAITING_MAX = 16;
    private static final int BACKLOG = 16;

    private final HttpServer server;
    private final ThreadPoolExecutor threads;

    private MetricsServer(HttpServer server, ThreadPoolExecutor threads) {
        this.server = server;
        this.threads = threads;
    }

    /**
     * Takes the address; requests wait until {@link #serve}.
     *
     * @throws IOException if the address cannot be used
     */
    public static MetricsServer bind(InetSocketAddress address) throws IOException {
        limit("jdk.httpserver.maxConnections", "32");
        limit("sun.net.httpserver.maxReqTime", "5");
        limit("sun.net.httpserver.maxRspTime", "10");
        limit("sun.net.httpserver.maxReqHeaders", "64");
        limit("sun.net.httpserver.maxReqHeaderSize", "16384");
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING_MAX),
                work -> Thread.ofPlatform().daemon().name("sluice-metrics").unstarted(work));
        try {
            HttpServer server = HttpServer.create(address, BACKLOG);
            server.setExecutor(threads);
            return new MetricsServer(server, threads);
        } catch (IOException e) {
            threads.shutdownNow();
            throw new IOException(
                    address.getHostString() + ":" + address.getPort() + " cannot be used: " + e.getMessage()
                            + "; choose an address of this host and a free port",
                    e);
        }
    }

    /** The server reads its limits from system properties, once, when it is first used; what the operator has set stays. */
    private static void limit(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    /** Answers from now on. */
    public void serve(Supplier<Scrape> source) {
        server.createContext("/", exchange -> answer(exchange, source));
        server.start();
        LOG.info(
                "metrics at http://{}:{}/metrics",
                address().getHostString(),
                address().getPort());
    }

    /** The address, with the port that was chosen if 0 was asked for. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private static void answer(HttpExchange exchange, Supplier<Scrape> source) throws IOException {
        try (exchange) {
            String method = exchange.getRequestMethod();
            if (!method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                send(exchange, 405, "text/plain; charset=utf-8", "only GET and HEAD\n");
            } else if (!exchange.getRequestURI().getPath().equals("/metrics")) {
                send(exchange, 404, "text/plain; charset=utf-8", "metrics are at /metrics\n");
            } else {
                String accept = exchange.getRequestHeaders().getFirst("Accept");
                Exposition format = accept != null && accept.contains("application/openmetrics-text")
                        ? Exposition.OPEN_METRICS
                        : Exposition.TEXT;
                send(exchange, 200, format.contentType(), format.text(source.get()));
            }
        } catch (RuntimeException e) {
            LOG.error("a scrape failed because of a defect of this program", e);
        }
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
