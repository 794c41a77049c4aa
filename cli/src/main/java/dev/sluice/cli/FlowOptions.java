package dev.sluice.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which flow a command means. */
final class FlowOptions {
    @Option(
            names = "--protocol",
            required = true,
            paramLabel = "P",
            description = "tcp, udp, icmp, icmpv6, sctp, gre, or a number in 0..255.")
    private String protocol = "";

    @Option(
            names = "--source",
            required = true,
            paramLabel = "ADDR[:PORT]",
            description =
                    "One end: 10.0.0.1:53 or [2001:db8::1]:53, with its port for tcp, udp and sctp; of an echo, the identifier takes the place of the port.")
    private String source = "";

    @Option(
            names = "--destination",
            required = true,
            paramLabel = "ADDR[:PORT]",
            description = "The other end. Both directions are meant, whichever end is named first.")
    private String destination = "";

    @Option(
            names = "--router",
            paramLabel = "NAME",
            description = "Router or transparent pair, as 'sluice flows' shows it (default: the only one).")
    private @Nullable String router;

    @Option(names = "--vlan", paramLabel = "ID", description = "VLAN of the packets' outer tag, 1..4094.")
    private @Nullable Integer vlan;

    @Option(names = "--inner-vlan", paramLabel = "ID", description = "VLAN of the packets' inner tag, 1..4094.")
    private @Nullable Integer innerVlan;

    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("protocol", protocol);
        fields.put("source", source);
        fields.put("destination", destination);
        put(fields, "router", router);
        put(fields, "vlan", vlan);
        put(fields, "innerVlan", innerVlan);
        return fields;
    }

    static void put(Map<String, Object> fields, String name, @Nullable Object value) {
        if (value != null) {
            fields.put(name, value);
        }
    }
}
