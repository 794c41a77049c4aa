package dev.sluice.datapath.mirror;

import dev.sluice.datapath.offload.OffloadRefusal;
import dev.sluice.datapath.packet.DatapathCounters;

/** What a fast path did for one worker, as far as it was read. One writer: the worker; readers may see values that lag a little. */
public final class OffloadCounters {
    /** Frames repeated, a super-frame once: beside {@link DatapathCounters#frames}, which came to the data path. */
    public long frames;

    /** Packets repeated, segments of super-frames as on the wire; those of a device that does not tell frames from packets too. */
    public long packets;

    /** Bytes of the frames repeated, as they came in. */
    public long bytes;

    /** Journeys given to the fast path, those that took the place of their like included. */
    public long installed;

    /** Journeys taken back because something about their flow changed. */
    public long removed;

    /** Journeys taken back because they had been recorded under another configuration, or another state of path or port, and no packet came. */
    public long staleRemoved;

    /** Journeys that were idle, and taken back because there was no room for a new one. */
    public long gaveWay;

    /** Records found in the device that nobody here knows of, and that were removed. */
    public long strangersRemoved;

    /** Times that all journeys ended at once: another configuration, or something that concerns all. */
    public long configMoves;

    /** Times that the journeys of one path ended because a node on it came, went, or is to be left. */
    public long pathMoves;

    /** Times that the journeys out of one port ended because a neighbour or the port changed. */
    public long portMoves;

    private final long[] refused = new long[OffloadRefusal.COUNT];

    /** Packets that came to the data path and whose journey was not given to the fast path, by reason. */
    public long refused(OffloadRefusal why) {
        return refused[why.index()];
    }

    void refuse(OffloadRefusal why) {
        refused[why.index()]++;
    }
}
