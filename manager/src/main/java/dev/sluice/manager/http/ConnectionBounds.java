package dev.sluice.manager.http;

import dev.sluice.southbound.Clients;
import io.helidon.common.socket.SocketOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many connections one client may have, and how long one may stand on which nothing was asked yet, handshake included. The server asks for each connection that it takes, by way
 * of the options of its socket: there is no other place before the first bytes. Any thread.
 */
final class ConnectionBounds implements SocketOptions {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionBounds.class);

    private final SocketOptions usual = SocketOptions.create();
    private final int perClientMax;
    private final long firstRequestNs;

    /** Guarded by this. */
    private final Map<String, Set<SocketChannel>> open = new HashMap<>();

    /** On which nothing was asked yet; guarded by this. */
    private final Map<SocketAddress, Waiting> waiting = new HashMap<>();

    /** Guarded by this. */
    private long refused;

    private record Waiting(SocketChannel channel, long sinceNs) {}

    ConnectionBounds(int perClientMax, Duration firstRequest) {
        this.perClientMax = perClientMax;
        firstRequestNs = firstRequest.toNanos();
    }

    /** Takes a connection, or throws: then it is closed. */
    @Override
    public void configureSocket(SocketChannel channel) {
        usual.configureSocket(channel);
        try {
            take(channel, System.nanoTime());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void take(SocketChannel channel, long nowNs) throws IOException {
        SocketAddress peer = channel.getRemoteAddress();
        String client = Clients.of(peer);
        Set<SocketChannel> own = open.computeIfAbsent(client, _ -> new HashSet<>());
        if (own.size() >= perClientMax) {
            own.removeIf(each -> !each.isOpen());
        }
        if (own.size() >= perClientMax) {
            if (Long.bitCount(++refused) == 1) {
                LOG.warn(
                        "{} has {} connections already, which is all that one client may have; refused so far: {}",
                        client,
                        perClientMax,
                        refused);
            }
            throw new IllegalStateException(client + " has too many connections");
        }
        own.add(channel);
        waiting.put(peer, new Waiting(channel, nowNs));
    }

    /** Something was asked over the connection of a peer. */
    synchronized void asked(SocketAddress peer) {
        waiting.remove(peer);
    }

    /** Closes those on which nothing was asked for too long, and forgets those that are closed. */
    synchronized void look(long nowNs) {
        waiting.values().removeIf(each -> {
            boolean late = nowNs - each.sinceNs >= firstRequestNs;
            if (late) {
                close(each.channel);
            }
            return late || !each.channel.isOpen();
        });
        open.values().removeIf(own -> {
            own.removeIf(each -> !each.isOpen());
            return own.isEmpty();
        });
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("a connection cannot be closed: {}", e.getMessage());
        }
    }

    // The rest is as usual.

    @Override
    public Map<SocketOption<?>, Object> socketOptions() {
        return usual.socketOptions();
    }

    @Override
    public Duration connectTimeout() {
        return usual.connectTimeout();
    }

    @Override
    public Duration readTimeout() {
        return usual.readTimeout();
    }

    @Override
    public Optional<Integer> socketReceiveBufferSize() {
        return usual.socketReceiveBufferSize();
    }

    @Override
    public Optional<Integer> socketSendBufferSize() {
        return usual.socketSendBufferSize();
    }

    @Override
    public boolean socketReuseAddress() {
        return usual.socketReuseAddress();
    }

    @Override
    public boolean socketKeepAlive() {
        return usual.socketKeepAlive();
    }

    @Override
    public boolean tcpNoDelay() {
        return usual.tcpNoDelay();
    }
}
