package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.track.FlowPrograms.Action;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.MemoryOffload;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What hosts and nodes of a scenario do next: makes one event after the other, and listens to what comes out. */
final class Traffic {
    private final List<Integer> failed = new ArrayList<>();
    private static final int FLOWS_MAX = 30;
    private static final int LATELY_MAX = 12;
    private static final int DISTURBED_PERCENT = 3;
    private static final long MS = 1_000_000L;

    private final Dice dice;
    private final WorldGenerator world;
    private final NodeBehavior nodes;
    private final Trouble trouble;
    private final Pieces pieces;
    private final List<Flow> flows = new ArrayList<>();
    private final List<ModelRecord.Key> told = new ArrayList<>();
    private final List<Event> next = new ArrayList<>();
    private final List<Event.Arrives> delivered = new ArrayList<>();

    /** Packets that came in lately, and of 100 events how many are one of them again: what a fast path would repeat. */
    private final List<Event.Arrives> lately = new ArrayList<>();

    private @Nullable Event last;
    private final int againPercent;
    private final int damagedPercent;

    Traffic(Dice dice, WorldGenerator world) {
        this(dice, world, 0, 0);
    }

    /**
     * With packets that come in again.
     *
     * @param againPercent of 100 events, so many
     * @param damagedPercent of 100 of those, so many are not as they were
     */
    Traffic(Dice dice, WorldGenerator world, int againPercent, int damagedPercent) {
        this.againPercent = againPercent;
        this.damagedPercent = damagedPercent;
        this.dice = dice;
        this.world = world;
        this.nodes = new NodeBehavior(dice);
        this.trouble = new Trouble(dice, world);
        this.pieces = new Pieces(dice);
    }

    /** What became of the last event. */
    void hear(World now, Outcome outcome) {
        remember(outcome);
        outcome.sent.forEach((port, frames) -> {
            for (MemoryFrame frame : frames) {
                if (now.port(port).role() == PortEntry.Role.SERVICE) {
                    nodes.receive(port, frame);
                } else {
                    delivered.add(new Event.Arrives(port, frame, 256, false));
                }
            }
        });
        while (delivered.size() > 20) {
            delivered.removeFirst();
        }
    }

    Event event(World now, ModelConnections connections) {
        if (againPercent > 0 && !lately.isEmpty() && dice.percent(againPercent)) {
            Event.Arrives again = dice.of(lately);
            return damagedPercent > 0 && dice.percent(damagedPercent) ? new Damage(dice).of(again) : again;
        }
        last = againPercent > 0 && next.isEmpty() && dice.percent(DISTURBED_PERCENT)
                ? disturb(now, connections)
                : other(now, connections);
        return last;
    }

    /** Something that a flow depends on changes, and its packets come again. */
    private Event disturb(World now, ModelConnections connections) {
        List<ModelRecord> there = connections.all().stream()
                .filter(record -> now.path(record.pathId) != null)
                .toList();
        for (int i = 0; i < 5 && !lately.isEmpty(); i++) {
            next.add(dice.of(lately));
        }
        int what = dice.below(4);
        if (what == 0 || there.isEmpty()) {
            return new Event.Carrier(dice.below(now.ports().size()), dice.percent(60));
        }
        Path path = Objects.requireNonNull(now.path(dice.of(there).pathId));
        int instance = dice.of(path.hops()).attachment().instance();
        Event event = switch (what) {
            case 1 -> new Event.Leaves(instance, dice.percent(40));
            case 2 -> probed(instance, dice.percent(65));
            default -> new Event.Instance(instance, dice.percent(65));
        };
        return instance % 7 == 6 ? fails(path.id()) : event;
    }

    /** What probes say; of some nodes only whether they have come to a verdict. */
    private static Event probed(int instance, boolean well) {
        return instance % 3 == 2 ? new Event.Judged(instance, well) : new Event.Probed(instance, well);
    }

    /** A path fails, or one that has works again: mostly none has. */
    private Event fails(int path) {
        if (!failed.isEmpty()) {
            return new Event.Fails(failed.removeFirst(), false);
        }
        failed.add(path);
        return new Event.Fails(path, true);
    }

    /** What a fast path could repeat, and was sent on, is sent again. */
    private void remember(Outcome outcome) {
        if (againPercent > 0
                && last instanceof Event.Arrives packet
                && outcome.sent.size() == 1
                && MemoryOffload.isFor(packet.frame())) {
            lately.add(packet);
            if (lately.size() > LATELY_MAX) {
                lately.remove(dice.below(LATELY_MAX));
            }
        }
        last = null;
    }

    private Event other(World now, ModelConnections connections) {
        if (!next.isEmpty()) {
            return next.removeFirst();
        }
        int roll = dice.below(1000);
        if (roll < 12) {
            int instance = dice.below(WorldGenerator.INSTANCES);
            Event event = switch (dice.below(4)) {
                case 0 -> new Event.Leaves(instance, dice.percent(40));
                case 1 -> probed(instance, dice.percent(65));
                default -> new Event.Instance(instance, dice.percent(65));
            };
            List<Path> paths = now.paths();
            return roll < 2 && !paths.isEmpty()
                    ? fails(paths.get(instance % paths.size()).id())
                    : event;
        }
        if (roll < 16) {
            return new Event.Carrier(dice.below(now.ports().size()), dice.percent(60));
        }
        if (roll < 26) {
            return change();
        }
        if (roll < 46) {
            return time();
        }
        if (roll < 63) {
            return told(now, connections);
        }
        if (roll < 84) {
            return attributes(now);
        }
        if (roll < 142) {
            return arrives(trouble.make(now, newFlow()));
        }
        if (roll < 148 && !now.watched().isEmpty()) {
            Event.Arrives said = NodeSpeech.make(dice, now);
            if (said != null) {
                return arrives(said);
            }
        }
        if (roll < 168 && !delivered.isEmpty()) {
            Event.Arrives error = pieces.error(now, dice.of(delivered));
            if (error != null) {
                return arrives(error);
            }
        }
        if (roll < 685 && nodes.isWaiting()) {
            return arrives(nodes.next(now));
        }
        if (roll < 730 && !delivered.isEmpty()) {
            return arrives(reply(now));
        }
        boolean fresh = flows.size() < 3 || dice.percent(flows.size() < FLOWS_MAX ? 20 : 2);
        Flow flow = fresh ? newFlow() : dice.of(flows);
        if (fresh) {
            flows.add(flow);
        }
        if (flows.size() > FLOWS_MAX) {
            flows.removeFirst();
        }
        if (dice.percent(6)) {
            for (Event.Arrives piece : pieces.datagram(flow)) {
                next.add(arrives(piece));
                if (dice.percent(30) && nodes.isWaiting()) {
                    next.add(arrives(nodes.next(now)));
                }
            }
        }
        if (dice.percent(2)) {
            for (int i = 0; i < 5; i++) {
                next.add(arrives(of(flow)));
            }
        }
        return arrives(of(flow));
    }

    /** Another configuration; mostly while flows go on, and packets of theirs are inside nodes. */
    private Event change() {
        World later = world.mutate();
        for (int i = dice.any(0, 4, 8, 16); i > 0 && !flows.isEmpty(); i--) {
            boolean returns = nodes.isWaiting() && dice.percent(40);
            next.add(arrives(returns ? nodes.next(later) : of(dice.of(flows))));
        }
        return new Event.Applies(later);
    }

    /** Of a flow that is under way, of a port, or of a flow that nobody has heard of. */
    private Event attributes(World now) {
        ModelAttributes.Values values =
                dice.percent(25) ? null : new ModelAttributes.Values(dice.below(4), dice.below(3), dice.below(3));
        ModelAttributes.Subject subject;
        if (dice.percent(45) || flows.isEmpty()) {
            int port = dice.below(now.ports().size());
            subject = new ModelAttributes.Subject(port, 0, IpAddress.ANY_V4, IpAddress.ANY_V4, null);
        } else {
            Packet packet = (dice.percent(90) ? dice.of(flows) : newFlow()).next(dice);
            List<Integer> ports = dice.percent(60) ? List.of(packet.sourcePort, packet.destinationPort) : null;
            subject = new ModelAttributes.Subject(-1, packet.protocol, packet.source, packet.destination, ports);
        }
        return new Event.Attributes(subject, values, dice.any(MS, 500 * MS, 40_000 * MS, 9_000_000 * MS));
    }

    /** What an operator says of a flow, mostly of one that is there, or, instead of an operator whose words are soon over, a node. */
    private Event told(World now, ModelConnections connections) {
        if (told.isEmpty() || dice.percent(70)) {
            List<ModelRecord.Key> there =
                    connections.all().stream().map(record -> record.key).toList();
            if (there.isEmpty()) {
                return time();
            }
            ModelRecord.Key key = dice.of(there);
            told.add(dice.percent(50) ? key : key.turned());
        }
        ModelRecord.Key flow = dice.of(told);
        Action action = dice.percent(20)
                ? null
                : dice.any(
                        Action.DROP,
                        Action.ACCEPT,
                        Action.SKIP,
                        Action.SKIP,
                        Action.SKIP,
                        Action.SKIP,
                        Action.PATH,
                        Action.PATH,
                        Action.PATH);
        int argument = action == Action.SKIP
                ? dice.below(WorldGenerator.INSTANCES)
                : action == Action.PATH && !now.paths().isEmpty()
                        ? dice.of(now.paths()).id()
                        : 0;
        long ttlNs = dice.any(MS / 3, 20 * MS, 1000 * MS, 300_000 * MS);
        boolean once = dice.percent(40);
        boolean byNode = ttlNs <= 20 * MS && action != Action.ACCEPT;
        if (!byNode) {
            return new Event.Told(flow, action, argument, once, ttlNs);
        }
        int speaker = action == Action.SKIP ? argument : dice.below(2);
        int directions = flow.equals(flow.turned()) ? 3 : dice.between(1, 3);
        return new Event.Said(flow, speaker, action, argument, once, directions);
    }

    private Event time() {
        long ns = dice.any(
                MS / 3, MS, 20 * MS, 300 * MS, 1000 * MS, 3000 * MS, 31_000 * MS, 200_000 * MS, 8_000_000 * MS);
        return new Event.Elapses(ns, dice.percent(75));
    }

    /** A frame as the hosts' kernels hand it over: sometimes with little headroom, or when all other frames are in use. */
    private Event.Arrives arrives(Event.Arrives plain) {
        int headroom = dice.percent(4) ? dice.any(0, 2, 4, 5) : 256;
        // A first fragment that has gone leaves a frame to those that waited for it.
        boolean scarce = dice.percent(4) && !new FrameReader(plain.frame()).frame().fragment;
        return new Event.Arrives(plain.port(), plain.frame(), headroom, scarce);
    }

    private Event.Arrives of(Flow flow) {
        Packet packet = flow.next(dice);
        int port = flow.portOf(packet);
        if (dice.percent(5)) {
            packet.fragmentOffset = dice.any(0, 8, 64);
            packet.moreFragments = packet.fragmentOffset == 0 || dice.percent(50);
        }
        if (dice.percent(4)) {
            packet.ttl = dice.any(0, 1, 2, 255);
        }
        if (dice.percent(4)) {
            packet.payload = dice.bytes(dice.any(100, 1600));
        }
        packet.dontFragment = dice.percent(40);
        if (dice.percent(4)) {
            packet.padding = dice.bytes(dice.between(1, 20));
        }
        if (packet.source.isIpv4() ? dice.percent(4) : dice.percent(10)) {
            trouble.decorate(packet);
        }
        return new Event.Arrives(port, offloads(packet), 256, false);
    }

    private MemoryFrame offloads(Packet packet) {
        byte[] bytes = packet.bytes();
        boolean tcp = packet.protocol == 6;
        boolean plain = packet.isFragment() || !packet.extensions.isEmpty() || packet.padding.length > 0;
        if (plain || !(tcp || packet.protocol == 17) || dice.percent(85)) {
            return MemoryFrame.plain(bytes);
        }
        int l4 = 14 + 4 * packet.tags.size() + (packet.source.isIpv4() ? 20 + packet.options.length : 40);
        if (dice.percent(60)) {
            return dice.percent(80)
                    ? MemoryFrame.partial(bytes, l4, tcp ? 16 : 6)
                    : new MemoryFrame(bytes, Batch.CHECKSUM_VALID, Batch.GSO_NONE, 0, 0, 0, 0);
        }
        byte type = !tcp ? Batch.GSO_UDP_L4 : packet.source.isIpv4() ? Batch.GSO_TCPV4 : Batch.GSO_TCPV6;
        int headers = l4 + (tcp ? 20 : 8);
        return MemoryFrame.superFrame(bytes, type, dice.any(10, 40, 1400), headers, l4, tcp ? 16 : 6);
    }

    /** Whoever got a frame answers it. */
    private Event.Arrives reply(World now) {
        Event.Arrives got = dice.of(delivered);
        FrameReader reader = new FrameReader(got.frame());
        ModelFrame frame = reader.frame();
        if (reader.malformed != null || !frame.isIp() || frame.isDiscovery()) {
            return got;
        }
        boolean pair = now.port(got.port()).role() == PortEntry.Role.TRANSPARENT;
        long mac = frame.sourceMac;
        frame.sourceMac = frame.destinationMac & ~(1L << 40);
        frame.destinationMac = pair ? mac : WorldBuilder.portMac(got.port());
        frame.turnAddresses();
        frame.putTtl(64);
        int at = frame.transportAt;
        if (at >= 0 && (frame.protocol == 6 || frame.protocol == 17 || frame.protocol == 132)) {
            int port = frame.u16(at);
            frame.put16(at, frame.u16(at + 2));
            frame.put16(at + 2, port);
        }
        if (at >= 0 && frame.protocol == 6) {
            boolean syn = (frame.tcpFlags & 0x12) == 2;
            int flags = syn ? 0x12 : dice.any(0x10, 0x10, 0x18, 0x11, 0x04);
            frame.body[at + 13] = (byte) flags;
        } else if (frame.isEchoRequest()) {
            frame.body[at] = (byte) (frame.ipv4 ? 0 : 129);
        }
        return new Event.Arrives(got.port(), MemoryFrame.plain(frame.toBytes()), 256, false);
    }

    private Flow newFlow() {
        List<Integer> served = dice.of(world.parts.chains).routers;
        List<Integer> ports = dice.percent(95) ? world.portsOf.get(dice.of(served)) : dice.of(world.portsOf);
        boolean pair = world.parts.ports.get(ports.getFirst()).role == PortEntry.Role.TRANSPARENT;
        List<Integer> real = ports.stream()
                .filter(port -> world.parts.ports.get(port).role != PortEntry.Role.LINK)
                .toList();
        int from = dice.below(real.size());
        int to = (from + 1) % real.size();
        boolean v4 = dice.percent(60);
        String host = String.valueOf(dice.any(10, 10, 11, 11, 12));
        String source = v4 ? "10.0." + from + "." + host : "2001:db8:" + from + "::" + host;
        String near = v4 ? "10.0." + to + "." : "2001:db8:" + to + "::";
        String destination = near + dice.any(10, 11, 10, 11, 12, 13);
        if (!pair && dice.percent(35)) {
            destination = v4
                    ? dice.any(
                            "198.51.100.5",
                            "198.51.100.200",
                            "203.0.113.7",
                            "203.0.113.70",
                            "172.16.1.1",
                            "172.16.200.1",
                            "172.16.200.1",
                            "172.16.200.2",
                            "172.16.200.3",
                            "8.8.8.8",
                            near + "1",
                            "10.99.1.2")
                    : dice.any(
                            "2001:db8:100::5",
                            "2001:db8:100::6",
                            "2001:db8:dead::1",
                            "2001:db8:aaaa::1",
                            "2001:db8:aaaa:1::1",
                            "2001:db8:aaaa:1::2",
                            "2001:db8:aaaa:1::3",
                            "2001:4860::1",
                            near + "1");
        }
        return new Flow(
                dice,
                real.get(from),
                real.get(to),
                pair,
                IpAddress.parse(source).orElseThrow(),
                IpAddress.parse(destination).orElseThrow());
    }
}
