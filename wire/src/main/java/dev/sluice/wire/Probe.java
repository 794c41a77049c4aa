package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * What a probe through a service node carries behind its UDP or ICMP echo header (docs/reference/probes.md).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                        Magic "SLUICEPR"                       |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Version = 1  |   Direction   |           Reserved            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           Instance                            |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Session (64 bits)                       |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                       Sequence (64 bits)                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |            Sender's clock, nanoseconds (64 bits)              |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |           Tag: SipHash-2-4 of the 40 bytes before             |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. The caller has checked that {@link #BYTES} are there.
 */
public final class Probe {
    /** Length in bytes. */
    public static final int BYTES = 48;

    /** The first 8 bytes: "SLUICEPR". */
    public static final long MAGIC = 0x534c_5549_4345_5052L;

    /** The version that this program writes and reads. */
    public static final int VERSION = 1;

    /** Bytes that the tag covers; where it is. */
    public static final int TAG_OFFSET = 40;

    private static final int VERSION_OFFSET = 8;
    private static final int DIRECTION_OFFSET = 9;
    private static final int INSTANCE_OFFSET = 12;
    private static final int SESSION_OFFSET = 16;
    private static final int SEQUENCE_OFFSET = 24;
    private static final int CLOCK_OFFSET = 32;

    private Probe() {}

    /** Whether the bytes begin as a probe does; says nothing of who wrote them. */
    public static boolean hasMagic(MemorySegment f, long base) {
        return f.get(Layouts.BE64, base) == MAGIC;
    }

    /** The version. */
    public static int version(MemorySegment f, long base) {
        return Layouts.u8(f, base + VERSION_OFFSET);
    }

    /** 0: entered the node at its in side; 1: at its out side. */
    public static int direction(MemorySegment f, long base) {
        return Layouts.u8(f, base + DIRECTION_OFFSET);
    }

    /** Number of the instance. */
    public static int instance(MemorySegment f, long base) {
        return f.get(Layouts.BE32, base + INSTANCE_OFFSET);
    }

    /** Which session of this instance: a random number. */
    public static long session(MemorySegment f, long base) {
        return f.get(Layouts.BE64, base + SESSION_OFFSET);
    }

    /** Number of the probe in its session, from 1. */
    public static long sequence(MemorySegment f, long base) {
        return f.get(Layouts.BE64, base + SEQUENCE_OFFSET);
    }

    /** When it was sent, by the sender's clock. */
    public static long sentNs(MemorySegment f, long base) {
        return f.get(Layouts.BE64, base + CLOCK_OFFSET);
    }

    /** The authentication tag. */
    public static long tag(MemorySegment f, long base) {
        return f.get(Layouts.BE64, base + TAG_OFFSET);
    }

    /** Writes everything but the tag. */
    public static void write(
            MemorySegment f, long base, int direction, int instance, long session, long sequence, long sentNs) {
        f.set(Layouts.BE64, base, MAGIC);
        Layouts.putU8(f, base + VERSION_OFFSET, VERSION);
        Layouts.putU8(f, base + DIRECTION_OFFSET, direction);
        Layouts.putU16(f, base + DIRECTION_OFFSET + 1, 0);
        f.set(Layouts.BE32, base + INSTANCE_OFFSET, instance);
        f.set(Layouts.BE64, base + SESSION_OFFSET, session);
        f.set(Layouts.BE64, base + SEQUENCE_OFFSET, sequence);
        f.set(Layouts.BE64, base + CLOCK_OFFSET, sentNs);
    }

    /** Writes the tag. */
    public static void setTag(MemorySegment f, long base, long tag) {
        f.set(Layouts.BE64, base + TAG_OFFSET, tag);
    }
}
