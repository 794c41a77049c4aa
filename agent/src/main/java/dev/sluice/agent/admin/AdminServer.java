package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.RateLimit;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The administration socket: one JSON object per line in, one per line out. A thread accepts, each client has a virtual thread, one more closes those that
 * take too long. Nothing a client does reaches beyond its own connection.
 */
public final class AdminServer implements AutoCloseable {
    /** Longest request. */
    static final int LINE_BYTES_MAX = 1 << 20;

    /** Most clients at a time. */
    static final int CLIENTS_MAX = 64;

    private static final Logger LOG = LoggerFactory.getLogger(AdminServer.class);
    private static final long LOOK_NS = 250_000_000L;
    private static final int ACCEPT_RETRY_MS = 20;
    private static final long LAST_ANSWERS_NS = 500_000_000L;

    private final Path path;
    private final AdminRequests requests;
    private final long idleTimeoutNs;
    private final ServerSocketChannel server;
    private final Map<SocketChannel, Long> clients = new ConcurrentHashMap<>();
    private final AtomicInteger answering = new AtomicInteger();
    private volatile boolean closed;

    private AdminServer(Path path, AdminRequests requests, long idleTimeoutNs, ServerSocketChannel server) {
        this.path = path;
        this.requests = requests;
        this.idleTimeoutNs = idleTimeoutNs;
        this.server = server;
    }

    /**
     * Listens and serves.
     *
     * @param idleTimeoutNs a client that neither completes a request nor takes its reply within this time is cut off
     */
    public static AdminServer open(Path path, AdminRequests requests, long idleTimeoutNs) throws NodeException {
        AdminServer admin = new AdminServer(path, requests, idleTimeoutNs, AdminSocket.listen(path));
        Thread.ofVirtual().name("sluice-admin-accept").start(admin::accept);
        Thread.ofVirtual().name("sluice-admin-idle").start(admin::watchIdle);
        return admin;
    }

    private void accept() {
        RateLimit limit = new RateLimit(1_000_000_000L);
        while (!closed) {
            try {
                SocketChannel client = server.accept();
                boolean room = clients.size() < CLIENTS_MAX;
                clients.put(client, System.nanoTime());
                Thread.ofVirtual().name("sluice-admin-client").start(() -> serve(client, room));
            } catch (IOException e) {
                if (!closed) {
                    if (limit.allows(System.nanoTime())) {
                        LOG.warn("administration socket {}: no client can connect: {}", path, e.toString());
                    }
                    pause();
                }
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(ACCEPT_RETRY_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(SocketChannel client, boolean room) {
        try (client) {
            AdminLines lines = new AdminLines(client, LINE_BYTES_MAX);
            if (!room) {
                lines.write(requests.error("more than " + CLIENTS_MAX + " clients at a time; try again later"));
                return;
            }
            serve(client, lines);
        } catch (IOException e) {
            LOG.debug("an administration client went away: {}", e.toString());
        } finally {
            clients.remove(client);
        }
    }

    private void serve(SocketChannel client, AdminLines lines) throws IOException {
        try {
            for (String line = lines.read(); line != null; line = lines.read()) {
                clients.put(client, System.nanoTime());
                answering.incrementAndGet();
                try {
                    requests.answer(line, lines::write);
                } finally {
                    answering.decrementAndGet();
                }
                clients.put(client, System.nanoTime());
            }
        } catch (AdminLines.TooLongException e) {
            lines.write(requests.error(e.getMessage() + "; the connection is closed"));
        }
    }

    private void watchIdle() {
        while (!closed) {
            try {
                Thread.sleep(Math.min(LOOK_NS, idleTimeoutNs / 4 + 1) / 1_000_000 + 1);
            } catch (InterruptedException e) {
                return;
            }
            long now = System.nanoTime();
            clients.forEach((client, activeNs) -> {
                if (now - activeNs > idleTimeoutNs) {
                    shut(client);
                }
            });
        }
    }

    private static void shut(SocketChannel client) {
        try {
            client.close();
        } catch (IOException e) {
            LOG.debug("an administration client could not be closed: {}", e.toString());
        }
    }

    /** Stops serving and removes the socket file. */
    @Override
    public void close() {
        closed = true;
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.warn("administration socket {} could not be removed: {}", path, e.toString());
        }
        awaitAnswers();
        clients.keySet().forEach(AdminServer::shut);
    }

    /** Whoever asked the node to stop shall still hear that it does. */
    private void awaitAnswers() {
        long deadlineNs = System.nanoTime() + LAST_ANSWERS_NS;
        while (answering.get() > 0 && System.nanoTime() < deadlineNs) {
            pause();
        }
    }
}
