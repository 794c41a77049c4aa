package dev.sluice.datapath;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which service instances and ports are alive. One writer: the thread that watches them; any number of workers read.
 *
 * <p>A change sets the flag first and then moves the generation (release); a worker that sees the new generation sees the flag. Records
 * compare the generation and re-validate themselves at their next packet, so a change costs the same for any number of flows.
 */
public final class Liveness {
    private final AtomicLongArray deadInstances;
    private final AtomicLongArray downPorts;
    private final AtomicLong generation = new AtomicLong(1);

    /**
     * All alive, all up.
     *
     * @param instancesMax largest instance number + 1
     * @param portsMax largest port number + 1
     */
    public Liveness(int instancesMax, int portsMax) {
        deadInstances = new AtomicLongArray((instancesMax + 63) / 64);
        downPorts = new AtomicLongArray((portsMax + 63) / 64);
    }

    /** The generation; moves by one with each change. The low 32 bits are what records store. */
    public int generation() {
        return (int) generation.getAcquire();
    }

    /** Sets whether an instance serves. */
    public void setInstance(int instance, boolean alive) {
        if (set(deadInstances, instance, !alive)) {
            generation.incrementAndGet();
        }
    }

    /** Sets whether a port can send. */
    public void setPort(int port, boolean up) {
        if (set(downPorts, port, !up)) {
            generation.incrementAndGet();
        }
    }

    /** Whether an instance serves. */
    public boolean instanceAlive(int instance) {
        return (deadInstances.getPlain(instance >>> 6) >>> instance & 1) == 0;
    }

    /** Whether a port can send. */
    public boolean portUp(int port) {
        return (downPorts.getPlain(port >>> 6) >>> port & 1) == 0;
    }

    private static boolean set(AtomicLongArray bits, int index, boolean value) {
        long mask = 1L << index;
        long old = bits.get(index >>> 6);
        long now = value ? old | mask : old & ~mask;
        bits.set(index >>> 6, now);
        return now != old;
    }
}
