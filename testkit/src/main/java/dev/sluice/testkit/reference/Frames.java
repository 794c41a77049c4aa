package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** ARP and neighbour discovery frames of hosts. Stateless. */
final class Frames {
    private Frames() {}

    /** A neighbour asks for the port's address. */
    static MemoryFrame question(PortEntry port, IpAddress neighbor, long mac) {
        IpAddress own = own(port, neighbor);
        return MemoryFrame.plain(
                neighbor.isIpv4()
                        ? arp(0xffff_ffff_ffffL, mac, 1, mac, neighbor, 0, own)
                        : discovery(port.mac(), mac, 135, 0, neighbor, own, own, 1, mac));
    }

    /** A neighbour answers the port's question. */
    static MemoryFrame answer(PortEntry port, IpAddress neighbor, long mac) {
        IpAddress own = own(port, neighbor);
        return MemoryFrame.plain(
                neighbor.isIpv4()
                        ? arp(port.mac(), mac, 2, mac, neighbor, port.mac(), own)
                        : discovery(port.mac(), mac, 136, 0x6000_0000L, neighbor, own, neighbor, 2, mac));
    }

    /** Whom a frame asks for if the port itself made it as a question, else null. */
    static ModelNeighbors.@Nullable Place asked(PortEntry port, MemoryFrame frame) {
        byte[] b = frame.bytes();
        if (b.length < 42 || Bytes.read(b, 6, 6) != port.mac()) {
            return null;
        }
        if (Bytes.read(b, 12, 2) == 0x0806 && Bytes.read(b, 20, 2) == 1) {
            return new ModelNeighbors.Place(port.index(), Bytes.address4(b, 38));
        }
        if (Bytes.read(b, 12, 2) == 0x86dd && b.length >= 78 && b[20] == 58 && (b[54] & 0xff) == 135) {
            return new ModelNeighbors.Place(port.index(), Bytes.address6(b, 62));
        }
        return null;
    }

    /** The frame as a service node sends it that lives behind tags; of others as it is. */
    static MemoryFrame tagged(World world, ModelNeighbors.Place place, MemoryFrame frame) {
        for (Attachment node : world.attachments()) {
            for (Attachment.Side side : List.of(node.in(), node.out())) {
                boolean its = place.address().isIpv4()
                        ? place.address().ipv4Bits() == side.nextHopV4()
                        : place.address().equals(new IpAddress(side.nextHopV6Hi(), side.nextHopV6Lo()));
                if (side.port() == place.port() && its) {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    out.write(frame.bytes(), 0, 12);
                    for (int tag : new int[] {side.outerTag(), side.innerTag()}) {
                        if (tag != 0) {
                            Bytes.write(out, tag, 4);
                        }
                    }
                    out.write(frame.bytes(), 12, frame.bytes().length - 12);
                    return MemoryFrame.plain(out.toByteArray());
                }
            }
        }
        return frame;
    }

    static IpAddress own(PortEntry port, IpAddress neighbor) {
        return port.addresses().stream()
                .map(PortAddress::address)
                .filter(address -> address.isIpv4() == neighbor.isIpv4())
                .findFirst()
                .orElse(neighbor.isIpv4() ? IpAddress.ANY_V4 : IpAddress.ANY_V6);
    }

    static byte[] arp(
            long toMac,
            long fromMac,
            int operation,
            long senderMac,
            IpAddress sender,
            long targetMac,
            IpAddress target) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Bytes.write(out, toMac, 6);
        Bytes.write(out, fromMac, 6);
        Bytes.write(out, 0x0806_0001_0800_0604L, 8);
        Bytes.write(out, operation, 2);
        Bytes.write(out, senderMac, 6);
        Bytes.write(out, sender.ipv4Bits(), 4);
        Bytes.write(out, targetMac, 6);
        Bytes.write(out, target.ipv4Bits(), 4);
        return Arrays.copyOf(out.toByteArray(), 60);
    }

    static byte[] discovery(
            long toMac,
            long fromMac,
            int type,
            long flags,
            IpAddress source,
            IpAddress destination,
            IpAddress target,
            int option,
            long optionMac) {
        ByteArrayOutputStream icmp = new ByteArrayOutputStream();
        Bytes.write(icmp, (long) type << 24, 4);
        Bytes.write(icmp, flags, 4);
        icmp.writeBytes(Bytes.of(target));
        Bytes.write(icmp, option << 8 | 1, 2);
        Bytes.write(icmp, optionMac, 6);
        byte[] message = icmp.toByteArray();
        int sum = Bytes.sum(message, 0, message.length, Bytes.pseudoSum6(source, destination, message.length));
        message[2] = (byte) ((0xffff - sum) >>> 8);
        message[3] = (byte) (0xffff - sum);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Bytes.write(out, toMac, 6);
        Bytes.write(out, fromMac, 6);
        Bytes.write(out, 0x86dd, 2);
        Bytes.write(out, 0x6000_0000L, 4);
        Bytes.write(out, message.length, 2);
        Bytes.write(out, 0x3aff, 2);
        out.writeBytes(Bytes.of(source));
        out.writeBytes(Bytes.of(destination));
        out.writeBytes(message);
        return out.toByteArray();
    }
}
