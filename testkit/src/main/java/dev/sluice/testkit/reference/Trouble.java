package dev.sluice.testkit.reference;

import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.IpAddress;
import java.util.Arrays;

/** Frames that are malformed, unusual, or not for services. */
final class Trouble {
    private final Dice dice;
    private final WorldGenerator world;

    Trouble(Dice dice, WorldGenerator world) {
        this.dice = dice;
        this.world = world;
    }

    /** Options and extension headers, mostly well-formed. */
    void decorate(Packet packet) {
        if (packet.source.isIpv4()) {
            packet.options = dice.any(
                    new byte[] {1, 1, 1, 0},
                    new byte[] {(byte) 148, 4, 0, 0},
                    new byte[] {7, 7, 4, 0, 0, 0, 0, 0},
                    new byte[] {7, 9, 4, 0, 0, 0, 0, 0},
                    new byte[] {7, 1, 4, 0},
                    new byte[] {1, 1, 1, 7});
            return;
        }
        if (dice.percent(30)) {
            packet.extension(0, new byte[6]);
        }
        for (int i = dice.any(0, 1, 1, 2, 3, 8, 9); i > 0; i--) {
            int type = dice.any(43, 51, 60, 135, 139, 140);
            packet.extension(type, new byte[dice.any(6, 14)]);
        }
        if (dice.percent(30) && !packet.isFragment()) {
            packet.atomicFragment();
        }
        if (dice.percent(5)) {
            packet.extension(0, new byte[6]);
        }
    }

    Event.Arrives make(World now, Flow flow) {
        Packet packet = flow.next(dice);
        int port = flow.portOf(packet);
        return switch (dice.below(42)) {
            case 0 -> plain(port, Arrays.copyOf(packet.bytes(), dice.below(14)));
            case 1 -> {
                packet.tags.add(0x8100 << 16 | 5);
                packet.tags.add(0x8100 << 16 | 6);
                yield plain(port, Arrays.copyOf(packet.bytes(), dice.between(14, 21)));
            }
            case 2 -> {
                packet.sourceMac |= 1L << 40;
                yield plain(port, packet.bytes());
            }
            case 3, 4, 5, 6, 30 -> plain(port, brokenNetworkHeader(packet));
            case 7, 8 -> {
                byte[] bytes = packet.bytes();
                int at = 14 + 4 * packet.tags.size() + (packet.source.isIpv4() ? 20 : 40);
                int keep = Math.min(bytes.length, at + dice.below(20));
                yield plain(port, cutTo(bytes, packet, keep));
            }
            case 9 -> {
                packet.source = packet.source.isIpv4()
                        ? IpAddress.ofIpv4(dice.any(0, 0x7f00_0001, 0xe000_0001, 0xf000_0001, -1))
                        : dice.any(
                                new IpAddress(0, 1),
                                new IpAddress(0xff02L << 48, 1),
                                new IpAddress(0, 0x0000_ffff_0a00_0001L),
                                IpAddress.ANY_V6);
                yield plain(
                        port, packet.source.isIpv4() == packet.destination.isIpv4() ? packet.bytes() : mapped(packet));
            }
            case 10, 11 -> {
                byte[] bytes = packet.bytes();
                for (int i = dice.between(1, 3); i > 0; i--) {
                    bytes[12 + dice.below(bytes.length - 12)] = (byte) dice.below(256);
                }
                if (packet.source.isIpv4() && dice.percent(60)) {
                    Packet.fixIpv4Checksum(bytes, 14 + 4 * packet.tags.size());
                }
                yield plain(port, bytes);
            }
            case 12 -> {
                byte[] bytes = packet.bytes();
                yield plain(port, Arrays.copyOf(bytes, dice.below(bytes.length)));
            }
            case 13 -> plain(dice.any(now.ports().size(), now.ports().size() + 3, anyLink(now)), packet.bytes());
            case 14 -> {
                packet.tags.add(dice.any(0x8100, 0x88a8, 0x9100) << 16 | dice.below(8));
                yield plain(port, packet.bytes());
            }
            case 15 -> {
                packet.tags.addAll(java.util.List.of(0x8100 << 16 | 1, 0x8100 << 16 | 2, 0x8100 << 16 | 3));
                yield plain(port, packet.bytes());
            }
            case 16 -> {
                packet.destinationMac = dice.any(0x0a0b_0c0d_0e0fL, 0x0100_5e00_0001L, 0xffff_ffff_ffffL);
                yield plain(port, packet.bytes());
            }
            case 17 -> {
                packet.destination = packet.source.isIpv4()
                        ? IpAddress.ofIpv4(dice.any(0xe000_0001, -1))
                        : new IpAddress(0xff02L << 48, 1);
                yield plain(port, packet.bytes());
            }
            case 18, 31 -> {
                byte[] bytes = packet.bytes();
                bytes[12 + 4 * packet.tags.size()] = (byte) 0x88;
                bytes[13 + 4 * packet.tags.size()] = (byte) 0xcc;
                yield plain(port, bytes);
            }
            case 19, 20, 21, 32 -> control(now, dice.percent(70) ? port : dice.of(world.servicePorts));
            case 22, 23 -> plain(dice.of(world.servicePorts), packet.bytes());
            case 24 -> {
                packet.tags.addFirst(0x8100 << 16 | dice.between(100, 120));
                yield plain(dice.of(world.servicePorts), packet.bytes());
            }
            case 25 -> {
                packet.ttl = dice.below(3);
                yield plain(port, packet.bytes());
            }
            case 26 -> echo(port, packet);
            case 27 -> {
                packet.protocol = dice.any(1, 58);
                packet.icmpType = dice.any(0, 8, 128, 129, 135, 133);
                packet.ttl = 255;
                yield plain(port, packet.bytes());
            }
            case 33 -> plain(pairOr(now, port), forMany(packet));
            case 34 -> {
                int pair = pairOr(now, port);
                packet.destinationMac = now.ports().get(pair).mac();
                yield plain(pair, packet.bytes());
            }
            case 35 -> plain(pairOr(now, port), dhcp(packet));
            case 36 -> {
                MemoryFrame discovery = control(now, pairOr(now, port)).frame();
                byte[] bytes = discovery.bytes();
                boolean v6 = bytes[12] == (byte) 0x86;
                if (v6 && dice.percent(40)) {
                    bytes[21] = (byte) dice.between(1, 255);
                } else if (v6) {
                    bytes[54] = (byte) dice.between(133, 137);
                }
                yield plain(pairOr(now, port), bytes);
            }
            case 37, 38, 39, 40 -> {
                if (dice.percent(80)) {
                    packet.source = IpAddress.ofIpv4(0x0a00_000a);
                    packet.destination = IpAddress.ofIpv4(0x0a00_010a);
                }
                packet.protocol = dice.any(17, 17, 1, 6);
                packet.icmpType = dice.any(0, 8);
                packet.payload = dice.bytes(dice.any(48, 48, 48, 48, 48, 48, 47, 49));
                byte[] magic = "SLUICEPR".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
                magic[7] ^= (byte) (dice.percent(10) ? 1 : 0);
                System.arraycopy(magic, 0, packet.payload, 0, 8);
                packet.padding = dice.percent(20) ? dice.bytes(4) : packet.padding;
                yield plain(dice.percent(80) ? dice.of(world.servicePorts) : port, packet.bytes());
            }
            default -> {
                decorate(packet);
                yield plain(port, packet.bytes());
            }
        };
    }

    /** A port of a transparent pair if there is one. */
    private int pairOr(World now, int port) {
        return now.ports().stream()
                .filter(each -> each.role() == PortEntry.Role.TRANSPARENT)
                .map(PortEntry::index)
                .skip(dice.below(2))
                .findFirst()
                .orElse(port);
    }

    /** Frames that switches talk with: spanning tree, LACP, LLDP, pause and whatever else. */
    private byte[] forMany(Packet packet) {
        packet.destinationMac = dice.any(
                0x0180_c200_0000L,
                0x0180_c200_0001L,
                0x0180_c200_0002L,
                0x0180_c200_0008L,
                0x0180_c200_000eL,
                0x0100_0ccc_cccdL,
                0xffff_ffff_ffffL);
        byte[] bytes = packet.bytes();
        int type = dice.any(0x0027, 0x8808, 0x8809, 0x88cc, 0x8035, 0x8863, 0x0806);
        bytes[12 + 4 * packet.tags.size()] = (byte) (type >>> 8);
        bytes[13 + 4 * packet.tags.size()] = (byte) type;
        return bytes;
    }

    /** Broadcasts, multicasts, and among them those of DHCP. */
    private byte[] dhcp(Packet packet) {
        boolean v4 = packet.source.isIpv4();
        packet.destinationMac = v4 ? 0xffff_ffff_ffffL : 0x3333_0001_0002L;
        packet.destination = v4 ? IpAddress.ofIpv4(dice.any(-1, 0xe000_0012)) : new IpAddress(0xff02L << 48, 0x1_0002L);
        packet.protocol = dice.any(17, 17, 6);
        packet.destinationPort = dice.any(67, 68, 546, 547, 5353);
        return packet.bytes();
    }

    private static Event.Arrives plain(int port, byte[] bytes) {
        return new Event.Arrives(port, MemoryFrame.plain(bytes), 256, false);
    }

    private static int anyLink(World now) {
        return now.ports().stream()
                .filter(port -> port.role() == PortEntry.Role.LINK)
                .map(PortEntry::index)
                .findFirst()
                .orElse(now.ports().size());
    }

    /** An IPv6 packet whose source is IPv4-mapped: written by hand, since the packet would become IPv4. */
    private static byte[] mapped(Packet packet) {
        IpAddress source = packet.source;
        packet.source = IpAddress.ANY_V6;
        byte[] bytes = packet.bytes();
        int at = 14 + 4 * packet.tags.size() + 8;
        for (int i = 0; i < 8; i++) {
            bytes[at + 8 + i] = (byte) (source.lo() >>> (56 - 8 * i));
        }
        return bytes;
    }

    private byte[] brokenNetworkHeader(Packet packet) {
        int at = 14 + 4 * packet.tags.size();
        if (!packet.source.isIpv4()) {
            if (dice.percent(50)) {
                decorate(packet);
                byte[] bytes = packet.bytes();
                bytes[at + 40 + 1] = (byte) dice.below(256);
                return bytes;
            }
            byte[] bytes = packet.bytes();
            switch (dice.below(3)) {
                case 0 -> bytes[at] = (byte) (dice.below(16) << 4);
                case 1 -> bytes[at + 5] = (byte) dice.below(256);
                default -> bytes[at + 6] = dice.any((byte) 0, (byte) 43, (byte) 44, (byte) 51, (byte) 60, (byte) 59);
            }
            return bytes;
        }
        byte[] bytes = packet.bytes();
        switch (dice.below(7)) {
            case 0 -> bytes[at] = (byte) dice.below(256);
            case 1 -> bytes[at + 3] = (byte) dice.below(256);
            case 2 -> bytes[at + 2] = (byte) dice.below(256);
            case 3, 4, 5 -> {
                bytes[at + 10] ^= (byte) dice.between(1, 255);
                return bytes;
            }
            default -> bytes[at + 6] = (byte) dice.below(256);
        }
        Packet.fixIpv4Checksum(bytes, at);
        return bytes;
    }

    /** The frame cut, with the lengths in its network header cut as well. */
    private static byte[] cutTo(byte[] bytes, Packet packet, int keep) {
        byte[] cut = Arrays.copyOf(bytes, keep);
        int at = 14 + 4 * packet.tags.size();
        boolean v4 = packet.source.isIpv4();
        int length = v4 ? keep - at : keep - at - 40;
        cut[at + (v4 ? 2 : 4)] = (byte) (length >>> 8);
        cut[at + (v4 ? 3 : 5)] = (byte) length;
        if (v4) {
            Packet.fixIpv4Checksum(cut, at);
        }
        return cut;
    }

    private Event.Arrives echo(int port, Packet packet) {
        boolean v4 = packet.source.isIpv4();
        packet.destination = IpAddress.parse(v4 ? "10.0." + dice.below(2) + ".1" : "2001:db8:" + dice.below(2) + "::1")
                .orElseThrow();
        packet.protocol = v4 ? 1 : 58;
        packet.icmpType = v4 ? 8 : 128;
        packet.sourcePort = dice.below(65536);
        return plain(port, packet.bytes());
    }

    /** ARP and neighbour discovery: of known hosts, of unknown ones, and nonsense. */
    private Event.Arrives control(World now, int port) {
        PortEntry entry = now.port(port);
        int host = dice.any(10, 11, 12, 13);
        long mac = WorldGenerator.hostMac(port, host);
        boolean v4 = dice.percent(50);
        int net = now.ports().stream()
                .filter(p -> p.router() == entry.router())
                .toList()
                .indexOf(entry);
        IpAddress neighbor = IpAddress.parse(v4 ? "10.0." + net + "." + host : "2001:db8:" + net + "::" + host)
                .orElse(IpAddress.ANY_V4);
        if (entry.role() == PortEntry.Role.SERVICE || !neighbor.isIpv4() == v4 || net < 0) {
            neighbor = IpAddress.parse(v4 ? "10.99." + port + ".250" : "2001:db8:99:" + port + "::250")
                    .orElseThrow();
        }
        byte[] bytes = dice.percent(60)
                ? Frames.question(entry, neighbor, mac).bytes()
                : Frames.answer(entry, neighbor, mac).bytes();
        if (dice.percent(20)) {
            int at = dice.percent(50) ? dice.between(14, Math.min(bytes.length, 56) - 1) : dice.any(20, 21, 22);
            bytes[at] ^= (byte) (1 << dice.below(8));
            if (bytes[12] == 8 && at >= 22) {
                bytes[21] = 3;
            }
        }
        return plain(port, bytes);
    }
}
