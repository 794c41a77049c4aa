package dev.sluice.agent.sight;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.MacAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A packet as users describe it, {@code tcp 10.0.0.1:1234 > 10.0.0.2:80 syn ttl=3}, and its frame (docs/guides/tracing.md has the grammar). One user.
 */
final class PacketText {
    /** Longest description. */
    static final int CHARACTERS_MAX = 1000;

    private static final int PAYLOAD_MAX = 65_000;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int SCTP = 132;
    private static final int ICMP = 1;
    private static final int ICMPV6 = 58;
    private static final String KEYS =
            "src, dst, proto, sport, dport, flags, ttl, dscp, vlan, inner-vlan, len, smac, dmac, df";
    private static final Map<String, Integer> PROTOCOLS =
            Map.of("tcp", TCP, "udp", UDP, "icmp", ICMP, "icmpv6", ICMPV6, "sctp", SCTP, "gre", 47);
    private static final List<String> FLAGS = List.of("fin", "syn", "rst", "psh", "ack", "urg");

    private int protocol = -1;
    private IpAddress source = new IpAddress(0, 0);
    private IpAddress destination = new IpAddress(0, 0);
    private boolean sourceGiven;
    private boolean destinationGiven;
    private int sourcePort = -1;
    private int destinationPort = -1;
    private int flags;
    private int ttl = 64;
    private int dscp;
    private int vlan;
    private int innerVlan;
    private int payloadBytes;
    private boolean dontFragment;
    private long sourceMac;
    private long destinationMac;

    private PacketText(long sourceMac, long destinationMac) {
        this.sourceMac = sourceMac;
        this.destinationMac = destinationMac;
    }

    /**
     * The frame of a packet.
     *
     * @param sourceMac used if the text has no smac
     * @param destinationMac used if the text has no dmac
     * @throws NodeException if the text is not a packet; the message names the part and what may stand there
     */
    static byte[] frame(String text, long sourceMac, long destinationMac) throws NodeException {
        PacketText packet = new PacketText(sourceMac, destinationMac);
        packet.read(text);
        return packet.frame();
    }

    private void read(String text) throws NodeException {
        List<String> words =
                new ArrayList<>(List.of(text.replace(">", " > ").strip().split("[\\s,]+")));
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i).toLowerCase(Locale.ROOT);
            int equals = word.indexOf('=');
            boolean isEnd = i + 1 < words.size() && words.get(i + 1).equals(">");
            if (isEnd) {
                end(word, true);
            } else if (word.equals(">") && i + 1 < words.size()) {
                i++;
                end(words.get(i).toLowerCase(Locale.ROOT), false);
            } else if (equals > 0) {
                set(word.substring(0, equals), word.substring(equals + 1));
            } else if (PROTOCOLS.containsKey(word)) {
                protocol = PROTOCOLS.get(word);
            } else if (FLAGS.contains(word)) {
                flags |= 1 << FLAGS.indexOf(word);
            } else if (word.equals("df")) {
                dontFragment = true;
            } else {
                throw bad(
                        "word",
                        word,
                        "a protocol (tcp, udp, icmp, icmpv6, sctp, gre), SOURCE > DESTINATION, a TCP flag ("
                                + String.join(", ", FLAGS) + "), df, or KEY=VALUE with " + KEYS);
            }
        }
        check();
    }

    private void check() throws NodeException {
        if (!sourceGiven || !destinationGiven) {
            throw bad(
                    sourceGiven ? "destination" : "source",
                    "",
                    "an address, for example in 'tcp 10.0.0.1:1234 > 10.0.0.2:80 syn'");
        }
        if (source.isIpv4() != destination.isIpv4()) {
            throw bad("destination", destination.toString(), "an address of the IP version of the source " + source);
        }
        if (protocol < 0) {
            if (sourcePort >= 0 || destinationPort >= 0) {
                throw bad("protocol", "", "tcp, udp or sctp beside ports");
            }
            protocol = source.isIpv4() ? ICMP : ICMPV6;
        }
        if (flags != 0 && protocol != TCP) {
            throw bad("flags", "", "none: only tcp has flags");
        }
        if (innerVlan != 0 && vlan == 0) {
            throw bad("inner-vlan", Integer.toString(innerVlan), "used together with vlan");
        }
    }

    private static NodeException bad(String field, String value, String allowed) {
        return new NodeException("packet: " + field
                + (value.isEmpty() ? " is missing or wrong" : " " + AdminRequest.shorten(value) + " is not allowed")
                + "; allowed: " + allowed);
    }

    private void end(String text, boolean isSource) throws NodeException {
        String address = text;
        int port = -1;
        int bracket = text.indexOf(']');
        int colon = text.lastIndexOf(':');
        if (text.startsWith("[") && bracket > 0) {
            address = text.substring(1, bracket);
            if (bracket + 1 < text.length()) {
                port = number(
                        isSource ? "sport" : "dport", text.substring(Math.min(bracket + 2, text.length())), 0, 65_535);
            }
        } else if (colon >= 0 && text.indexOf(':') == colon) {
            address = text.substring(0, colon);
            port = number(isSource ? "sport" : "dport", text.substring(colon + 1), 0, 65_535);
        }
        address(address, isSource);
        if (port >= 0 && isSource) {
            sourcePort = port;
        } else if (port >= 0) {
            destinationPort = port;
        }
    }

    private void address(String text, boolean isSource) throws NodeException {
        IpAddress parsed = IpAddress.parse(text).orElse(null);
        if (parsed == null) {
            throw bad(
                    isSource ? "source" : "destination",
                    text,
                    "an IPv4 or IPv6 address, with a port as 10.0.0.1:80 or [2001:db8::1]:80");
        }
        if (isSource) {
            source = parsed;
            sourceGiven = true;
        } else {
            destination = parsed;
            destinationGiven = true;
        }
    }

    private void set(String key, String value) throws NodeException {
        switch (key) {
            case "src" -> address(value, true);
            case "dst" -> address(value, false);
            case "proto" -> protocol = PROTOCOLS.containsKey(value) ? PROTOCOLS.get(value) : number(key, value, 0, 255);
            case "sport" -> sourcePort = number(key, value, 0, 65_535);
            case "dport" -> destinationPort = number(key, value, 0, 65_535);
            case "flags" -> letters(value);
            case "ttl" -> ttl = number(key, value, 0, 255);
            case "dscp" -> dscp = number(key, value, 0, 63);
            case "vlan" -> vlan = number(key, value, 1, 4094);
            case "inner-vlan" -> innerVlan = number(key, value, 1, 4094);
            case "len" -> payloadBytes = number(key, value, 0, PAYLOAD_MAX);
            case "smac" -> sourceMac = mac(key, value);
            case "dmac" -> destinationMac = mac(key, value);
            case "df" -> dontFragment = number(key, value, 0, 1) == 1;
            default -> throw bad("key", key, KEYS);
        }
    }

    private void letters(String value) throws NodeException {
        for (int i = 0; i < value.length(); i++) {
            int bit = "fsrpau".indexOf(value.charAt(i));
            if (bit < 0) {
                throw bad("flags", value, "letters of FSRPAU, for example SA");
            }
            flags |= 1 << bit;
        }
    }

    private static long mac(String key, String value) throws NodeException {
        return MacAddress.parse(value)
                .orElseThrow(() -> bad(key, value, "a MAC address such as 02:00:00:00:00:01"))
                .bits();
    }

    private static int number(String key, String value, int low, int high) throws NodeException {
        if (value.matches("[0-9]{1,6}")) {
            int number = Integer.parseInt(value);
            if (number >= low && number <= high) {
                return number;
            }
        }
        throw bad(key, value.isEmpty() ? "''" : value, "a whole number in " + low + ".." + high);
    }

    // The frame.

    private byte[] frame() {
        byte[] transport = transport();
        int headers = source.isIpv4() ? 20 : 40;
        int tags = (vlan != 0 ? 4 : 0) + (innerVlan != 0 ? 4 : 0);
        ByteBuffer out = ByteBuffer.allocate(14 + tags + headers + transport.length);
        putMac(out, destinationMac);
        putMac(out, sourceMac);
        if (innerVlan != 0) {
            out.putShort((short) 0x88a8).putShort((short) vlan);
            out.putShort((short) 0x8100).putShort((short) innerVlan);
        } else if (vlan != 0) {
            out.putShort((short) 0x8100).putShort((short) vlan);
        }
        if (source.isIpv4()) {
            putIpv4(out, transport.length);
        } else {
            out.putShort((short) 0x86dd).putInt((6 << 28) | (dscp << 22));
            out.putShort((short) transport.length).put((byte) protocol).put((byte) ttl);
            out.putLong(source.hi()).putLong(source.lo());
            out.putLong(destination.hi()).putLong(destination.lo());
        }
        out.put(transport);
        return out.array();
    }

    private void putIpv4(ByteBuffer out, int transportBytes) {
        out.putShort((short) 0x0800);
        ByteBuffer header = ByteBuffer.allocate(20);
        header.put((byte) 0x45).put((byte) (dscp << 2)).putShort((short) (20 + transportBytes));
        header.putShort((short) 0).putShort((short) (dontFragment ? 0x4000 : 0));
        header.put((byte) ttl).put((byte) protocol).putShort((short) 0);
        header.putInt((int) source.lo()).putInt((int) destination.lo());
        header.putShort(10, (short) ~fold(sum(header.array())));
        out.put(header.array());
    }

    private byte[] transport() {
        int from = Math.max(0, sourcePort);
        int to = Math.max(0, destinationPort);
        boolean hasSum = protocol == TCP || protocol == UDP || protocol == ICMP || protocol == ICMPV6;
        int headerBytes = switch (protocol) {
            case TCP -> 20;
            case SCTP -> 12;
            case UDP, ICMP, ICMPV6 -> 8;
            default -> 0;
        };
        ByteBuffer out = ByteBuffer.allocate(headerBytes + payloadBytes);
        switch (protocol) {
            case TCP -> {
                int bits = flags == 0 ? 1 << FLAGS.indexOf("ack") : flags;
                out.putShort((short) from).putShort((short) to).putInt(1).putInt(0);
                out.put((byte) 0x50).put((byte) bits).putShort((short) 0xffff);
            }
            case UDP -> out.putShort((short) from).putShort((short) to).putShort((short) out.capacity());
            case SCTP -> out.putShort((short) from).putShort((short) to);
            case ICMP, ICMPV6 ->
                // An echo request; the identifier takes the place of the ports.
                out.put((byte) (protocol == ICMP ? 8 : 128))
                        .put((byte) 0)
                        .putShort((short) 0)
                        .putShort((short) from);
            default -> {}
        }
        if (hasSum) {
            int at = protocol == TCP ? 16 : protocol == UDP ? 6 : 2;
            long pseudo = protocol == ICMP ? 0 : pseudoSum(out.capacity());
            int sum = ~fold(pseudo + sum(out.array())) & 0xffff;
            out.putShort(at, (short) (sum == 0 && protocol == UDP ? 0xffff : sum));
        }
        return out.array();
    }

    private long pseudoSum(int bytes) {
        ByteBuffer pseudo = ByteBuffer.allocate(source.isIpv4() ? 8 : 32);
        for (IpAddress address : List.of(source, destination)) {
            if (address.isIpv4()) {
                pseudo.putInt((int) address.lo());
            } else {
                pseudo.putLong(address.hi()).putLong(address.lo());
            }
        }
        return sum(pseudo.array()) + protocol + bytes;
    }

    private static void putMac(ByteBuffer out, long mac) {
        out.putShort((short) (mac >>> 32)).putInt((int) mac);
    }

    private static long sum(byte[] bytes) {
        long sum = 0;
        for (int i = 0; i < bytes.length; i++) {
            sum += (bytes[i] & 0xffL) << ((i & 1) == 0 ? 8 : 0);
        }
        return sum;
    }

    private static int fold(long sum) {
        long folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xffff) + (folded >>> 16);
        }
        return (int) folded;
    }
}
