package dev.sluice.testkit.reference;

import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.mirror.OffloadCounters;
import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.testkit.MemoryOffload;
import dev.sluice.testkit.Repeater;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * A fast path in front of the data path, in memory or in the kernel: what it repeats the data path does not see, and nobody may notice. One user: the subject.
 *
 * <p>Half of them are <i>lazy</i>: what they count is read by timers, and when the data path asks. Then counters of packets are compared only where a configuration ends; frames, drops and
 * everything else at once, as ever.
 */
final class InFront {
    /** Of 100 events, so many are a packet that came in before. */
    static final int AGAIN_PERCENT = 60;

    final Repeater device;
    final boolean lazy;
    final int afterPackets;

    /** What has to be counted in all, and what was counted. */
    final Map<String, Integer> expectedLater = new TreeMap<>();

    final Map<String, Integer> actualLater = new TreeMap<>();
    private OffloadCounters counters = new OffloadCounters();

    private InFront(Repeater device, boolean lazy, int afterPackets) {
        this.device = device;
        this.lazy = lazy;
        this.afterPackets = afterPackets;
    }

    /** Makes fast paths. */
    @FunctionalInterface
    interface Maker {
        /** One without records, with room for so many, at the ports that this says. */
        Repeater make(int capacity, IntPredicate attached);
    }

    /** The one for a scenario; the same again for the same seed. */
    static InFront of(long seed) {
        return of(seed, MemoryOffload::new);
    }

    /** As above, made by somebody. */
    static InFront of(long seed, Maker maker) {
        Dice dice = new Dice(seed ^ 0x5eed);
        int capacity = dice.any(2, 10, 1000, 1000, 1000);
        int without = dice.percent(20) ? dice.below(8) : -1;
        return new InFront(maker.make(capacity, port -> port != without), dice.percent(50), dice.any(1, 1, 2, 3));
    }

    /** Whether a counter counts packets that a fast path repeats too. */
    static boolean isOfPackets(String counter) {
        return counter.equals("recordHits")
                || counter.equals("acceptedByInstruction")
                || counter.equals("skippedByInstruction")
                || (counter.startsWith("rule ") && (counter.endsWith(" packets") || counter.endsWith(" bytes")))
                || (counter.startsWith("attachment ")
                        && (counter.contains(" sent ") || counter.contains(" returned ")));
    }

    /** Takes out of an outcome what can't be compared here, and hands over what will be compared later. */
    void setAside(Outcome outcome, Map<String, Integer> later) {
        // A flow whose path did not change does not notice that another one did, until its next packet comes to the
        // data path.
        outcome.counts.remove("livenessRevalidations");
        if (lazy) {
            outcome.counts.forEach((name, by) -> {
                if (isOfPackets(name)) {
                    later.merge(name, by, Integer::sum);
                }
            });
            outcome.counts.keySet().removeIf(InFront::isOfPackets);
        }
    }

    /** The data path in whose front it is. */
    void begin(Datapath datapath) {
        datapath.offload(device.device(), afterPackets);
        OffloadMirror mirror = datapath.offload();
        if (mirror != null) {
            counters = mirror.counters();
        }
    }

    OffloadCounters counters() {
        return counters;
    }

    /** What was counted in all is what had to be; null: it is, else in words. */
    @Nullable
    String settle() {
        expectedLater.values().removeIf(by -> by == 0);
        actualLater.values().removeIf(by -> by == 0);
        String text = expectedLater.equals(actualLater)
                ? null
                : "counted in all, expected\n" + expectedLater + "\nactual\n" + actualLater;
        expectedLater.clear();
        actualLater.clear();
        return text;
    }
}
