package dev.sluice.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A packet socket for tests in other packages. Opened, used and closed by one thread, which has to be inside the namespace of the interface.
 */
public final class FrameSocket implements AutoCloseable {
    /**
     * A frame.
     *
     * @param vnetHeader pending checksum and segmentation, as struct virtio_net_hdr
     * @param bytes from the destination address on, VLAN tags in place
     * @param outgoing whether the interface was sending it
     */
    // Frames are carried, never compared.
    @SuppressWarnings("ArrayRecordComponent")
    public record Frame(byte[] vnetHeader, byte[] bytes, boolean outgoing) {
        /** The same, nothing pending, with other bytes. */
        public static Frame of(byte[] bytes) {
            return new Frame(new byte[RawSocket.VNET_HEADER_BYTES], bytes, false);
        }
    }

    private final RawSocket socket;

    private FrameSocket(RawSocket socket) {
        this.socket = socket;
    }

    /** Opens one; {@code ignoreOutgoing} leaves out what the interface sends. */
    public static FrameSocket open(String interfaceName, boolean ignoreOutgoing) {
        return new FrameSocket(RawSocket.open(interfaceName, ignoreOutgoing));
    }

    /** The next frame, if one waits. */
    public Optional<Frame> receive() {
        return Optional.ofNullable(socket.receive())
                .map(raw -> new Frame(raw.vnetHeader(), raw.bytes(), raw.outgoing()));
    }

    /** Sends a frame; false when the kernel refuses it. */
    public boolean send(Frame frame) {
        return socket.send(new RawFrame(frame.vnetHeader(), frame.bytes(), false));
    }

    /** Frames that came too fast. */
    public long dropCount() {
        return socket.dropCount();
    }

    /** Waits until one of the sockets has a frame. */
    public static void awaitAny(List<FrameSocket> sockets, int timeoutMs) {
        List<RawSocket> raw = new ArrayList<>();
        sockets.forEach(s -> raw.add(s.socket));
        RawSocket.awaitAny(raw, timeoutMs);
    }

    @Override
    public void close() {
        socket.close();
    }
}
