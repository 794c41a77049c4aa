package dev.sluice.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.controller.StrangerBounds.Ends;
import io.grpc.Attributes;
import io.grpc.Grpc;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class StrangerBoundsTest {
    private static final long STAY_NS = 1_000;
    private static final InetSocketAddress OWN = new InetSocketAddress("192.0.2.1", 9471);

    private final StrangerBounds bounds = new StrangerBounds(2, 3, STAY_NS);
    private final List<String> closed = new ArrayList<>();

    private static Ends ends(String peer, int port) {
        return new Ends(new InetSocketAddress(peer, port), OWN);
    }

    private Runnable closing(String name) {
        return () -> closed.add(name);
    }

    private boolean takes(String peer, int port) {
        return bounds.take(ends(peer, port), closing(peer + ":" + port), 0);
    }

    @Test
    void oneClientHasSoManyAndAllHaveSoMany() {
        assertThat(takes("10.0.0.1", 1)).isTrue();
        assertThat(takes("10.0.0.1", 2)).isTrue();
        assertThat(takes("10.0.0.1", 3)).as("a third one of a client").isFalse();
        assertThat(takes("10.0.0.2", 1)).isTrue();
        assertThat(takes("10.0.0.3", 1)).as("a fourth one").isFalse();
    }

    /** From the same port, while nobody knows yet that the one before has ended. */
    @Test
    void connectionThatComesAgainBeforeItsEndIsKnownCountsOnce() {
        Runnable first = closing("first");
        Runnable second = closing("second");
        assertThat(bounds.take(ends("10.0.0.1", 1), first, 0)).isTrue();
        assertThat(bounds.take(ends("10.0.0.1", 1), second, 0)).isTrue();
        bounds.gone(ends("10.0.0.1", 1), first);
        assertThat(takes("10.0.0.1", 2)).isTrue();
        assertThat(takes("10.0.0.1", 3)).as("the second one is there yet").isFalse();
        bounds.gone(ends("10.0.0.1", 1), second);
        bounds.gone(ends("10.0.0.1", 1), second);
        assertThat(takes("10.0.0.1", 3)).isTrue();
        assertThat(takes("10.0.0.2", 1)).isTrue();
        assertThat(takes("10.0.0.3", 1)).isFalse();
    }

    @Test
    void onePortAtTwoAddressesOfTheManagerIsTwoConnections() {
        InetSocketAddress peer = new InetSocketAddress("10.0.0.1", 1);
        Ends other = new Ends(peer, new InetSocketAddress("192.0.2.2", 9471));
        Runnable close = closing("other");
        assertThat(bounds.take(ends("10.0.0.1", 1), close, 0)).isTrue();
        assertThat(bounds.take(other, close, 0)).isTrue();
        assertThat(takes("10.0.0.1", 2)).isFalse();
        bounds.gone(other, close);
        assertThat(takes("10.0.0.1", 2)).isTrue();
    }

    @Test
    void whoShowsNothingForLongIsClosed() {
        assertThat(takes("10.0.0.1", 1)).isTrue();
        assertThat(bounds.take(ends("10.0.0.1", 2), closing("later"), STAY_NS)).isTrue();
        bounds.look(STAY_NS - 1);
        assertThat(closed).isEmpty();
        bounds.look(STAY_NS);
        assertThat(closed).containsExactly("10.0.0.1:1");
    }

    @Test
    void handshakeWithoutACertificateMakesNoHost() {
        assertThat(takes("10.0.0.1", 1)).isTrue();
        assertThat(takes("10.0.0.1", 2)).isTrue();
        bounds.transportReady(Attributes.newBuilder()
                .set(Grpc.TRANSPORT_ATTR_REMOTE_ADDR, new InetSocketAddress("10.0.0.1", 1))
                .set(Grpc.TRANSPORT_ATTR_LOCAL_ADDR, OWN)
                .build());
        assertThat(takes("10.0.0.1", 3)).isFalse();
    }
}
