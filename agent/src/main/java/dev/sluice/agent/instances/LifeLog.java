package dev.sluice.agent.instances;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Since when instances are as they are, and how often they have died. One writer: the control thread; any thread reads. What comes and goes between two of its looks, 20 ms apart, is not seen. */
final class LifeLog {
    /**
     * One instance.
     *
     * @param alive whether it serves
     * @param sinceNs since when, as far as it was looked at
     * @param changed whether it was otherwise before
     * @param downs how often it was alive and then not
     */
    record Life(boolean alive, long sinceNs, boolean changed, long downs) {
        Life now(boolean lives, long nowNs) {
            return lives == alive ? this : new Life(lives, nowNs, true, downs + (alive ? 1 : 0));
        }
    }

    private volatile Map<Integer, Life> lives = Map.of();

    /** What an instance is now; the others are forgotten by {@link #keep}. */
    void note(int instance, boolean alive, long nowNs) {
        Life before = lives.get(instance);
        Life next = before == null ? new Life(alive, nowNs, false, 0) : before.now(alive, nowNs);
        if (!next.equals(before)) {
            Map<Integer, Life> all = new HashMap<>(lives);
            all.put(instance, next);
            lives = Map.copyOf(all);
        }
    }

    /** Forgets all instances but these. */
    void keep(Set<Integer> instances) {
        if (!instances.containsAll(lives.keySet())) {
            Map<Integer, Life> all = new HashMap<>(lives);
            all.keySet().retainAll(instances);
            lives = Map.copyOf(all);
        }
    }

    /** Milliseconds since an instance changed, -1 if it never did. */
    long forMs(int instance, long nowNs) {
        Life life = lives.get(instance);
        return life == null || !life.changed ? -1 : Math.max(0, (nowNs - life.sinceNs) / 1_000_000);
    }

    /** How often an instance was alive and then not. */
    long downs(int instance) {
        Life life = lives.get(instance);
        return life == null ? 0 : life.downs;
    }
}
