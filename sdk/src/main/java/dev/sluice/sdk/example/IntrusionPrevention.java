package dev.sluice.sdk.example;

import dev.sluice.sdk.PacketHandler;
import dev.sluice.sdk.ServicePacket;
import dev.sluice.sdk.Verdict;
import dev.sluice.sdk.stream.FlowInspector;
import dev.sluice.sdk.stream.FlowInspector.Flow;
import dev.sluice.sdk.stream.Signatures;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Intrusion prevention: a flow in which a signature is found is dropped, both ways, and the switch is told so; one in which none was found for long enough is handed back
 * to the switch and visits this node no more. Called by the node's thread; counters may be read by any.
 */
public final class IntrusionPrevention implements PacketHandler {
    /** Packets that are under way when something is said arrive all the same; saying it again for each of them would help nobody. */
    private static final long REPEAT_NS = 10_000_000L;

    private final Signatures signatures;
    private final FlowInspector inspector;
    private final Policy policy;
    private final Consumer<String> log;
    private final AtomicLong foundCount = new AtomicLong();
    private final AtomicLong clearedCount = new AtomicLong();
    private final AtomicLong unsearchableCount = new AtomicLong();
    private final AtomicLong tooEarlyCount = new AtomicLong();
    private final AtomicLong flowCount = new AtomicLong();

    /**
     * What it does besides searching.
     *
     * @param clearAfterBytes so many bytes of both directions without a signature clear a flow; 0: never
     * @param passUnsearchable whether packets go on that can't be searched: fragments, packets with faults
     */
    public record Policy(long clearAfterBytes, boolean passUnsearchable) {
        /** Flows are cleared after 64 KiB; what can't be searched is dropped. */
        public static final Policy USUAL = new Policy(65_536, false);

        /** Checks the range. */
        public Policy {
            if (clearAfterBytes < 0) {
                throw new IllegalArgumentException("clearAfterBytes " + clearAfterBytes + " is below 0");
            }
        }
    }

    /** One line goes to the log for each flow in which something is found or that is cleared. */
    public IntrusionPrevention(
            Signatures signatures, FlowInspector.Limits limits, Policy policy, Consumer<String> log) {
        this.signatures = signatures;
        this.policy = policy;
        this.log = log;
        inspector = new FlowInspector(signatures, limits);
    }

    @Override
    public Verdict handle(ServicePacket packet) {
        FlowInspector.Result result = inspector.inspect(packet);
        Flow flow = inspector.flow().orElse(null);
        flowCount.set(inspector.flowCount());
        if (flow == null) {
            unsearchableCount.incrementAndGet();
            return policy.passUnsearchable() ? Verdict.PASS : Verdict.DROP;
        }
        return switch (result) {
            case FOUND, FOUND_BEFORE -> found(packet, flow, result == FlowInspector.Result.FOUND);
            case CLEAN -> clean(packet, flow);
            case TOO_EARLY -> {
                tooEarlyCount.incrementAndGet();
                yield Verdict.DROP;
            }
            case UNSEARCHABLE -> Verdict.DROP;
        };
    }

    private Verdict found(ServicePacket packet, Flow flow, boolean now) {
        if (now) {
            foundCount.incrementAndGet();
            log.accept("blocked " + packet.inner() + " tenant " + packet.tenant() + " signature "
                    + signatures.name(flow.foundNumber()));
        }
        return flow.isTimeToSay(packet.receivedNs(), REPEAT_NS) ? Verdict.DROP_FLOW : Verdict.DROP;
    }

    private Verdict clean(ServicePacket packet, Flow flow) {
        if (policy.clearAfterBytes() == 0 || flow.searchedBytes() < policy.clearAfterBytes() || !flow.isSettled()) {
            return Verdict.PASS;
        }
        if (!flow.isSaid()) {
            clearedCount.incrementAndGet();
            log.accept("cleared " + packet.inner() + " tenant " + packet.tenant() + " after " + flow.searchedBytes()
                    + " bytes");
        }
        return flow.isTimeToSay(packet.receivedNs(), REPEAT_NS) ? Verdict.ACCEPT_FLOW : Verdict.PASS;
    }

    /** Flows in which something was found. */
    public long foundCount() {
        return foundCount.get();
    }

    /** Flows that were cleared. */
    public long clearedCount() {
        return clearedCount.get();
    }

    /** Flows that are remembered. */
    public long flowCount() {
        return flowCount.get();
    }

    /** Packets that could not be searched. */
    public long unsearchableCount() {
        return unsearchableCount.get();
    }

    /** Segments dropped because too much before them was missing. */
    public long tooEarlyCount() {
        return tooEarlyCount.get();
    }
}
