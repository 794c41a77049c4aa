package dev.sluice.model;

import java.util.Optional;

/**
 * A question what would happen to a packet, which a manager has answered by hosts (X3). It changes nothing there, and ends by itself.
 *
 * @param metadata its name
 * @param spec what is asked
 */
public record Traceflow(Metadata metadata, Spec spec) implements Resource {
    /** Most at a time. */
    public static final int TRACES_MAX = 100;

    /** Longest description of a packet. */
    public static final int PACKET_CHARACTERS_MAX = 1_000;

    @Override
    public Kind kind() {
        return Kind.TRACEFLOW;
    }

    /**
     * What is asked.
     *
     * @param node the host where the packet comes in; empty: that of the Port
     * @param port where the packet comes in: a Port, or an interface of the host that is one without an object
     * @param packet its fields, as {@code sluice trace --packet} takes them; the host reads them
     * @param timeToLiveNs how long the object is kept
     */
    public record Spec(Optional<String> node, String port, String packet, long timeToLiveNs) {}
}
