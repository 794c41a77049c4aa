package dev.sluice.lab.system;

import dev.sluice.lab.FrameSocket;
import dev.sluice.lab.Inside;
import dev.sluice.lab.LabInterface;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** A service node that is a few lines of a test: gets each frame of its interfaces and says where it goes. Its own thread; any thread reads the counts. */
final class ProgramNode implements AutoCloseable {
    /** What it does with a frame that came in on the interface of this index. */
    interface Program {
        void onFrame(int from, FrameSocket.Frame frame, Sender sender);

        /** Is called between frames, at least every 20 ms. */
        default void meanwhile(Sender sender) {
            // Most have nothing to do then.
        }
    }

    /** Sends frames out of an interface. */
    interface Sender {
        void send(int to, FrameSocket.Frame frame);
    }

    private final List<LabInterface> interfaces;
    private final Program program;
    private final CountDownLatch ready = new CountDownLatch(1);
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong datagrams = new AtomicLong();
    private final Thread thread;
    private volatile boolean closing;

    private ProgramNode(Program program, LabInterface... interfaces) {
        this.program = program;
        this.interfaces = List.of(interfaces);
        this.interfaces.forEach(LabInterface::quiet);
        thread = Inside.start(interfaces[0].namespace(), "node-" + interfaces[0].namespace(), this::run);
    }

    /** All interfaces are in one namespace. */
    static ProgramNode start(Program program, LabInterface... interfaces) {
        ProgramNode node = new ProgramNode(program, interfaces);
        try {
            node.ready.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return node;
    }

    /** What comes in on one of two interfaces goes out of the other, tags and all. */
    static ProgramNode cable(LabInterface in, LabInterface out) {
        return start((from, frame, sender) -> sender.send(1 - from, frame), in, out);
    }

    /** A frame with another outer VLAN id. */
    static FrameSocket.Frame retagged(FrameSocket.Frame frame, int vlan) {
        byte[] bytes = frame.bytes().clone();
        bytes[14] = (byte) ((bytes[14] & 0xf0) | (vlan >>> 8));
        bytes[15] = (byte) vlan;
        return new FrameSocket.Frame(frame.vnetHeader(), bytes, false);
    }

    /** The outer VLAN id. */
    static int vlan(FrameSocket.Frame frame) {
        return ((frame.bytes()[14] & 0x0f) << 8) | (frame.bytes()[15] & 0xff);
    }

    private void run() {
        List<FrameSocket> sockets = new ArrayList<>();
        try {
            interfaces.forEach(i -> sockets.add(FrameSocket.open(i.name(), true)));
            ready.countDown();
            while (!closing) {
                if (!burst(sockets)) {
                    FrameSocket.awaitAny(sockets, 20);
                }
                program.meanwhile((to, out) -> sockets.get(to).send(out));
            }
        } finally {
            ready.countDown();
            sockets.forEach(FrameSocket::close);
        }
    }

    private boolean burst(List<FrameSocket> sockets) {
        boolean any = false;
        for (int i = 0; i < sockets.size(); i++) {
            for (int n = 0; n < 64; n++) {
                Optional<FrameSocket.Frame> frame = sockets.get(i).receive();
                if (frame.isEmpty()) {
                    break;
                }
                any = true;
                received.incrementAndGet();
                if (isDatagram(frame.get().bytes())) {
                    datagrams.incrementAndGet();
                }
                program.onFrame(i, frame.get(), (to, out) -> sockets.get(to).send(out));
            }
        }
        return any;
    }

    /** Frames that came in. */
    long receivedCount() {
        return received.get();
    }

    /** Frames with UDP over IPv4 and without tags among them: exact where hosts may say something of their own. */
    long datagramCount() {
        return datagrams.get();
    }

    private static boolean isDatagram(byte[] frame) {
        return frame.length > 23 && frame[12] == 8 && frame[13] == 0 && frame[23] == 17;
    }

    @Override
    public void close() {
        closing = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
