package dev.sluice.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Network byte order for every accessor of this package, without alignment, and reads that leave no sign behind.
 *
 * <p>Called from the hot path: no allocation; an offset outside the segment throws, which callers exclude by checking lengths first.
 */
public final class Layouts {
    /** One byte. */
    public static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;

    /** 16 bits in network order. */
    public static final ValueLayout.OfShort BE16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** 32 bits in network order. */
    public static final ValueLayout.OfInt BE32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** 64 bits in network order. */
    public static final ValueLayout.OfLong BE64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private Layouts() {}

    /** The byte at the offset, 0..255. */
    public static int u8(MemorySegment f, long offset) {
        return f.get(U8, offset) & 0xff;
    }

    /** The 16 bits at the offset, 0..65535. */
    public static int u16(MemorySegment f, long offset) {
        return f.get(BE16, offset) & 0xffff;
    }

    /** The 32 bits at the offset, 0..2^32-1. */
    public static long u32(MemorySegment f, long offset) {
        return f.get(BE32, offset) & 0xffff_ffffL;
    }

    /** The 48 bits at the offset, as MAC addresses are held. */
    public static long u48(MemorySegment f, long offset) {
        return (f.get(BE16, offset) & 0xffffL) << 32 | (f.get(BE32, offset + 2) & 0xffff_ffffL);
    }

    /** Writes the low 8 bits. */
    public static void putU8(MemorySegment f, long offset, int value) {
        f.set(U8, offset, (byte) value);
    }

    /** Writes the low 16 bits. */
    public static void putU16(MemorySegment f, long offset, int value) {
        f.set(BE16, offset, (short) value);
    }

    /** Writes the low 32 bits. */
    public static void putU32(MemorySegment f, long offset, long value) {
        f.set(BE32, offset, (int) value);
    }

    /** Writes the low 48 bits. */
    public static void putU48(MemorySegment f, long offset, long value) {
        f.set(BE16, offset, (short) (value >>> 32));
        f.set(BE32, offset + 2, (int) value);
    }
}
