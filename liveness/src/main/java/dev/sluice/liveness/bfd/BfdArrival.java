package dev.sluice.liveness.bfd;

/** Where a packet came from, as its receiver knows it: filled in anew for each packet by the thread that receives, so that nothing is allocated. */
public final class BfdArrival {
    /** Whether it came to the multihop port. */
    public boolean multihop;

    /** TTL or hop limit; -1 if it is not known, which no session takes. */
    public int ttl;

    /** Number of the interface. */
    public int interfaceIndex;

    /** Source address, upper half; IPv4 as IPv4-mapped. */
    public long sourceHi;

    /** Source address, lower half. */
    public long sourceLo;

    /** Destination address, upper half. */
    public long destinationHi;

    /** Destination address, lower half. */
    public long destinationLo;
}
