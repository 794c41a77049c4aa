package dev.sluice.model;

import dev.sluice.wire.IpAddress;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Packets that a manager has captured by hosts (X3). It changes nothing there, and ends by itself. Its packets are no part of it.
 *
 * @param metadata its name
 * @param spec what is captured
 */
public record Capture(Metadata metadata, Spec spec) implements Resource {
    /** Most at a time. */
    public static final int CAPTURES_MAX = 20;

    /** Most hosts of one. */
    public static final int NODES_MAX = 8;

    /** Most packets of one host. */
    public static final int PACKETS_MAX = 10_000;

    /** Most bytes of one packet: as many as there are of a super-frame. */
    public static final int PACKET_BYTES_MAX = 65_536;

    /** Longest capture. */
    public static final long DURATION_NS_MAX = 300_000_000_000L;

    @Override
    public Kind kind() {
        return Kind.CAPTURE;
    }

    /** Where a frame is on its way. */
    public enum Stage implements Word {
        /** Anywhere. */
        ALL("all"),
        /** Came in by a port. */
        IN("in"),
        /** Leaves by a port that is no service port. */
        OUT("out"),
        /** Goes into a service node. */
        STEERED("steered"),
        /** Came back from one. */
        RETURNED("returned"),
        /** Is dropped. */
        DROPPED("dropped");

        private final String word;

        Stage(String word) {
            this.word = word;
        }

        @Override
        public String word() {
            return word;
        }
    }

    /**
     * What is captured.
     *
     * @param nodes the hosts; empty: that of the Port
     * @param port only frames at it: a Port, or an interface of the hosts that is one without an object; empty: at all ports
     * @param stage where on their way
     * @param address only packets with this source or destination, as they are at that stage
     * @param portNumber likewise, 0..65535
     * @param packetsMax ends after so many, for each host
     * @param durationNs ends after so long
     * @param packetBytesMax of each packet; the rest is cut off
     * @param timeToLiveNs how long the object is kept
     */
    public record Spec(
            List<String> nodes,
            Optional<String> port,
            Stage stage,
            Optional<IpAddress> address,
            OptionalInt portNumber,
            int packetsMax,
            long durationNs,
            int packetBytesMax,
            long timeToLiveNs) {}
}
