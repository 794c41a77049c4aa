package dev.sluice.lab.system;

import dev.sluice.lab.Inside;
import dev.sluice.lab.Namespace;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** A TCP download in one direction: a server sends bytes that follow from their position, at a steady rate, and the client checks each. One user: the test. */
final class Download implements AutoCloseable {
    private static final int CHUNK_BYTES = 16 << 10;
    private static final long CHUNK_NS = 1_000_000;
    private static final int CONNECT_MS = 5_000;
    private static final int SILENCE_MAX_MS = 120_000;

    private final ServerSocket server;
    private final Socket client;
    private final Thread reader;
    private final AtomicLong received = new AtomicLong();
    private final AtomicBoolean intact = new AtomicBoolean(true);
    private final AtomicBoolean ending = new AtomicBoolean();

    private Download(ServerSocket server, Socket client) {
        this.server = server;
        this.client = client;
        reader = Thread.ofPlatform().daemon().start(this::read);
    }

    /** 16 kB each ms, from now on until it is closed. */
    static Download start(Namespace from, String address, int port, Namespace to) {
        ServerSocket server = Inside.call(from, () -> new ServerSocket(port));
        Thread.ofPlatform().daemon().start(() -> serve(server));
        Socket client = Inside.call(to, () -> {
            Socket socket = new Socket();
            socket.connect(new InetSocketAddress(InetAddress.getByName(address), port), CONNECT_MS);
            socket.setSoTimeout(SILENCE_MAX_MS);
            return socket;
        });
        return new Download(server, client);
    }

    private static byte at(long position) {
        return (byte) (position ^ position >>> 8 ^ position >>> 16);
    }

    private static void serve(ServerSocket server) {
        byte[] chunk = new byte[CHUNK_BYTES];
        long position = 0;
        long dueNs = System.nanoTime();
        try (Socket socket = server.accept();
                OutputStream out = socket.getOutputStream()) {
            while (true) {
                for (int i = 0; i < CHUNK_BYTES; i++) {
                    chunk[i] = at(position + i);
                }
                out.write(chunk);
                position += CHUNK_BYTES;
                dueNs = Math.max(dueNs + CHUNK_NS, System.nanoTime() - 10 * CHUNK_NS);
                LockSupport.parkNanos(dueNs - System.nanoTime());
            }
        } catch (IOException e) {
            // The client has closed it, or lost it: that is for the client's side to judge.
            assert position >= 0;
        }
    }

    private void read() {
        byte[] bytes = new byte[1 << 16];
        try (InputStream in = client.getInputStream()) {
            long position = 0;
            int count = in.read(bytes);
            while (count > 0) {
                for (int i = 0; i < count; i++) {
                    if (bytes[i] != at(position + i)) {
                        intact.set(false);
                    }
                }
                position += count;
                received.set(position);
                count = in.read(bytes);
            }
            end();
        } catch (IOException e) {
            end();
        }
    }

    private void end() {
        if (!ending.get()) {
            intact.set(false);
        }
    }

    /** Bytes that the client got. */
    long received() {
        return received.get();
    }

    /** Whether all that came was right, and it still goes on. */
    boolean isIntact() {
        return intact.get();
    }

    @Override
    public void close() {
        ending.set(true);
        try {
            client.close();
            server.close();
            reader.join();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
