package dev.sluice.datapath.paths;

import dev.sluice.datapath.snapshot.Path;
import java.util.List;

/**
 * What packets that are inside nodes of one path miss if they go on by another that has the same nodes (F7; packet-life.md, changing paths). Stateless.
 *
 * <p>No allocation. Cost: at most 8 by 8 hops, each with those before or behind it; asked only when a flow changes its path.
 */
public final class Passage {
    /** Some node is on both paths, and a packet of the direction may come back from it by either. */
    static final int MEETS = 1;

    /** At each such node a packet has had all that the next path has before it. */
    static final int HAD_ALL = 2;

    /** At each such node a packet will get all that the old path has behind it. */
    public static final int GETS_ALL = 4;

    /** At each such node one of the two holds. */
    public static final int MAY_FOLLOW = 8;

    private Passage() {}

    /**
     * How the next path goes on where the old one was, as a set of the constants.
     *
     * @param turned whether what is forward on the old path is reverse on the next one
     * @param direction of the packets, on the old path
     */
    public static int of(Path old, Path next, boolean turned, int direction) {
        List<Path.Hop> hops = old.hops();
        boolean forward = direction == 0;
        boolean forwardNext = forward != turned;
        int relation = HAD_ALL | GETS_ALL | MAY_FOLLOW;
        for (int i = 0; i < hops.size(); i++) {
            Path.Hop hop = hops.get(i);
            // A direction that has turned round comes back on the other side, unless there is only one.
            boolean told = turned && !hop.attachment().oneArmed();
            boolean meets = !hop.copy() && !told && hop.takes(direction);
            int j = meets ? indexOf(next, hop.attachment().id(), forwardNext ? 0 : 1) : -1;
            if (j >= 0) {
                boolean had = hasAll(next, j, forwardNext, old, i, forward, false);
                boolean gets = getsAll(old, i, forward, next, j, forwardNext);
                relation |= MEETS;
                relation &= had ? -1 : ~HAD_ALL;
                relation &= gets ? -1 : ~GETS_ALL;
                relation &= had || gets ? -1 : ~MAY_FOLLOW;
            }
        }
        return relation;
    }

    /** Whether the nodes that two paths have in common stand at the same places: of two paths of one target these are the same services. */
    public static boolean keepsPlaces(Path old, Path next) {
        return keepsPlaces(old, next, 0) && keepsPlaces(old, next, 1);
    }

    private static boolean keepsPlaces(Path old, Path next, int direction) {
        List<Path.Hop> hops = old.hops();
        for (int i = 0; i < hops.size(); i++) {
            Path.Hop hop = hops.get(i);
            boolean asked = !hop.copy() && hop.takes(direction);
            int j = asked ? indexOf(next, hop.attachment().id(), direction) : i;
            if (j >= 0 && j != i) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether a packet that is at a node on its way along one path gets all that is left of it if it goes on by another one.
     *
     * @param i hop of the path it was sent along
     * @param j the same node's hop in the path it goes on by
     */
    public static boolean getsAll(Path sent, int i, boolean forward, Path next, int j, boolean forwardNext) {
        return hasAll(sent, i, forward, next, j, forwardNext, true);
    }

    private static int indexOf(Path path, int attachment, int direction) {
        List<Path.Hop> hops = path.hops();
        for (int i = 0; i < hops.size(); i++) {
            Path.Hop hop = hops.get(i);
            if (!hop.copy() && hop.attachment().id() == attachment && hop.takes(direction)) {
                return i;
            }
        }
        return -1;
    }

    /**
     * Whether all nodes that a packet visits on one path before hop i, or behind it, are nodes that it visits on another path before hop j, or behind it.
     *
     * @param forward its direction on the path
     * @param forwardOther its direction on the other one
     */
    private static boolean hasAll(
            Path path, int i, boolean forward, Path other, int j, boolean forwardOther, boolean behind) {
        boolean below = forward != behind;
        int from = below ? 0 : i + 1;
        int to = below ? i : path.hops().size();
        for (int k = from; k < to; k++) {
            Path.Hop hop = path.hops().get(k);
            if (hop.takes(forward ? 0 : 1)
                    && !has(other, j, forwardOther, behind, hop.attachment().id())) {
                return false;
            }
        }
        return true;
    }

    private static boolean has(Path path, int j, boolean forward, boolean behind, int attachment) {
        boolean below = forward != behind;
        int from = below ? 0 : j + 1;
        int to = below ? j : path.hops().size();
        for (int k = from; k < to; k++) {
            Path.Hop hop = path.hops().get(k);
            if (hop.attachment().id() == attachment && hop.takes(forward ? 0 : 1)) {
                return true;
            }
        }
        return false;
    }
}
