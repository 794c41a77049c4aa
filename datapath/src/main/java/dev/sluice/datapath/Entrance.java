package dev.sluice.datapath;

import dev.sluice.datapath.neighbors.NeighborStage;
import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.DatapathCounters;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.NonUnicast;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.segment.SwitchStage;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.snapshot.WatchedNode;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Step;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.VlanTag;

/**
 * What becomes of a frame where it comes in, by the role of its port (packet-life.md, ports, router ports, transparent ports). One user: the worker.
 *
 * <p>Hot path: no allocation.
 */
final class Entrance {
    private static final int HOP_LIMIT_OF_DISCOVERY = 255;

    private final Frames frames;
    private final Returns returns;
    private final DeepTags deepTags;
    private final NeighborStage neighborStage;
    private final SwitchStage switchStage;
    private final OverlayInput overlayInput;
    private final PeerInput peerInput;
    private final HealthInput healthInput;
    private final DatapathCounters counters;
    private Snapshot snapshot = Snapshot.empty();

    Entrance(
            Frames frames,
            Returns returns,
            DeepTags deepTags,
            NeighborStage neighborStage,
            SwitchStage switchStage,
            OverlayInput overlayInput,
            PeerInput peerInput,
            HealthInput healthInput,
            DatapathCounters counters) {
        this.frames = frames;
        this.returns = returns;
        this.deepTags = deepTags;
        this.neighborStage = neighborStage;
        this.switchStage = switchStage;
        this.overlayInput = overlayInput;
        this.peerInput = peerInput;
        this.healthInput = healthInput;
        this.counters = counters;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    /** The next {@link Step} of the packet in hand, which came in from this port. */
    int enter(Cursor c, PortEntry port) {
        return switch (port.role()) {
            case SERVICE -> enterService(c, port);
            case TRANSPARENT -> enterTransparent(c, port);
            case SWITCH -> {
                frames.refuse(OffloadRefusal.SEGMENT);
                yield switchStage.enter(c, port);
            }
            case ROUTER, LINK -> enterRouter(c, port);
        };
    }

    private int enterService(Cursor c, PortEntry port) {
        int type = c.batch.etherType[c.slot];
        if (VlanTag.isTagType(type)) {
            return deepTags.receive(c, port);
        }
        if (type != EtherTypes.NSH) {
            return returns.receive(c, port);
        }
        frames.refuse(OffloadRefusal.OVERLAY);
        return overlayInput.receiveFromPort(c, port);
    }

    /** What is not unicast IP goes straight across (packet-life.md, transparent ports). */
    private int enterTransparent(Cursor c, PortEntry port) {
        if (VlanTag.isTagType(c.batch.etherType[c.slot])) {
            // Receivers that strip one tag after the other would take the packet inside, and nothing here has looked at
            // it.
            return frames.drop(c, DropReason.VLAN_UNEXPECTED);
        }
        if (Ethernet.destination(c.memory, c.start()) == port.mac()) {
            return frames.drop(c, DropReason.LEFT_TO_HOST);
        }
        int parsed = c.parsed();
        if ((parsed & Parser.IP) != 0 && (parsed & (Parser.GROUP | Parser.NEIGHBOR_DISCOVERY)) == 0) {
            return Step.FROM_PORT;
        }
        return acrossUnclassified(c, port);
    }

    /** What is not unicast IP (X11). */
    private int acrossUnclassified(Cursor c, PortEntry port) {
        if ((port.refusedKinds() & NonUnicast.of(c.batch, c.slot, c.memory).bit()) != 0) {
            return frames.drop(c, DropReason.NON_UNICAST_REFUSED);
        }
        if ((c.parsed() & Parser.NEIGHBOR_DISCOVERY) != 0
                && Ipv6.hopLimit(c.memory, c.networkHeader()) != HOP_LIMIT_OF_DISCOVERY) {
            // Somebody behind a router pretends to be on the link (RFC 4861 7.1).
            return frames.drop(c, DropReason.CONTROL_INVALID);
        }
        if (frames.exceeds(snapshot.port(port.peer()), c.batch, c.slot, 0, 0)) {
            return frames.drop(c, DropReason.MTU_EXCEEDED);
        }
        counters.passedAcross++;
        return frames.send(c.batch, c.slot, port.peer());
    }

    private int enterRouter(Cursor c, PortEntry port) {
        int parsed = c.parsed();
        if (c.batch.outerTag[c.slot] != 0) {
            return frames.drop(c, DropReason.VLAN_UNEXPECTED);
        }
        boolean underlay = snapshot.underlayPorts().has(port.index());
        if ((parsed & (Parser.ARP | Parser.NEIGHBOR_DISCOVERY)) != 0) {
            if (underlay) {
                healthInput.hearInUnderlay(c, port, snapshot.plane());
            }
            return neighborStage.receive(c);
        }
        if ((parsed & Parser.IP) == 0) {
            return frames.drop(c, DropReason.NON_IP_NOT_ROUTED);
        }
        if ((parsed & Parser.GROUP_MAC) == 0 && Ethernet.destination(c.memory, c.start()) != port.mac()) {
            return frames.drop(c, DropReason.NOT_FOR_US);
        }
        if ((parsed & (Parser.GROUP_MAC | Parser.GROUP_ADDRESS)) != 0) {
            return frames.drop(c, DropReason.GROUP_NOT_ROUTED);
        }
        if (overlayInput.isOurs(c, port.router())) {
            return overlayInput.receive(c, port);
        }
        WatchedNode speaker = underlay ? healthInput.inUnderlay(c, port.router(), snapshot.plane()) : null;
        if (speaker != null) {
            return healthInput.take(c, speaker);
        }
        return peerInput.isBfd(c, port.router()) ? peerInput.bfd(c, port) : Step.FROM_PORT;
    }
}
