package dev.sluice.lab;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * A web server as a program: {@code --port N --end FILE}. {@code /file/BYTES} gives that many bytes, {@code /slow/BYTES/MILLIS} spreads them over a
 * time, {@code /lasting/BYTES/MILLIS} does so until the file {@code --end} exists, all as {@link HttpBody} makes them; any other path answers 200 with
 * its own name. One line to the log for each request, and one, {@code lasted bytes=N}, at the end of what lasted.
 */
public final class HttpServerMain {
    private static final int CHUNK_BYTES = 64 * 1024;
    private static final int SLOW_STEP_MS = 20;

    private final Path end;

    private HttpServerMain(Path end) {
        this.end = end;
    }

    /** Entry of the child process. */
    public static void main(String[] arguments) throws IOException {
        ProgramOptions options = ProgramOptions.parse(arguments);
        HttpServerMain program = new HttpServerMain(Path.of(options.text("end")));
        HttpServer server = HttpServer.create(new InetSocketAddress((int) options.number("port", 80)), 128);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", program::answer);
        server.start();
        System.out.println("ready");
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        System.out.println("request " + exchange.getRemoteAddress() + " " + path);
        try (exchange) {
            String[] parts = path.split("/", -1);
            if (parts.length == 3 && parts[1].equals("file")) {
                send(exchange, Long.parseLong(parts[2]), 0);
            } else if (parts.length == 4 && parts[1].equals("slow")) {
                send(exchange, Long.parseLong(parts[2]), Long.parseLong(parts[3]));
            } else if (parts.length == 4 && parts[1].equals("lasting")) {
                last(exchange, Long.parseLong(parts[2]), Long.parseLong(parts[3]));
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
        write(exchange, bytes, overMs, () -> false);
    }

    /** Its size is not known when it begins: it goes out in chunks (RFC 9112 7.1), and one that is cut off does not look like a whole one. */
    private void last(HttpExchange exchange, long bytesMax, long overMs) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        System.out.println("lasted bytes=" + write(exchange, bytesMax, overMs, () -> EndMark.isSet(end)));
    }

    /** Writes a body in steps; how many bytes it became. */
    private static long write(HttpExchange exchange, long bytesMax, long overMs, BooleanSupplier ended)
            throws IOException {
        long steps = Math.max(1, overMs / SLOW_STEP_MS);
        int chunkBytes = overMs == 0 ? CHUNK_BYTES : Math.clamp(bytesMax / steps, 1, CHUNK_BYTES);
        byte[] chunk = new byte[chunkBytes];
        long written = 0;
        try (OutputStream body = exchange.getResponseBody()) {
            while (written < bytesMax && !ended.getAsBoolean()) {
                int count = (int) Math.min(bytesMax - written, chunkBytes);
                HttpBody.fill(chunk, written, count);
                body.write(chunk, 0, count);
                written += count;
                if (overMs > 0) {
                    body.flush();
                    Thread.sleep(SLOW_STEP_MS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return written;
    }
}
