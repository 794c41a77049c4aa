package dev.sluice.lab;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/**
 * A web server as a program: {@code --port N}. {@code /file/BYTES} gives that many bytes, {@code /slow/BYTES/MILLIS} spreads them over a
 * time, both as {@link HttpBody} makes them; any other path answers 200 with its own name. One line to the log for each request.
 */
public final class HttpServerMain {
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final int SLOW_STEP_MS = 20;

    private HttpServerMain() {}

    /** Entry of the child process. */
    public static void main(String[] arguments) throws IOException {
        ProgramOptions options = ProgramOptions.parse(arguments);
        HttpServer server = HttpServer.create(new InetSocketAddress((int) options.number("port", 80)), 128);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", HttpServerMain::answer);
        server.start();
        System.out.println("ready");
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        System.out.println("request " + exchange.getRemoteAddress() + " " + path);
        try (exchange) {
            String[] parts = path.split("/", -1);
            if (parts.length == 3 && parts[1].equals("file")) {
                send(exchange, Long.parseLong(parts[2]), 0);
            } else if (parts.length == 4 && parts[1].equals("slow")) {
                send(exchange, Long.parseLong(parts[2]), Long.parseLong(parts[3]));
            } else {
                byte[] body = (path + "\n").getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        } catch (NumberFormatException e) {
            exchange.sendResponseHeaders(400, -1);
        }
    }

    private static void send(HttpExchange exchange, long bytes, long overMs) throws IOException {
        exchange.sendResponseHeaders(200, bytes == 0 ? -1 : bytes);
        long steps = Math.max(1, overMs / SLOW_STEP_MS);
        int chunkBytes = overMs == 0 ? CHUNK_BYTES : Math.clamp(bytes / steps, 1, CHUNK_BYTES);
        byte[] chunk = new byte[chunkBytes];
        try (OutputStream body = exchange.getResponseBody()) {
            for (long left = bytes; left > 0; left -= chunkBytes) {
                int count = (int) Math.min(left, chunkBytes);
                HttpBody.fill(chunk, bytes - left, count);
                body.write(chunk, 0, count);
                if (overMs > 0) {
                    body.flush();
                    Thread.sleep(SLOW_STEP_MS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
