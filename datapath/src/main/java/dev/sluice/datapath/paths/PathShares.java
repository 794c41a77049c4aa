package dev.sluice.datapath.paths;

import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Selection;
import dev.sluice.datapath.snapshot.Target;
import dev.sluice.datapath.track.PathFlows;
import java.util.Arrays;
import java.util.List;

/**
 * How the flows of a target are spread over its paths, and which flow would make it more even somewhere else: what {@link Selector} would choose, looked at for all flows at once. One user:
 * {@link Rebalance}.
 *
 * <p>A count looks at each hop of each path, of which there are at most 1,024; a question at each path if a flow has moved since the one before.
 */
final class PathShares {
    private static final int NOBODY = -1;
    private static final int NOT_LOOKED_FOR = -2;

    private final Selector selector;
    private final PathFlows flows;
    private List<Path> paths = List.of();
    private Selection selection = Selection.ROUND_ROBIN;

    /** Path id in the upper half, its place among the target's in the lower one, ascending. */
    private long[] places = new long[0];

    private long[] load = new long[0];
    private boolean[] fit = new boolean[0];

    /** Whether it gets new flows now. */
    private boolean[] shares = new boolean[0];

    private int least = NOT_LOOKED_FOR;

    PathShares(Selector selector, PathFlows flows) {
        this.selector = selector;
        this.flows = flows;
    }

    void begin(Target target) {
        paths = target.paths();
        selection = target.selection();
        places = new long[paths.size()];
        for (int i = 0; i < places.length; i++) {
            places[i] = (long) paths.get(i).id() << 32 | i;
        }
        Arrays.sort(places);
        load = new long[places.length];
        fit = new boolean[places.length];
        shares = new boolean[places.length];
    }

    /** Reads how many flows each path has, and which of them get new ones. */
    void count() {
        int nearest = Integer.MAX_VALUE;
        for (int i = 0; i < load.length; i++) {
            Path path = paths.get(i);
            load[i] = flows.active(path.id());
            fit[i] = selector.isFit(path);
            nearest = fit[i] ? Math.min(nearest, path.metric()) : nearest;
        }
        for (int i = 0; i < load.length; i++) {
            shares[i] = fit[i] && (!selection.ranks() || paths.get(i).metric() == nearest);
        }
        least = NOT_LOOKED_FOR;
    }

    /** Counts a flow somewhere else. */
    void move(int from, int to) {
        load[from]--;
        load[to]++;
        least = NOT_LOOKED_FOR;
    }

    /** Place of the path with an id, -1 if the target has it not. */
    int indexOf(int pathId) {
        int found = Arrays.binarySearch(places, (long) pathId << 32);
        int at = found >= 0 ? found : -1 - found;
        return at < places.length && (int) (places[at] >>> 32) == pathId ? (int) places[at] : NOBODY;
    }

    Path path(int place) {
        return paths.get(place);
    }

    /** Whether a flow would make it more even by moving. */
    boolean isUneven() {
        for (int i = 0; i < load.length; i++) {
            if (load[i] > 0 && better(i) != NOBODY) {
                return true;
            }
        }
        return false;
    }

    /**
     * Where a flow of a path would be better, -1 nowhere: if its path is fit but gets no new flows, at the one of those that do with the least load; else there if that one's load with it is less than
     * what its own is now, so that no two flows change places. A load is flows per weight. Flows of a path that is not fit move by themselves.
     */
    int better(int from) {
        if (!fit[from]) {
            return NOBODY;
        }
        if (least == NOT_LOOKED_FOR) {
            least = least();
        }
        boolean moves = least != NOBODY && (!shares[from] || isLess(load[least] + 1, least, load[from], from));
        return moves ? least : NOBODY;
    }

    /** Who would have the least load with one flow more. */
    private int least() {
        int found = NOBODY;
        for (int i = 0; i < load.length; i++) {
            if (shares[i] && (found == NOBODY || isLess(load[i] + 1, i, load[found] + 1, found))) {
                found = i;
            }
        }
        return found;
    }

    private boolean isLess(long one, int ofOne, long other, int ofOther) {
        return one * selection.weight(paths.get(ofOther)) < other * selection.weight(paths.get(ofOne));
    }
}
