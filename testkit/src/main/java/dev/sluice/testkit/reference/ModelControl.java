package dev.sluice.testkit.reference;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.PortAddress;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** ARP (RFC 826) and neighbour discovery (RFC 4861) as far as hosts of the scenarios speak them. */
final class ModelControl implements ModelNeighbors.Ends {
    private final ReferenceModel model;

    ModelControl(ReferenceModel model) {
        this.model = model;
    }

    @Override
    public void send(int port, ModelFrame frame) {
        model.coverage.event("waited and sent");
        PortEntry entry = model.world.port(port);
        if (entry.role() == PortEntry.Role.ROUTER) {
            model.forward.sendOut(entry, frame, port, false);
        } else {
            model.send(port, frame);
        }
    }

    @Override
    public void unanswered(int port, ModelFrame frame) {
        PortEntry entry = model.world.port(port);
        if (entry.role() == PortEntry.Role.ROUTER) {
            model.errors.tell(frame, port, entry.router(), DropReason.NEIGHBOR_UNRESOLVED);
        }
        model.coverage.dropped(DropReason.NEIGHBOR_UNRESOLVED);
        model.outcome.dropped(port, DropReason.NEIGHBOR_UNRESOLVED);
    }

    void receive(Trip trip) {
        if (trip.frame.isArp()) {
            arp(trip);
        } else {
            discovery(trip);
        }
    }

    private void arp(Trip trip) {
        ModelFrame frame = trip.frame;
        PortEntry port = model.world.port(trip.port);
        if (frame.body.length < 28 || Bytes.read(frame.body, 0, 6) != 0x0001_0800_0604L) {
            model.drop(trip, DropReason.CONTROL_INVALID);
            return;
        }
        int operation = frame.u16(6);
        long senderMac = Bytes.read(frame.body, 8, 6);
        IpAddress sender = Bytes.address4(frame.body, 14);
        IpAddress target = Bytes.address4(frame.body, 24);
        boolean senderBad = senderMac == 0 || (senderMac >>> 40 & 1) != 0 || sender.ipv4Bits() >>> 28 >= 14;
        if (operation < 1 || operation > 2 || senderBad) {
            model.drop(trip, DropReason.CONTROL_INVALID);
            return;
        }
        boolean forUs = frame.isGroup() || frame.destinationMac == port.mac();
        if (senderMac == port.mac() || !forUs || owns(port, sender)) {
            return;
        }
        if (operation == 2 && sender.ipv4Bits() == 0) {
            model.drop(trip, DropReason.CONTROL_INVALID);
            return;
        }
        boolean asks = operation == 1 && owns(port, target);
        boolean learn = sender.ipv4Bits() != 0 && asks && onLink(port, sender);
        if (!asks || learn) {
            model.neighbors.heard(new ModelNeighbors.Place(port.index(), sender), senderMac, learn, this);
        }
        if (asks) {
            model.coverage.event("ARP answered");
            frame.destinationMac = senderMac;
            frame.sourceMac = port.mac();
            frame.put16(6, 2);
            ByteArrayOutputStream rest = new ByteArrayOutputStream();
            Bytes.write(rest, port.mac(), 6);
            Bytes.write(rest, target.ipv4Bits(), 4);
            Bytes.write(rest, senderMac, 6);
            Bytes.write(rest, sender.ipv4Bits(), 4);
            System.arraycopy(rest.toByteArray(), 0, frame.body, 8, 20);
            model.send(port.index(), frame);
        }
    }

    private void discovery(Trip trip) {
        ModelFrame frame = trip.frame;
        PortEntry port = model.world.port(trip.port);
        int type = frame.u8(frame.transportAt);
        if (frame.transportAt != 40 || type < 135 || type > 136) {
            return;
        }
        int bytes = frame.body.length - 40;
        long checksum = Bytes.sum(frame.body, 40, bytes, Bytes.pseudoSum6(frame.source, frame.destination, bytes));
        if (frame.ttl() != 255 || frame.u8(41) != 0 || bytes < 24 || frame.u8(48) == 0xff || checksum != 0xffff) {
            model.drop(trip, DropReason.CONTROL_INVALID);
            return;
        }
        long mac = -1;
        for (int at = 64; at < frame.body.length; at += frame.u8(at + 1) * 8) {
            if (at + 2 > frame.body.length || frame.u8(at + 1) == 0 || at + frame.u8(at + 1) * 8 > frame.body.length) {
                model.drop(trip, DropReason.CONTROL_INVALID);
                return;
            }
            if (mac == -1 && frame.u8(at) == (type == 135 ? 1 : 2)) {
                mac = Bytes.read(frame.body, at + 2, 6);
            }
        }
        if (mac != -1 && (mac == 0 || (mac >>> 40 & 1) != 0)) {
            model.drop(trip, DropReason.CONTROL_INVALID);
            return;
        }
        boolean forUs = frame.isGroup() || frame.destinationMac == port.mac();
        if (frame.sourceMac == port.mac() || !forUs) {
            return;
        }
        IpAddress target = Bytes.address6(frame.body, 48);
        if (type == 135) {
            solicited(trip, port, target, mac);
        } else if (mac != -1 && !owns(port, target)) {
            model.neighbors.heard(new ModelNeighbors.Place(port.index(), target), mac, false, this);
        }
    }

    /** The scenarios' hosts ask with their own address and their MAC address. */
    private void solicited(Trip trip, PortEntry port, IpAddress target, long mac) {
        ModelFrame frame = trip.frame;
        IpAddress asker = frame.source;
        if (owns(port, asker)) {
            return;
        }
        boolean asksUs = owns(port, target);
        if (mac != -1 && onLink(port, asker)) {
            model.neighbors.heard(new ModelNeighbors.Place(port.index(), asker), mac, asksUs, this);
        }
        if (!asksUs) {
            return;
        }
        model.coverage.event("solicitation answered");
        ByteArrayOutputStream icmp = new ByteArrayOutputStream();
        Bytes.write(icmp, 136L << 24, 4);
        Bytes.write(icmp, 0xe000_0000L, 4);
        icmp.writeBytes(Bytes.of(target));
        Bytes.write(icmp, 0x0201, 2);
        Bytes.write(icmp, port.mac(), 6);
        byte[] message = icmp.toByteArray();
        int sum = Bytes.sum(message, 0, message.length, Bytes.pseudoSum6(target, asker, message.length));
        message[2] = (byte) ((0xffff - sum) >>> 8);
        message[3] = (byte) (0xffff - sum);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Bytes.write(out, mac != -1 ? mac : frame.sourceMac, 6);
        Bytes.write(out, port.mac(), 6);
        frame.tags.forEach(tag -> Bytes.write(out, tag, 4));
        Bytes.write(out, 0x86dd, 2);
        Bytes.write(out, 0x6000_0000L, 4);
        Bytes.write(out, message.length, 2);
        Bytes.write(out, 0x3aff, 2);
        out.writeBytes(Bytes.of(target));
        out.writeBytes(Bytes.of(asker));
        out.writeBytes(message);
        model.outcome.sent(port.index(), MemoryFrame.plain(out.toByteArray()));
    }

    private static List<PortAddress> own(PortEntry port) {
        List<PortAddress> own = new ArrayList<>(port.addresses());
        if (own.stream().anyMatch(address -> !address.address().isIpv4())) {
            long mac = port.mac() ^ 0x0200_0000_0000L;
            long interfaceId = ((mac >>> 24) << 40) | 0xff_fe00_0000L | (mac & 0xff_ffffL);
            own.add(new PortAddress(new IpAddress(0xfe80L << 48, interfaceId), 64));
        }
        return own;
    }

    private static boolean owns(PortEntry port, IpAddress address) {
        return own(port).stream().anyMatch(each -> each.address().equals(address));
    }

    private static boolean onLink(PortEntry port, IpAddress address) {
        return address.hi() >>> 54 == 0xfe80L >>> 6
                || own(port).stream().anyMatch(each -> each.subnet().contains(address));
    }
}
