package dev.sluice.agent.worker;

import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.Arp;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.NeighborDiscovery;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** What a node says when it is asked for its MAC address, and what looks like it. Stateless. */
final class NeighborReplies {
    private static final long NODE_MAC = 0x0e00_0000_0001L;
    private static final int NETWORK = Ethernet.BYTES;
    private static final int ICMP = NETWORK + Ipv6.BYTES;
    private static final int ADVERTISEMENT_BYTES = ICMP + NeighborDiscovery.NEIGHBOR_BYTES + 8;

    private static final int ARP_OPERATION = NETWORK + 7;

    private static final int ARP_SENDER_IP = NETWORK + 14;
    private static final int ARP_TARGET_MAC = NETWORK + 18;
    private static final int ARP_TARGET_IP = NETWORK + 24;

    private NeighborReplies() {}

    /** The right answers to the questions among frames. */
    static List<byte[]> to(List<MemoryFrame> frames) {
        return frames.stream()
                .map(frame -> MemorySegment.ofArray(frame.bytes()))
                .filter(NeighborReplies::asks)
                .map(NeighborReplies::reply)
                .toList();
    }

    private static boolean asks(MemorySegment f) {
        return switch (Ethernet.etherType(f, 0)) {
            case EtherTypes.ARP -> Arp.operation(f, NETWORK) == Arp.REQUEST;
            case EtherTypes.IPV6 -> Icmpv6.type(f, ICMP) == NeighborDiscovery.SOLICITATION;
            default -> false;
        };
    }

    private static byte[] reply(MemorySegment f) {
        boolean arp = Ethernet.etherType(f, 0) == EtherTypes.ARP;
        byte[] bytes = new byte[arp ? 60 : ADVERTISEMENT_BYTES];
        MemorySegment reply = MemorySegment.ofArray(bytes);
        Ethernet.setAddresses(reply, 0, Ethernet.source(f, 0), NODE_MAC);
        Ethernet.setEtherType(reply, 0, Ethernet.etherType(f, 0));
        if (arp) {
            Arp.write(
                    reply,
                    NETWORK,
                    Arp.REPLY,
                    NODE_MAC,
                    Arp.targetIp(f, NETWORK),
                    Arp.senderMac(f, NETWORK),
                    Arp.senderIp(f, NETWORK));
        } else {
            long hi = NeighborDiscovery.targetHi(f, ICMP);
            long lo = NeighborDiscovery.targetLo(f, ICMP);
            NeighborDiscovery.writeAdvertisement(
                    reply,
                    NETWORK,
                    hi,
                    lo,
                    Ipv6.sourceHi(f, NETWORK),
                    Ipv6.sourceLo(f, NETWORK),
                    hi,
                    lo,
                    NeighborDiscovery.FLAG_SOLICITED | NeighborDiscovery.FLAG_OVERRIDE,
                    NODE_MAC);
        }
        return bytes;
    }

    /** Right answers over ARP made wrong, by what is wrong. */
    static Map<String, UnaryOperator<byte[]>> wrongArp() {
        Map<String, UnaryOperator<byte[]>> all = new LinkedHashMap<>();
        all.put("a question", changed(f -> f[ARP_OPERATION] = Arp.REQUEST));
        all.put("of another address", changed(f -> f[ARP_SENDER_IP + 3] ^= 1));
        all.put("to another address", changed(f -> f[ARP_TARGET_IP + 3] ^= 8));
        all.put("announced unasked", changed(f -> System.arraycopy(f, ARP_SENDER_IP, f, ARP_TARGET_IP, 4)));
        all.put("to another MAC address inside", changed(f -> f[ARP_TARGET_MAC + 5] ^= 1));
        all.put("to another MAC address", changed(f -> f[5] ^= 1));
        all.put(
                "to all",
                changed(f -> Ethernet.setAddresses(MemorySegment.ofArray(f), 0, MacAddress.BROADCAST, NODE_MAC)));
        return all;
    }

    /** The same over neighbour discovery. */
    static Map<String, UnaryOperator<byte[]>> wrongAdvertisements() {
        Map<String, UnaryOperator<byte[]>> all = new LinkedHashMap<>();
        all.put("announced unasked", summed(f -> f[ICMP + 4] &= 0x3f));
        all.put("of another address", summed(f -> f[ICMP + 23] ^= 1));
        all.put("to another address", summed(f -> f[NETWORK + 39] ^= 8));
        all.put("to another MAC address", changed(f -> f[5] ^= 1));
        all.put("from behind a router", changed(f -> f[NETWORK + 7] = 64));
        all.put("damaged", changed(f -> f[ICMP + 2] ^= 1));
        all.put("a question", summed(f -> f[ICMP] = NeighborDiscovery.SOLICITATION - 256));
        return all;
    }

    private static UnaryOperator<byte[]> changed(Consumer<byte[]> change) {
        return right -> {
            byte[] wrong = Arrays.copyOf(right, right.length);
            change.accept(wrong);
            return wrong;
        };
    }

    /** With the checksum of ICMPv6 made right again. */
    private static UnaryOperator<byte[]> summed(Consumer<byte[]> change) {
        return changed(f -> {
            change.accept(f);
            Icmpv6.updateChecksum(MemorySegment.ofArray(f), NETWORK, ICMP, f.length - ICMP);
        });
    }
}
