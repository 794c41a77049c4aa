package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;

/**
 * The sending half of a port on a Linux interface: an AF_PACKET socket that receives nothing. One user: the worker that owns it.
 *
 * <p>For ports whose frames come in another way. Keeps the interface promiscuous while it is open, as a whole port does.
 */
public final class PacketOutput implements AutoCloseable {
    private final int fd;
    private final PacketSender sender;

    private PacketOutput(int fd, PacketSender sender) {
        this.fd = fd;
        this.sender = sender;
    }

    /**
     * Opens the output of an interface of the calling thread's network namespace.
     *
     * @param counters of the port; its sent frames are counted here
     */
    public static PacketOutput open(String interfaceName, FramePool pool, PortCounters counters) throws PortException {
        String object = "AF_PACKET on " + interfaceName;
        int index = Linux.interfaceIndex(interfaceName);
        if (index < 0) {
            throw PortException.of(object, "if_nametoindex", index, PacketSocketPort.CAPABILITY);
        }
        int fd = Linux.socket(
                KernelConstants.AF_PACKET,
                KernelConstants.SOCK_RAW | KernelConstants.SOCK_NONBLOCK | KernelConstants.SOCK_CLOEXEC,
                0);
        if (fd < 0) {
            throw PortException.of(object, "socket", fd, PacketSocketPort.CAPABILITY);
        }
        boolean opened = false;
        try {
            PacketSocketPort.configure(fd, object, index);
            PacketSocketPort.bind(fd, object, index, 0);
            PacketSender sender = new PacketSender(fd, pool, counters);
            opened = true;
            return new PacketOutput(fd, sender);
        } finally {
            if (!opened) {
                Linux.close(fd);
            }
        }
    }

    /** Takes the frame over; it leaves at {@link #flush} or before. */
    public void send(Batch batch, int slot) {
        sender.send(batch, slot);
    }

    /** Hands the waiting frames to the kernel. */
    public void flush() {
        sender.flush();
    }

    @Override
    public void close() {
        sender.close();
        Linux.close(fd);
    }
}
