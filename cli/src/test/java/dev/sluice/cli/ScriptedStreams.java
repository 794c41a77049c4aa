package dev.sluice.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Somebody who answers one question after the other with what is written for it, and hangs up; the last answer again and again. */
final class ScriptedStreams implements AutoCloseable {
    /** The answer that a version is not kept. */
    static final String GONE = "{\"status\": 410, \"detail\": \"revision 7 has not been yet\"}";

    private final HttpServer server;
    private final List<String> asked = new CopyOnWriteArrayList<>();

    ScriptedStreams(String... answers) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String body = answers[Math.min(asked.size(), answers.length - 1)];
            asked.add(String.valueOf(exchange.getRequestHeaders().getFirst("Last-Event-ID")));
            boolean gone = body.equals(GONE);
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", gone ? "application/problem+json" : "text/event-stream");
            exchange.sendResponseHeaders(gone ? 410 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    /** The ids behind which was asked for more, {@code null} where all was. */
    List<String> asked() {
        return asked;
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
