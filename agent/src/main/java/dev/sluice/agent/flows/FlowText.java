package dev.sluice.agent.flows;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.datapath.track.FlowName;
import dev.sluice.wire.IpAddress;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How people name a flow: {@code tcp,10.0.0.1:40000,10.0.0.2:80}, {@code udp,[2001:db8::1]:53,[2001:db8::2]:53}, {@code icmp,10.0.0.1,10.0.0.2}. Stateless. */
public final class FlowText {
    private static final String ALLOWED =
            "PROTOCOL,ADDRESS[:PORT],ADDRESS[:PORT] such as tcp,10.0.0.1:40000,10.0.0.2:80 or udp,[2001:db8::1]:53,[2001:db8::2]:53;"
                    + " both ports, of tcp, udp or sctp, or none";
    private static final Map<String, Integer> PROTOCOLS =
            new TreeMap<>(Map.of("tcp", 6, "udp", 17, "icmp", 1, "icmpv6", 58, "sctp", 132, "gre", 47, "esp", 50));
    private static final Pattern END =
            Pattern.compile("(?:\\[([0-9a-fA-F:.]{2,45})]|([0-9.]{7,15}))(?::([0-9]{1,5}))?|([0-9a-fA-F:.]{2,45})");
    private static final int TEXT_MAX = 120;

    private FlowText() {}

    private record End(IpAddress address, int port) {}

    /** The flow that a text names. */
    static FlowName parse(String text) throws NodeException {
        String[] parts = text.length() > TEXT_MAX ? new String[0] : text.split(",", -1);
        Optional<Integer> protocol = parts.length == 3 ? protocol(parts[0]) : Optional.empty();
        Optional<End> one = parts.length == 3 ? end(parts[1]) : Optional.empty();
        Optional<End> other = parts.length == 3 ? end(parts[2]) : Optional.empty();
        if (protocol.isEmpty() || one.isEmpty() || other.isEmpty()) {
            throw wrong(text);
        }
        boolean ports = one.get().port != FlowName.ANY_PORT;
        boolean hasPorts = protocol.get() == 6 || protocol.get() == 17 || protocol.get() == 132;
        if (ports != (other.get().port != FlowName.ANY_PORT)
                || (ports && !hasPorts)
                || one.get().address.isIpv4() != other.get().address.isIpv4()) {
            throw wrong(text);
        }
        return new FlowName(protocol.get(), one.get().address, one.get().port, other.get().address, other.get().port);
    }

    private static NodeException wrong(String text) {
        return new NodeException("flow '" + AdminRequest.shorten(text) + "' is not a flow; allowed: " + ALLOWED);
    }

    private static Optional<Integer> protocol(String word) {
        Integer known = PROTOCOLS.get(word);
        if (known == null && word.matches("[0-9]{1,3}") && Integer.parseInt(word) <= 255) {
            known = Integer.valueOf(word);
        }
        return Optional.ofNullable(known);
    }

    private static Optional<End> end(String text) {
        Matcher matcher = END.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String bracketed = matcher.group(1);
        String dotted = matcher.group(2);
        String address = bracketed != null ? bracketed : dotted != null ? dotted : matcher.group(4);
        String written = matcher.group(3);
        int port = written == null ? FlowName.ANY_PORT : Integer.parseInt(written);
        return port > 65_535 ? Optional.empty() : IpAddress.parse(address).map(found -> new End(found, port));
    }

    /** The text of a flow. */
    static String of(FlowName flow) {
        String protocol = PROTOCOLS.entrySet().stream()
                .filter(entry -> entry.getValue() == flow.protocol())
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse(Integer.toString(flow.protocol()));
        return protocol + "," + end(flow.low(), flow.lowPort()) + "," + end(flow.high(), flow.highPort());
    }

    /** One end of a flow. */
    public static String end(IpAddress address, int port) {
        if (port == FlowName.ANY_PORT) {
            return address.toString();
        }
        return (address.isIpv4() ? address.toString() : "[" + address + "]") + ":" + port;
    }
}
