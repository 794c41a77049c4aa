package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.route.NextHop;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The chapter "Errors": what senders are told. */
final class ModelErrors {
    private static final long MS = 1_000_000;

    /** An error that is to be sent: out of a port, or by the routes of a router. */
    private record Waiting(
            ModelFrame frame,
            int cameFrom,
            int port,
            int router,
            int egress,
            @Nullable Trip about) {}

    /** ICMP type, ICMPv6 type, and the two codes. */
    private record Message(int type, int code, int type6, int code6) {}

    private static final Map<DropReason, Message> MESSAGES = Map.of(
            DropReason.TTL_EXPIRED, new Message(11, 0, 3, 0),
            DropReason.NO_ROUTE, new Message(3, 0, 1, 0),
            DropReason.EGRESS_DOWN, new Message(3, 0, 1, 0),
            DropReason.NEIGHBOR_UNRESOLVED, new Message(3, 1, 1, 3),
            DropReason.LOCAL_UNSUPPORTED, new Message(3, 3, 1, 4),
            DropReason.MTU_EXCEEDED, new Message(3, 4, 2, 0));

    private final ReferenceModel model;
    private final Deque<Waiting> waiting = new ArrayDeque<>();

    /** By kind ("too big" or not), and by destination, -1 for all. */
    private final Map<List<Object>, Deque<Long>> buckets = new HashMap<>();

    ModelErrors(ReferenceModel model) {
        this.model = model;
    }

    /** A packet of a router that waited ends for the reason. */
    void tell(ModelFrame about, int port, int router, DropReason reason) {
        tell(about, null, port, port, router, false, reason, 0);
    }

    /** A packet of a router ends for the reason. */
    void tell(Trip trip, DropReason reason, int mtuBytes) {
        Trip back = trip.backFrom < 0 ? null : trip;
        tell(trip.frame, back, trip.cameFrom, trip.port, trip.router, trip.scarce, reason, mtuBytes);
    }

    /** @param back the packet, if it is told through the nodes that it was at */
    private void tell(
            ModelFrame about,
            @Nullable Trip back,
            int cameFrom,
            int port,
            int router,
            boolean scarce,
            DropReason reason,
            int mtuBytes) {
        Message message = MESSAGES.get(reason);
        boolean localOther = reason == DropReason.LOCAL_UNSUPPORTED && about.protocol != 17;
        if (message == null || localOther || !concerns(about) || isOwn(router, about.source)) {
            return;
        }
        PortEntry by = model.world.port(port);
        Stream<PortEntry> nearest = back != null || by.router() == router ? Stream.of(by) : Stream.empty();
        Optional<IpAddress> source = Stream.concat(
                        nearest, model.world.ports().stream().filter(each -> each.router() == router))
                .flatMap(each -> each.addresses().stream())
                .map(PortAddress::address)
                .filter(address -> address.isIpv4() == about.ipv4)
                .findFirst();
        if (source.isEmpty() || !allowed(about.source, reason == DropReason.MTU_EXCEEDED) || scarce) {
            suppressed();
            return;
        }
        model.outcome.count("icmpErrors");
        model.coverage.event("error " + reason);
        ModelFrame frame = build(about, source.get(), message, reason == DropReason.MTU_EXCEEDED ? mtuBytes : 0);
        frame.putTtl(64);
        waiting.add(new Waiting(frame, cameFrom, port, router, -1, back));
    }

    /** A packet of a transparent pair is too large. */
    void tellAcross(Trip trip, int cameInBy, int mtuBytes) {
        ModelFrame about = trip.frame;
        if (about.isGroup() || !concerns(about)) {
            return;
        }
        if (!allowed(about.source, true) || trip.scarce || impossible(about.destination)) {
            suppressed();
            return;
        }
        model.outcome.count("icmpErrors");
        model.coverage.event("error across");
        Message message = MESSAGES.getOrDefault(DropReason.MTU_EXCEEDED, new Message(0, 0, 0, 0));
        ModelFrame frame = build(about, about.destination, message, mtuBytes);
        frame.putTtl(64);
        frame.destinationMac = about.sourceMac;
        frame.sourceMac = about.destinationMac;
        waiting.add(new Waiting(frame, trip.cameFrom, cameInBy, trip.router, cameInBy, null));
    }

    private void suppressed() {
        model.outcome.count("icmpErrorsSuppressed");
        model.coverage.event("error suppressed");
    }

    /** Addresses that no packet may come from (chapter "Parse", 5). */
    private static boolean impossible(IpAddress address) {
        if (!address.isIpv4()) {
            return address.equals(new IpAddress(0, 1));
        }
        int first = address.ipv4Bits() >>> 24;
        return first >= 224 || first == 127 || address.ipv4Bits() == 0;
    }

    private static boolean concerns(ModelFrame about) {
        boolean unspecified = about.source.lo() == (about.ipv4 ? IpAddress.ANY_V4.lo() : 0) && about.source.hi() == 0;
        if (unspecified || about.hasGroupAddress() || laterFragment(about)) {
            return false;
        }
        if (about.protocol != (about.ipv4 ? 1 : 58)) {
            return true;
        }
        int at = upperLayerAt(about);
        if (at >= about.body.length) {
            return true;
        }
        return about.ipv4 ? !List.of(3, 4, 5, 11, 12).contains(about.u8(at)) : about.u8(at) >= 128;
    }

    private static boolean laterFragment(ModelFrame about) {
        if (about.ipv4) {
            return (about.u16(6) & 0x1fff) != 0;
        }
        int at = fragmentHeaderAt(about);
        return about.fragment && (about.u16(at + 2) & 0xfff8) != 0;
    }

    /** Where the fragment header of an IPv6 fragment is. */
    static int fragmentHeaderAt(ModelFrame about) {
        int next = about.u8(6);
        int at = 40;
        while (about.fragment && next != 44) {
            int length = next == 51 ? (about.u8(at + 1) + 2) * 4 : (about.u8(at + 1) + 1) * 8;
            next = about.u8(at);
            at += length;
        }
        return at;
    }

    private static int upperLayerAt(ModelFrame about) {
        if (about.transportAt >= 0) {
            return about.transportAt;
        }
        return about.ipv4 ? (about.u8(0) & 0xf) * 4 : fragmentHeaderAt(about) + 8;
    }

    private boolean isOwn(int router, IpAddress address) {
        List<NextHop> hops = ModelRules.route(model.world.routes().get(router), address);
        return !hops.isEmpty() && hops.getFirst().kind() == NextHop.Kind.LOCAL;
    }

    /** One bucket for all errors of the kind, and one for those to the destination; nothing is taken from one if there is nothing in the other. */
    private boolean allowed(IpAddress to, boolean tooBig) {
        int number = (int) (Formulas.fmix(Formulas.fmix(to.lo() + Subject.SEED) + to.hi()) & 1023);
        Deque<Long> all = bucket(tooBig, -1);
        Deque<Long> own = bucket(tooBig, number);
        if (all.size() == (tooBig ? 1000 : 100) || own.size() == (tooBig ? 100 : 50)) {
            return false;
        }
        take(all, tooBig ? MS / 10 : MS);
        take(own, tooBig ? MS : 10 * MS);
        return true;
    }

    /** Written as the moments at which missing tokens will be back: one after the other, from when one is missing. */
    private Deque<Long> bucket(boolean tooBig, int number) {
        Deque<Long> missing = buckets.computeIfAbsent(List.of(tooBig, number), _ -> new ArrayDeque<>());
        while (!missing.isEmpty() && missing.getFirst() <= model.nowNs) {
            missing.removeFirst();
        }
        return missing;
    }

    private void take(Deque<Long> missing, long intervalNs) {
        missing.addLast((missing.isEmpty() ? model.nowNs : missing.getLast()) + intervalNs);
    }

    private static ModelFrame build(ModelFrame about, IpAddress source, Message message, int mtuBytes) {
        int quoted = Math.min(about.body.length, about.ipv4 ? 576 - 28 : 1280 - 48);
        int mtu = mtuBytes == 0 ? 0 : Math.max(68, mtuBytes);
        ByteArrayOutputStream icmp = new ByteArrayOutputStream();
        Bytes.write(icmp, about.ipv4 ? message.type : message.type6, 1);
        Bytes.write(icmp, about.ipv4 ? message.code : message.code6, 1);
        Bytes.write(icmp, 0, 2);
        Bytes.write(icmp, mtu, 4);
        icmp.write(about.body, 0, quoted);
        byte[] content = icmp.toByteArray();
        long pseudo = about.ipv4 ? 0 : Bytes.pseudoSum6(source, about.source, content.length);
        int checksum = 0xffff - Bytes.sum(content, 0, content.length, pseudo);
        content[2] = (byte) (checksum >>> 8);
        content[3] = (byte) checksum;
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        if (about.ipv4) {
            Bytes.write(body, 0x45c0, 2);
            Bytes.write(body, 20L + content.length, 2);
            Bytes.write(body, 0x4000, 4);
            Bytes.write(body, 0x4001_0000L, 4);
        } else {
            Bytes.write(body, 0x6c00_0000L, 4);
            Bytes.write(body, content.length, 2);
            Bytes.write(body, 0x3a40, 2);
        }
        body.writeBytes(Bytes.of(source));
        body.writeBytes(Bytes.of(about.source));
        body.writeBytes(content);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Bytes.write(bytes, 0, 12);
        about.tags.forEach(tag -> Bytes.write(bytes, tag, 4));
        Bytes.write(bytes, about.etherType, 2);
        byte[] withHeader = body.toByteArray();
        if (about.ipv4) {
            int header = 0xffff - Bytes.sum(withHeader, 0, 20, 0);
            withHeader[10] = (byte) (header >>> 8);
            withHeader[11] = (byte) header;
        }
        bytes.writeBytes(withHeader);
        FrameReader reader = new FrameReader(MemoryFrame.plain(bytes.toByteArray()));
        return reader.frame();
    }

    /** Through the nodes that the packet was at, in the other direction; false if that has no record. */
    private boolean goBack(Trip trip, Trip about) {
        ModelRecord record = about.decided();
        Path path = model.world.path(record.pathId);
        if (path == null || (record.oneDirection && about.direction == 0)) {
            return false;
        }
        model.coverage.event("error back through a node that translates");
        trip.record = record;
        trip.direction = 1 - about.direction;
        trip.follows = true;
        Rule rule = record.ruleId > 0 ? model.world.ruleOfRecord(record.ruleId) : null;
        model.steer.from(trip, path, rule, about.backFrom, false);
        return true;
    }

    /** What waits is sent when the packet in hand is done. */
    void sendAll() {
        while (!waiting.isEmpty()) {
            Waiting error = waiting.removeFirst();
            Trip trip = new Trip(error.frame, error.cameFrom, false);
            trip.port = error.port;
            trip.router = error.router;
            if (error.egress < 0) {
                trip.port = error.cameFrom;
                trip.mark = error.router;
                if (error.about == null || !goBack(trip, error.about)) {
                    error.frame.putTtl(65);
                    model.forward.forward(trip);
                }
            } else if (ModelForward.tooLarge(model.world.port(error.egress), error.frame)) {
                model.drop(trip, DropReason.MTU_EXCEEDED);
            } else {
                model.send(error.egress, error.frame);
            }
        }
    }
}
