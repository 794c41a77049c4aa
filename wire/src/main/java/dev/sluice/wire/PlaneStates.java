package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * What a switch says of its service instances, in a context header of NSH ({@code docs/reference/overlay-formats.md}, instance states; V14).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |    Version    |     Zero      |     Count     |     Zero      |
 * |            My BFD Discriminator of the session                |
 * |           Your BFD Discriminator of the session               |
 * |                      Sequence, 64 bits                        |
 * |                                                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Number of an instance                      ... Count times   |
 * |     Alive     |  Admin state  |             Zero              |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |  Digest of the paths of the sender's objects, 64 bits         |
 * |                                     (0 or left out: not told) |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>{@code base} is where the value begins. Run {@link #check} first. Called from the hot path: no allocation.
 */
public final class PlaneStates {
    /** Length without instances. */
    public static final int BYTES = 20;

    /** Length of each instance. */
    public static final int INSTANCE_BYTES = 8;

    /** Length of the digest behind the instances. */
    public static final int DIGEST_BYTES = 8;

    /** Most instances of one value that is sent; one without a digest may have one more. */
    public static final int INSTANCES_MAX = (NshContext.VALUE_BYTES_MAX - BYTES - DIGEST_BYTES) / INSTANCE_BYTES;

    /** The version that is sent and read. */
    public static final int VERSION = 1;

    /** Admin state: gets new flows. */
    public static final int UP = 0;

    /** Admin state: no new flows. */
    public static final int DOWN = 1;

    /** Admin state: no new flows, until it is empty. */
    public static final int DRAIN = 2;

    /** Admin state: no new flows, and those it has leave. */
    public static final int MAINTENANCE = 3;

    private static final int COUNT_OFFSET = 2;
    private static final int MINE_OFFSET = 4;
    private static final int YOURS_OFFSET = 8;
    private static final int SEQUENCE_OFFSET = 12;
    private static final int ALIVE_OFFSET = 4;
    private static final int ADMIN_OFFSET = 5;

    private PlaneStates() {}

    /** Whether a value of this length is one of this version, complete, with states that exist. */
    public static boolean check(MemorySegment f, long base, int bytes) {
        if (bytes < BYTES || Layouts.u8(f, base) != VERSION || bytes < bytesWithoutDigest(count(f, base))) {
            return false;
        }
        for (int i = 0; i < count(f, base); i++) {
            if (Layouts.u8(f, instance(base, i) + ALIVE_OFFSET) > 1 || admin(f, base, i) > MAINTENANCE) {
                return false;
            }
        }
        return true;
    }

    /** Length of a value with so many instances and a digest. */
    public static int bytesFor(int count) {
        return bytesWithoutDigest(count) + DIGEST_BYTES;
    }

    private static int bytesWithoutDigest(int count) {
        return BYTES + count * INSTANCE_BYTES;
    }

    /** Number of instances. */
    public static int count(MemorySegment f, long base) {
        return Layouts.u8(f, base + COUNT_OFFSET);
    }

    /** Discriminator by which the sender knows the BFD session. */
    public static int mine(MemorySegment f, long base) {
        return f.get(Layouts.BE32, base + MINE_OFFSET);
    }

    /** Discriminator by which the receiver knows it. */
    public static int yours(MemorySegment f, long base) {
        return f.get(Layouts.BE32, base + YOURS_OFFSET);
    }

    /** Sequence number, growing for as long as both discriminators stay. */
    public static long sequence(MemorySegment f, long base) {
        return f.get(Layouts.BE64, base + SEQUENCE_OFFSET);
    }

    /** Number of instance {@code i}. */
    public static int number(MemorySegment f, long base, int i) {
        return f.get(Layouts.BE32, instance(base, i));
    }

    /** Whether instance {@code i} serves. */
    public static boolean alive(MemorySegment f, long base, int i) {
        return Layouts.u8(f, instance(base, i) + ALIVE_OFFSET) == 1;
    }

    /** Administrative state of instance {@code i}. */
    public static int admin(MemorySegment f, long base, int i) {
        return Layouts.u8(f, instance(base, i) + ADMIN_OFFSET);
    }

    /** Which paths the sender serves, as a digest of those of its objects; 0 if it does not tell. */
    public static long digest(MemorySegment f, long base, int bytes) {
        int at = bytesWithoutDigest(count(f, base));
        return bytes < at + DIGEST_BYTES ? 0 : f.get(Layouts.BE64, base + at);
    }

    /** Writes everything but the instances. */
    public static void write(MemorySegment f, long base, int count, int mine, int yours, long sequence, long digest) {
        f.set(Layouts.BE64, base + bytesWithoutDigest(count), digest);
        f.set(Layouts.BE32, base, VERSION << 24 | count << 8);
        f.set(Layouts.BE32, base + MINE_OFFSET, mine);
        f.set(Layouts.BE32, base + YOURS_OFFSET, yours);
        f.set(Layouts.BE64, base + SEQUENCE_OFFSET, sequence);
    }

    /** Writes instance {@code i}. */
    public static void setInstance(MemorySegment f, long base, int i, int number, boolean alive, int admin) {
        long at = instance(base, i);
        f.set(Layouts.BE32, at, number);
        f.set(Layouts.BE32, at + ALIVE_OFFSET, (alive ? 1 << 24 : 0) | (admin << 16));
    }

    private static long instance(long base, int i) {
        return base + BYTES + (long) i * INSTANCE_BYTES;
    }
}
