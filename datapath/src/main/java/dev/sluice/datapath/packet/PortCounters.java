package dev.sluice.datapath.packet;

/** Plain counters of one port. One writer: the worker; other threads read values that may lag a little. */
public final class PortCounters {
    public long receivedFrames;
    public long receivedBytes;
    public long sentFrames;
    public long sentBytes;

    /** Frames the kernel lost because its ring was full. */
    public long kernelDropped;

    /** Frames that could not be received: no chunk free, cut off, or unreadable. */
    public long receiveDropped;

    /** Frames that could not be sent: ring full, too big, interface gone. */
    public long sendDropped;
}
