package dev.sluice.agent.sight;

import dev.sluice.agent.NodeException;
import dev.sluice.datapath.foretell.ForetoldFrame;
import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.ServicePlane;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Geneve;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import java.util.Optional;

/** A foretold packet between two hosts: to whom a frame in a tunnel goes, and where it comes in. Stateless. */
final class ForetoldTunnel {
    private static final int MAC_BYTES = 6;
    private static final int IP = Ethernet.TYPE_OFFSET + 2;
    private static final int IPV4_BYTES = 20;
    private static final int IPV4_PROTOCOL = 9;
    private static final int IPV4_DESTINATION = 16;
    private static final int IPV6_BYTES = 40;
    private static final int IPV6_PROTOCOL = 6;
    private static final int IPV6_DESTINATION = 24;
    private static final int UDP_DESTINATION = 2;

    private ForetoldTunnel() {}

    /** The node at whose tunnel endpoint a frame that leaves here ends; empty if it is in no tunnel. */
    static Optional<OverlayPeer> peer(Snapshot snapshot, ForetoldFrame frame) {
        Optional<IpAddress> end = end(frame.bytes());
        return snapshot.plane().peers().stream()
                .filter(peer -> end.isPresent() && peer.address().equals(end.get()))
                .findFirst();
    }

    /**
     * A frame from another node as it comes in here.
     *
     * @throws NodeException if it is in no tunnel that ends here
     */
    static ForetoldFrame arriving(Snapshot snapshot, byte[] sent) throws NodeException {
        ServicePlane plane = snapshot.plane();
        Optional<IpAddress> end = end(sent);
        if (plane.router() < 0 || end.isEmpty() || !end.get().equals(plane.endpoint())) {
            throw new NodeException("the frame is in no tunnel that ends at this node"
                    + (plane.router() < 0 ? ", which has none" : ": they end at " + plane.endpoint()));
        }
        for (int i = 0; i < snapshot.portCount(); i++) {
            PortEntry port = snapshot.port(i);
            if (port.role() == PortEntry.Role.ROUTER && port.router() == plane.router()) {
                byte[] bytes = sent.clone();
                for (int k = 0; k < MAC_BYTES; k++) {
                    bytes[k] = (byte) (port.mac() >>> (40 - 8 * k));
                }
                return ForetoldFrame.plain(i, bytes);
            }
        }
        throw new NodeException("the router that tunnels end at has no port");
    }

    private static Optional<IpAddress> end(byte[] f) {
        if (f.length < IP + IPV6_BYTES) {
            return Optional.empty();
        }
        int type = u16(f, IP - 2);
        boolean v4 = type == EtherTypes.IPV4 && (f[IP] & 0xff) == 0x45;
        boolean isIp = v4 || type == EtherTypes.IPV6;
        boolean isUdp = isIp && f[IP + (v4 ? IPV4_PROTOCOL : IPV6_PROTOCOL)] == IpProtocols.UDP;
        int udp = IP + (v4 ? IPV4_BYTES : IPV6_BYTES);
        if (!isUdp || f.length < udp + Geneve.BYTES || u16(f, udp + UDP_DESTINATION) != Geneve.PORT) {
            return Optional.empty();
        }
        return Optional.of(
                v4
                        ? new IpAddress(0, 0xffff_0000_0000L | number(f, IP + IPV4_DESTINATION, 4))
                        : new IpAddress(number(f, IP + IPV6_DESTINATION, 8), number(f, IP + IPV6_DESTINATION + 8, 8)));
    }

    private static int u16(byte[] f, int at) {
        return (int) number(f, at, 2);
    }

    private static long number(byte[] f, int at, int bytes) {
        long number = 0;
        for (int i = 0; i < bytes; i++) {
            number = number << 8 | (f[at + i] & 0xff);
        }
        return number;
    }
}
