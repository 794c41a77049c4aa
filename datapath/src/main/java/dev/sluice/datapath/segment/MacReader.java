package dev.sluice.datapath.segment;

/** Hears of the MAC addresses that a segment has learned. */
public interface MacReader {
    /**
     * An address.
     *
     * @param mac 48 bits
     * @param place name of the port that it is at, or {@code node NAME}
     * @param seenAgoNs how long ago a frame came from it
     */
    void entry(long mac, String place, long seenAgoNs);
}
