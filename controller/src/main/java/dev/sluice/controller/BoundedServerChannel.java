package dev.sluice.controller;

import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import java.net.SocketAddress;
import java.util.List;

/** Closes connections that {@link StrangerBounds} do not take, before anything is read from them. Used by the thread that accepts. */
final class BoundedServerChannel extends NioServerSocketChannel {
    private final StrangerBounds bounds;

    BoundedServerChannel(StrangerBounds bounds) {
        this.bounds = bounds;
    }

    @Override
    protected int doReadMessages(List<Object> taken) throws Exception {
        int count = super.doReadMessages(taken);
        if (count <= 0 || !(taken.getLast() instanceof NioSocketChannel connection)) {
            return count;
        }
        SocketAddress peer = connection.remoteAddress();
        if (peer != null) {
            StrangerBounds.Ends ends = new StrangerBounds.Ends(peer, connection.localAddress());
            Runnable close = () -> {
                var _ = connection.close();
            };
            if (bounds.take(ends, close, System.nanoTime())) {
                var _ = connection.closeFuture().addListener(_ -> bounds.gone(ends, close));
                return count;
            }
        }
        taken.removeLast();
        connection.unsafe().closeForcibly();
        return 0;
    }
}
