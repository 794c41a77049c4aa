package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Datagrams in fragments, as networks and attackers bring them, and ICMP errors, true and invented. */
final class Pieces {
    private final Dice dice;

    Pieces(Dice dice) {
        this.dice = dice;
    }

    /** A datagram of a flow in fragments: in order, in disorder, with pieces twice, overlapping, or missing, or beside many others. */
    List<Event.Arrives> datagram(Flow flow) {
        Packet packet = flow.next(dice);
        int port = flow.portOf(packet);
        packet.payload = dice.bytes(dice.any(16, 40, 90, 200));
        packet.identification = dice.below(dice.any(3, 200));
        byte[] upper = packet.transport();
        int first = dice.any(8, 16, 24, 24, 32, 32);
        int size = dice.any(8, 24, 64);
        List<Event.Arrives> pieces = new ArrayList<>();
        for (int from = 0; from < upper.length; from += from == 0 ? first : size) {
            int to = Math.min(upper.length, from + (from == 0 ? first : size));
            pieces.add(piece(port, packet, upper, from, to));
        }
        while (pieces.size() > 6) {
            pieces.remove(dice.below(pieces.size()));
        }
        switch (dice.below(10)) {
            case 0 -> pieces.add(pieces.get(dice.below(pieces.size())));
            case 1 -> pieces.add(piece(port, packet, upper, 0, Math.min(upper.length, first + 8)));
            case 2 -> pieces.add(piece(port, packet, upper, 8, Math.min(upper.length, 16)));
            case 3 -> pieces.remove(dice.below(pieces.size()));
            case 9 -> {
                int protocol = packet.protocol;
                packet.protocol = dice.any(17, 6, 47);
                pieces.add(piece(port, packet, upper, 0, Math.min(upper.length, first)));
                packet.protocol = protocol;
            }
            case 4 -> {
                packet.sourcePort ^= 1;
                pieces.add(piece(port, packet, packet.transport(), 0, Math.min(upper.length, first)));
            }
            case 5, 6 -> {
                for (int i = dice.below(4); i >= 0 && !pieces.isEmpty(); i--) {
                    pieces.add(pieces.remove(dice.below(pieces.size())));
                }
            }
            case 7 -> {
                // The others never come; so many begin that it gives way, and then it begins once more.
                Event.Arrives begins = pieces.getFirst();
                pieces.clear();
                pieces.add(begins);
                for (int i = dice.between(4, 8); i > 0; i--) {
                    packet.identification = dice.below(256);
                    pieces.add(piece(port, packet, upper, 0, Math.min(upper.length, first)));
                }
                pieces.add(begins);
            }
            default -> {
                // As it should be.
            }
        }
        return pieces;
    }

    private static Event.Arrives piece(int port, Packet packet, byte[] upper, int from, int to) {
        packet.fragmentOffset = from;
        packet.moreFragments = to < upper.length;
        packet.slice = Arrays.copyOfRange(upper, from, to);
        byte[] bytes = packet.bytes();
        packet.slice = null;
        packet.fragmentOffset = 0;
        packet.moreFragments = false;
        return new Event.Arrives(port, MemoryFrame.plain(bytes), 256, false);
    }

    /** Somebody where a frame arrived, or on the way there, says that it went wrong; at times of a packet that never was. */
    Event.@Nullable Arrives error(World now, Event.Arrives got) {
        FrameReader reader = new FrameReader(got.frame());
        ModelFrame frame = reader.frame();
        if (reader.malformed != null || !frame.isIp() || frame.isDiscovery()) {
            return null;
        }
        boolean pair = now.port(got.port()).role() == PortEntry.Role.TRANSPARENT;
        byte[] quote = Arrays.copyOf(frame.body, Math.min(frame.body.length, dice.any(27, 28, 48, 56, 200, 1200)));
        IpAddress to = frame.source;
        if (dice.percent(15)) {
            quote[dice.below(quote.length)] ^= (byte) (1 << dice.below(8));
        }
        IpAddress from = dice.percent(50)
                ? frame.destination
                : IpAddress.parse(frame.ipv4 ? "192.0.2.9" : "2001:db8:2::9").orElseThrow();
        if (dice.percent(5)) {
            to = frame.destination;
        }
        int type = frame.ipv4 ? dice.any(3, 3, 11, 12, 5) : dice.any(1, 2, 3, 4);
        ByteArrayOutputStream icmp = new ByteArrayOutputStream();
        Bytes.write(icmp, type, 1);
        Bytes.write(icmp, frame.ipv4 && type == 3 ? 4 : 0, 1);
        Bytes.write(icmp, 0, 2);
        Bytes.write(icmp, 1280, 4);
        icmp.writeBytes(quote);
        Packet packet = new Packet();
        packet.source = from;
        packet.destination = to;
        packet.protocol = frame.ipv4 ? 1 : 58;
        packet.slice = icmp.toByteArray();
        packet.sourceMac = frame.destinationMac & ~(1L << 40);
        packet.destinationMac = pair ? frame.sourceMac : WorldBuilder.portMac(got.port());
        packet.tags = new ArrayList<>(frame.tags);
        return new Event.Arrives(got.port(), MemoryFrame.plain(packet.bytes()), 256, false);
    }

    /** A node that translates does so in the packet that an error quotes: addresses and ports of one of its ends. */
    static void rewriteQuoted(ModelFrame error, boolean source, IpAddress address, int port) {
        ModelQuoted quoted = ModelQuoted.of(error);
        if (quoted == null || !error.ipv4) {
            return;
        }
        byte[] bytes = Bytes.of(address);
        System.arraycopy(bytes, 0, error.body, quoted.at + (source ? 12 : 16), 4);
        int upper = quoted.upperAt();
        int protocol = error.u8(quoted.at + 9);
        if (protocol == 6 || protocol == 17) {
            error.put16(upper + (source ? 0 : 2), port);
        }
    }
}
