package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.packet.NonUnicast;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.track.FlowPrograms.Action;
import dev.sluice.ports.MemoryFrame;
import java.util.HashSet;
import java.util.Set;

/**
 * The life of a packet as packet-life.md tells it, one packet at a time, with plain objects. Owns the state that packets leave behind; what one
 * packet does is in {@link ModelClassify}, {@link ModelSteer}, {@link ModelReturn} and {@link ModelForward}.
 */
public final class ReferenceModel {
    final ModelConnections connections;
    final ModelNeighbors neighbors = new ModelNeighbors();
    final ModelAttributes attributes = new ModelAttributes();
    final ModelHits hits = new ModelHits(this);
    final ModelSelector selector = new ModelSelector(this);
    final Set<Integer> deadInstances = new HashSet<>();
    final Set<Integer> unanswering = new HashSet<>();
    final Set<Integer> leaving = new HashSet<>();
    final Set<Integer> unjudged = new HashSet<>();
    final ModelCaps caps = new ModelCaps();
    final Set<Integer> downPorts = new HashSet<>();
    final ModelSteer steer = new ModelSteer(this);
    final ModelPrograms programs = new ModelPrograms(this);
    final ModelPassage passage = new ModelPassage(this);
    final ModelClassify classify = new ModelClassify(this);
    final ModelReturn returns = new ModelReturn(this);
    final ModelForward forward = new ModelForward(this);
    final ModelDatagrams datagrams;
    final ModelErrors errors = new ModelErrors(this);
    final ModelControl control = new ModelControl(this);
    final Coverage coverage;
    World world;
    final Set<Integer> failedPaths = new HashSet<>();
    int livenessGeneration = 1;
    long nowNs;
    Outcome outcome = new Outcome();

    /** A model with room for the given number of connections. */
    public ReferenceModel(World world, int connectionsMax, long nowNs, Coverage coverage) {
        this.connections = new ModelConnections(connectionsMax);
        this.datagrams = new ModelDatagrams(this, connectionsMax);
        this.nowNs = nowNs;
        this.coverage = coverage;
        this.world = world;
        apply(world);
    }

    long nowMs() {
        return nowNs / 1_000_000;
    }

    void apply(World next) {
        world = next;
        connections.setTimeouts(next.timeouts());
        selector.apply(next);
        caps.apply(next.caps());
        passage.apply(next);
    }

    void setInstance(int instance, boolean alive) {
        if (alive ? deadInstances.remove(instance) : deadInstances.add(instance)) {
            livenessGeneration++;
        }
    }

    void setProbed(int instance, boolean alive) {
        if (alive ? unanswering.remove(instance) : unanswering.add(instance)) {
            livenessGeneration++;
        }
    }

    void setLeaving(int instance, boolean leave) {
        if (leave ? leaving.add(instance) : leaving.remove(instance)) {
            livenessGeneration++;
        }
    }

    void setJudged(int instance, boolean judged) {
        if (judged ? unjudged.remove(instance) : unjudged.add(instance)) {
            livenessGeneration++;
        }
    }

    void setFailed(int path, boolean failed) {
        if (failed ? failedPaths.add(path) : failedPaths.remove(path)) {
            livenessGeneration++;
        }
    }

    void setPort(int port, boolean up) {
        if (up ? downPorts.remove(port) : downPorts.add(port)) {
            livenessGeneration++;
        }
    }

    void tell(Event.Told told) {
        Action action = told.action();
        if (action == null) {
            programs.revoke(told.flow());
        } else {
            programs.tell(told, action);
        }
    }

    boolean isAlive(int instance) {
        return !deadInstances.contains(instance) && !unanswering.contains(instance);
    }

    /** Alive, and not in maintenance: flows stay. */
    boolean holds(int instance) {
        return isAlive(instance) && !leaving.contains(instance);
    }

    /** New flows get it: probes have come to a verdict, too. */
    boolean isFit(int instance) {
        return holds(instance) && !unjudged.contains(instance);
    }

    boolean isUp(int port) {
        return !downPorts.contains(port);
    }

    /** Time passes; timers run at its end if there is a tick. */
    Outcome elapse(long ns, boolean tick) {
        outcome = new Outcome();
        nowNs += ns;
        if (tick) {
            neighbors.tick(nowNs, control);
            datagrams.tick();
            attributes.tick(nowNs);
            errors.sendAll();
            connections.removeExpired(nowMs());
        }
        return outcome;
    }

    /** A frame comes in from a port. */
    Outcome receive(int port, MemoryFrame in, int headroomBytes, boolean scarce) {
        outcome = new Outcome();
        coverage.packet();
        take(port, in, headroomBytes, scarce);
        return outcome;
    }

    /** The whole way of a frame, and of those that waited for it. */
    void take(int port, MemoryFrame in, int headroomBytes, boolean scarce) {
        FrameReader reader = new FrameReader(in);
        ModelFrame frame = reader.frame();
        frame.headroomBytes = headroomBytes;
        Trip trip = new Trip(frame, port, scarce);
        if (port >= world.ports().size() || world.port(port).role() == PortEntry.Role.LINK) {
            outcome.dropped(port >= world.ports().size() ? 0 : port, DropReason.PORT_UNKNOWN);
            coverage.dropped(DropReason.PORT_UNKNOWN);
        } else if (reader.malformed != null) {
            drop(trip, reader.malformed);
        } else {
            switch (world.port(port).role()) {
                case SERVICE -> returns.receive(trip);
                case TRANSPARENT -> fromTransparent(trip);
                case ROUTER, LINK -> fromRouterPort(trip);
                case SWITCH -> throw new IllegalStateException("worlds have no segments");
            }
        }
        errors.sendAll();
        trip.names.run();
    }

    private void fromTransparent(Trip trip) {
        ModelFrame frame = trip.frame;
        if (frame.hasMoreTags()) {
            drop(trip, DropReason.VLAN_UNEXPECTED);
            return;
        }
        if (frame.destinationMac == world.port(trip.port).mac()) {
            drop(trip, DropReason.LEFT_TO_HOST);
            return;
        }
        if (!frame.isIp() || frame.isForMany() || frame.isDiscovery()) {
            across(trip);
        } else {
            fromPort(trip);
        }
    }

    private void across(Trip trip) {
        PortEntry port = world.port(trip.port);
        PortEntry peer = world.port(port.peer());
        NonUnicast kind = trip.frame.kindForMany();
        coverage.event("across " + kind);
        if ((port.refusedKinds() & kind.bit()) != 0) {
            drop(trip, DropReason.NON_UNICAST_REFUSED);
        } else if (trip.frame.isDiscovery() && trip.frame.ttl() != 255) {
            drop(trip, DropReason.CONTROL_INVALID);
        } else if (ModelForward.tooLarge(peer, trip.frame)) {
            drop(trip, DropReason.MTU_EXCEEDED);
        } else {
            outcome.count("passedAcross");
            send(peer.index(), trip.frame);
        }
    }

    private void fromRouterPort(Trip trip) {
        ModelFrame frame = trip.frame;
        if (!frame.tags.isEmpty()) {
            drop(trip, DropReason.VLAN_UNEXPECTED);
        } else if (frame.isArp() || frame.isDiscovery()) {
            control.receive(trip);
        } else if (!frame.isIp()) {
            drop(trip, DropReason.NON_IP_NOT_ROUTED);
        } else if (!frame.isGroup()
                && frame.destinationMac != world.port(trip.port).mac()) {
            drop(trip, DropReason.NOT_FOR_US);
        } else if (frame.isGroup() || frame.hasGroupAddress()) {
            drop(trip, DropReason.GROUP_NOT_ROUTED);
        } else {
            fromPort(trip);
        }
    }

    /** Classification of what came in from a port, or out of a link. */
    void fromPort(Trip trip) {
        if (trip.crossings == 0 && !datagrams.admit(trip)) {
            return;
        }
        trip.router = world.port(trip.port).router();
        classify.at(trip, trip.port, false);
    }

    void drop(Trip trip, DropReason reason) {
        coverage.dropped(reason);
        outcome.dropped(trip.cameFrom, reason);
    }

    void send(int port, ModelFrame frame) {
        outcome.sent(port, frame.toMemoryFrame());
    }
}
