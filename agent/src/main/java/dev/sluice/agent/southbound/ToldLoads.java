package dev.sluice.agent.southbound;

import dev.sluice.southbound.Loads;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How loaded a manager said that instances are. It is gone on with while managers change, and forgotten when none has been there for long: nobody knows then. No clocks: time is a parameter. One user: the stream's
 * thread.
 */
final class ToldLoads {
    /** For so long without a manager it is gone on with. */
    static final long KEPT_NS = 300_000_000_000L;

    private Map<String, Integer> levels = Map.of();
    private boolean ever;
    private long heardNs;
    private @Nullable Object toldTo;
    private Map<String, Integer> told = Map.of();

    void take(Loads loads) {
        levels = Map.copyOf(loads.getLevelsMap());
    }

    /** A manager is there. */
    void heard(long nowNs) {
        ever = true;
        heardNs = nowNs;
    }

    /** None was there just now. */
    void missed(long nowNs) {
        if (ever && nowNs - heardNs >= KEPT_NS) {
            levels = Map.of();
        }
    }

    /** The levels by name, if a node was not told these last. */
    Optional<Map<String, Integer>> news(Object node) {
        if (node.equals(toldTo) ? levels.equals(told) : levels.isEmpty()) {
            return Optional.empty();
        }
        toldTo = node;
        told = levels;
        return Optional.of(levels);
    }
}
