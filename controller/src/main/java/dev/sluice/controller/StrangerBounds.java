package dev.sluice.controller;

import dev.sluice.southbound.Clients;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many connections there may be, of one client and in all, that have shown no certificate of a host: those that say nothing yet, and those of who wants to be enrolled. So strangers cannot
 * use up the sockets that hosts need. Any thread.
 */
final class StrangerBounds extends ServerTransportFilter {
    private static final Logger LOG = LoggerFactory.getLogger(StrangerBounds.class);

    private final int perClientMax;
    private final int max;

    /** Other ends by client; guarded by this. */
    private final Map<String, Set<SocketAddress>> strangers = new HashMap<>();

    /** Guarded by this. */
    private int count;

    /** Guarded by this. */
    private long refused;

    StrangerBounds(int perClientMax, int max) {
        this.perClientMax = perClientMax;
        this.max = max;
    }

    /** Whether a new connection may stay; then {@link #gone} is called when it ends. */
    synchronized boolean take(SocketAddress peer) {
        String client = Clients.of(peer);
        Set<SocketAddress> own = strangers.getOrDefault(client, Set.of());
        if (own.size() >= perClientMax || count >= max) {
            if (Long.bitCount(++refused) == 1) {
                LOG.warn(
                        "a connection of {} is not taken: of connections without a host's certificate it has {}, all together {}; one client may have {}, all {}; refused so far: {}",
                        client,
                        own.size(),
                        count,
                        perClientMax,
                        max,
                        refused);
            }
            return false;
        }
        strangers.computeIfAbsent(client, _ -> new HashSet<>()).add(peer);
        count++;
        return true;
    }

    /** A connection has ended, or is no stranger's any more. */
    synchronized void gone(SocketAddress peer) {
        String client = Clients.of(peer);
        Set<SocketAddress> own = strangers.get(client);
        if (own != null && own.remove(peer)) {
            count--;
            if (own.isEmpty()) {
                strangers.remove(client);
            }
        }
    }

    @Override
    public Attributes transportReady(Attributes of) {
        SocketAddress peer = of.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        boolean shown = CertifiedCalls.certificate(of.get(Grpc.TRANSPORT_ATTR_SSL_SESSION))
                .isPresent();
        if (peer != null && shown) {
            gone(peer);
        }
        return of;
    }
}
