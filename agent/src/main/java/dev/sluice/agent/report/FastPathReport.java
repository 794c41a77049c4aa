package dev.sluice.agent.report;

import java.util.Comparator;
import java.util.List;

/**
 * The part of {@link StatusReport} on the kernel's fast path.
 *
 * @param mode off, tc, xdp or auto
 * @param trouble why there is none though it was asked for, else empty
 * @param packets packets that the kernel repeated, as far as it was read: all within about a second
 * @param bytes bytes of them
 * @param byXdp frames that XDP repeated, of all that were
 * @param leftByXdp frames with a record that XDP left to tc
 * @param journeys journeys that the kernel has now
 * @param journeysMax most that it may have
 * @param gaveWay journeys that were idle and gave way to new ones, because there was no room
 * @param lockedBytes memory of the kernel that they take now, with everything else of the fast path; -1 if the kernel does not say
 * @param lost frames that the kernel left to the data path and that found no room on their way there: lost
 * @param refused packets whose journey was not given to the kernel, by reason, the most frequent first; reasons that occurred
 * @param punted packets that the kernel left to the data path, by reason, the most frequent first; reasons that occurred
 */
public record FastPathReport(
        String mode,
        String trouble,
        long packets,
        long bytes,
        long byXdp,
        long leftByXdp,
        int journeys,
        int journeysMax,
        long gaveWay,
        long lockedBytes,
        long lost,
        List<ReasonReport> refused,
        List<ReasonReport> punted) {
    /** Copies the lists. */
    public FastPathReport {
        refused = List.copyOf(refused);
        punted = List.copyOf(punted);
    }

    /** Of a node without. */
    public static FastPathReport none(String mode, String trouble) {
        return new FastPathReport(mode, trouble, 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of(), List.of());
    }

    /**
     * A reason and how often it was met.
     *
     * @param reason its name
     * @param sentence for people
     * @param packets how often
     */
    public record ReasonReport(String reason, String sentence, long packets) {
        /** Those that occurred, the most frequent first. */
        public static List<ReasonReport> most(List<ReasonReport> all) {
            return all.stream()
                    .filter(reason -> reason.packets() > 0)
                    .sorted(Comparator.comparingLong(ReasonReport::packets).reversed())
                    .toList();
        }
    }
}
