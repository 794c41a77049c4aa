package dev.sluice.lab.system;

import dev.sluice.lab.Inside;
import dev.sluice.lab.LabException;
import dev.sluice.lab.Namespace;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;

/** Several UDP flows to an {@link EchoHost} that each send a packet every few milliseconds, and know of each when its answer came. One user: the test. */
final class Pulses implements AutoCloseable {
    private static final int PACKETS_MAX = 100_000;
    private static final long NEVER = 0;

    private final List<Flow> flows = new ArrayList<>();
    private final Thread sender;
    private volatile boolean closing;
    private volatile int sent;

    /** One flow: when the answer to each packet came. */
    private static final class Flow {
        final DatagramSocket socket;
        final long firstId = Payload.newId();
        final AtomicLongArray answeredNs = new AtomicLongArray(PACKETS_MAX);

        Flow(DatagramSocket socket) {
            this.socket = socket;
        }
    }

    private Pulses(Namespace from, String address, int port, int count, int intervalMs) {
        try {
            InetSocketAddress to = new InetSocketAddress(InetAddress.getByName(address), port);
            for (int i = 0; i < count; i++) {
                Flow flow = new Flow(Inside.call(from, () -> new DatagramSocket(0)));
                flows.add(flow);
                Thread.ofPlatform().daemon().start(() -> receive(flow));
            }
            sender = Thread.ofPlatform().daemon().start(() -> send(to, intervalMs * 1_000_000L));
        } catch (IOException e) {
            throw new LabException(e.toString(), e);
        }
    }

    static Pulses start(Namespace from, String address, int port, int count, int intervalMs) {
        return new Pulses(from, address, port, count, intervalMs);
    }

    private void send(InetSocketAddress to, long intervalNs) {
        long startNs = System.nanoTime();
        for (int i = 0; i < PACKETS_MAX && !closing; i++) {
            long dueNs = startNs + i * intervalNs;
            while (System.nanoTime() < dueNs) {
                LockSupport.parkNanos(dueNs - System.nanoTime());
            }
            for (Flow flow : flows) {
                try {
                    // Ids of this class: the flow's own number, and which packet it is.
                    flow.socket.send(new DatagramPacket(Payload.of(flow.firstId << 32 | i), Payload.BYTES, to));
                } catch (IOException _) {
                    // An ICMP error of a packet before, or closed: the packet is lost, which the account shows.
                }
            }
            sent = i + 1;
        }
    }

    private void receive(Flow flow) {
        DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
        while (!closing) {
            try {
                flow.socket.receive(packet);
            } catch (SocketException e) {
                continue;
            } catch (IOException e) {
                return;
            }
            long id = Payload.idAt(packet.getData(), 0);
            if (id >>> 32 == flow.firstId) {
                flow.answeredNs.set((int) id, System.nanoTime());
            }
        }
    }

    int flowCount() {
        return flows.size();
    }

    int localPort(int flow) {
        return flows.get(flow).socket.getLocalPort();
    }

    /** Id of a packet of a flow. */
    long id(int flow, int packet) {
        return flows.get(flow).firstId << 32 | packet;
    }

    /** Packets that each flow has sent. */
    int sent() {
        return sent;
    }

    /** Packets of a flow among those sent from one count to another that were not answered. */
    int lost(int flow, int from, int to) {
        int lost = 0;
        for (int i = from; i < to; i++) {
            lost += flows.get(flow).answeredNs.get(i) == NEVER ? 1 : 0;
        }
        return lost;
    }

    /** Longest time between two answers to a flow, or from the last one until now, of packets sent from one count to another; in nanoseconds. */
    long longestSilenceNs(int flow, int from, int to) {
        long before = NEVER;
        long longest = 0;
        for (int i = from; i < to; i++) {
            long at = flows.get(flow).answeredNs.get(i);
            if (at != NEVER) {
                longest = before == NEVER ? longest : Math.max(longest, at - before);
                before = at;
            }
        }
        boolean endsSilent = before == NEVER || flows.get(flow).answeredNs.get(to - 1) == NEVER;
        return endsSilent ? System.nanoTime() - before : longest;
    }

    @Override
    public void close() {
        closing = true;
        flows.forEach(flow -> flow.socket.close());
        try {
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
