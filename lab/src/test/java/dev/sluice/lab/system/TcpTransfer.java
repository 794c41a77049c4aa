package dev.sluice.lab.system;

import dev.sluice.lab.Inside;
import dev.sluice.lab.Namespace;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Random;

/** TCP connections from a host to an {@link EchoHost}: what is sent has to come back, byte for byte. */
final class TcpTransfer implements AutoCloseable {
    private static final int CONNECT_MS = 5_000;
    private static final int READ_MS = 10_000;

    private final Socket socket;
    private final Random random = new Random(7);

    private TcpTransfer(Socket socket) {
        this.socket = socket;
    }

    /** Connects. */
    static TcpTransfer open(Namespace from, String address, int port) {
        return open(from, address, port, CONNECT_MS);
    }

    private static TcpTransfer open(Namespace from, String address, int port, int connectMs) {
        return new TcpTransfer(Inside.call(from, () -> {
            Socket socket = new Socket();
            socket.connect(new InetSocketAddress(InetAddress.getByName(address), port), connectMs);
            socket.setSoTimeout(READ_MS);
            socket.setTcpNoDelay(true);
            return socket;
        }));
    }

    /** Whether a connection is accepted within the time. */
    static boolean connects(Namespace from, String address, int port, int withinMs) {
        return Inside.call(from, () -> {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getByName(address), port), withinMs);
                return true;
            } catch (IOException e) {
                return false;
            }
        });
    }

    /** A whole connection; whether everything came back intact. */
    static boolean echoes(Namespace from, String address, int port, int bytes) {
        try (TcpTransfer transfer = open(from, address, port)) {
            return transfer.echo(bytes);
        }
    }

    int localPort() {
        return socket.getLocalPort();
    }

    /** Sends random bytes and reads as many; whether they are the same. */
    boolean echo(int bytes) {
        byte[] data = new byte[bytes];
        random.nextBytes(data);
        Thread sender = Thread.ofPlatform().daemon().start(() -> send(data));
        try {
            InputStream in = socket.getInputStream();
            byte[] back = in.readNBytes(bytes);
            sender.join();
            return java.util.Arrays.equals(back, data);
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void send(byte[] data) {
        try {
            OutputStream out = socket.getOutputStream();
            out.write(data);
            out.flush();
        } catch (IOException e) {
            // The reader finds that bytes are missing.
            assert data.length > 0;
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
