package dev.sluice.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which connections or packets a command means, by one of their ends. */
final class EndpointOptions {
    @Option(
            names = "--address",
            paramLabel = "A",
            description = "Only what has this source or destination address, IPv4 or IPv6.")
    private @Nullable String address;

    @Option(
            names = "--port",
            paramLabel = "P",
            description = "Only what has this source or destination port, 0..65535.")
    private @Nullable Integer port;

    /** As fields of a request; the node checks them. */
    Map<String, Object> fields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (address != null) {
            fields.put("address", address);
        }
        if (port != null) {
            fields.put("port", port);
        }
        return fields;
    }
}
