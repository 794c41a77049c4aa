package dev.sluice.controller;

import dev.sluice.southbound.Clients;
import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.ServerTransportFilter;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many connections there may be, of one client and in all, that have shown no certificate of a host, and for how long: those that say nothing yet, and those of who wants to be enrolled. So
 * strangers cannot use up the sockets that hosts need, nor hold those that there are for them. Any thread.
 */
final class StrangerBounds extends ServerTransportFilter {
    private static final Logger LOG = LoggerFactory.getLogger(StrangerBounds.class);

    private final int perClientMax;
    private final int max;
    private final long stayNs;

    /** By client and by both ends of the connection: one from the same port may come before the end of the one before is known. Guarded by this. */
    private final Map<String, Map<Ends, Stranger>> strangers = new HashMap<>();

    /** Guarded by this. */
    private int count;

    /** Guarded by this. */
    private long refused;

    /**
     * Where a connection comes from, and where it came to.
     *
     * @param own a manager may listen at several addresses
     */
    record Ends(SocketAddress peer, @Nullable SocketAddress own) {}

    private record Stranger(Runnable close, long sinceNs) {}

    /**
     * Nobody is here yet.
     *
     * @param stayNs after so long one that has shown nothing is closed
     */
    StrangerBounds(int perClientMax, int max, long stayNs) {
        this.perClientMax = perClientMax;
        this.max = max;
        this.stayNs = stayNs;
    }

    /**
     * Whether a new connection may stay; then {@link #gone} is called when it ends.
     *
     * @param close closes it
     */
    synchronized boolean take(Ends ends, Runnable close, long nowNs) {
        String client = Clients.of(ends.peer());
        Map<Ends, Stranger> own = strangers.getOrDefault(client, Map.of());
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
        Stranger before =
                strangers.computeIfAbsent(client, _ -> new HashMap<>()).put(ends, new Stranger(close, nowNs));
        count += before == null ? 1 : 0;
        return true;
    }

    /** A connection has ended: the one that {@code close} closes, not another one with the same ends. */
    synchronized void gone(Ends ends, Runnable close) {
        Map<Ends, Stranger> own = strangers.get(Clients.of(ends.peer()));
        Stranger stranger = own == null ? null : own.get(ends);
        if (stranger != null && stranger.close.equals(close)) {
            forget(ends);
        }
    }

    private synchronized void forget(Ends ends) {
        String client = Clients.of(ends.peer());
        Map<Ends, Stranger> own = strangers.get(client);
        if (own != null && own.remove(ends) != null) {
            count--;
            if (own.isEmpty()) {
                strangers.remove(client);
            }
        }
    }

    /** Closes those that have been here for too long. */
    void look(long nowNs) {
        List<Runnable> late = new ArrayList<>();
        synchronized (this) {
            for (Map<Ends, Stranger> own : strangers.values()) {
                for (Stranger each : own.values()) {
                    if (nowNs - each.sinceNs >= stayNs) {
                        late.add(each.close);
                    }
                }
            }
        }
        late.forEach(Runnable::run);
    }

    /** A handshake is over: who has shown a certificate is no stranger. */
    @Override
    public Attributes transportReady(Attributes of) {
        SocketAddress peer = of.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
        boolean shown = CertifiedCalls.certificate(of.get(Grpc.TRANSPORT_ATTR_SSL_SESSION))
                .isPresent();
        if (peer != null && shown) {
            forget(new Ends(peer, of.get(Grpc.TRANSPORT_ATTR_LOCAL_ADDR)));
        }
        return of;
    }
}
