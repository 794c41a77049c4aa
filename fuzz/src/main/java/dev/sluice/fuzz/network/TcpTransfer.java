package dev.sluice.fuzz.network;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;

/** Sends bytes over a real TCP connection between two namespaces and compares what arrives. */
public final class TcpTransfer {
    private TcpTransfer() {}

    /** Sends the given number of bytes; Gbit/s, or an exception if they do not arrive whole within 30 s. */
    public static double run(Namespace from, Namespace to, String serverAddress, long bytes) throws Exception {
        CountDownLatch listening = new CountDownLatch(1);
        FutureTask<Long> received = to.start(() -> {
            try (ServerSocket listener = new ServerSocket(5001, 1, InetAddress.getByName(serverAddress))) {
                listener.setSoTimeout(10_000);
                listening.countDown();
                try (Socket socket = listener.accept()) {
                    socket.setSoTimeout(10_000);
                    CRC32 crc = new CRC32();
                    byte[] buffer = new byte[256 * 1024];
                    for (int n = socket.getInputStream().read(buffer);
                            n >= 0;
                            n = socket.getInputStream().read(buffer)) {
                        crc.update(buffer, 0, n);
                    }
                    return crc.getValue();
                }
            }
        });
        if (!listening.await(10, TimeUnit.SECONDS)) {
            throw new IllegalStateException("server does not listen");
        }
        long began = System.nanoTime();
        long sent = from.in(() -> {
            CRC32 crc = new CRC32();
            byte[] buffer = new byte[256 * 1024];
            for (int i = 0; i < buffer.length; i++) {
                buffer[i] = (byte) (i * 31 + (i >>> 8));
            }
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getByName(serverAddress), 5001), 5000);
                for (long left = bytes; left > 0; ) {
                    int n = (int) Math.min(left, buffer.length);
                    socket.getOutputStream().write(buffer, 0, n);
                    crc.update(buffer, 0, n);
                    left -= n;
                }
            }
            return crc.getValue();
        });
        if (received.get(30, TimeUnit.SECONDS) != sent) {
            throw new IllegalStateException("bytes arrived damaged");
        }
        return bytes * 8.0 / (System.nanoTime() - began);
    }
}
