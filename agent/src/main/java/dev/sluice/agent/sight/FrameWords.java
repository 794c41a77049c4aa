package dev.sluice.agent.sight;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.MemorySegment;

/** Frames in words. Stateless; allocates. */
final class FrameWords {
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final String TCP_FLAGS = "FSRPAUEC";

    /** Two of a packet's own behind two of a node. */
    private static final int TAGS_MAX = 4;

    private FrameWords() {}

    /** Who talks to whom, e.g. {@code tcp 10.0.0.1:4000 > 10.0.0.2:80 SA}; the slot has been parsed. */
    static String packet(Batch b, int i) {
        int parsed = b.parsed[i];
        if (parsed < 0) {
            return "malformed, " + DropReason.of(-1 - parsed);
        }
        if (b.etherType[i] == EtherTypes.ARP) {
            return "arp";
        }
        if (b.etherType[i] != EtherTypes.IPV4 && b.etherType[i] != EtherTypes.IPV6) {
            return "type 0x" + String.format("%04x", b.etherType[i]);
        }
        int protocol = b.protocol[i];
        return protocol(protocol) + " " + end(b.sourceHi[i], b.sourceLo[i], b.sourcePort[i]) + " > "
                + end(b.destinationHi[i], b.destinationLo[i], b.destinationPort[i])
                + (protocol == TCP && b.l4[i] != 0 ? " " + flags(b.tcpFlags[i]) : "");
    }

    /** What is in front of the IP packet, from the outside in, and the TTL: {@code 02:..:01 > 02:..:02, vlan 101, ttl 64}. */
    static String link(MemorySegment memory, long start) {
        StringBuilder words = new StringBuilder(new MacAddress(Ethernet.source(memory, start)).toString());
        words.append(" > ").append(new MacAddress(Ethernet.destination(memory, start)));
        long at = start + Ethernet.TYPE_OFFSET;
        int type = Layouts.u16(memory, at);
        for (int tags = 0; tags < TAGS_MAX && VlanTag.isTagType(type); tags++) {
            words.append(type == EtherTypes.QINQ ? ", svlan " : ", vlan ").append(Layouts.u16(memory, at + 2) & 0xfff);
            at += VlanTag.BYTES;
            type = Layouts.u16(memory, at);
        }
        if (type == EtherTypes.IPV4) {
            words.append(", ttl ").append(Ipv4.ttl(memory, at + 2));
        } else if (type == EtherTypes.IPV6) {
            words.append(", ttl ").append(Ipv6.hopLimit(memory, at + 2));
        }
        return words.toString();
    }

    /** A protocol by its usual name. */
    static String protocol(int number) {
        return switch (number) {
            case 1 -> "icmp";
            case TCP -> "tcp";
            case UDP -> "udp";
            case 47 -> "gre";
            case 58 -> "icmpv6";
            case 132 -> "sctp";
            default -> "protocol " + number;
        };
    }

    private static String end(long hi, long lo, int port) {
        IpAddress address = new IpAddress(hi, lo);
        return address.isIpv4() ? address + ":" + port : "[" + address + "]:" + port;
    }

    private static String flags(int flags) {
        StringBuilder letters = new StringBuilder();
        for (int bit = 0; bit < TCP_FLAGS.length(); bit++) {
            if ((flags >>> bit & 1) != 0) {
                letters.append(TCP_FLAGS.charAt(bit));
            }
        }
        return letters.isEmpty() ? "-" : letters.toString();
    }
}
