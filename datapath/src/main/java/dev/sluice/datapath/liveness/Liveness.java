package dev.sluice.datapath.liveness;

import dev.sluice.datapath.snapshot.OverlayPeer;
import dev.sluice.datapath.snapshot.Path;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which service instances and ports are alive, which instances are to be left, and which paths have failed. Each set of flags has one writer: what links and operators say, the control thread;
 * what probes say ({@link #setProbed}), BFD with nodes ({@link #setBfd}), whether these have come to a verdict ({@link #setJudged}) and what is heard of other switches ({@link #setRemote}), the worker that
 * sends and hears, so that a loss takes effect without waiting for anybody. Any number of workers read.
 *
 * <p>A change sets the flag first and then moves the generation (release); a worker that sees the new generation sees the flag. Records
 * compare the generation and re-validate themselves at their next packet, so a change costs the same for any number of flows.
 */
public final class Liveness {
    /** Indices of peers from 0 to below this may be used; others count as routing. */
    public static final int PEERS_MAX = 4096;

    private final AtomicLongArray deadInstances;
    private final AtomicLongArray unanswering;
    private final AtomicLongArray bfdDown;
    private final AtomicLongArray unjudged;
    private final AtomicLongArray leaving;
    private final AtomicLongArray remoteDead;
    private final AtomicLongArray unproven;
    private final AtomicLongArray downPorts;
    private final AtomicLongArray notRouting = new AtomicLongArray((PEERS_MAX + 63) / 64);
    private final AtomicLong generation = new AtomicLong(1);

    /** Largest load level of an instance. */
    public static final int LOAD_LEVEL_MAX = 3;

    /** Ids of the paths that were told to have failed, ascending. */
    private volatile int[] failedPaths = {};

    /** By number of the instance, as far as it goes. */
    private volatile byte[] loadLevels = {};

    /**
     * All alive, all up. Numbers from 0 to below the given ones may be used.
     *
     * @param instancesMax number of instances
     * @param portsMax number of ports
     */
    public Liveness(int instancesMax, int portsMax) {
        deadInstances = new AtomicLongArray(Math.max(1, (instancesMax + 63) / 64));
        unanswering = new AtomicLongArray(deadInstances.length());
        bfdDown = new AtomicLongArray(deadInstances.length());
        unjudged = new AtomicLongArray(deadInstances.length());
        leaving = new AtomicLongArray(deadInstances.length());
        remoteDead = new AtomicLongArray(deadInstances.length());
        unproven = new AtomicLongArray(deadInstances.length());
        downPorts = new AtomicLongArray(Math.max(1, (portsMax + 63) / 64));
    }

    /** The generation; moves by one with each change. The low 32 bits are what records store. */
    public int generation() {
        return (int) generation.getAcquire();
    }

    /** Sets whether an instance can serve, as far as its links tell. */
    public void setInstance(int instance, boolean alive) {
        if (set(deadInstances, instance, !alive)) {
            generation.incrementAndGet();
        }
    }

    /** Sets whether an instance answers probes. Writer: the worker that sends them. */
    public void setProbed(int instance, boolean alive) {
        if (set(unanswering, instance, !alive)) {
            generation.incrementAndGet();
        }
    }

    /** Sets whether the BFD sessions with an instance say that it lives. Writer: the worker that holds them. */
    public void setBfd(int instance, boolean alive) {
        if (set(bfdDown, instance, !alive)) {
            generation.incrementAndGet();
        }
    }

    /** Sets whether probes or BFD have come to a verdict about an instance; before, new flows get it only if there is nothing better, and those that have it stay. Writer: the worker that sends them. */
    public void setJudged(int instance, boolean judged) {
        if (set(unjudged, instance, !judged)) {
            generation.incrementAndGet();
        }
    }

    /** Sets whether flows are to leave an instance for another that is alive (maintenance). */
    public void setLeaving(int instance, boolean leave) {
        if (set(leaving, instance, leave)) {
            generation.incrementAndGet();
        }
    }

    /**
     * Sets what is known of an instance of another switch. Writer: the worker, which hears it.
     *
     * @param alive whether it serves as far as the other switch lives and says so
     * @param proven whether anything is known at all: before, new flows get it only if there is nothing better, and those that have it stay
     */
    public void setRemote(int instance, boolean alive, boolean proven) {
        boolean changed = set(remoteDead, instance, !alive);
        changed |= set(unproven, instance, !proven);
        if (changed) {
            generation.incrementAndGet();
        }
    }

    /**
     * Sets which paths have failed, whatever their nodes do: a controller may see what no node does (SPI_fail_gen of document 002). Writer: the control thread.
     *
     * @param paths ids, see {@link Path#id}
     */
    public void setFailedPaths(int[] paths) {
        int[] next = paths.clone();
        Arrays.sort(next);
        if (!Arrays.equals(next, failedPaths)) {
            failedPaths = next;
            generation.incrementAndGet();
        }
    }

    /**
     * Sets how loaded instances are: each level halves the share of new flows that they get where the target looks at it. The generation stays, since no flow that there is has to look. Writer: the control
     * thread.
     *
     * @param levels by number of the instance, 0..{@value #LOAD_LEVEL_MAX}; 0 for those beyond the end
     */
    public void setLoadLevels(byte[] levels) {
        for (byte level : levels) {
            if (level < 0 || level > LOAD_LEVEL_MAX) {
                throw new IllegalArgumentException("load level " + level + " is outside 0.." + LOAD_LEVEL_MAX);
            }
        }
        loadLevels = levels.clone();
    }

    /** By number of the instance; never changed, but replaced. */
    byte[] loadLevels() {
        return loadLevels;
    }

    /** Whether a path was told to have failed. */
    public boolean isFailed(int path) {
        return Arrays.binarySearch(failedPaths, path) >= 0;
    }

    /** Ids of the paths that have failed, ascending; not to be changed. */
    int[] failedPaths() {
        return failedPaths;
    }

    /**
     * Sets whether the routing service of another switch runs: the internal service that is first and last hop of the paths of the flows which that switch classifies (V31). Writer: the worker, which
     * hears the switch.
     *
     * @param peer index, see {@link OverlayPeer#index}
     */
    public void setRouting(int peer, boolean alive) {
        if (peer < PEERS_MAX && set(notRouting, peer, !alive)) {
            generation.incrementAndGet();
        }
    }

    /** Whether the routing service of another switch runs, as far as this one knows. */
    public boolean isRouting(int peer) {
        return peer >= PEERS_MAX || (notRouting.get(peer >>> 6) >>> peer & 1) == 0;
    }

    /** Sets whether a port can send. */
    public void setPort(int port, boolean up) {
        if (set(downPorts, port, !up)) {
            generation.incrementAndGet();
        }
    }

    /** Whether an instance serves: its links are up, it answers its probes and its BFD sessions are up; if another switch has it, that one lives and says so. */
    public boolean instanceAlive(int instance) {
        int word = instance >>> 6;
        long dead = deadInstances.get(word) | unanswering.get(word) | bfdDown.get(word) | remoteDead.get(word);
        return (dead >>> instance & 1) == 0;
    }

    /** Whether an instance answers its probes, or has none. */
    public boolean answersProbes(int instance) {
        return (unanswering.get(instance >>> 6) >>> instance & 1) == 0;
    }

    /** Whether the BFD sessions with an instance say that it lives, or it has none. */
    public boolean bfdAlive(int instance) {
        return (bfdDown.get(instance >>> 6) >>> instance & 1) == 0;
    }

    /** Whether the switch that has an instance lives and says that it serves; true for those of this one. */
    public boolean remoteAlive(int instance) {
        return (remoteDead.get(instance >>> 6) >>> instance & 1) == 0;
    }

    /** Whether an instance serves and that is known: nothing has to be heard of it first. */
    public boolean isProven(int instance) {
        return instanceAlive(instance) && isJudged(instance) && (unproven.get(instance >>> 6) >>> instance & 1) == 0;
    }

    /** Whether probes or BFD have come to a verdict about an instance, or it was there before them, or it has none. */
    public boolean isJudged(int instance) {
        return (unjudged.get(instance >>> 6) >>> instance & 1) == 0;
    }

    /** Whether a port can send. */
    public boolean portUp(int port) {
        return (downPorts.get(port >>> 6) >>> port & 1) == 0;
    }

    int instanceWords() {
        return deadInstances.length();
    }

    int portWords() {
        return downPorts.length();
    }

    /** Copies the flags; call after reading the generation, then the copy is at least as new as the generation. */
    void copy(long[] dead, long[] left, long[] fresh, long[] down) {
        for (int i = 0; i < dead.length; i++) {
            dead[i] = deadInstances.get(i) | unanswering.get(i) | bfdDown.get(i) | remoteDead.get(i);
            left[i] = leaving.get(i);
            fresh[i] = unjudged.get(i) | unproven.get(i);
        }
        for (int i = 0; i < down.length; i++) {
            down[i] = downPorts.get(i);
        }
    }

    private static boolean set(AtomicLongArray bits, int index, boolean value) {
        long mask = 1L << index;
        long old = bits.get(index >>> 6);
        long now = value ? old | mask : old & ~mask;
        bits.set(index >>> 6, now);
        return now != old;
    }
}
