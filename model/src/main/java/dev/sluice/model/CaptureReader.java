package dev.sluice.model;

import dev.sluice.model.Capture.Spec;
import dev.sluice.model.Capture.Stage;
import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Reads {@link Capture}. */
final class CaptureReader {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int PORT_LENGTH_MAX = 63;
    private static final int PACKET_BYTES_MIN = 64;
    private static final int PACKET_BYTES = 256;
    private static final int PACKETS = 1_000;

    private static final Field<List<String>> NODES = Field.defaulted(
            "nodes",
            Lists.orOne(Types.NAME, 1, Capture.NODES_MAX),
            List.of(),
            "that of the Port",
            "The hosts that capture, all at the same time.");
    private static final Field<Optional<String>> PORT = Field.optional(
            "port",
            Types.text(PORT_LENGTH_MAX),
            "Only frames at this port: a Port or, with `nodes`, an interface there that is a port. A Capture of a tenant names a Port of the tenant, and no `nodes`.");
    private static final Field<Stage> STAGE = Field.defaulted(
            "stage",
            Types.word(Stage.class),
            Stage.ALL,
            "Only frames that come in, leave, go into a service node, came back from one, or are dropped.");
    private static final Field<Optional<IpAddress>> ADDRESS = Field.optional(
            "address",
            Types.checked(
                    "IPv4 or IPv6 address",
                    "is not an IP address",
                    JsonSchema.text(Types.ADDRESS_PATTERN),
                    IpAddress::parse),
            "Only packets with this source or destination, as they are at that stage.");
    private static final Field<Optional<Integer>> PORT_NUMBER = Field.optional(
            "portNumber", Types.integer(0, 65_535), "Only packets with this source or destination port, likewise.");
    private static final Field<Integer> PACKETS_MAX = Field.defaulted(
            "packets",
            Types.integer(1, Capture.PACKETS_MAX),
            PACKETS,
            String.valueOf(PACKETS),
            "Each host ends after so many.");
    private static final Field<Long> DURATION = Field.defaulted(
            "duration",
            Types.durationNs(SECOND_NS, Capture.DURATION_NS_MAX),
            30 * SECOND_NS,
            "30s",
            "Each host ends after so long.");
    private static final Field<Integer> PACKET_BYTES_MAX = Field.defaulted(
            "packetBytes",
            Types.integer(PACKET_BYTES_MIN, Capture.PACKET_BYTES_MAX),
            PACKET_BYTES,
            String.valueOf(PACKET_BYTES),
            "Of each packet; the rest is cut off.");
    private static final Field<Long> TIME_TO_LIVE = Field.defaulted(
            "timeToLive",
            Types.durationNs(10 * SECOND_NS, 86_400 * SECOND_NS),
            600 * SECOND_NS,
            "10m",
            "After so long the manager deletes the object, and the packets with it.");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            v -> new Spec(
                    v.get(NODES),
                    v.get(PORT),
                    v.get(STAGE),
                    v.get(ADDRESS),
                    v.get(PORT_NUMBER).map(OptionalInt::of).orElseGet(OptionalInt::empty),
                    v.get(PACKETS_MAX),
                    v.get(DURATION),
                    v.get(PACKET_BYTES_MAX),
                    v.get(TIME_TO_LIVE)),
            NODES,
            PORT,
            STAGE,
            ADDRESS,
            PORT_NUMBER,
            PACKETS_MAX,
            DURATION,
            PACKET_BYTES_MAX,
            TIME_TO_LIVE);

    private CaptureReader() {}
}
