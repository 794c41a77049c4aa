package dev.sluice.datapath.track;

import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.PathCounters;
import java.util.List;

/**
 * How many connections each path has at the moment (V6). One writer: the worker, through its {@link ConnectionTable}, which tells of each connection that comes, goes or
 * moves.
 *
 * <p>Hot path: entering and leaving cost one probe of a hash table and allocate nothing. Paths are made known between two batches; those that are in no snapshot
 * any more stay as long as they have connections, since their ids may come back.
 */
public final class PathFlows {
    private static final int SMALLEST = 16;

    /** Path ids by place, 0 free; at most half of the places are taken. */
    private int[] ids = new int[SMALLEST];

    private int[] active = new int[SMALLEST];
    private PathCounters[] counters = new PathCounters[SMALLEST];

    /** Makes the paths of a snapshot known. */
    public void apply(List<Path> paths) {
        int[] oldIds = ids;
        int[] oldActive = active;
        PathCounters[] oldCounters = counters;
        int kept = 0;
        for (int count : oldActive) {
            kept += count == 0 ? 0 : 1;
        }
        int places = Math.max(SMALLEST, Integer.highestOneBit(2 * (kept + paths.size())) << 1);
        ids = new int[places];
        active = new int[places];
        counters = new PathCounters[places];
        for (int i = 0; i < oldIds.length; i++) {
            if (oldActive[i] != 0) {
                active[add(oldIds[i], oldCounters[i])] = oldActive[i];
            }
        }
        for (Path path : paths) {
            int place = add(path.id(), path.counters());
            path.counters().active = active[place];
        }
    }

    /** Counts what the other one counts at this moment, and from there on in counters of its own. */
    void copy(PathFlows other) {
        PathCounters[] own = new PathCounters[other.ids.length];
        for (int i = 0; i < own.length; i++) {
            int id = other.ids[i];
            if (id != 0) {
                int place = place(id);
                own[i] = ids[place] == id ? counters[place] : new PathCounters();
                own[i].active = other.active[i];
            }
        }
        ids = other.ids.clone();
        active = other.active.clone();
        counters = own;
    }

    private int add(int id, PathCounters of) {
        int place = place(id);
        ids[place] = id;
        counters[place] = of;
        return place;
    }

    /** Where an id is or would be. */
    private int place(int id) {
        int mask = ids.length - 1;
        int place = ((id * 0x9E3779B1) >>> 16) & mask;
        while (ids[place] != 0 && ids[place] != id) {
            place = (place + 1) & mask;
        }
        return place;
    }

    /** A connection has got a path; 0, and ids that nobody made known, are not counted. */
    public void enter(int id) {
        move(id, 1);
    }

    /**
     * A connection that an earlier process left has a path, which may be in no snapshot now: it counts like those that were in one, since its id may come back. Not for the hot path.
     */
    public void adopt(int id) {
        if (id != 0 && ids[place(id)] != id) {
            grow();
            add(id, new PathCounters());
        }
        enter(id);
    }

    private void grow() {
        int used = 0;
        for (int id : ids) {
            used += id == 0 ? 0 : 1;
        }
        if (2 * (used + 1) <= ids.length) {
            return;
        }
        int[] oldIds = ids;
        int[] oldActive = active;
        PathCounters[] oldCounters = counters;
        ids = new int[2 * oldIds.length];
        active = new int[ids.length];
        counters = new PathCounters[ids.length];
        for (int i = 0; i < oldIds.length; i++) {
            if (oldIds[i] != 0) {
                active[add(oldIds[i], oldCounters[i])] = oldActive[i];
            }
        }
    }

    /** A connection has lost its path. */
    void leave(int id) {
        move(id, -1);
    }

    private void move(int id, int by) {
        if (id == 0) {
            return;
        }
        int place = place(id);
        if (ids[place] != 0) {
            active[place] += by;
            counters[place].active = active[place];
        }
    }

    /** Connections that have this path now. */
    public int active(int id) {
        int place = place(id);
        return ids[place] == id ? active[place] : 0;
    }
}
