package dev.sluice.datapath;

import java.util.List;

/**
 * Whether packets that are inside nodes of one path may go on by another that has the same nodes, and miss nothing (F7; packet-life.md, changing paths). Stateless.
 *
 * <p>No allocation. Cost: at most 8 by 8 hops, each with those before and behind it; asked only when a flow changes its path.
 */
final class Passage {
    private Passage() {}

    /**
     * Whether a packet that comes back from any node of the old path, and goes on by the next one because that has the node too, has had all nodes of one of
     * the two when it leaves.
     *
     * @param turned whether what is forward on the old path is reverse on the next one
     */
    static boolean mayFollow(Path old, Path next, boolean turned) {
        List<Path.Hop> hops = old.hops();
        for (int i = 0; i < hops.size(); i++) {
            Path.Hop hop = hops.get(i);
            // A direction that has turned round comes back on the other side, unless there is only one.
            if (hop.copy() || (turned && !hop.attachment().oneArmed())) {
                continue;
            }
            int j = indexOf(next, hop.attachment().id());
            if (j >= 0 && !(mayGoOn(old, i, next, j, true, turned) && mayGoOn(old, i, next, j, false, turned))) {
                return false;
            }
        }
        return true;
    }

    /** Whether the nodes that two paths have in common stand at the same places: of two paths of one target these are the same services. */
    static boolean keepsPlaces(Path old, Path next) {
        List<Path.Hop> hops = old.hops();
        for (int i = 0; i < hops.size(); i++) {
            int j = hops.get(i).copy() ? i : indexOf(next, hops.get(i).attachment().id());
            if (j >= 0 && j != i) {
                return false;
            }
        }
        return true;
    }

    private static int indexOf(Path path, int attachment) {
        List<Path.Hop> hops = path.hops();
        for (int i = 0; i < hops.size(); i++) {
            if (!hops.get(i).copy() && hops.get(i).attachment().id() == attachment) {
                return i;
            }
        }
        return -1;
    }

    /** Hop i of the old path and j of the next are the same node: has a packet had all that the next path has before it, or will it have all that the old one has behind it? */
    private static boolean mayGoOn(Path old, int i, Path next, int j, boolean forward, boolean turned) {
        boolean forwardNext = forward != turned;
        return isPart(next, j, forwardNext, old, i, forward) || isPart(old, i, !forward, next, j, !forwardNext);
    }

    /** Whether all hops on one side of hop i of a path are hops on one side of hop j of another; sides in the order of hops, below is before. */
    private static boolean isPart(Path path, int i, boolean below, Path other, int j, boolean otherBelow) {
        int from = below ? 0 : i + 1;
        int to = below ? i : path.hops().size();
        for (int k = from; k < to; k++) {
            if (!has(other, j, otherBelow, path.hops().get(k).attachment().id())) {
                return false;
            }
        }
        return true;
    }

    private static boolean has(Path path, int j, boolean below, int attachment) {
        int from = below ? 0 : j + 1;
        int to = below ? j : path.hops().size();
        for (int k = from; k < to; k++) {
            if (path.hops().get(k).attachment().id() == attachment) {
                return true;
            }
        }
        return false;
    }
}
