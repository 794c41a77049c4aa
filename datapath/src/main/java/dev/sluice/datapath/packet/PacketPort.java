package dev.sluice.datapath.packet;

/**
 * Where frames come from and go to. One user: the worker that owns the port; only {@link #counters} is read by others.
 *
 * <p>A port never blocks, throws or allocates in {@link #receive}, {@link #send} and {@link #flush}; trouble is counted. An interface that vanishes makes
 * the port deaf (receive answers 0, frames sent are counted as dropped and given back) until it is back.
 */
public interface PacketPort extends AutoCloseable {
    /** Linux interface name, or the name of an in-memory port. */
    String name();

    /**
     * Appends waiting frames to the batch until it is full or none is waiting. Frames come from the pool of the worker with
     * {@link FramePool#HEADROOM_BYTES} in front; tags that the kernel had stripped are in the frame again.
     *
     * @return number of frames appended
     */
    int receive(Batch batch);

    /**
     * Takes over a frame for transmission; it is given back to the pool once sent. The frame may leave at once or at {@link #flush}. Of a super-frame the batch says where
     * its headers are.
     */
    void send(Batch batch, int slot);

    /** Hands everything sent since the last call to the kernel: one system call per batch where the driver allows it. */
    void flush();

    /** A descriptor that polls readable when frames wait, or -1. */
    int pollDescriptor();

    /** Whether super-frames and partial checksums can be sent and are received as they are. */
    boolean carriesOffloads();

    /** Driver and why it was chosen, in words for people ({@code "AF_PACKET ring: veth, keeps GSO"}). */
    String description();

    /** Counters of this port; read by any thread, may lag. */
    PortCounters counters();

    @Override
    void close();
}
