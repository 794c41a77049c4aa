package dev.sluice.model;

import dev.sluice.model.Traceflow.Spec;
import java.util.Optional;

/** Reads {@link Traceflow}. */
final class TraceflowReader {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final int PORT_LENGTH_MAX = 63;

    private static final Field<Optional<String>> NODE =
            Field.optional("node", Types.NAME, "The host where the packet comes in; without it that of the Port.");
    private static final Field<String> PORT = Field.required(
            "port",
            Types.text(PORT_LENGTH_MAX),
            "Where the packet comes in: the name of a Port, or, with `node`, of an interface there that is a port.");
    private static final Field<String> PACKET = Field.required(
            "packet",
            Types.text(Traceflow.PACKET_CHARACTERS_MAX),
            "Its fields, as `sluice trace --packet` takes them: `tcp 10.0.0.1:1234 > 10.1.0.2:80 syn`.");
    private static final Field<Long> TIME_TO_LIVE = Field.defaulted(
            "timeToLive",
            Types.durationNs(10 * SECOND_NS, 86_400 * SECOND_NS),
            600 * SECOND_NS,
            "10m",
            "After so long the manager deletes the object.");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            v -> new Spec(v.get(NODE), v.get(PORT), v.get(PACKET), v.get(TIME_TO_LIVE)),
            NODE,
            PORT,
            PACKET,
            TIME_TO_LIVE);

    private TraceflowReader() {}
}
