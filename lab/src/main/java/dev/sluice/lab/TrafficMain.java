package dev.sluice.lab;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Sender and receiver of streams with ids: {@code --role send|receive --protocol UDP|TCP --address A --port N --bytes N --ids FILE}, for the sender also
 * {@code --stream N --rate N --count N --time-limit-ms N --end FILE}, for the receiver {@code --replies true|false}. The sender's id file holds the
 * replies, the receiver's what it got. No more is sent once the file {@code --end} exists. Both run until they are ended.
 */
public final class TrafficMain {
    private static final int RECEIVE_BUFFER_BYTES = 16 << 20;
    private static final long LOOK_NS = 20_000_000;

    private final boolean udp;
    private final int port;
    private final int payloadBytes;
    private final IdFile ids;
    private final AtomicLong damagedCount = new AtomicLong();

    private TrafficMain(ProgramOptions options) {
        udp = options.text("protocol").equals("UDP");
        port = (int) options.number("port", 0);
        payloadBytes = (int) options.number("bytes", 0);
        ids = IdFile.create(Path.of(options.text("ids")));
    }

    /** Entry of the child process. */
    public static void main(String[] arguments) throws IOException {
        ProgramOptions options = ProgramOptions.parse(arguments);
        TrafficMain program = new TrafficMain(options);
        switch (options.text("role")) {
            case "send" -> program.send(options);
            case "receive" -> program.receive(options.text("replies").equals("true"));
            default -> throw new LabException("role '" + options.text("role") + "' is neither send nor receive");
        }
    }

    private void receive(boolean replies) throws IOException {
        if (udp) {
            DatagramChannel channel = datagrams(port);
            System.out.println("ready");
            receiveDatagrams(channel, replies);
        } else {
            ServerSocket server = new ServerSocket(port);
            System.out.println("ready");
            while (true) {
                Socket socket = server.accept();
                Thread.ofPlatform().start(() -> receiveRecords(socket, replies));
            }
        }
    }

    private static DatagramChannel datagrams(int port) throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        // As much as net.core.rmem_max allows: a busy machine may keep this process from running for a while.
        channel.setOption(StandardSocketOptions.SO_RCVBUF, RECEIVE_BUFFER_BYTES);
        return channel.bind(new InetSocketAddress(port));
    }

    private void receiveDatagrams(DatagramChannel channel, boolean replies) throws IOException {
        byte[] payload = new byte[65_536];
        ByteBuffer buffer = ByteBuffer.wrap(payload);
        while (true) {
            buffer.clear();
            SocketAddress from = channel.receive(buffer);
            int bytes = buffer.position();
            if (accept(payload, bytes) && replies) {
                channel.send(ByteBuffer.wrap(IdPayload.make(IdPayload.idOf(payload) | IdPayload.REPLY, bytes)), from);
            }
        }
    }

    private void receiveRecords(Socket socket, boolean replies) {
        byte[] payload = new byte[payloadBytes];
        try (socket;
                DataInputStream in = new DataInputStream(socket.getInputStream())) {
            socket.setTcpNoDelay(true);
            OutputStream out = socket.getOutputStream();
            while (true) {
                in.readFully(payload);
                if (accept(payload, payloadBytes) && replies) {
                    out.write(IdPayload.make(IdPayload.idOf(payload) | IdPayload.REPLY, payloadBytes));
                }
            }
        } catch (EOFException e) {
            System.out.println("connection ended");
        } catch (IOException e) {
            System.out.println("connection broke: " + e.getMessage());
        }
    }

    /** Notes what came; false if it is damaged. */
    private boolean accept(byte[] payload, int bytes) {
        if (!IdPayload.isIntact(payload, bytes)) {
            System.out.println("damaged=" + damagedCount.incrementAndGet());
            return false;
        }
        ids.add(IdPayload.idOf(payload));
        ids.flush();
        return true;
    }

    private void send(ProgramOptions options) throws IOException {
        InetSocketAddress to = new InetSocketAddress(InetAddress.ofLiteral(options.text("address")), port);
        int timeLimitMs = (int) options.number("time-limit-ms", 60_000);
        if (udp) {
            DatagramChannel channel = datagrams(0);
            background(() -> receiveDatagrams(channel, false));
            System.out.println("ready");
            System.out.println("port=" + channel.socket().getLocalPort());
            pace(options, payload -> channel.send(ByteBuffer.wrap(payload), to), () -> {});
        } else {
            Socket socket = new Socket();
            socket.setTcpNoDelay(true);
            try {
                socket.connect(to, timeLimitMs);
            } catch (IOException e) {
                System.out.println("ready\nfailed " + e.getMessage() + "\nsent=0 refused=0 millis=0");
                return;
            }
            System.out.println("ready");
            background(() -> receiveRecords(socket, false));
            // A write may block for ever where the network swallows everything: the end of the time ends it.
            pace(options, socket.getOutputStream()::write, socket::close);
        }
    }

    /** Something that may fail on its way to the network. */
    private interface Action {
        void run() throws IOException;
    }

    private interface Carrier {
        void send(byte[] payload) throws IOException;
    }

    private static void background(Action action) {
        Thread.ofPlatform().daemon().start(() -> quietly(action));
    }

    private static void quietly(Action action) {
        try {
            action.run();
        } catch (IOException e) {
            System.out.println("ended: " + e.getMessage());
        }
    }

    private void pace(ProgramOptions options, Carrier carrier, Action giveUp) {
        int stream = (int) options.number("stream", 1);
        long count = options.number("count", 1);
        long rate = options.number("rate", 1_000);
        long timeLimitNs = options.number("time-limit-ms", 60_000) * 1_000_000;
        long startNs = System.nanoTime();
        long sent = 0;
        long refused = 0;
        Path end = Path.of(options.text("end"));
        long lookNs = startNs;
        Thread watch = Thread.ofPlatform().daemon().start(() -> {
            LockSupport.parkNanos(timeLimitNs);
            quietly(giveUp);
        });
        boolean broken = false;
        for (long number = 0; number < count && !broken; number++) {
            long dueNs = startNs + number * 1_000_000_000L / rate;
            for (long waitNs = dueNs - System.nanoTime(); waitNs > 0; waitNs = dueNs - System.nanoTime()) {
                LockSupport.parkNanos(waitNs);
            }
            long nowNs = System.nanoTime();
            boolean ended = false;
            if (nowNs - lookNs >= 0) {
                ended = EndMark.isSet(end);
                lookNs = nowNs + LOOK_NS;
            }
            if (ended || nowNs - startNs > timeLimitNs) {
                break;
            }
            try {
                carrier.send(IdPayload.make(IdPayload.id(stream, number), payloadBytes));
            } catch (IOException e) {
                // UDP: this packet counts as sent and lost, the next may pass. TCP: the connection is gone.
                refused++;
                broken = !udp;
                System.out.println("refused: " + e.getMessage());
            }
            sent++;
        }
        System.out.println(
                "sent=" + sent + " refused=" + refused + " millis=" + (System.nanoTime() - startNs) / 1_000_000);
        if (watch.isAlive()) {
            // Stays to hear late replies; the lab ends it.
            LockSupport.parkNanos(timeLimitNs);
        }
    }
}
