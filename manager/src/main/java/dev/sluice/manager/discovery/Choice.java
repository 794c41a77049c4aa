package dev.sluice.manager.discovery;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which of several places counts for what is looked for. One thread.
 *
 * <p>What was found somewhere stays there for as long as it works there; when it does not, and another place works, that is where it has gone. What has vanished is missed
 * for a second before it counts as gone, unless it is seen elsewhere: interfaces are made anew. Of a host whose agent is away nobody knows; what was there counts as there,
 * until it is seen elsewhere and the agent has been away for ten seconds.
 */
final class Choice {
    /** So long something that vanished may take to come back. */
    static final long MISSED_NS = 1_000_000_000L;

    /** So long an agent may be away before what is seen elsewhere counts as moved. */
    static final long AWAY_NS = 10_000_000_000L;

    /** So long after its own start a manager waits for agents that have not come yet: they try again after 15 s at most. */
    static final long START_NS = 20_000_000_000L;

    private final Map<String, Host> hosts;
    private final long startNs;
    private final Map<String, Long> missedSince = new HashMap<>();
    private Optional<Long> againNs = Optional.empty();

    /** A place where something can be seen now. */
    record Candidate(Place place, boolean works, long cameNs) {
        private static final Comparator<Candidate> BEST = Comparator.comparing((Candidate each) -> !each.works)
                .thenComparingLong(Candidate::cameNs)
                .thenComparing(Candidate::place);
    }

    Choice(Map<String, Host> hosts, long startNs) {
        this.hosts = hosts;
        this.startNs = startNs;
    }

    /** A new round begins. */
    void begin() {
        againNs = Optional.empty();
    }

    /** When this round's choices have to be made again. */
    Optional<Long> againNs() {
        return againNs;
    }

    /** Has the choices made again at a time. */
    void again(long atNs) {
        if (againNs.isEmpty() || atNs < againNs.get()) {
            againNs = Optional.of(atNs);
        }
    }

    /** Where something is; null: nowhere. */
    @Nullable
    Place choose(String who, List<Candidate> candidates, @Nullable Place before, long nowNs) {
        Candidate best = candidates.stream().min(Candidate.BEST).orElse(null);
        if (before == null) {
            missedSince.remove(who);
            return best == null ? null : best.place;
        }
        Candidate same = candidates.stream()
                .filter(each -> each.place.equals(before))
                .findFirst()
                .orElse(null);
        if (same != null) {
            missedSince.remove(who);
            return same.works || best == null || !best.works ? before : best.place;
        }
        Place after = notSeen(who, best, before, nowNs);
        if (after == null || !after.equals(before)) {
            missedSince.remove(who);
        }
        return after;
    }

    private @Nullable Place notSeen(String who, @Nullable Candidate best, Place before, long nowNs) {
        Host host = hosts.get(before.node());
        if (host != null && host.isKnown()) {
            if (best != null) {
                return best.place;
            }
            long sinceNs = missedSince.computeIfAbsent(who, _ -> nowNs);
            if (nowNs - sinceNs >= MISSED_NS) {
                return null;
            }
            again(sinceNs + MISSED_NS);
            return before;
        }
        long untilNs = host == null ? startNs + START_NS : host.sinceNs() + AWAY_NS;
        if (best == null) {
            return before;
        }
        if (nowNs - untilNs >= 0) {
            return best.place;
        }
        again(untilNs);
        return before;
    }
}
