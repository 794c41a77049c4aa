package dev.sluice.sdk.stream;

import dev.sluice.sdk.InnerPacket;
import dev.sluice.sdk.ServicePacket;
import dev.sluice.wire.Checksum;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Tcp;
import java.lang.foreign.MemorySegment;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Searches packets for signatures and remembers flows, both directions of each together. One thread.
 *
 * <p>TCP is searched as a stream ({@link StreamSearch}), UDP and other datagrams each by itself. Flows of different tenants never meet. What cannot be searched (fragments,
 * packets with a fault, segments whose checksum says that the receiver will not take them) is said to be so, and the caller decides.
 *
 * <p>Memory: at most {@code flowsMax} flows of about 500 bytes and, while segments are missing, up to {@code gapsMax} times the longest signature for each direction. A flow
 * that was quiet for too long, or the one quiet for longest if there is no room, is forgotten; the next packet of it begins anew.
 */
public final class FlowInspector {
    private static final int SWEEP_MASK = 0x3ff;
    private static final int SWEEP_MAX = 64;

    private final Signatures signatures;
    private final Limits limits;
    private final Map<FlowKey, Flow> flows;
    private final FlowKey probe = new FlowKey();
    private @Nullable Flow current;
    private long packets;
    private long forgottenCount;
    private long evictedCount;

    /** What a packet is. */
    public enum Result {
        /** Nothing was found in it. */
        CLEAN,
        /** It completes a signature. */
        FOUND,
        /** It belongs to a flow in which a signature was found before. */
        FOUND_BEFORE,
        /** Too much is missing before it to remember it; it must not go on, and will be sent again. */
        TOO_EARLY,
        /** It can't be searched. */
        UNSEARCHABLE
    }

    /**
     * Bounds.
     *
     * @param flowsMax flows that are remembered: 1 to 10 million
     * @param gapsMax gaps in one direction of a connection: 1 to 1024
     * @param idleTimeoutNs after which a quiet flow is forgotten
     */
    public record Limits(int flowsMax, int gapsMax, long idleTimeoutNs) {
        /** 65,536 flows, 32 gaps, 5 minutes. */
        public static final Limits USUAL = new Limits(65_536, 32, 300_000_000_000L);

        /** Checks the ranges. */
        public Limits {
            if (flowsMax < 1 || flowsMax > 10_000_000) {
                throw new IllegalArgumentException("flowsMax " + flowsMax + " is outside 1..10000000");
            }
            if (gapsMax < 1 || gapsMax > 1024) {
                throw new IllegalArgumentException("gapsMax " + gapsMax + " is outside 1..1024");
            }
            if (idleTimeoutNs < 1) {
                throw new IllegalArgumentException("idleTimeoutNs " + idleTimeoutNs + " is below 1");
            }
        }
    }

    /** What is remembered of a flow. Of meaning until the next packet is inspected. */
    public static final class Flow {
        private final StreamSearch[] directions;
        private long lastNs;
        private int foundNumber = -1;
        private boolean ended;
        private long datagramBytes;
        private long saidNs;
        private boolean said;

        private Flow(Signatures signatures, int gapsMax) {
            directions =
                    new StreamSearch[] {new StreamSearch(signatures, gapsMax), new StreamSearch(signatures, gapsMax)};
        }

        /** Whether {@link #isTimeToSay} has said yes since the flow began or something was found in it. */
        public boolean isSaid() {
            return said;
        }

        /**
         * Whether to say something about the flow now: the first time, and again while its packets still come, since the first may have been lost (V12). A yes counts as said.
         *
         * @param intervalNs least time between two times
         */
        public boolean isTimeToSay(long nowNs, long intervalNs) {
            boolean due = !said || nowNs - saidNs >= intervalNs;
            if (due) {
                said = true;
                saidNs = nowNs;
            }
            return due;
        }

        /** Number of the signature that was found, -1 if none was. */
        public int foundNumber() {
            return foundNumber;
        }

        /** How many bytes of both directions were searched without a gap. */
        public long searchedBytes() {
            return datagramBytes + directions[0].searchedBytes() + directions[1].searchedBytes();
        }

        /** Whether nothing was found, nothing is missing, and no signature has begun: it may be left alone from here on. */
        public boolean isSettled() {
            return foundNumber < 0 && directions[0].isSettled() && directions[1].isSettled();
        }
    }

    /** A map that evicts the flow quiet for longest; its order is that of use. */
    private final class FlowMap extends LinkedHashMap<FlowKey, Flow> {
        private static final long serialVersionUID = 1L;

        FlowMap() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<FlowKey, Flow> eldest) {
            boolean full = size() > limits.flowsMax();
            evictedCount += full ? 1 : 0;
            return full;
        }
    }

    /** An inspector that has seen nothing. */
    public FlowInspector(Signatures signatures, Limits limits) {
        this.signatures = signatures;
        this.limits = limits;
        flows = new FlowMap();
    }

    /** Searches a packet that a node was given, at the time that it came. */
    public Result inspect(ServicePacket packet) {
        return inspect(packet.memory(), packet.inner(), packet.tenant(), packet.receivedNs());
    }

    /**
     * Searches a packet.
     *
     * @param f memory that {@code packet} was read from
     * @param tenant whose addresses these are
     * @param nowNs of any clock that does not go back
     */
    public Result inspect(MemorySegment f, InnerPacket packet, long tenant, long nowNs) {
        if ((++packets & SWEEP_MASK) == 0) {
            sweep(nowNs);
        }
        current = null;
        if (packet.ipVersion() == 0 || packet.problem() != 0 || packet.isFragment()) {
            return Result.UNSEARCHABLE;
        }
        if (packet.isTcp() && !checksumOk(f, packet)) {
            return Result.UNSEARCHABLE;
        }
        boolean swapped = probe.set(packet, tenant);
        Flow flow = flows.get(probe);
        if (flow == null || nowNs - flow.lastNs > limits.idleTimeoutNs()) {
            forgottenCount += flow == null ? 0 : 1;
            flow = new Flow(signatures, limits.gapsMax());
            flows.put(probe.copy(), flow);
        }
        flow.lastNs = nowNs;
        current = flow;
        if (flow.foundNumber >= 0) {
            return Result.FOUND_BEFORE;
        }
        int result = packet.isTcp() ? segment(f, packet, flow, swapped ? 1 : 0) : datagram(f, packet, flow);
        if (result < 0) {
            flow.foundNumber = ~result;
            flow.said = false;
            return Result.FOUND;
        }
        return result == StreamSearch.CLEAN ? Result.CLEAN : Result.TOO_EARLY;
    }

    private int datagram(MemorySegment f, InnerPacket packet, Flow flow) {
        flow.datagramBytes += packet.dataBytes();
        return Math.min(signatures.search(Signatures.START, f, packet.dataOffset(), packet.dataBytes()), 0);
    }

    private int segment(MemorySegment f, InnerPacket packet, Flow flow, int direction) {
        int flags = Tcp.flags(f, packet.transportOffset());
        int sequence = (int) Tcp.sequence(f, packet.transportOffset());
        StreamSearch search = flow.directions[direction];
        if ((flags & Tcp.SYN) != 0) {
            if (flow.ended && (flags & Tcp.ACK) == 0) {
                flow.ended = false;
                flow.directions[0] = new StreamSearch(signatures, limits.gapsMax());
                flow.directions[1] = new StreamSearch(signatures, limits.gapsMax());
                search = flow.directions[direction];
            }
            // Only the first one counts: one in the middle of a connection is refused by its receiver (RFC 5961 4),
            // and would make the search forget what it has seen.
            sequence++;
            search.startIfNew(sequence);
        }
        int result = search.segment(sequence, f, packet.dataOffset(), packet.dataBytes());
        // Out of their turn they may be forged (RFC 5961 3).
        if ((flags & (Tcp.FIN | Tcp.RST)) != 0 && search.continues(sequence + packet.dataBytes())) {
            flow.ended = true;
        }
        return result;
    }

    private static boolean checksumOk(MemorySegment f, InnerPacket packet) {
        int bytes = packet.transportBytes();
        long pseudo = packet.ipVersion() == 4
                ? Checksum.pseudoIpv4(f, packet.ipOffset(), IpProtocols.TCP, bytes)
                : Checksum.pseudoIpv6(
                        packet.sourceHi(),
                        packet.sourceLo(),
                        packet.destinationHi(),
                        packet.destinationLo(),
                        IpProtocols.TCP,
                        bytes);
        return Checksum.verify(f, pseudo, packet.transportOffset(), bytes);
    }

    /** Forgets some flows that were quiet for too long; they are the first ones in the order of use. */
    private void sweep(long nowNs) {
        Iterator<Flow> eldest = flows.values().iterator();
        for (int i = 0; i < SWEEP_MAX && eldest.hasNext(); i++) {
            if (nowNs - eldest.next().lastNs <= limits.idleTimeoutNs()) {
                return;
            }
            eldest.remove();
            forgottenCount++;
        }
    }

    /** The flow of the packet inspected last; none if it could not be searched, or nothing was inspected yet. */
    public Optional<Flow> flow() {
        return Optional.ofNullable(current);
    }

    /** How many flows are remembered. */
    public int flowCount() {
        return flows.size();
    }

    /** How many were forgotten because they were quiet for too long. */
    public long forgottenCount() {
        return forgottenCount;
    }

    /** How many were forgotten because there was no room. */
    public long evictedCount() {
        return evictedCount;
    }
}
