package dev.sluice.agent.analysis;

import dev.sluice.datapath.rules.Match;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Shares of all flows. Conditions of different numbers of buckets are told apart by the remainder of the hash modulo their least common multiple; remainders
 * that no condition tells apart are one class. One user.
 */
final class HashAxis {
    /** Above this least common multiple nothing is decided about rules with a share. */
    private static final long REMAINDERS_MAX = 1 << 20;

    private record Condition(int buckets, BitSet set) {}

    private final Map<Condition, List<int[]>> stretches = new HashMap<>();
    private final List<Integer> remainders = new ArrayList<>();
    private final boolean exact;

    HashAxis(List<Match> matches) {
        Set<Condition> conditions = new LinkedHashSet<>();
        long multiple = 1;
        for (Match match : matches) {
            if (match.share().buckets() > 0
                    && conditions.add(
                            new Condition(match.share().buckets(), match.share().set()))
                    && multiple <= REMAINDERS_MAX) {
                multiple = multiple
                        / gcd(multiple, match.share().buckets())
                        * match.share().buckets();
            }
        }
        exact = multiple <= REMAINDERS_MAX && conditions.size() * multiple <= 64 * REMAINDERS_MAX;
        if (exact) {
            classify(List.copyOf(conditions), (int) multiple);
        } else {
            remainders.add(0);
        }
    }

    private void classify(List<Condition> conditions, int multiple) {
        Map<BitSet, Integer> classes = new HashMap<>();
        List<BitSet> signatures = new ArrayList<>();
        for (int remainder = 0; remainder < multiple; remainder++) {
            BitSet signature = new BitSet();
            for (int i = 0; i < conditions.size(); i++) {
                signature.set(
                        i,
                        conditions
                                .get(i)
                                .set()
                                .get(remainder % conditions.get(i).buckets()));
            }
            if (classes.putIfAbsent(signature, classes.size()) == null) {
                remainders.add(remainder);
                signatures.add(signature);
            }
        }
        for (int i = 0; i < conditions.size(); i++) {
            List<int[]> found = new ArrayList<>();
            for (int k = 0; k < signatures.size(); k++) {
                if (!signatures.get(k).get(i)) {
                    continue;
                }
                int last = found.size() - 1;
                if (last >= 0 && found.get(last)[1] == k - 1) {
                    found.get(last)[1] = k;
                } else {
                    found.add(new int[] {k, k});
                }
            }
            stretches.put(conditions.get(i), found);
        }
    }

    /** Whether conditions are told apart; if not, there is one class only. */
    boolean exact() {
        return exact;
    }

    int last() {
        return remainders.size() - 1;
    }

    /** The classes of a match, as stretches. */
    List<int[]> of(Match match) {
        return match.share().buckets() == 0 || !exact
                ? List.of(new int[] {0, last()})
                : stretches.getOrDefault(
                        new Condition(match.share().buckets(), match.share().set()), List.of());
    }

    /** A hash of the class. */
    long hash(int index) {
        return (long) remainders.get(index) << 32;
    }

    private static long gcd(long a, long b) {
        return b == 0 ? a : gcd(b, a % b);
    }
}
