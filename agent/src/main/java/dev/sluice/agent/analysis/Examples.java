package dev.sluice.agent.analysis;

import dev.sluice.datapath.rules.AttributeIds;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.MacAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Example packets in words. */
final class Examples {
    private static final List<Integer> WITH_PORTS = List.of(6, 17, 132);

    private static final String APPLICATION = "application";
    private static final String GROUP = "group";
    private static final String USER = "user";

    /** Words whose values are numbers of contextual attributes: what they stand for is known where rules are compiled. */
    static final List<String> ATTRIBUTES = List.of(APPLICATION, GROUP, USER);

    private Examples() {}

    /** The fields of a packet; those that say nothing are left out. */
    static Map<String, String> words(PacketFields p) {
        Map<String, String> words = new LinkedHashMap<>();
        words.put("source", new IpAddress(p.sourceHi, p.sourceLo).toString());
        words.put("destination", new IpAddress(p.destinationHi, p.destinationLo).toString());
        words.put("protocol", protocol(p.protocol));
        if (WITH_PORTS.contains(p.protocol)) {
            words.put("sourcePort", Integer.toString(p.sourcePort));
            words.put("destinationPort", Integer.toString(p.destinationPort));
        }
        if (p.outerVlan >= 0) {
            words.put("vlan", Integer.toString(p.outerVlan));
        }
        if (p.innerVlan >= 0) {
            words.put("innerVlan", Integer.toString(p.innerVlan));
        }
        if (p.dscp != 0) {
            words.put("dscp", Integer.toString(p.dscp));
        }
        if (p.sourceMac != Macs.bits(Macs.PREFERRED)) {
            words.put("sourceMac", new MacAddress(p.sourceMac).toString());
        }
        if (p.destinationMac != Macs.bits(Macs.PREFERRED)) {
            words.put("destinationMac", new MacAddress(p.destinationMac).toString());
        }
        if (p.hash != 0) {
            words.put("hash", Long.toString(p.hash >>> 32));
        }
        put(words, APPLICATION, AttributeIds.application(p.attributes));
        put(words, GROUP, AttributeIds.group(p.attributes));
        put(words, USER, AttributeIds.user(p.attributes));
        return words;
    }

    private static void put(Map<String, String> words, String attribute, int number) {
        if (number != 0) {
            words.put(attribute, Integer.toString(number));
        }
    }

    private static String protocol(int number) {
        return switch (number) {
            case 1 -> "icmp";
            case 6 -> "tcp";
            case 17 -> "udp";
            case 58 -> "icmpv6";
            case 132 -> "sctp";
            default -> Integer.toString(number);
        };
    }
}
