package dev.sluice.cli;

import dev.sluice.southbound.pki.OwnIdentity;
import dev.sluice.southbound.pki.PeerCheck;
import dev.sluice.southbound.pki.TlsEnds;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Somebody who shows a certificate to agents that is not a manager's. */
record FalseManager(Server server) implements AutoCloseable {
    static FalseManager start(OwnIdentity own) throws IOException {
        return new FalseManager(
                NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                        .sslContext(TlsEnds.server(own, new PeerCheck(chain -> {})))
                        .build()
                        .start());
    }

    int port() {
        return server.getPort();
    }

    @Override
    public void close() {
        server.shutdownNow();
    }
}
