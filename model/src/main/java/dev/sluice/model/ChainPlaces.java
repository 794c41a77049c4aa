package dev.sluice.model;

import dev.sluice.model.ServiceChain.Hop;
import dev.sluice.model.ServiceChain.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Lays the two lists of a chain into one sequence, which forward packets pass from the beginning and reverse ones from the end (V8): the shortest that has both in their order. A service at which the two
 * orders do not fit stands in it twice, once for each direction. Stateless.
 */
final class ChainPlaces {
    private ChainPlaces() {}

    /**
     * The sequence.
     *
     * @param reverse in the order of reverse packets; empty: all, in opposite order
     */
    static List<Place> of(List<Hop> forward, Optional<List<Hop>> reverse) {
        List<Hop> back = reverse.map(List::reversed).orElse(forward);
        int[][] common = common(forward, back);
        List<Place> places = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < forward.size() || j < back.size()) {
            if (i < forward.size() && j < back.size() && forward.get(i).equals(back.get(j))) {
                places.add(new Place(forward.get(i), true, true));
                i++;
                j++;
            } else if (j == back.size() || (i < forward.size() && common[i + 1][j] >= common[i][j + 1])) {
                places.add(new Place(forward.get(i), true, false));
                i++;
            } else {
                places.add(new Place(back.get(j), false, true));
                j++;
            }
        }
        return List.copyOf(places);
    }

    /** Element [i][j]: how many hops the rests from i and from j can have in common, in one order. */
    private static int[][] common(List<Hop> forward, List<Hop> back) {
        int[][] common = new int[forward.size() + 1][back.size() + 1];
        for (int i = forward.size() - 1; i >= 0; i--) {
            for (int j = back.size() - 1; j >= 0; j--) {
                common[i][j] = forward.get(i).equals(back.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        return common;
    }
}
