package dev.sluice.datapath.snapshot;

/**
 * What a frame of a segment says of its services when it goes to another switch (packet-life.md, segments): one kind of tunnel for each, so that the mark is part of the headers that
 * stand ready.
 */
public final class SegmentMark {
    /** Without the serviced mark. */
    public static final int UNMARKED = 0;

    /** With the serviced mark. */
    public static final int SERVICED = 1;

    /** With the serviced mark, which says that this switch also services the packets of the other direction. */
    public static final int SERVICED_BOTH_WAYS = 2;

    /** As {@link #SERVICED}, from another switch than the sender's, which is named. */
    public static final int SERVICED_FROM = 3;

    /** As {@link #SERVICED_BOTH_WAYS}, from another switch than the sender's, which is named and services both. */
    public static final int SERVICED_BOTH_WAYS_FROM = 4;

    /** How many of these there are. */
    static final int KINDS = 5;

    private SegmentMark() {}
}
