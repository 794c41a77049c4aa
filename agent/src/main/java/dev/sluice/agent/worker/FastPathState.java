package dev.sluice.agent.worker;

import dev.sluice.agent.FastPathMode;
import dev.sluice.fastpath.PuntReason;
import java.util.Map;

/**
 * What was asked for of the kernel's fast path, and what became of it. Immutable.
 *
 * @param mode what was asked for
 * @param trouble why there is none though it was asked for, else empty
 * @param punts packets that the kernel left to the data path, by reason; empty without a fast path
 * @param lockedBytes memory of the kernel that it takes now; -1 if the kernel does not say
 * @param lost frames that were left to the data path and found no room on their way there
 */
public record FastPathState(
        FastPathMode mode, String trouble, Map<PuntReason, Long> punts, long lockedBytes, long lost) {
    /** Nobody asked for it. */
    public static final FastPathState OFF = new FastPathState(FastPathMode.OFF, "", Map.of(), 0, 0);

    /** Copies the map. */
    public FastPathState {
        punts = Map.copyOf(punts);
    }
}
