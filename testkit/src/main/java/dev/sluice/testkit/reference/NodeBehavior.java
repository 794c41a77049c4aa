package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Service nodes of a scenario: they have frames, and send them on, mostly as they should. */
final class NodeBehavior {
    private record Has(int port, MemoryFrame frame) {}

    private record Endpoint(IpAddress address, int port) {}

    private final Dice dice;
    private final List<Has> waiting = new ArrayList<>();
    private final Map<Endpoint, Endpoint> translations = new HashMap<>();

    NodeBehavior(Dice dice) {
        this.dice = dice;
    }

    void receive(int port, MemoryFrame frame) {
        waiting.add(new Has(port, frame));
        if (waiting.size() > 30) {
            waiting.removeFirst();
        }
    }

    boolean isWaiting() {
        return !waiting.isEmpty();
    }

    Event.Arrives next(World world) {
        Has has = dice.percent(80) ? waiting.removeFirst() : waiting.remove(dice.below(waiting.size()));
        if (dice.percent(3)) {
            waiting.add(has);
        }
        FrameReader reader = new FrameReader(has.frame);
        ModelFrame frame = reader.frame();
        ModelReturn.Binding binding = ModelReturn.binding(world, has.port, frame.tags);
        boolean passes = frame.isIp()
                || (frame.hasMoreTags() && frame.body.length > 40 && binding != null && looksAtNothing(binding.node()));
        if (binding == null || reader.malformed != null || !passes || dice.percent(3)) {
            return new Event.Arrives(has.port, has.frame, 256, false);
        }
        Attachment node = binding.node();
        Attachment.Side entered = node.side(binding.side());
        Attachment.Side left = node.side(1 - binding.side());
        untag(frame, entered);
        int port = left.port();
        if (node.kind() == Attachment.Kind.ROUTE) {
            frame.sourceMac = 0x0e00_0000_0000L | (long) node.id() << 8;
            frame.destinationMac = WorldBuilder.portMac(port);
            frame.putTtl(Math.max(1, frame.ttl() - 1));
        }
        if (node.translation() != Attachment.Translation.NONE) {
            translate(frame, binding.side() == Attachment.IN, node.id());
        }
        tag(frame, left);
        if (dice.percent(7)) {
            port = misbehave(world, frame, port);
        }
        MemoryFrame out = frame.toMemoryFrame();
        return new Event.Arrives(port, dice.percent(70) ? out : MemoryFrame.plain(out.bytes()), 256, false);
    }

    private static boolean looksAtNothing(Attachment node) {
        return node.kind() != Attachment.Kind.ROUTE && node.translation() == Attachment.Translation.NONE;
    }

    private static void untag(ModelFrame frame, Attachment.Side side) {
        if (side.outerTag() != 0) {
            frame.tags.removeFirst();
        }
        if (side.innerTag() != 0) {
            frame.tags.removeFirst();
        }
    }

    private static void tag(ModelFrame frame, Attachment.Side side) {
        if (side.innerTag() != 0) {
            frame.tags.addFirst(side.innerTag());
        }
        if (side.outerTag() != 0) {
            frame.tags.addFirst(side.outerTag());
        }
    }

    private int misbehave(World world, ModelFrame frame, int port) {
        switch (dice.below(7)) {
            case 0 -> {
                return dice.below(world.ports().size());
            }
            case 1 -> frame.tags.clear();
            case 2 -> frame.tags.addFirst(0x8100 << 16 | dice.any(7, 101, 102, 50));
            case 3 -> frame.destinationMac = dice.any(0x0100_5e00_0001L, 0x0a0a_0a0a_0a0aL, 0xffff_ffff_ffffL);
            case 4 -> frame.etherType = dice.any(0x88cc, 0x0806, 0x8847);
            case 5 -> {
                frame.putAddresses(frame.source, frame.ipv4 ? IpAddress.ofIpv4(0x0a00_0063) : frame.source);
                frame.putTtl(frame.ttl());
            }
            default -> {
                if (frame.transportAt >= 0) {
                    frame.put16(frame.transportAt, 4321);
                }
            }
        }
        return port;
    }

    /** An error about a packet that was translated: it is told to the sender of that packet, in the sender's terms. */
    private void translateError(ModelFrame error, ModelQuoted quoted) {
        ModelRecord.Key about = quoted.flow(0);
        boolean ports = about.protocol() == 6 || about.protocol() == 17;
        Endpoint inside = translations.get(new Endpoint(about.destination(), ports ? about.destinationPort() : 0));
        if (inside != null) {
            Pieces.rewriteQuoted(error, true, inside.address, inside.port);
            error.putAddresses(error.source, inside.address);
        }
        error.putTtl(error.ttl());
    }

    /** Source address and port of what comes in, and back again. */
    private void translate(ModelFrame frame, boolean forward, int node) {
        boolean ports = frame.transportAt >= 0 && (frame.protocol == 6 || frame.protocol == 17);
        int at = frame.transportAt;
        if (forward) {
            int number = Math.floorMod(frame.source.hashCode() + frame.sourcePort, 90);
            IpAddress outside = frame.ipv4
                    ? IpAddress.ofIpv4(0x0a4d_0001 + node % 3)
                    : new IpAddress(0x2001_0db8_0077_0000L, 1 + node % 3);
            translations.put(
                    new Endpoint(outside, ports ? 3000 + number : 0),
                    new Endpoint(frame.source, ports ? frame.sourcePort : 0));
            frame.putAddresses(outside, frame.destination);
            if (ports) {
                frame.put16(at, 3000 + number);
            }
        } else {
            ModelQuoted quoted = ModelQuoted.of(frame);
            if (quoted != null) {
                translateError(frame, quoted);
                return;
            }
            Endpoint inside = translations.get(new Endpoint(frame.destination, ports ? frame.destinationPort : 0));
            if (inside == null) {
                return;
            }
            frame.putAddresses(frame.source, inside.address);
            if (ports) {
                frame.put16(at + 2, inside.port);
            }
        }
        frame.putTtl(frame.ttl());
    }
}
