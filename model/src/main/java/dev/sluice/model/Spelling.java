package dev.sluice.model;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody probably meant. */
final class Spelling {
    /** With more candidates than this nothing is suggested: thousands of wrong names would be compared with thousands. */
    private static final int CANDIDATES_MAX = 500;

    private Spelling() {}

    /**
     * The candidate that is nearest to the text, if it is near enough: at most one change per three characters. A candidate that
     * is the text itself is no help.
     */
    static Optional<String> nearest(String text, Collection<String> candidates) {
        if (candidates.size() > CANDIDATES_MAX || text.length() > 100) {
            return Optional.empty();
        }
        String lower = text.toLowerCase(Locale.ROOT);
        int most = text.length() / 3;
        int best = most + 1;
        Optional<String> nearest = Optional.empty();
        for (String candidate : candidates) {
            if (candidate.equals(text) || Math.abs(candidate.length() - text.length()) >= best) {
                continue;
            }
            int distance = distance(lower, candidate.toLowerCase(Locale.ROOT));
            if (distance < best) {
                best = distance;
                nearest = Optional.of(candidate);
            }
        }
        return nearest;
    }

    /** {@code "; did you mean 'X'?"}, or nothing. */
    static String hint(String text, Collection<String> candidates) {
        return nearest(text, candidates)
                .map(near -> "; did you mean '" + near + "'?")
                .orElse("");
    }

    /** Least number of characters to insert, delete, replace or swap with their neighbour. */
    private static int distance(String a, String b) {
        int[][] cost = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    cost[i][j] = i + j;
                    continue;
                }
                boolean same = a.charAt(i - 1) == b.charAt(j - 1);
                int least = Math.min(cost[i - 1][j - 1] + (same ? 0 : 1), 1 + Math.min(cost[i - 1][j], cost[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    least = Math.min(least, cost[i - 2][j - 2] + 1);
                }
                cost[i][j] = least;
            }
        }
        return cost[a.length()][b.length()];
    }
}
