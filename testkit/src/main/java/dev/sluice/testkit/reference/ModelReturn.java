package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.WatchedNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** The chapter "Return". */
final class ModelReturn {
    /** An attachment and one of its sides. */
    record Binding(Attachment node, int side) {}

    /** Whether a packet might belong to some flow, whether in some router only to flows that wait, and whether in one to several with different paths. */
    private enum Match {
        NOBODY,
        SOMEBODY,
        WAITS,
        SEVERAL
    }

    private final ReferenceModel model;

    ModelReturn(ReferenceModel model) {
        this.model = model;
    }

    void receive(Trip trip) {
        ModelFrame frame = trip.frame;
        PortEntry port = model.world.port(trip.port);
        if (frame.looksLikeProbe()) {
            // Nobody in these worlds sends any.
            model.drop(trip, DropReason.PROBE_UNEXPECTED);
            return;
        }
        Binding binding = binding(model.world, trip.port, frame.tags);
        if (binding == null) {
            model.drop(trip, DropReason.SERVICE_TAG_UNKNOWN);
            return;
        }
        if (frame.hasMoreTags()) {
            receiveDeep(trip, binding);
            return;
        }
        Attachment node = binding.node;
        WatchedNode speaker = NodeSpeech.speaker(model.world, trip, binding);
        boolean controlFrame = frame.isArp() || frame.isDiscovery();
        if (controlFrame && !port.addresses().isEmpty()) {
            model.control.receive(trip);
        } else if (!frame.isIp() || controlFrame || frame.isForMany()) {
            model.drop(trip, DropReason.SERVICE_CONTROL);
        } else if (speaker != null) {
            // Nobody listens in these worlds.
            boolean bfd = speaker.speech() == WatchedNode.Speech.BFD;
            model.drop(trip, bfd ? DropReason.BFD_REFUSED : DropReason.PROBE_UNEXPECTED);
        } else if (node.copy()) {
            model.drop(trip, DropReason.COPY_NODE_SENT);
        } else if (node.kind() == Attachment.Kind.ROUTE && frame.destinationMac != port.mac()) {
            model.drop(trip, DropReason.NOT_FOR_US);
        } else if (model.datagrams.admit(trip)) {
            untag(frame, binding);
            match(trip, node, binding.side);
        }
    }

    private static void untag(ModelFrame frame, Binding binding) {
        Attachment.Side side = binding.node.side(binding.side);
        for (int tag : new int[] {side.outerTag(), side.innerTag()}) {
            if (tag != 0) {
                frame.tags.removeFirst();
                frame.headroomBytes += 4;
            }
        }
    }

    /** A packet with two tags of its own, behind those of the node. */
    private void receiveDeep(Trip outer, Binding binding) {
        untag(outer.frame, binding);
        FrameReader reader = new FrameReader(outer.frame.toMemoryFrame());
        ModelFrame frame = reader.frame();
        frame.headroomBytes = outer.frame.headroomBytes;
        Trip trip = new Trip(frame, outer.port, outer.scarce);
        Attachment node = binding.node;
        if (reader.malformed != null) {
            model.drop(trip, reader.malformed);
        } else if (!frame.isIp() || frame.isForMany() || frame.isDiscovery()) {
            model.drop(trip, DropReason.SERVICE_CONTROL);
        } else if (frame.looksLikeProbe()) {
            model.drop(trip, DropReason.PROBE_UNEXPECTED);
        } else if (node.copy()) {
            model.drop(trip, DropReason.COPY_NODE_SENT);
        } else if (node.kind() == Attachment.Kind.ROUTE
                && frame.destinationMac != model.world.port(trip.port).mac()) {
            model.drop(trip, DropReason.NOT_FOR_US);
        } else if (model.datagrams.admitDeep(trip, node.id() * 2L + binding.side)) {
            model.coverage.event("two tags behind those of a node");
            match(trip, node, binding.side);
        }
    }

    /** What a frame's tags mean at a service port: by both, by the outer one, by none. */
    static @Nullable Binding binding(World world, int port, List<Integer> tags) {
        for (int count = tags.size(); count >= 0; count--) {
            List<Integer> wanted =
                    tags.subList(0, count).stream().map(tag -> tag & 0xfff).toList();
            for (Attachment node : world.attachments()) {
                for (int side = 0; side < 2; side++) {
                    Attachment.Side s = node.side(side);
                    List<Integer> own = new ArrayList<>();
                    for (int tag : new int[] {s.outerTag(), s.innerTag()}) {
                        if (tag != 0) {
                            own.add(tag & 0xfff);
                        }
                    }
                    if (s.port() == port && own.equals(wanted)) {
                        return new Binding(node, side);
                    }
                }
            }
        }
        return null;
    }

    private void match(Trip trip, Attachment node, int side) {
        ModelQuoted quoted = ModelQuoted.of(trip.frame);
        if (quoted != null) {
            List<ModelRecord> about = new ArrayList<>();
            Match match = collect(node, side, quoted::flow, about);
            if (about.size() == 1 && match != Match.WAITS && match != Match.SEVERAL) {
                trip.record = about.getFirst();
                trip.router = trip.record.key.router();
                trip.direction = trip.record.directionOf(quoted.flow(trip.router));
                trip.follows = true;
                model.outcome.count("errorsOfFlows");
                model.coverage.event("error follows behind a node");
                goOn(trip, node);
                return;
            }
        }
        List<ModelRecord> fits = new ArrayList<>();
        Match match = collect(
                node,
                side,
                router -> {
                    trip.router = router;
                    return trip.key();
                },
                fits);
        if (fits.size() > 1 || match == Match.SEVERAL || (match == Match.WAITS && !fits.isEmpty())) {
            model.drop(trip, DropReason.RETURN_AMBIGUOUS);
        } else if (match == Match.WAITS) {
            model.coverage.event("returned to a flow that waits");
            model.drop(trip, DropReason.PATH_CHANGING);
        } else if (fits.size() == 1) {
            trip.record = fits.getFirst();
            trip.router = fits.getFirst().key.router();
            trip.direction = fits.getFirst().directionOf(trip.key());
            goOn(trip, node);
        } else if (match == Match.SOMEBODY) {
            model.drop(trip, DropReason.SERVICE_WRONG_SIDE);
        } else if (node.translation() != Attachment.Translation.NONE && (node.oneArmed() || side == Attachment.OUT)) {
            translated(trip, node);
        } else if (!node.routeUnmatched()) {
            model.drop(trip, DropReason.RETURN_NO_FLOW);
        } else if (node.routers().length != 1) {
            model.drop(trip, DropReason.RETURN_AMBIGUOUS);
        } else {
            model.coverage.event("routed without flow");
            trip.router = node.routers()[0];
            trip.mark = trip.router;
            model.forward.forward(trip);
        }
    }

    /** Adds the record of each router that explains a packet of a key; whether there was one that might on the other side. */
    private Match collect(Attachment node, int side, IntFunction<ModelRecord.Key> keyIn, List<ModelRecord> fits) {
        Match match = Match.NOBODY;
        for (int router : node.routers()) {
            int fitting = fits.size();
            boolean waits = false;
            ModelRecord.Key key = keyIn.apply(router);
            for (ModelRecord record : model.connections.find(key, model.nowMs())) {
                if (model.passage.mayHaveSent(record, node)) {
                    model.coverage.event("returned to a path that is gone");
                    waits = true;
                    break;
                }
                int direction = record.directionOf(key);
                if (hopOf(record, node, direction) < 0 || (direction == 1 && record.oneDirection)) {
                    continue;
                }
                if (record.waits) {
                    waits = true;
                    continue;
                }
                match = match == Match.NOBODY ? Match.SOMEBODY : match;
                if (node.oneArmed() || side == (direction == 0 ? Attachment.OUT : Attachment.IN)) {
                    List<ModelRecord> rivals = rivals(record, key, node, side);
                    ModelRecord taken = model.passage.isRecent(record) || rivals.isEmpty() ? record : rivals.getFirst();
                    fits.add(taken);
                    if (!taken.equals(record)) {
                        model.coverage.event("returned by an older record");
                    }
                    if (!rivals.stream().allMatch(rival -> model.passage.getsAll(rival, taken, key, node))) {
                        model.coverage.event("returned to rules that contradict each other");
                        match = Match.SEVERAL;
                    }
                    break;
                }
            }
            if (waits && fits.size() == fitting && match != Match.SEVERAL) {
                match = Match.WAITS;
            }
        }
        return match;
    }

    /** Older records in use that might have sent the packet as well. */
    private List<ModelRecord> rivals(ModelRecord newest, ModelRecord.Key key, Attachment node, int side) {
        List<ModelRecord> rivals = new ArrayList<>();
        boolean older = false;
        for (ModelRecord record : model.connections.find(key, model.nowMs())) {
            int direction = record.directionOf(key);
            if (older
                    && !record.superseded
                    && !record.waits
                    && model.passage.isRecent(record)
                    && hopOf(record, node, direction) >= 0
                    && !(direction == 1 && record.oneDirection)
                    && (node.oneArmed() || side == (direction == 0 ? Attachment.OUT : Attachment.IN))) {
                rivals.add(record);
            }
            older |= record.equals(newest);
        }
        return rivals;
    }

    /** Which hop of a record's path the node is, -1 none. */
    private int hopOf(ModelRecord record, Attachment node, int direction) {
        Path path = record.pathId == 0 ? null : model.world.path(record.pathId);
        return path == null ? -1 : hopIn(path, node, direction);
    }

    private static int hopIn(Path path, Attachment node, int direction) {
        for (int i = 0; i < path.hops().size(); i++) {
            Path.Hop hop = path.hops().get(i);
            if (!hop.copy() && hop.attachment().id() == node.id() && ModelSteer.isVisited(hop, direction)) {
                return i;
            }
        }
        return -1;
    }

    private void goOn(Trip trip, Attachment node) {
        ModelRecord record = trip.decided();
        model.coverage.hit();
        model.coverage.redirected();
        model.coverage.event("returned");
        if (record.superseded) {
            model.coverage.event("returned by a superseded record");
        }
        model.outcome.count("attachment " + node.id() + " returned " + trip.direction);
        if (node.translation() != Attachment.Translation.NONE && !record.superseded && !trip.follows) {
            record.count(trip.direction, model.nowMs());
            if (record.isTcp() && !trip.frame.laterFragment) {
                record.onTcp(trip.direction, trip.frame.tcpFlags);
            }
        }
        Path path = model.world.path(record.pathId);
        if (path == null) {
            throw new IllegalStateException("a path that is not there was matched");
        }
        Rule rule = record.ruleId > 0 ? model.world.ruleOfRecord(record.ruleId) : null;
        if (path.hops().stream().anyMatch(hop -> hop.attachment().translation() != Attachment.Translation.NONE)) {
            recall(record, trip.direction);
        }
        int chosen = record.chosenPort[trip.direction];
        boolean transparent = chosen >= 0 && model.world.port(chosen).role() == PortEntry.Role.TRANSPARENT;
        int hop = hopIn(path, node, trip.direction);
        List<Path.Hop> passed = trip.direction == 0
                ? path.hops().subList(0, hop + 1)
                : path.hops().subList(hop, path.hops().size());
        boolean translated = passed.stream()
                .anyMatch(each -> !each.copy()
                        && ModelSteer.isVisited(each, trip.direction)
                        && each.attachment().translation() != Attachment.Translation.NONE);
        trip.backFrom = translated ? hop : -1;
        model.steer.from(trip, path, rule, hop + (trip.direction == 0 ? 1 : -1), transparent);
    }

    /** Forward packets are classified by the original's key, reverse ones by that of what a node made of it. */
    private static void recall(ModelRecord record, int direction) {
        ModelRecord other = record.linked;
        boolean elsewhere = record.translated == (direction == 0);
        if (other != null && elsewhere && other.chosenPort[direction] >= 0) {
            record.chosenPort[direction] = other.chosenPort[direction];
            record.macs[direction] = other.macs[direction];
        }
    }

    private void translated(Trip trip, Attachment node) {
        ModelRecord origin =
                node.translation() == Attachment.Translation.LEARNED ? model.steer.origin(trip.frame, node) : null;
        Path path;
        if (origin != null) {
            path = model.world.path(origin.pathId);
        } else {
            int[] paths = node.returnPaths();
            path = paths.length == 0 || node.routers().length != 1
                    ? null
                    : model.world.path(paths[Formulas.bucket(trip.frame.hash(), paths.length)]);
        }
        if (path == null || hopIn(path, node, 0) < 0) {
            model.drop(trip, DropReason.RETURN_AMBIGUOUS);
            return;
        }
        trip.router = origin == null ? node.routers()[0] : origin.key.router();
        ModelRecord record = model.connections.insert(trip.key(), model.nowMs());
        if (record == null) {
            model.drop(trip, DropReason.TABLE_FULL);
            return;
        }
        record.pathId = path.id();
        record.configGeneration = model.world.generation();
        record.livenessGeneration = model.livenessGeneration;
        record.translated = true;
        record.ruleId = ModelClassify.TRANSLATED;
        model.coverage.event(origin == null ? "translated: new flow" : "translated: learned");
        if (origin != null && !origin.removed) {
            record.ruleId = origin.ruleId;
            record.targetId = origin.targetId;
            record.chosenPort[0] = origin.chosenPort[0];
            record.macs[0] = origin.macs[0];
            model.connections.link(origin, record);
        }
        trip.record = record;
        trip.direction = 0;
        goOn(trip, node);
    }
}
