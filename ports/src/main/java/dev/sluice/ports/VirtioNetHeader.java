package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * struct virtio_net_hdr of virtio 1.2, 5.1.6, as AF_PACKET and TAP carry it in front of a frame. Static accessors.
 *
 * <pre>
 *  0        1        2               4               6               8               10
 * +--------+--------+---------------+---------------+---------------+---------------+
 * | flags  |gso type| header length |   GSO size    |checksum start |checksum offset|
 * +--------+--------+---------------+---------------+---------------+---------------+
 * </pre>
 *
 * Numbers are in the byte order of the machine, as the kernel expects it unless told otherwise. Packet path: called by the worker per frame, no allocation.
 */
final class VirtioNetHeader {
    static final int BYTES = 10;

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.nativeOrder());
    private static final int FLAGS = 0;
    private static final int GSO_TYPE = 1;
    private static final int HEADER_LENGTH = 2;
    private static final int GSO_SIZE = 4;
    private static final int CSUM_START = 6;
    private static final int CSUM_OFFSET = 8;

    private static final byte NEEDS_CSUM = 1;
    private static final byte DATA_VALID = 2;
    private static final byte GSO_ECN = (byte) 0x80;
    private static final int TCP_DATA_OFFSET = 12;
    private static final int TCP_FLAGS = 13;
    private static final int TCP_HEADER_BYTES_MIN = 20;
    private static final int TCP_CWR = 0x80;
    private static final int UDP_HEADER_BYTES = 8;

    private VirtioNetHeader() {}

    /**
     * Copies the offloads of a received frame into its slot.
     *
     * @param shiftBytes bytes put into the frame in front of the network header since the kernel wrote this header (a tag put back)
     */
    static void read(MemorySegment memory, long base, Batch batch, int slot, int shiftBytes) {
        byte flags = memory.get(ValueLayout.JAVA_BYTE, base + FLAGS);
        byte gso = (byte) (memory.get(ValueLayout.JAVA_BYTE, base + GSO_TYPE) & ~GSO_ECN);
        if (flags == 0 && gso == Batch.GSO_NONE) {
            return;
        }
        byte offload = 0;
        if ((flags & NEEDS_CSUM) != 0) {
            offload = Batch.CHECKSUM_PARTIAL;
            batch.csumStart[slot] = unsigned(memory, base + CSUM_START) + shiftBytes;
            batch.csumOffset[slot] = unsigned(memory, base + CSUM_OFFSET);
        } else if ((flags & DATA_VALID) != 0) {
            offload = Batch.CHECKSUM_VALID;
        }
        batch.offload[slot] = offload;
        if (gso != Batch.GSO_NONE) {
            batch.gsoType[slot] = gso;
            batch.gsoSizeBytes[slot] = unsigned(memory, base + GSO_SIZE);
            batch.gsoHeaderBytes[slot] = unsigned(memory, base + HEADER_LENGTH) + shiftBytes;
        }
    }

    /**
     * Writes the header of a frame to be sent.
     *
     * <p>A checksum known to be valid needs nothing from the kernel and is written as no offload. The header length is read from the frame and not taken
     * from the slot, where it is a hint of another stack that encapsulation on the way does not keep right.
     */
    static void write(MemorySegment memory, long base, Batch batch, int slot, MemorySegment frames) {
        byte gso = batch.gsoType[slot];
        if ((batch.offload[slot] & Batch.CHECKSUM_PARTIAL) == 0) {
            // The kernel needs the partial checksum to find the transport header of a super-frame; without it the frame
            // can only go out as it is.
            clear(memory, base);
            return;
        }
        int csumStart = batch.csumStart[slot];
        memory.set(ValueLayout.JAVA_BYTE, base + FLAGS, NEEDS_CSUM);
        memory.set(SHORT, base + CSUM_START, (short) csumStart);
        memory.set(SHORT, base + CSUM_OFFSET, (short) batch.csumOffset[slot]);
        if (gso == Batch.GSO_NONE) {
            memory.set(ValueLayout.JAVA_BYTE, base + GSO_TYPE, Batch.GSO_NONE);
            memory.set(SHORT, base + HEADER_LENGTH, (short) 0);
            memory.set(SHORT, base + GSO_SIZE, (short) 0);
            return;
        }
        long transport = batch.start[slot] + csumStart;
        boolean tcp = gso == Batch.GSO_TCPV4 || gso == Batch.GSO_TCPV6;
        if (tcp && csumStart + TCP_HEADER_BYTES_MIN <= batch.length[slot]) {
            int dataOffset = frames.get(ValueLayout.JAVA_BYTE, transport + TCP_DATA_OFFSET) >>> 4 & 0xf;
            memory.set(SHORT, base + HEADER_LENGTH, (short) (csumStart + 4 * dataOffset));
            if ((frames.get(ValueLayout.JAVA_BYTE, transport + TCP_FLAGS) & TCP_CWR) != 0) {
                gso |= GSO_ECN;
            }
        } else {
            memory.set(SHORT, base + HEADER_LENGTH, (short) (csumStart + UDP_HEADER_BYTES));
        }
        memory.set(ValueLayout.JAVA_BYTE, base + GSO_TYPE, gso);
        memory.set(SHORT, base + GSO_SIZE, (short) batch.gsoSizeBytes[slot]);
    }

    private static void clear(MemorySegment memory, long base) {
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, base, 0);
        memory.set(SHORT, base + CSUM_OFFSET, (short) 0);
    }

    private static int unsigned(MemorySegment memory, long offset) {
        return memory.get(SHORT, offset) & 0xffff;
    }
}
