package dev.sluice.ports;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * One ring of an AF_XDP socket (Linux documentation networking/af_xdp): single producer, single consumer, one of them the kernel. One user: the worker that
 * owns the socket.
 *
 * <p>Producer and consumer are 32-bit counters that run on and wrap; an entry lies at the counter modulo the size, a power of two. Entries are written before
 * the producer counter is released and read after it is acquired. Fill and completion rings hold addresses, receive and transmit rings descriptors.
 */
final class XdpRing {
    /** Bytes of an address entry. */
    static final int ADDRESS_BYTES = 8;

    /** Bytes of a descriptor entry, struct xdp_desc: address, length, options. */
    static final int DESCRIPTOR_BYTES = 16;

    private static final int NEED_WAKEUP = 1;
    private static final VarHandle COUNTER = ValueLayout.JAVA_INT.varHandle();

    private final MemorySegment ring;
    private final long producerOffset;
    private final long consumerOffset;
    private final long flagsOffset;
    private final long entriesOffset;
    private final int size;
    private final int mask;
    private int producer;
    private int consumer;

    XdpRing(
            MemorySegment ring,
            long producerOffset,
            long consumerOffset,
            long flagsOffset,
            long entriesOffset,
            int size) {
        this.ring = ring;
        this.producerOffset = producerOffset;
        this.consumerOffset = consumerOffset;
        this.flagsOffset = flagsOffset;
        this.entriesOffset = entriesOffset;
        this.size = size;
        this.mask = size - 1;
        this.producer = ring.get(ValueLayout.JAVA_INT, producerOffset);
        this.consumer = ring.get(ValueLayout.JAVA_INT, consumerOffset);
    }

    /** Entries that can be written now; asks the kernel's counter only when fewer than wanted are known to be free. */
    int free(int wanted) {
        int free = size - (producer - consumer);
        if (free < wanted) {
            consumer = (int) COUNTER.getAcquire(ring, consumerOffset);
            free = size - (producer - consumer);
        }
        return free;
    }

    /** Entries that can be read now; asks the kernel's counter only when none is known. */
    int available() {
        int available = producer - consumer;
        if (available == 0) {
            producer = (int) COUNTER.getAcquire(ring, producerOffset);
            available = producer - consumer;
        }
        return available;
    }

    /** Writes an address; only after {@link #free} said there is room. */
    void putAddress(long address) {
        ring.set(ValueLayout.JAVA_LONG, entriesOffset + (long) (producer++ & mask) * ADDRESS_BYTES, address);
    }

    /** Writes a descriptor without options; only after {@link #free} said there is room. */
    void putDescriptor(long address, int bytes) {
        long entry = entriesOffset + (long) (producer++ & mask) * DESCRIPTOR_BYTES;
        ring.set(ValueLayout.JAVA_LONG, entry, address);
        ring.set(ValueLayout.JAVA_LONG, entry + 8, bytes & 0xffff_ffffL);
    }

    /** Lets the kernel see what was written. */
    void publish() {
        COUNTER.setRelease(ring, producerOffset, producer);
    }

    /** Reads the next address; only after {@link #available} said there is one. */
    long takeAddress() {
        return ring.get(ValueLayout.JAVA_LONG, entriesOffset + (long) (consumer++ & mask) * ADDRESS_BYTES);
    }

    /** Address of the next descriptor, which stays the next. */
    long peekAddress() {
        return ring.get(ValueLayout.JAVA_LONG, entriesOffset + (long) (consumer & mask) * DESCRIPTOR_BYTES);
    }

    /** Length of the next descriptor in bytes; goes on to the one after it. */
    int takeLength() {
        return ring.get(ValueLayout.JAVA_INT, entriesOffset + (long) (consumer++ & mask) * DESCRIPTOR_BYTES + 8);
    }

    /** Lets the kernel have back the entries that were read. */
    void release() {
        COUNTER.setRelease(ring, consumerOffset, consumer);
    }

    /** Whether the kernel has taken all that was published. */
    boolean isDrained() {
        consumer = (int) COUNTER.getAcquire(ring, consumerOffset);
        return consumer == producer;
    }

    /** Whether the kernel asks for a system call to go on with this ring. */
    boolean needsWakeup() {
        return ((int) COUNTER.getOpaque(ring, flagsOffset) & NEED_WAKEUP) != 0;
    }
}
