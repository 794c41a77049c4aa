package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The chapter "Steer". */
final class ModelSteer {

    /** The last packet with a fingerprint, when it came, and the flow it belonged to; null: more than one flow. */
    record Trace(long fingerprint, @Nullable ModelRecord record, long atNs) {}

    private static final long UNDER_WAY_NS = 1_000_000_000L;

    private final ReferenceModel model;
    /** By set, the newest first. */
    private final Map<Long, List<Trace>> traces = new HashMap<>();

    ModelSteer(ReferenceModel model) {
        this.model = model;
    }

    /** From the first hop of the packet's direction. */
    void begin(Trip trip, Path path, @Nullable Rule rule, boolean transparent) {
        boolean failed = model.failedPaths.contains(path.id());
        if (failed) {
            model.coverage.event("path told to have failed");
        }
        from(trip, path, rule, trip.direction == 0 ? 0 : path.hops().size() - 1, transparent, failed);
    }

    /** From a hop on, in the packet's direction. */
    void from(Trip trip, Path path, @Nullable Rule rule, int first, boolean transparent) {
        from(trip, path, rule, first, transparent, false);
    }

    private void from(Trip trip, Path path, @Nullable Rule rule, int first, boolean transparent, boolean failed) {
        boolean uninspected = false;
        int step = trip.direction == 0 ? 1 : -1;
        for (int i = first; i >= 0 && i < path.hops().size(); i += step) {
            if (!trip.follows && trip.decided().skipped.get(trip.direction).contains(i)) {
                continue;
            }
            Path.Hop hop = path.hops().get(i);
            if (!isVisited(hop, trip.direction)) {
                model.coverage.redirected();
                model.coverage.event("hop of the other direction");
                continue;
            }
            Attachment node = hop.attachment();
            boolean alive = !failed && model.isAlive(node.instance());
            if (hop.copy()) {
                copy(trip, node, alive, transparent);
                continue;
            }
            if (alive) {
                model.coverage.redirected();
                toNode(trip, trip.frame, node, transparent, false);
                return;
            }
            Rule.FailureAction action =
                    rule == null || rule.onFailure() == Rule.FailureAction.INHERIT ? hop.onFailure() : rule.onFailure();
            if (action != Rule.FailureAction.OPEN) {
                model.drop(trip, DropReason.SERVICE_DOWN);
                return;
            }
            if (!uninspected) {
                uninspected = true;
                model.outcome.count("uninspected");
                model.outcome.count("path " + path.id() + " uninspected");
                model.coverage.event("uninspected");
            }
        }
        done(trip);
    }

    /** Whether packets of a direction take a hop. */
    static boolean isVisited(Path.Hop hop, int direction) {
        return switch (hop.visits()) {
            case BOTH -> true;
            case FORWARD -> direction == 0;
            case REVERSE -> direction == 1;
        };
    }

    private void done(Trip trip) {
        ModelRecord record = trip.decided();
        trip.mark = trip.router;
        ModelRecord.Macs macs = record.macs[trip.direction];
        if (macs != null) {
            trip.frame.sourceMac = macs.source();
            trip.frame.destinationMac = macs.destination();
        }
        if (record.chosenPort[trip.direction] >= 0) {
            trip.egress = record.chosenPort[trip.direction];
            model.forward.leave(trip);
        } else {
            model.forward.forward(trip);
        }
    }

    private void copy(Trip trip, Attachment node, boolean alive, boolean transparent) {
        if (!alive || trip.scarce) {
            model.outcome.count("attachment " + node.id() + " copiesLost");
            model.coverage.event("copy lost");
            return;
        }
        model.outcome.count("attachment " + node.id() + " copies");
        model.coverage.event("copy");
        ModelFrame copy = trip.frame.copy();
        toNode(trip, copy, node, transparent, true);
    }

    private void toNode(Trip trip, ModelFrame frame, Attachment node, boolean transparent, boolean copy) {
        Attachment.Side entered = trip.direction == 0 ? node.in() : node.out();
        Attachment.Side other = trip.direction == 0 ? node.out() : node.in();
        PortEntry port = model.world.port(entered.port());
        List<Integer> pushed = Stream.of(entered.outerTag(), entered.innerTag())
                .filter(tag -> tag != 0)
                .toList();
        if (port.mtuBytes() != 0 && frame.bytesAgainstMtu(pushed) > port.mtuBytes()) {
            if (!copy) {
                tellTooBig(trip, ModelForward.room(port, frame, pushed), transparent);
            }
            model.drop(trip, DropReason.MTU_EXCEEDED);
            return;
        }
        if (!model.caps.take(node.instance(), frame.packets(), model.nowNs)) {
            model.outcome.count("attachment " + node.id() + " capped");
            model.drop(trip, DropReason.NODE_CAP_EXCEEDED);
            return;
        }
        ModelNeighbors.Place place = null;
        boolean unresolved = false;
        switch (node.kind()) {
            case ROUTE -> {
                frame.sourceMac = port.mac();
                frame.destinationMac = entered.mac();
                if (entered.mac() == -1) {
                    place = new ModelNeighbors.Place(port.index(), nextHop(frame, entered));
                    Long mac = model.neighbors.mac(place);
                    unresolved = mac == null;
                    frame.destinationMac = mac == null ? 0 : mac;
                }
            }
            case WIRE -> setMacs(frame, entered.mac(), other.mac());
            case BRIDGE -> {
                if (!transparent) {
                    setMacs(frame, entered.mac(), other.mac());
                }
            }
        }
        if (!copy) {
            model.outcome.count("attachment " + node.id() + " sent " + trip.direction);
            note(trip, node);
        }
        if (!push(frame, entered.innerTag()) || !push(frame, entered.outerTag())) {
            if (unresolved && place != null && !model.neighbors.failed(place)) {
                model.neighbors.ask(place, model.nowNs);
            }
            model.drop(trip, DropReason.NO_FRAME);
        } else if (unresolved && place != null) {
            model.forward.wait(trip, frame, place);
        } else {
            model.send(port.index(), frame);
        }
    }

    private void tellTooBig(Trip trip, int mtuBytes, boolean transparent) {
        if (!transparent) {
            model.errors.tell(trip, DropReason.MTU_EXCEEDED, mtuBytes);
            return;
        }
        ModelRecord record = trip.decided();
        ModelRecord.Macs macs = record.macs[trip.direction];
        if (macs != null) {
            setMacs(trip.frame, macs.source(), macs.destination());
        }
        PortEntry leavesBy = model.world.port(record.chosenPort[trip.direction]);
        model.errors.tellAcross(trip, leavesBy.peer(), mtuBytes);
    }

    /** Source = MAC of the side entered, destination = MAC of the other side. */
    private static void setMacs(ModelFrame frame, long source, long destination) {
        frame.sourceMac = source;
        frame.destinationMac = destination;
    }

    private static IpAddress nextHop(ModelFrame frame, Attachment.Side side) {
        return frame.ipv4 ? IpAddress.ofIpv4(side.nextHopV4()) : new IpAddress(side.nextHopV6Hi(), side.nextHopV6Lo());
    }

    private static boolean push(ModelFrame frame, int tag) {
        if (tag == 0) {
            return true;
        }
        if (frame.headroomBytes < 4) {
            return false;
        }
        frame.headroomBytes -= 4;
        frame.tags.addFirst(tag);
        return true;
    }

    // How flows behind nodes that translate are recognised.

    private void note(Trip trip, Attachment node) {
        ModelRecord record = trip.decided();
        if (node.translation() != Attachment.Translation.LEARNED
                || trip.direction == 1
                || record.linked != null
                || trip.follows
                || trip.frame.laterFragment) {
            return;
        }
        long fingerprint = Formulas.fingerprint(node.id(), trip.frame);
        List<Trace> set = traces.computeIfAbsent(fingerprint >>> 54, _ -> new ArrayList<>());
        for (int i = 0; i < set.size(); i++) {
            Trace before = set.get(i);
            if (before.fingerprint == fingerprint) {
                boolean otherFlow = before.record == null
                        ? model.nowNs - before.atNs < UNDER_WAY_NS
                        : before.record != record
                                && before.record.linked == null
                                && !(before.record.removed || before.record.superseded);
                set.set(i, new Trace(fingerprint, otherFlow ? null : record, model.nowNs));
                return;
            }
        }
        set.addFirst(new Trace(fingerprint, record, model.nowNs));
        if (set.size() > 4) {
            set.removeLast();
        }
    }

    /** The flow whose packet this is behind a node, null if it is not known. */
    @Nullable
    ModelRecord origin(ModelFrame frame, Attachment node) {
        long fingerprint = Formulas.fingerprint(node.id(), frame);
        for (Trace trace : traces.getOrDefault(fingerprint >>> 54, List.of())) {
            if (trace.fingerprint == fingerprint && trace.record != null) {
                return trace.record.removed || trace.record.superseded ? null : trace.record;
            }
        }
        return null;
    }
}
