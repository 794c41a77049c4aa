package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.PortCounters;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Receive ring of an AF_PACKET socket, TPACKET_V2 (Linux documentation networking/packet_mmap). One reader: the port that owns it; the kernel writes.
 *
 * <p>Slots of 128 KiB hold a whole super-frame: the header of 32 bytes, at {@code tp_mac - 10} a virtio_net_hdr, and at {@code tp_mac} the frame. The status
 * word hands a slot over: the kernel sets USER when the slot is written, the reader sets it back to KERNEL when the frame is copied out.
 */
final class PacketRing implements PacketSource {
    /** Bytes of one slot: a power of two, so that blocks of one slot waste nothing, that holds 64 KiB and headers. */
    static final int SLOT_BYTES = 128 * 1024;

    private static final VarHandle STATUS = ValueLayout.JAVA_INT.varHandle();

    private final int fd;
    private final int slotCount;
    private final Arena arena;
    private final MemorySegment ring;
    private final MemorySegment statistics;
    private final MemorySegment statisticsBytes;
    private final FrameIntake intake;
    private final PortCounters counters;
    private int next;

    private PacketRing(
            int fd, int slotCount, Arena arena, MemorySegment ring, FrameIntake intake, PortCounters counters) {
        this.fd = fd;
        this.slotCount = slotCount;
        this.arena = arena;
        this.ring = ring;
        this.statistics = arena.allocate(KernelLayouts.TPACKET_STATS);
        this.statisticsBytes = arena.allocate(ValueLayout.JAVA_INT);
        this.intake = intake;
        this.counters = counters;
    }

    /**
     * Sets the ring up on a socket that has PACKET_VNET_HDR on and is not bound yet.
     *
     * @return the ring, or the negative errno of the step that failed
     */
    static Result open(int fd, int slotCount, FrameIntake intake, PortCounters counters) {
        int answer = Linux.setsockopt(
                fd, KernelConstants.SOL_PACKET, KernelConstants.PACKET_VERSION, KernelConstants.TPACKET_V2);
        if (answer < 0) {
            return new Refused(answer);
        }
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment request = scratch.allocate(KernelLayouts.TPACKET_REQ);
            request.setAtIndex(ValueLayout.JAVA_INT, 0, SLOT_BYTES);
            request.setAtIndex(ValueLayout.JAVA_INT, 1, slotCount);
            request.setAtIndex(ValueLayout.JAVA_INT, 2, SLOT_BYTES);
            request.setAtIndex(ValueLayout.JAVA_INT, 3, slotCount);
            answer = Linux.setsockopt(
                    fd, KernelConstants.SOL_PACKET, KernelConstants.PACKET_RX_RING, request, (int) request.byteSize());
        }
        if (answer < 0) {
            return new Refused(answer);
        }
        long bytes = (long) slotCount * SLOT_BYTES;
        long address = Linux.mmap(
                bytes, KernelConstants.PROT_READ | KernelConstants.PROT_WRITE, KernelConstants.MAP_SHARED, fd, 0);
        if (address < 0) {
            removeRing(fd);
            return new Refused((int) address);
        }
        Arena arena = Arena.ofShared();
        MemorySegment ring =
                MemorySegment.ofAddress(address).reinterpret(bytes, arena, segment -> Linux.munmap(address, bytes));
        return new Opened(new PacketRing(fd, slotCount, arena, ring, intake, counters));
    }

    /** What came of {@link #open}. */
    sealed interface Result {}

    /** The ring is mapped. */
    record Opened(PacketRing ring) implements Result {}

    /** The kernel refused it. */
    record Refused(int negativeErrno) implements Result {}

    private static void removeRing(int fd) {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment none = scratch.allocate(KernelLayouts.TPACKET_REQ);
            Linux.setsockopt(
                    fd, KernelConstants.SOL_PACKET, KernelConstants.PACKET_RX_RING, none, (int) none.byteSize());
        }
    }

    @Override
    public int receive(Batch batch) {
        int appended = 0;
        boolean losing = false;
        while (batch.hasRoom()) {
            long slot = slotOffset(next);
            int status = (int) STATUS.getAcquire(ring, slot + KernelLayouts.TPACKET2_STATUS);
            if ((status & KernelConstants.TP_STATUS_USER) == 0) {
                break;
            }
            losing |= (status & KernelConstants.TP_STATUS_LOSING) != 0;
            appended += take(batch, slot, status);
            STATUS.setRelease(ring, slot + KernelLayouts.TPACKET2_STATUS, KernelConstants.TP_STATUS_KERNEL);
            next = following(next, slotCount);
        }
        if (losing) {
            countLost();
        }
        return appended;
    }

    private int take(Batch batch, long slot, int status) {
        int bytes = ring.get(ValueLayout.JAVA_INT, slot + KernelLayouts.TPACKET2_SNAPLEN);
        if (ring.get(ValueLayout.JAVA_INT, slot + KernelLayouts.TPACKET2_LEN) != bytes) {
            counters.receiveDropped++;
            return 0;
        }
        long frame = slot + (ring.get(ValueLayout.JAVA_SHORT, slot + KernelLayouts.TPACKET2_MAC) & 0xffff);
        int tag = 0;
        if ((status & KernelConstants.TP_STATUS_VLAN_VALID) != 0) {
            tag = tag(
                    status,
                    ring.get(ValueLayout.JAVA_SHORT, slot + KernelLayouts.TPACKET2_VLAN_TPID),
                    ring.get(ValueLayout.JAVA_SHORT, slot + KernelLayouts.TPACKET2_VLAN_TCI));
        }
        return intake.take(batch, ring, frame - VirtioNetHeader.BYTES, frame, bytes, tag);
    }

    /** The tag to be put back: TPID in the upper, TCI in the lower 16 bits. Older kernels leave the TPID out for 802.1Q. */
    static int tag(int status, short tpid, short tci) {
        int type =
                (status & KernelConstants.TP_STATUS_VLAN_TPID_VALID) != 0 ? tpid & 0xffff : KernelConstants.ETH_P_8021Q;
        return (type << 16) | (tci & 0xffff);
    }

    /** Offset of a slot in the ring. */
    static long slotOffset(int index) {
        return (long) index * SLOT_BYTES;
    }

    /** The slot after the given one. */
    static int following(int index, int slotCount) {
        return index + 1 == slotCount ? 0 : index + 1;
    }

    /** Reading the statistics also resets them, and with them the LOSING mark of later frames: at most one call per loss. */
    private void countLost() {
        statisticsBytes.set(ValueLayout.JAVA_INT, 0, (int) statistics.byteSize());
        int answer = Linux.getsockopt(
                fd, KernelConstants.SOL_PACKET, KernelConstants.PACKET_STATISTICS, statistics, statisticsBytes);
        if (answer == 0) {
            counters.kernelDropped += statistics.getAtIndex(ValueLayout.JAVA_INT, 1) & 0xffff_ffffL;
        }
    }

    @Override
    public String description() {
        return "ring of " + slotCount + " slots";
    }

    @Override
    public void close() {
        arena.close();
    }
}
