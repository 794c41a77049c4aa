package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The chapters "Forward" and "Leave". */
final class ModelForward {
    private static final int CROSSINGS_MAX = 8;
    private static final int TTL_OF_ANSWERS = 64;

    private final ReferenceModel model;

    ModelForward(ReferenceModel model) {
        this.model = model;
    }

    void forward(Trip trip) {
        PortEntry port = model.world.port(trip.port);
        if (port.role() == PortEntry.Role.TRANSPARENT) {
            trip.egress = port.peer();
            model.classify.at(trip, trip.egress, true);
            return;
        }
        int ttl = trip.frame.ttl() - 1;
        List<NextHop> hops = route(trip);
        NextHop hop = choose(trip, hops);
        if (hop != null && hop.kind() == NextHop.Kind.LOCAL && trip.frame.isEchoRequest()) {
            model.coverage.event("echo answered");
            answer(trip);
            ttl = TTL_OF_ANSWERS;
            hops = route(trip);
            hop = choose(trip, hops);
        }
        if (hop != null && hop.kind() == NextHop.Kind.LOCAL) {
            refuse(trip, DropReason.LOCAL_UNSUPPORTED);
        } else if (ttl < 1) {
            refuse(trip, DropReason.TTL_EXPIRED);
        } else if (hops.isEmpty()) {
            refuse(trip, DropReason.NO_ROUTE);
        } else if (hop == null) {
            refuse(trip, DropReason.EGRESS_DOWN);
        } else if (hop.kind() == NextHop.Kind.BLACKHOLE) {
            model.drop(trip, DropReason.BLACKHOLE);
        } else {
            trip.frame.putTtl(ttl);
            trip.egress = hop.port();
            model.classify.at(trip, trip.egress, true);
        }
    }

    /** Drops the packet and tells its sender. */
    private void refuse(Trip trip, DropReason reason) {
        model.errors.tell(trip, reason, 0);
        model.drop(trip, reason);
    }

    private List<NextHop> route(Trip trip) {
        return ModelRules.route(model.world.routes().get(trip.router), trip.frame.destination);
    }

    private @Nullable NextHop choose(Trip trip, List<NextHop> hops) {
        return ModelRules.choose(hops, trip.frame.hash(), model::isUp);
    }

    /** An echo request to the router becomes the reply, which is routed and not classified. */
    private void answer(Trip trip) {
        ModelFrame frame = trip.frame;
        frame.turnAddresses();
        int at = frame.transportAt;
        int before = frame.u16(at);
        frame.body[at] = (byte) (frame.ipv4 ? 0 : 129);
        // RFC 1624: HC' = ~(~HC + ~m + m')
        long sum = (0xffffL - frame.u16(at + 2)) + (0xffff - before) + frame.u16(at);
        frame.put16(at + 2, 0xffff - Bytes.sum(new byte[0], 0, 0, sum));
        trip.mark = trip.router;
    }

    void leave(Trip trip) {
        PortEntry port = model.world.port(trip.egress);
        if (port.role() == PortEntry.Role.LINK) {
            trip.mark = -1;
            trip.record = null;
            trip.backFrom = -1;
            trip.port = port.peer();
            trip.crossings++;
            model.coverage.event("link crossed");
            if (trip.crossings > CROSSINGS_MAX) {
                model.drop(trip, DropReason.LINK_LOOP);
            } else {
                model.fromPort(trip);
            }
            return;
        }
        boolean tooLarge = tooLarge(port, trip.frame);
        if (port.role() == PortEntry.Role.TRANSPARENT) {
            if (tooLarge) {
                model.errors.tellAcross(trip, port.peer(), room(port, trip.frame, List.of()));
                model.drop(trip, DropReason.MTU_EXCEEDED);
            } else {
                model.send(port.index(), trip.frame);
            }
        } else if (!trip.frame.tags.isEmpty()) {
            model.drop(trip, DropReason.VLAN_UNEXPECTED);
        } else if (tooLarge && !mayFragment(trip.frame)) {
            model.errors.tell(trip, DropReason.MTU_EXCEEDED, port.mtuBytes());
            model.drop(trip, DropReason.MTU_EXCEEDED);
        } else {
            toNeighbor(trip, port);
        }
    }

    static boolean tooLarge(PortEntry port, ModelFrame frame) {
        return port.mtuBytes() != 0 && frame.bytesAgainstMtu(List.of()) > port.mtuBytes();
    }

    /** The largest packet that fits the port behind these tags. */
    static int room(PortEntry port, ModelFrame frame, List<Integer> pushed) {
        return port.mtuBytes() - (frame.bytesAgainstMtu(pushed) - frame.packetBytes());
    }

    private static boolean mayFragment(ModelFrame frame) {
        return frame.ipv4 && (frame.u8(6) & 0x40) == 0 && frame.original.gsoType() == 0;
    }

    /** Out of a router port, in fragments if need be. */
    void sendOut(PortEntry port, ModelFrame frame, int cameFrom, boolean scarce) {
        if (!tooLarge(port, frame) || !mayFragment(frame)) {
            model.send(port.index(), frame);
            return;
        }
        List<byte[]> pieces = ModelFragments.of(frame, port.mtuBytes());
        DropReason trouble =
                pieces.isEmpty() || pieces.size() > 64 ? DropReason.MTU_EXCEEDED : scarce ? DropReason.NO_FRAME : null;
        if (trouble != null) {
            model.coverage.dropped(trouble);
            model.outcome.dropped(cameFrom, trouble);
            return;
        }
        model.coverage.event("fragmented");
        model.outcome.count("packetsFragmented");
        model.outcome.count("fragmentsMade", pieces.size());
        pieces.forEach(piece -> model.outcome.sent(port.index(), MemoryFrame.plain(piece)));
    }

    private void toNeighbor(Trip trip, PortEntry port) {
        List<NextHop> hops = route(trip);
        NextHop hop = choose(trip, hops);
        if (hop == null || hop.port() != port.index()) {
            hop = hops.stream()
                    .filter(each -> each.port() == port.index())
                    .findFirst()
                    .orElse(null);
        }
        if (hop == null) {
            model.drop(trip, DropReason.NO_ROUTE);
            return;
        }
        IpAddress address = hop.kind() == NextHop.Kind.CONNECTED
                ? trip.destination()
                : new IpAddress(hop.addressHi(), hop.addressLo());
        ModelNeighbors.Place place = new ModelNeighbors.Place(port.index(), address);
        trip.frame.sourceMac = port.mac();
        Long mac = model.neighbors.mac(place);
        if (mac == null) {
            wait(trip, trip.frame, place);
        } else {
            trip.frame.destinationMac = mac;
            sendOut(port, trip.frame, trip.cameFrom, trip.scarce);
        }
    }

    /** The neighbour is not known: the frame waits, or does not. */
    void wait(Trip trip, ModelFrame frame, ModelNeighbors.Place place) {
        if (model.neighbors.failed(place)) {
            if (model.world.port(place.port()).role() == PortEntry.Role.ROUTER) {
                model.errors.tell(trip, DropReason.NEIGHBOR_UNRESOLVED, 0);
            }
            model.drop(trip, DropReason.NEIGHBOR_UNRESOLVED);
            return;
        }
        model.neighbors.ask(place, model.nowNs);
        model.coverage.event("waits for neighbour");
        if (model.neighbors.hold(place, new ModelNeighbors.Waiting(frame, trip.cameFrom)) != null) {
            model.drop(trip, DropReason.NEIGHBOR_QUEUE_FULL);
        }
    }
}
