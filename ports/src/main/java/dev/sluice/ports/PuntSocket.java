package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;

/**
 * Receives the frames of many ports from one interface, to which the kernel's fast path sends what it leaves to the data path. One user: the worker.
 *
 * <p>Beside each frame there is a tag whose VLAN identifier is the number of the port; the frame is as it came in, with its own tags, super-frames and partial checksums. A ring with virtio_net_hdr,
 * see {@link PacketRing}. The socket belongs to the network namespace of the thread that opens it.
 */
public final class PuntSocket implements AutoCloseable {
    /** Ring slots for all ports together: 64 MiB of kernel memory. */
    private static final int RING_SLOTS = 512;

    private final int fd;
    private final PacketRing ring;
    private final PuntIntake intake;
    private final PortCounters counters;

    private PuntSocket(int fd, PacketRing ring, PuntIntake intake, PortCounters counters) {
        this.fd = fd;
        this.ring = ring;
        this.intake = intake;
        this.counters = counters;
    }

    /** Opens the socket on the listening end of a punt device. */
    public static PuntSocket open(String interfaceName, FramePool pool) throws PortException {
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
        PacketRing ring = null;
        boolean opened = false;
        try {
            PacketSocketPort.configure(fd, object, index);
            PortCounters counters = new PortCounters();
            PuntIntake intake = new PuntIntake(pool, counters);
            ring = switch (PacketRing.open(fd, RING_SLOTS, intake, counters)) {
                case PacketRing.Opened(PacketRing made) -> made;
                case PacketRing.Refused(int answer) ->
                    throw PortException.of(object, "PACKET_RX_RING", answer, PacketSocketPort.CAPABILITY);
            };
            PacketSocketPort.bind(fd, object, index, KernelConstants.ETH_P_ALL);
            opened = true;
            return new PuntSocket(fd, ring, intake, counters);
        } finally {
            if (!opened) {
                if (ring != null) {
                    ring.close();
                }
                Linux.close(fd);
            }
        }
    }

    /**
     * From now on frames with this number are received.
     *
     * @param number 1..4095
     * @param portIndex what {@link Batch#port} says of them
     * @param portCounters where they are counted
     */
    public void bind(int number, int portIndex, PortCounters portCounters) {
        intake.bind(number, portIndex, portCounters);
    }

    /** Frames with this number are dropped from now on. */
    public void release(int number) {
        intake.release(number);
    }

    /** As {@link dev.sluice.datapath.packet.PacketPort#receive}, for all ports. */
    public int receive(Batch batch) {
        return ring.receive(batch);
    }

    /** A descriptor that polls readable when frames wait. */
    public int pollDescriptor() {
        return fd;
    }

    /** What was lost before its port was known. */
    public PortCounters counters() {
        return counters;
    }

    @Override
    public void close() {
        ring.close();
        Linux.close(fd);
    }
}
