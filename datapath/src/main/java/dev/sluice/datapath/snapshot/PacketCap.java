package dev.sluice.datapath.snapshot;

/**
 * How many packets a service instance is sent at most (X12).
 *
 * @param instance number of the instance
 * @param packetsPerSecond 1..1,000,000,000
 * @param burst packets that may follow each other at once after a pause, 1..1,000,000,000
 */
public record PacketCap(int instance, int packetsPerSecond, int burst) {
    /** Largest rate and largest burst. */
    public static final int MAX = 1_000_000_000;

    /** Checks the ranges. */
    public PacketCap {
        if (instance < 0 || packetsPerSecond < 1 || packetsPerSecond > MAX || burst < 1 || burst > MAX) {
            throw new IllegalArgumentException("cap of " + packetsPerSecond + " packets/s and burst " + burst
                    + " for instance " + instance + " is outside 1.." + MAX);
        }
    }
}
