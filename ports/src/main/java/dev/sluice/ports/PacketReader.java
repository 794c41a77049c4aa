package dev.sluice.ports;

import static dev.sluice.ports.KernelLayouts.AUXDATA_MESSAGE;
import static dev.sluice.ports.KernelLayouts.IOVEC;
import static dev.sluice.ports.KernelLayouts.MMSGHDR;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Receives from an AF_PACKET socket by recvmmsg, for when no ring can be mapped. One reader: the port that owns it.
 *
 * <p>Half the packet rate of {@link PacketRing}, and the same frames: the kernel's virtio_net_hdr comes first in each message, stripped tags come as
 * PACKET_AUXDATA.
 */
final class PacketReader implements PacketSource {
    private static final int MESSAGES = 32;
    private static final int BUFFER_BYTES = 72 * 1024;

    private final int fd;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment messages = arena.allocate(MMSGHDR, MESSAGES);
    private final MemorySegment vectors = arena.allocate(IOVEC, MESSAGES);
    private final MemorySegment controls = arena.allocate(AUXDATA_MESSAGE, MESSAGES);
    private final MemorySegment buffers = arena.allocate((long) BUFFER_BYTES * MESSAGES, 8);
    private final FrameIntake intake;
    private final PortCounters counters;

    PacketReader(int fd, FrameIntake intake, PortCounters counters) {
        this.fd = fd;
        this.intake = intake;
        this.counters = counters;
        Linux.setsockopt(fd, KernelConstants.SOL_PACKET, KernelConstants.PACKET_AUXDATA, 1);
        for (int i = 0; i < MESSAGES; i++) {
            long vector = i * IOVEC.byteSize();
            vectors.set(ValueLayout.JAVA_LONG, vector, buffers.address() + (long) i * BUFFER_BYTES);
            vectors.set(ValueLayout.JAVA_LONG, vector + 8, BUFFER_BYTES);
            long message = i * MMSGHDR.byteSize();
            messages.set(ValueLayout.JAVA_LONG, message + KernelLayouts.MMSGHDR_IOV, vectors.address() + vector);
            messages.set(ValueLayout.JAVA_LONG, message + KernelLayouts.MMSGHDR_IOVLEN, 1);
            messages.set(
                    ValueLayout.JAVA_LONG,
                    message + KernelLayouts.MMSGHDR_CONTROL,
                    controls.address() + i * AUXDATA_MESSAGE.byteSize());
        }
    }

    @Override
    public int receive(Batch batch) {
        int appended = 0;
        while (batch.hasRoom()) {
            int wanted = Math.min(MESSAGES, Batch.CAPACITY - batch.count);
            for (int i = 0; i < wanted; i++) {
                messages.set(
                        ValueLayout.JAVA_LONG,
                        i * MMSGHDR.byteSize() + KernelLayouts.MMSGHDR_CONTROLLEN,
                        AUXDATA_MESSAGE.byteSize());
            }
            int received = Linux.recvmmsg(fd, messages, wanted, KernelConstants.MSG_DONTWAIT);
            if (received <= 0) {
                break;
            }
            for (int i = 0; i < received; i++) {
                appended += take(batch, i);
            }
            if (received < wanted) {
                break;
            }
        }
        return appended;
    }

    private int take(Batch batch, int index) {
        long message = index * MMSGHDR.byteSize();
        int flags = messages.get(ValueLayout.JAVA_INT, message + KernelLayouts.MMSGHDR_FLAGS);
        if ((flags & KernelConstants.MSG_TRUNC) != 0) {
            counters.receiveDropped++;
            return 0;
        }
        int bytes = messages.get(ValueLayout.JAVA_INT, message + KernelLayouts.MMSGHDR_LEN) - VirtioNetHeader.BYTES;
        long buffer = (long) index * BUFFER_BYTES;
        return intake.take(batch, buffers, buffer, buffer + VirtioNetHeader.BYTES, bytes, tag(index, message));
    }

    private int tag(int index, long message) {
        long control = index * AUXDATA_MESSAGE.byteSize();
        if (messages.get(ValueLayout.JAVA_LONG, message + KernelLayouts.MMSGHDR_CONTROLLEN) == 0
                || controls.get(ValueLayout.JAVA_INT, control + KernelLayouts.AUXDATA_LEVEL)
                        != KernelConstants.SOL_PACKET
                || controls.get(ValueLayout.JAVA_INT, control + KernelLayouts.AUXDATA_TYPE)
                        != KernelConstants.PACKET_AUXDATA) {
            return 0;
        }
        int status = controls.get(ValueLayout.JAVA_INT, control + KernelLayouts.AUXDATA_STATUS);
        if ((status & KernelConstants.TP_STATUS_VLAN_VALID) == 0) {
            return 0;
        }
        return PacketRing.tag(
                status,
                controls.get(ValueLayout.JAVA_SHORT, control + KernelLayouts.AUXDATA_VLAN_TPID),
                controls.get(ValueLayout.JAVA_SHORT, control + KernelLayouts.AUXDATA_VLAN_TCI));
    }

    @Override
    public String description() {
        return "recvmmsg";
    }

    @Override
    public void close() {
        arena.close();
    }
}
