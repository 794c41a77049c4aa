package dev.sluice.testkit.robust;

import dev.sluice.datapath.rules.Match;
import dev.sluice.datapath.snapshot.Selection;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.MemorySwitch;
import dev.sluice.testkit.TestPacket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;

/**
 * A flood of SYNs from random addresses beside established flows and new ones, in simulated time (F9). One user: the test.
 *
 * <p>The nodes are firewalls that keep state: a packet that does not open a connection passes only where its connection was opened, and only in the direction that fits. Hosts
 * and nodes take their time, so that a connection is half-open for {@link #RTT_MS} and each packet is for {@link #NODE_MS} in a node. Nobody retransmits.
 */
final class FloodRun implements AutoCloseable {
    static final int RTT_MS = 100;
    static final int NODE_MS = 1;
    private static final int NODES = 3;
    private static final int SYN = 0x02;
    private static final int ACK = 0x10;
    private static final int CLIENTS_MAX = 50_000;

    /** One thing that happens later: a frame comes in. */
    private record Arrival(long ms, long order, int port, MemoryFrame frame) {}

    private final MemorySwitch sluice;
    private final Random random;
    private final PriorityQueue<Arrival> arrivals =
            new PriorityQueue<>(java.util.Comparator.comparingLong(Arrival::ms).thenComparingLong(Arrival::order));
    private final List<Set<Long>> stateOfNode = new ArrayList<>();
    private final Map<Long, Integer> answersOf = new HashMap<>();
    private final byte[] flood =
            TestPacket.tcp("172.16.0.1:5", "10.0.2.9:80", SYN).bytes();
    private long nowMs;
    private long order;

    FloodRun(int connectionsMax, Match match, Selection selection, long seed) {
        sluice = new MemorySwitch(FloodWorld.snapshot(NODES, match, selection), connectionsMax);
        random = new Random(seed);
        for (int i = 0; i < NODES; i++) {
            stateOfNode.add(new HashSet<>());
        }
    }

    MemorySwitch sluice() {
        return sluice;
    }

    private static TestPacket segment(int client, int flags) {
        return TestPacket.tcp(
                "10." + (1 + client / CLIENTS_MAX) + ".1.9:" + (10_000 + client % CLIENTS_MAX), "10.0.2.9:80", flags);
    }

    /** A client begins; {@link #answers} tells later whether it got through. */
    void open(int client) {
        later(0, FloodWorld.CLIENT, segment(client, SYN).bytes());
    }

    /** A client sends data in its connection. */
    void send(int client) {
        later(0, FloodWorld.CLIENT, segment(client, ACK).payload("data").bytes());
    }

    /** Answers to data that a client got. */
    int answers(int client) {
        return answersOf.getOrDefault(key(segment(client, ACK).bytes(), false), 0);
    }

    /** One SYN of an address and port that nobody has. */
    void flood() {
        byte[] syn = flood.clone();
        RawFrames.put16(syn, 26, 0x2000 + random.nextInt(0x4000));
        RawFrames.put16(syn, 28, random.nextInt(0x1_0000));
        RawFrames.put16(syn, 24, 0);
        RawFrames.put16(syn, 24, ~RawFrames.sum(syn, 14, 20, 0) & 0xffff);
        RawFrames.put16(syn, 34, random.nextInt(0x1_0000));
        later(0, FloodWorld.CLIENT, syn);
    }

    /** A millisecond passes, with all that arrives in it. */
    void step() {
        while (!arrivals.isEmpty() && arrivals.element().ms <= nowMs) {
            Arrival arrival = arrivals.remove();
            sluice.receive(arrival.port, arrival.frame);
            sluice.sentAnywhere().forEach((port, frames) -> frames.forEach(frame -> reached(port, frame.bytes())));
        }
        nowMs++;
        sluice.advance(1_000_000);
    }

    private void later(int ms, int port, byte[] frame) {
        arrivals.add(new Arrival(nowMs + ms, order++, port, MemoryFrame.plain(frame)));
    }

    private void reached(int port, byte[] frame) {
        if (port == FloodWorld.CLIENT) {
            client(frame);
        } else if (port == FloodWorld.SERVER) {
            server(frame);
        } else {
            node((port - 2) / 2, (port & 1) == 0, port, frame);
        }
    }

    private void node(int node, boolean forward, int port, byte[] frame) {
        Set<Long> state = stateOfNode.get(node);
        if (forward && flags(frame) == SYN) {
            state.add(key(frame, false));
        }
        if (state.contains(key(frame, !forward))) {
            later(NODE_MS, port ^ 1, frame);
        }
    }

    private void server(byte[] frame) {
        if (flags(frame) == SYN) {
            later(RTT_MS / 2, FloodWorld.SERVER, turned(frame, SYN | ACK));
        } else if (frame.length > 54) {
            later(RTT_MS / 2, FloodWorld.SERVER, turned(frame, ACK));
        }
    }

    /** Only the clients are there: who was named by the flood does not answer. */
    private void client(byte[] frame) {
        if ((RawFrames.u16(frame, 30) >>> 8) != 10) {
            return;
        }
        if (flags(frame) == (SYN | ACK)) {
            byte[] ack = turned(frame, ACK);
            later(RTT_MS / 2, FloodWorld.CLIENT, ack);
            byte[] data = TestPacket.tcp(address(ack, 26, 34), address(ack, 30, 36), ACK)
                    .payload("data")
                    .bytes();
            later(RTT_MS / 2 + 1, FloodWorld.CLIENT, data);
        } else {
            answersOf.merge(key(frame, true), 1, Integer::sum);
        }
    }

    private static byte[] turned(byte[] frame, int flags) {
        return TestPacket.tcp(address(frame, 30, 36), address(frame, 26, 34), flags)
                .bytes();
    }

    private static String address(byte[] frame, int at, int portAt) {
        return (frame[at] & 0xff) + "." + (frame[at + 1] & 0xff) + "." + (frame[at + 2] & 0xff) + "."
                + (frame[at + 3] & 0xff) + ":" + RawFrames.u16(frame, portAt);
    }

    private static int flags(byte[] frame) {
        return frame[47] & 0x3f;
    }

    /** The client's address and port. */
    private static long key(byte[] frame, boolean fromServer) {
        int at = fromServer ? 30 : 26;
        return ((long) RawFrames.u16(frame, at) << 32)
                | ((long) RawFrames.u16(frame, at + 2) << 16)
                | RawFrames.u16(frame, fromServer ? 36 : 34);
    }

    @Override
    public void close() {
        sluice.close();
    }
}
