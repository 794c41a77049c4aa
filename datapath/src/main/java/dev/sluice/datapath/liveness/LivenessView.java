package dev.sluice.datapath.liveness;

import dev.sluice.datapath.route.NextHopGroup;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.Path;
import dev.sluice.datapath.snapshot.Snapshot;
import java.util.Arrays;

/**
 * A worker's copy of {@link Liveness}, taken between batches, so that a packet lives under one state. One writer: the worker.
 *
 * <p>A record remembers the generation at which it was found right. Which nodes a change was about is remembered here: BFD_gen of document 002 is the generation at which a node on a service port
 * changed last, SN_gen that of nodes that are reached through tunnels. So what happens to nodes of one kind concerns no record whose target has nodes of the other kind only.
 */
public final class LivenessView {
    private final Liveness source;
    private final long[] dead;
    private final long[] left;

    /** Instances of which nothing is known yet: no new flows while there is something better, but nobody leaves them. */
    private final long[] fresh;

    private final long[] down;
    private final long[] wasDead;
    private final long[] wasLeft;
    private final long[] wasFresh;
    private final long[] wasDown;

    /** Instances that are reached through tunnels: on other hosts, or with an address in the underlay. */
    private final long[] tunnelled;

    private int generation;

    /** Generation at which a node on a service port changed last. */
    private int portNodesMovedAt;

    /** Generation at which a node behind a tunnel changed last. */
    private int tunnelNodesMovedAt;

    /** Ids of paths that have failed, ascending. */
    private int[] failedPaths;

    private byte[] loadLevels;

    public LivenessView(Liveness source) {
        this.source = source;
        this.dead = new long[source.instanceWords()];
        this.left = new long[source.instanceWords()];
        this.fresh = new long[source.instanceWords()];
        this.down = new long[source.portWords()];
        wasDead = dead.clone();
        wasLeft = left.clone();
        wasFresh = fresh.clone();
        wasDown = down.clone();
        tunnelled = dead.clone();
        this.generation = source.generation();
        portNodesMovedAt = generation;
        tunnelNodesMovedAt = generation;
        source.copy(dead, left, fresh, down);
        failedPaths = source.failedPaths();
        loadLevels = source.loadLevels();
    }

    /** Which instances are reached through tunnels. */
    public void apply(Snapshot next) {
        Arrays.fill(tunnelled, 0);
        for (Attachment node : next.attachments()) {
            if (node.isTunnelled()) {
                tunnelled[node.instance() >>> 6] |= 1L << node.instance();
            }
        }
    }

    /** Takes over what changed; whether anything did that flows have to look at. */
    public boolean refresh() {
        loadLevels = source.loadLevels();
        int now = source.generation();
        if (now == generation) {
            return false;
        }
        System.arraycopy(dead, 0, wasDead, 0, dead.length);
        System.arraycopy(left, 0, wasLeft, 0, left.length);
        System.arraycopy(fresh, 0, wasFresh, 0, fresh.length);
        System.arraycopy(down, 0, wasDown, 0, down.length);
        int[] wereFailed = failedPaths;
        source.copy(dead, left, fresh, down);
        failedPaths = source.failedPaths();
        generation = now;
        note(!Arrays.equals(failedPaths, wereFailed) || !Arrays.equals(wasDown, down));
        return true;
    }

    /** Remembers what has moved; what is back again when it is looked at has moved, too. */
    private void note(boolean everything) {
        boolean ports = false;
        boolean tunnels = false;
        for (int i = 0; i < dead.length; i++) {
            long moved = (dead[i] ^ wasDead[i]) | (left[i] ^ wasLeft[i]) | (fresh[i] ^ wasFresh[i]);
            ports |= (moved & ~tunnelled[i]) != 0;
            tunnels |= (moved & tunnelled[i]) != 0;
        }
        boolean all = everything || (!ports && !tunnels);
        portNodesMovedAt = ports || all ? generation : portNodesMovedAt;
        tunnelNodesMovedAt = tunnels || all ? generation : tunnelNodesMovedAt;
    }

    /**
     * Whether anything changed since a generation that may concern a record.
     *
     * @param reached kinds of its target's nodes: {@link Path#BY_PORTS}, {@link Path#BY_TUNNELS}
     */
    public boolean hasMoved(int since, int reached) {
        return ((reached & Path.BY_PORTS) != 0 && portNodesMovedAt - since > 0)
                || ((reached & Path.BY_TUNNELS) != 0 && tunnelNodesMovedAt - since > 0);
    }

    /** Whether the switch with an index among the peers runs its routing service, the last hop of the flows that it classifies. Read as it is now: only packets that leave for it ask. */
    public boolean isRouting(int peer) {
        return source.isRouting(peer);
    }

    /** Whether a path was told to have failed. */
    public boolean isFailed(int path) {
        return failedPaths.length != 0 && Arrays.binarySearch(failedPaths, path) >= 0;
    }

    /** Ids of the paths that have failed, ascending; never changed, but replaced. */
    public int[] failedPaths() {
        return failedPaths;
    }

    /** Bits of the instances that are dead. */
    public long[] dead() {
        return dead;
    }

    /** Bits of the instances that flows are to leave. */
    public long[] left() {
        return left;
    }

    public int generation() {
        return generation;
    }

    public boolean instanceAlive(int instance) {
        return (dead[instance >>> 6] >>> instance & 1) == 0;
    }

    /** Whether new flows may be given to an instance: it is alive, not in maintenance, and that is known. */
    public boolean instanceFit(int instance) {
        return instanceHolds(instance) && (fresh[instance >>> 6] >>> instance & 1) == 0;
    }

    /** Whether flows stay at an instance: it is alive and not in maintenance. */
    public boolean instanceHolds(int instance) {
        return ((dead[instance >>> 6] | left[instance >>> 6]) >>> instance & 1) == 0;
    }

    /** How loaded an instance is, 0..{@value Liveness#LOAD_LEVEL_MAX}. */
    public int loadLevel(int instance) {
        return instance < loadLevels.length ? loadLevels[instance] : 0;
    }

    boolean portUp(int port) {
        return (down[port >>> 6] >>> port & 1) == 0;
    }

    /** Bits of the ports that are down, for {@link NextHopGroup#choose(long, long[])}. */
    public long[] downPorts() {
        return down;
    }
}
