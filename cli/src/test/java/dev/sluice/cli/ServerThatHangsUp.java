package dev.sluice.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Accepts connections and ends them. */
final class ServerThatHangsUp implements AutoCloseable {
    private final ServerSocket socket;

    ServerThatHangsUp() throws IOException {
        socket = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(() -> {
            try {
                while (true) {
                    socket.accept().close();
                }
            } catch (IOException e) {
                // Closed.
            }
        });
    }

    int port() {
        return socket.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
