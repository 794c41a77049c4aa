package dev.sluice.wire;

/** Ethernet II header. */
public final class Ethernet {
    /** Length of the header in bytes, without tags. */
    public static final int BYTES = 14;

    private Ethernet() {}
}
