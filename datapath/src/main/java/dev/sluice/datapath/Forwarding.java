package dev.sluice.datapath;

import dev.sluice.datapath.errors.Fragmenter;
import dev.sluice.datapath.errors.IcmpErrors;
import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.neighbors.Neighbors;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.route.Routes;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.datapath.stage.Cursor;
import dev.sluice.datapath.stage.Frames;
import dev.sluice.datapath.stage.Journey;
import dev.sluice.datapath.stage.PacketTracer;
import dev.sluice.datapath.stage.Step;
import dev.sluice.wire.Checksum;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import org.jspecify.annotations.Nullable;

/**
 * Routes packets, or takes them across a transparent pair, and puts them on their way out (packet-life.md, forward and leave; V30). One user: the worker.
 *
 * <p>Hot path: no allocation. Cost: one longest prefix match and one neighbour look-up.
 */
final class Forwarding {
    private static final int CROSSINGS_MAX = 8;
    private static final int TTL_OF_ANSWERS = 65;

    private final Frames frames;
    private final LivenessView liveness;
    private final Neighbors neighbors;
    private final IcmpErrors errors;
    private final Fragmenter fragmenter;
    private Snapshot snapshot = Snapshot.empty();

    Forwarding(Frames frames, LivenessView liveness, Neighbors neighbors, IcmpErrors errors, Fragmenter fragmenter) {
        this.frames = frames;
        this.liveness = liveness;
        this.neighbors = neighbors;
        this.errors = errors;
        this.fragmenter = fragmenter;
    }

    void apply(Snapshot next) {
        snapshot = next;
    }

    /** Chooses the port the packet leaves by. */
    int forward(Cursor c) {
        PortEntry port = snapshot.port(c.port);
        if (port.role() == PortEntry.Role.TRANSPARENT) {
            c.egress = port.peer();
            return Step.TO_PORT;
        }
        NextHopGroup group = route(c);
        NextHop hop = choose(c, group);
        // What is for the router itself ends here, so its TTL does not matter.
        if (isLocal(hop) && (c.parsed() & Parser.ECHO_REQUEST) != 0) {
            answerEcho(c);
            group = route(c);
            hop = choose(c, group);
        }
        if (isLocal(hop)) {
            return errors.drop(c, DropReason.LOCAL_UNSUPPORTED);
        }
        if (ttl(c) <= 1) {
            return errors.drop(c, DropReason.TTL_EXPIRED);
        }
        if (group == null) {
            return errors.drop(c, DropReason.NO_ROUTE);
        }
        if (hop == null) {
            return errors.drop(c, DropReason.EGRESS_DOWN);
        }
        if (hop.kind() == NextHop.Kind.BLACKHOLE) {
            // Silent, as blackhole routes of Linux are.
            return frames.drop(c, DropReason.BLACKHOLE);
        }
        if (c.isIpv4()) {
            Ipv4.decrementTtl(c.memory, c.networkHeader());
        } else {
            Ipv6.decrementHopLimit(c.memory, c.networkHeader());
        }
        c.egress = hop.port();
        PacketTracer tracer = frames.tracer();
        if (tracer != null) {
            tracer.routed(c.batch, c.slot, c.router, c.egress);
        }
        return Step.TO_PORT;
    }

    private static int ttl(Cursor c) {
        return c.isIpv4() ? Ipv4.ttl(c.memory, c.networkHeader()) : Ipv6.hopLimit(c.memory, c.networkHeader());
    }

    private static boolean isLocal(@Nullable NextHop hop) {
        return hop != null && hop.kind() == NextHop.Kind.LOCAL;
    }

    private @Nullable NextHop choose(Cursor c, @Nullable NextHopGroup group) {
        return group == null ? null : group.choose(c.fields.hash, liveness.downPorts());
    }

    private @Nullable NextHopGroup route(Cursor c) {
        Routes routes = snapshot.router(c.router).routes();
        int index = routes.lookup(c.fields.destinationHi, c.fields.destinationLo);
        return index == Routes.NO_ROUTE ? null : routes.group(index);
    }

    /** Turns an echo request to the router into the reply (RFC 792, RFC 4443 4.2), which is then routed like any packet and is not classified. */
    private void answerEcho(Cursor c) {
        long ip = c.networkHeader();
        long icmp = c.start() + c.batch.l4[c.slot];
        PacketFields f = c.fields;
        f.reverse();
        if (c.isIpv4()) {
            Ipv4.setSource(c.memory, ip, (int) f.sourceLo);
            Ipv4.setDestination(c.memory, ip, (int) f.destinationLo);
            Ipv4.setTtl(c.memory, ip, TTL_OF_ANSWERS);
            Ipv4.updateChecksum(c.memory, ip);
            answerType(c, icmp, 0);
        } else {
            Ipv6.setSource(c.memory, ip, f.sourceHi, f.sourceLo);
            Ipv6.setDestination(c.memory, ip, f.destinationHi, f.destinationLo);
            Ipv6.setHopLimit(c.memory, ip, TTL_OF_ANSWERS);
            answerType(c, icmp, 129);
        }
        c.mark = c.router;
    }

    private static void answerType(Cursor c, long icmp, int type) {
        int before = Layouts.u16(c.memory, icmp);
        Layouts.putU8(c.memory, icmp, type);
        int after = Layouts.u16(c.memory, icmp);
        int checksum = Layouts.u16(c.memory, icmp + 2);
        Layouts.putU16(c.memory, icmp + 2, Checksum.update16(checksum, before, after));
    }

    /** Puts the packet out of the port it is to leave by. */
    int leave(Cursor c) {
        PortEntry port = snapshot.port(c.egress);
        if (port.role() == PortEntry.Role.LINK) {
            c.mark = Cursor.UNMARKED;
            c.record = Cursor.NO_RECORD;
            c.backFrom = Cursor.NOWHERE;
            c.port = port.peer();
            return ++c.crossings > CROSSINGS_MAX ? frames.drop(c, DropReason.LINK_LOOP) : Step.FROM_PORT;
        }
        boolean tooBig = frames.exceeds(port, c.batch, c.slot, 0, 0);
        if (port.role() == PortEntry.Role.TRANSPARENT) {
            if (tooBig) {
                return tooBigAcross(c, port);
            }
            Journey journey = frames.journey();
            if (journey != null) {
                journey.sends(c, port);
            }
            return frames.send(c.batch, c.slot, c.egress);
        }
        if (c.batch.outerTag[c.slot] != 0) {
            // A service node made it up: routed as it is, it would leave in a VLAN of the node's choice.
            return frames.drop(c, DropReason.VLAN_UNEXPECTED);
        }
        if (tooBig && !fragmenter.mayFragment(c.batch, c.slot)) {
            errors.tooBig(c, port.mtuBytes());
            return frames.drop(c, DropReason.MTU_EXCEEDED);
        }
        return leaveToNeighbor(c, port);
    }

    private int tooBigAcross(Cursor c, PortEntry port) {
        errors.tooBigAcross(c, port.peer(), frames.roomBytes(port, c.batch, c.slot, 0, 0));
        return frames.drop(c, DropReason.MTU_EXCEEDED);
    }

    private int leaveToNeighbor(Cursor c, PortEntry port) {
        NextHop hop = nextHop(c, port.index());
        if (hop == null) {
            return frames.drop(c, DropReason.NO_ROUTE);
        }
        boolean connected = hop.kind() == NextHop.Kind.CONNECTED;
        long hi = connected ? c.fields.destinationHi : hop.addressHi();
        long lo = connected ? c.fields.destinationLo : hop.addressLo();
        long mac = neighbors.resolve(port.index(), hi, lo, c.nowNs);
        Ethernet.setAddresses(c.memory, c.start(), Math.max(mac, 0), port.mac());
        if (mac >= 0) {
            Journey journey = frames.journey();
            if (journey != null) {
                journey.resolves(port.index(), hi, lo);
                journey.sends(c, port);
            }
            return fragmenter.send(c.batch, c.slot, port);
        }
        if (mac == Neighbors.UNREACHABLE) {
            return errors.drop(c, DropReason.NEIGHBOR_UNRESOLVED);
        }
        long given = frames.holdsBack() ? Neighbors.REFUSED : neighbors.hold(port.index(), hi, lo, c.batch, c.slot);
        if (given == Neighbors.REFUSED) {
            return frames.drop(c, DropReason.NEIGHBOR_QUEUE_FULL);
        }
        if (given >= 0) {
            frames.dropHeld(given, c.batch.port[c.slot]);
        }
        return Step.DONE;
    }

    /** The next hop behind the port that was chosen: after a service the route may name others too, but the port stays (V30). */
    private @Nullable NextHop nextHop(Cursor c, int port) {
        NextHopGroup group = route(c);
        if (group == null) {
            return null;
        }
        NextHop hop = group.choose(c.fields.hash, liveness.downPorts());
        if (hop != null && hop.port() == port) {
            return hop;
        }
        for (int i = 0; i < group.hops().size(); i++) {
            if (group.hops().get(i).port() == port) {
                return group.hops().get(i);
            }
        }
        return null;
    }
}
