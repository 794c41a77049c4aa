package dev.sluice.agent.bfd;

import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.ports.PortException;
import dev.sluice.ports.UdpPoller;
import dev.sluice.ports.UdpSocket;
import dev.sluice.ports.UdpTarget;
import dev.sluice.wire.Bfd;
import dev.sluice.wire.IpAddress;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Sockets of a runner: one to receive for each family and kind of session, one to send for each session, because its source port has to be its own (RFC 5881
 * 4). One user: the runner's thread.
 */
final class BfdSockets implements AutoCloseable {
    private static final int RECEIVERS_MAX = 4;
    private static final int SOURCE_PORTS = 65_536 - Bfd.SOURCE_PORT_MIN;

    /** Attempts to find a source port that nobody has. */
    private static final int ATTEMPTS_MAX = 64;

    private static final int EADDRINUSE = 98;

    /** DSCP CS6, network control. */
    private static final int TRAFFIC_CLASS = 0xc0;

    private final String device;
    private final RandomGenerator random;
    private final UdpPoller poller;
    private final List<Receiver> receivers = new ArrayList<>();

    /** A socket that receives. */
    record Receiver(boolean multihop, boolean ipv4, UdpSocket socket) {}

    /** Where packets of one session leave. */
    static final class Exit implements AutoCloseable {
        private final UdpSocket socket;
        private final UdpTarget target;
        private long failedCount;

        private Exit(UdpSocket socket, UdpTarget target) {
            this.socket = socket;
            this.target = target;
        }

        void send(MemorySegment packet, int bytes) {
            if (!socket.send(packet, bytes, target)) {
                failedCount++;
            }
        }

        int sourcePort() {
            return socket.port();
        }

        /** Packets that the kernel did not take: no route, no neighbour, interface down. */
        long failedCount() {
            return failedCount;
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    BfdSockets(String device, RandomGenerator random, UdpPoller poller) {
        this.device = device;
        this.random = random;
        this.poller = poller;
    }

    List<Receiver> receivers() {
        return receivers;
    }

    /** Makes sure that packets of such a session are received, and finds it a source port. */
    Exit open(BfdPath path) throws PortException {
        receive(path);
        int first = random.nextInt(SOURCE_PORTS);
        for (int i = 0; ; i++) {
            try {
                int port = Bfd.SOURCE_PORT_MIN + (first + i) % SOURCE_PORTS;
                UdpSocket socket = UdpSocket.open(new UdpSocket.Options(
                        path.local(), port, path.interfaceIndex(), device, BfdPath.TTL, TRAFFIC_CLASS));
                return new Exit(socket, UdpTarget.of(path.peer(), path.port(), path.interfaceIndex()));
            } catch (PortException e) {
                if (e.errno() != EADDRINUSE || i >= ATTEMPTS_MAX) {
                    throw e;
                }
            }
        }
    }

    private void receive(BfdPath path) throws PortException {
        boolean ipv4 = path.local().isIpv4();
        for (Receiver receiver : receivers) {
            if (receiver.multihop == path.multihop() && receiver.ipv4 == ipv4) {
                return;
            }
        }
        UdpSocket socket = UdpSocket.open(new UdpSocket.Options(
                ipv4 ? IpAddress.ANY_V4 : IpAddress.ANY_V6, path.port(), 0, device, BfdPath.TTL, TRAFFIC_CLASS));
        receivers.add(new Receiver(path.multihop(), ipv4, socket));
        poller.watch(receivers.stream().map(Receiver::socket).toList());
    }

    static UdpPoller openPoller() throws PortException {
        return UdpPoller.open(RECEIVERS_MAX);
    }

    @Override
    public void close() {
        receivers.forEach(receiver -> receiver.socket.close());
    }
}
