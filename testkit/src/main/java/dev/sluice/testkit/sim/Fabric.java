package dev.sluice.testkit.sim;

import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.TestPacket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The network of packets: an underlay between hosts, wires to service nodes, clients and servers; and what became of each probe. One user. */
final class Fabric {
    private static final byte[] MARK = {'i', 'd', '='};
    private static final int SERVER_PORT = 7;
    private static final int CLIENT_PORT = 1000;
    private static final long HELD_MS_MAX = 6;
    private static final long CLIENT_MAC = 0x0200_0000_0a01L;
    private static final long SERVER_MAC = 0x0200_0000_0a02L;
    private static final int UDP_SOURCE = 34;

    /** A packet that somebody follows. */
    static final class Probe {
        final int id;
        final String host;
        final int flow;

        /** When its flow began. */
        final long flowSinceNs;

        /** Instances that it was in, in order. */
        final List<String> forward = new ArrayList<>();

        final List<String> reverse = new ArrayList<>();
        boolean arrived;
        boolean answered;

        Probe(int id, String host, int flow, long flowSinceNs) {
            this.id = id;
            this.host = host;
            this.flow = flow;
            this.flowSinceNs = flowSinceNs;
        }
    }

    /** Who looks at packets that leave. */
    interface Watcher {
        /** One has got to the server or, as an answer, back to the client. */
        void left(Probe probe, boolean answer);
    }

    private final Events events;
    private final RandomGenerator dice;
    private final Map<String, AgentProcess> hosts;
    private final Watcher watcher;
    private final Map<String, Long> lastOfWire = new HashMap<>();
    private final Map<Integer, Probe> probes = new LinkedHashMap<>();
    private final Map<String, Long> flows = new HashMap<>();
    private final Set<String> deadNodes = new HashSet<>();
    private final Set<String> apart = new HashSet<>();
    private int lastId;

    /** Of 100 packets on the underlay, so many are lost. */
    int lossPercent;

    /** Packets on the underlay overtake each other, and are late by as much. */
    long jitterNs;

    Fabric(Events events, RandomGenerator dice, Map<String, AgentProcess> hosts, Watcher watcher) {
        this.events = events;
        this.dice = dice;
        this.hosts = hosts;
        this.watcher = watcher;
    }

    /** A node passes nothing on any more, or does again. */
    void node(String instance, boolean lives) {
        if (lives) {
            deadNodes.remove(instance);
        } else {
            deadNodes.add(instance);
        }
    }

    /** Cuts a host off from the others, or joins it again. */
    void partition(String host, boolean cut) {
        if (cut) {
            apart.add(host);
        } else {
            apart.remove(host);
        }
    }

    /** As good as new. */
    void mend() {
        lossPercent = 0;
        jitterNs = 0;
        apart.clear();
        deadNodes.clear();
    }

    /** Sends a packet of a flow from the client of a host. */
    Probe send(String host, int flow) {
        Probe probe = new Probe(++lastId, host, flow, flows.computeIfAbsent(host + " " + flow, _ -> events.nowNs()));
        probes.put(probe.id, probe);
        byte[] frame = TestPacket.udp("10.1.0.1:" + (CLIENT_PORT + flow), "10.1.0.2:" + SERVER_PORT)
                .ethernet(CLIENT_MAC, SERVER_MAC)
                .payload(payload(probe.id))
                .bytes();
        receive(host, "eth1", frame);
        return probe;
    }

    /** Probes of before are of no interest any more. */
    void forget() {
        probes.clear();
    }

    private void answer(String host, byte[] frame) {
        int client = ((frame[UDP_SOURCE] & 0xff) << 8) | (frame[UDP_SOURCE + 1] & 0xff);
        byte[] answer = TestPacket.udp("10.1.0.2:" + SERVER_PORT, "10.1.0.1:" + client)
                .ethernet(SERVER_MAC, CLIENT_MAC)
                .payload(payload(id(frame)))
                .bytes();
        receive(host, "eth2", answer);
    }

    private static byte[] payload(int id) {
        return ByteBuffer.allocate(MARK.length + Integer.BYTES)
                .put(MARK)
                .putInt(id)
                .array();
    }

    private void receive(String host, String interfaceName, byte[] frame) {
        AgentProcess to = hosts.get(host);
        NodeProcess node = to == null ? null : to.node();
        if (node != null) {
            node.receive(interfaceName, frame);
            pickUp(host, node);
        }
    }

    /** Takes what a node has sent on its way. */
    void pickUp(String host, NodeProcess node) {
        node.plane().sentAnywhere().forEach((port, frames) -> {
            String interfaceName = node.interfaceName(port);
            for (MemoryFrame frame : frames) {
                carry(host, interfaceName, frame.bytes());
            }
        });
    }

    private void carry(String host, String interfaceName, byte[] frame) {
        switch (interfaceName) {
            case "" -> {}
            case "eth0" ->
                hosts.keySet().stream()
                        .filter(to -> !to.equals(host) && !to.equals(Wanted.ALONE))
                        .forEach(to -> cross(host, to, frame));
            case "eth1" -> leave(host, frame, true);
            case "eth2" -> leave(host, frame, false);
            default -> inspect(host, interfaceName, frame);
        }
    }

    private void cross(String from, String to, byte[] frame) {
        if (apart.contains(from) || apart.contains(to) || (lossPercent > 0 && dice.nextInt(100) < lossPercent)) {
            return;
        }
        if (jitterNs > 0) {
            events.after(1 + dice.nextLong(jitterNs), () -> receive(to, "eth0", frame));
        } else {
            inOrder(from + ">" + to, () -> receive(to, "eth0", frame));
        }
    }

    private void leave(String host, byte[] frame, boolean answer) {
        Probe probe = probes.get(id(frame));
        if (probe == null) {
            return;
        }
        events.say(() -> "probe " + probe.id + (answer ? " is back at the client of " : " is at the server of ") + host
                + " by " + (answer ? probe.reverse : probe.forward));
        if (answer) {
            probe.answered = true;
        }
        watcher.left(probe, answer);
        if (!answer && !probe.arrived) {
            probe.arrived = true;
            inOrder(host + " server", () -> answer(host, frame));
        }
    }

    /** A service node gets a frame at one of its sides. */
    private void inspect(String host, String interfaceName, byte[] frame) {
        String instance = interfaceName.substring(0, interfaceName.length() - 2);
        boolean in = interfaceName.endsWith("-i");
        Probe probe = probes.get(id(frame));
        if (probe != null) {
            (in ? probe.forward : probe.reverse).add(instance);
        }
        inOrder(host + " " + interfaceName, () -> {
            if (!deadNodes.contains(instance)) {
                receive(host, instance + (in ? "-o" : "-i"), frame);
            }
        });
    }

    private void inOrder(String wire, Runnable what) {
        long at = Math.max(
                events.nowNs() + (1 + dice.nextLong(HELD_MS_MAX)) * Events.MS, lastOfWire.getOrDefault(wire, 0L));
        lastOfWire.put(wire, at);
        events.after(at - events.nowNs(), what);
    }

    /** The id in a frame, 0 if there is none. */
    private static int id(byte @Nullable [] frame) {
        if (frame == null) {
            return 0;
        }
        for (int at = frame.length - MARK.length - Integer.BYTES; at >= 0; at--) {
            if (Arrays.equals(frame, at, at + MARK.length, MARK, 0, MARK.length)) {
                return ByteBuffer.wrap(frame, at + MARK.length, Integer.BYTES).getInt();
            }
        }
        return 0;
    }
}
