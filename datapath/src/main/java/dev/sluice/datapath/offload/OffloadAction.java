package dev.sluice.datapath.offload;

import dev.sluice.wire.Layouts;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What is repeated with the packets of a journey, when it no longer holds, and what was counted: 104 bytes. Static accessors.
 *
 * <pre>
 *  0  packets 8                 segments of a super-frame, as on the wire
 *  8  bytes 8                   of frames as they came in: with Ethernet header and tags, without padding; a super-frame once
 * 16  last seen 4               ms of the monotonic clock
 * 20  configuration generation 4
 * 24  path 4, generation 4      path 0: none
 * 32  egress 2                  number of the port it leaves by
 * 34  flags 2
 * 36  egress generation 4
 * 40  expected destination MAC 6, source MAC 6
 * 52  new destination MAC 6, source MAC 6
 * 64  new outer tag 4, inner tag 4
 * 72  taken from the TTL 1, reserved 1
 * 74  largest packet 2          bytes from the IP header on, of a super-frame of each segment
 * 76  encapsulation 4
 * 80  cookie 8                  of the recorder
 * 88  frames 8                  frames repeated, a super-frame once: what the data path counts as one packet
 * 96  seal 8                    over the key and all but the counters
 * </pre>
 *
 * MAC addresses are in network byte order, numbers in that of the machine. Packet path: no allocation.
 */
public final class OffloadAction {
    /** Length in bytes. */
    public static final int BYTES = 104;

    /** {@link #flags} bit: the interface at the other end of the egress is in another network namespace, so the frame may be put there at once. */
    public static final int REDIRECT_PEER = 1;

    /** {@link #flags} bit: the header named by {@link #encapsulation} goes around the frame. */
    public static final int PUSH = 2;

    /** {@link #flags} bit: the tunnel and service headers are taken off. */
    public static final int POP = 4;

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final int PACKETS = 0;
    private static final int BYTE_COUNT = 8;
    private static final int LAST_SEEN = 16;
    private static final int CONFIG_GENERATION = 20;
    private static final int PATH = 24;
    private static final int PATH_GENERATION = 28;
    private static final int EGRESS = 32;
    private static final int FLAGS = 34;
    private static final int EGRESS_GENERATION = 36;
    private static final int EXPECTED_DESTINATION_MAC = 40;
    private static final int EXPECTED_SOURCE_MAC = 46;
    private static final int NEW_DESTINATION_MAC = 52;
    private static final int NEW_SOURCE_MAC = 58;
    private static final int NEW_OUTER_TAG = 64;
    private static final int NEW_INNER_TAG = 68;
    private static final int TTL_DECREMENT = 72;
    private static final int IP_BYTES_MAX = 74;
    private static final int ENCAPSULATION = 76;
    private static final int COOKIE = 80;
    private static final int FRAMES = 88;
    private static final int SEAL = 96;

    /** One for each word that a seal is over. SEALS of journey.h. */
    private static final long[] SEALS = {
        0x91d93080f9b439fdL, 0x3ceaaf308142c8ebL, 0x627655daa05f1119L, 0x9dfb369bab13dfafL,
        0x0ff9bb510944fe0dL, 0x6301bbfca0c5154fL, 0x047a8387cdde8d51L, 0x6fced11d2bd8a1e7L,
        0xb7c1dce27f7695f5L, 0x3a124c647e02ff05L, 0x5cbd0ba3a1a6bcdfL, 0x66080f174c96d8e3L,
        0x42f2dc05873f9bd1L, 0xb120a366f0bbe9cfL, 0xce4cda11b43c589bL, 0x78b7d0ac84773ce1L
    };

    private OffloadAction() {}

    /** Makes all of it 0. */
    public static void clear(MemorySegment action, long base) {
        for (int i = 0; i < BYTES; i += Long.BYTES) {
            action.set(LONG, base + i, 0);
        }
    }

    /** Packets repeated, segments as on the wire. */
    public static long packets(MemorySegment action, long base) {
        return action.get(LONG, base + PACKETS);
    }

    /** Bytes of the frames as they came in, without padding. */
    public static long bytes(MemorySegment action, long base) {
        return action.get(LONG, base + BYTE_COUNT);
    }

    /** When a packet was last repeated, in ms of the monotonic clock, which wraps. */
    public static int lastSeenMs(MemorySegment action, long base) {
        return action.get(INT, base + LAST_SEEN);
    }

    /** Configuration under which it was recorded. */
    public static int configGeneration(MemorySegment action, long base) {
        return action.get(INT, base + CONFIG_GENERATION);
    }

    /** The path it is part of, 0 for none. */
    public static int path(MemorySegment action, long base) {
        return action.get(INT, base + PATH);
    }

    /** State of the path in which it was recorded. */
    public static int pathGeneration(MemorySegment action, long base) {
        return action.get(INT, base + PATH_GENERATION);
    }

    /** Number of the port it leaves by. */
    public static int egress(MemorySegment action, long base) {
        return action.get(SHORT, base + EGRESS) & 0xffff;
    }

    /** {@link #REDIRECT_PEER}, {@link #PUSH}, {@link #POP}. */
    public static int flags(MemorySegment action, long base) {
        return action.get(SHORT, base + FLAGS) & 0xffff;
    }

    /** State of the egress in which it was recorded. */
    public static int egressGeneration(MemorySegment action, long base) {
        return action.get(INT, base + EGRESS_GENERATION);
    }

    /** Destination address that the frame must have, 48 bits. */
    public static long expectedDestinationMac(MemorySegment action, long base) {
        return Layouts.u48(action, base + EXPECTED_DESTINATION_MAC);
    }

    /** Source address that the frame must have, 48 bits. */
    public static long expectedSourceMac(MemorySegment action, long base) {
        return Layouts.u48(action, base + EXPECTED_SOURCE_MAC);
    }

    /** Destination address that it gets, 48 bits. */
    public static long newDestinationMac(MemorySegment action, long base) {
        return Layouts.u48(action, base + NEW_DESTINATION_MAC);
    }

    /** Source address that it gets, 48 bits. */
    public static long newSourceMac(MemorySegment action, long base) {
        return Layouts.u48(action, base + NEW_SOURCE_MAC);
    }

    /** Outer tag that it leaves with, 0 for none. */
    public static int newOuterTag(MemorySegment action, long base) {
        return action.get(INT, base + NEW_OUTER_TAG);
    }

    /** Inner tag that it leaves with, 0 for none. */
    public static int newInnerTag(MemorySegment action, long base) {
        return action.get(INT, base + NEW_INNER_TAG);
    }

    /** What is taken from the TTL or hop limit; it has to be more than that. */
    public static int ttlDecrement(MemorySegment action, long base) {
        return Layouts.u8(action, base + TTL_DECREMENT);
    }

    /** Largest IP packet, or segment of a super-frame, that goes this way. */
    public static int ipBytesMax(MemorySegment action, long base) {
        return action.get(SHORT, base + IP_BYTES_MAX) & 0xffff;
    }

    /** Index of the header that is pushed. */
    public static int encapsulation(MemorySegment action, long base) {
        return action.get(INT, base + ENCAPSULATION);
    }

    /** Whatever the recorder wants to find its own record by. */
    public static long cookie(MemorySegment action, long base) {
        return action.get(LONG, base + COOKIE);
    }

    /** Frames repeated, a super-frame once; 0 from a device that does not tell frames from packets. */
    public static long frames(MemorySegment action, long base) {
        return action.get(LONG, base + FRAMES);
    }

    /** Writes how many frames were repeated, for a device. */
    public static void setFrames(MemorySegment action, long base, long frames) {
        action.set(LONG, base + FRAMES, frames);
    }

    /** Writes the counters, for a device. */
    public static void setCounters(MemorySegment action, long base, long packets, long bytes, int lastSeenMs) {
        action.set(LONG, base + PACKETS, packets);
        action.set(LONG, base + BYTE_COUNT, bytes);
        action.set(INT, base + LAST_SEEN, lastSeenMs);
    }

    /** Writes the configuration under which it is recorded. */
    public static void setConfigGeneration(MemorySegment action, long base, int generation) {
        action.set(INT, base + CONFIG_GENERATION, generation);
    }

    /** Writes path and its state; path 0 for none. */
    public static void setPath(MemorySegment action, long base, int path, int generation) {
        action.set(INT, base + PATH, path);
        action.set(INT, base + PATH_GENERATION, generation);
    }

    /** Writes the port it leaves by and its state. */
    public static void setEgress(MemorySegment action, long base, int egress, int generation) {
        action.set(SHORT, base + EGRESS, (short) egress);
        action.set(INT, base + EGRESS_GENERATION, generation);
    }

    /** Writes {@link #REDIRECT_PEER}, {@link #PUSH}, {@link #POP}. */
    public static void setFlags(MemorySegment action, long base, int flags) {
        action.set(SHORT, base + FLAGS, (short) flags);
    }

    /** Writes the addresses that the frame must have. */
    public static void setExpectedMacs(MemorySegment action, long base, long destination, long source) {
        Layouts.putU48(action, base + EXPECTED_DESTINATION_MAC, destination);
        Layouts.putU48(action, base + EXPECTED_SOURCE_MAC, source);
    }

    /** Writes the addresses that it gets. */
    public static void setNewMacs(MemorySegment action, long base, long destination, long source) {
        Layouts.putU48(action, base + NEW_DESTINATION_MAC, destination);
        Layouts.putU48(action, base + NEW_SOURCE_MAC, source);
    }

    /** Writes the tags that it leaves with; 0 for none. */
    public static void setNewTags(MemorySegment action, long base, int outerTag, int innerTag) {
        action.set(INT, base + NEW_OUTER_TAG, outerTag);
        action.set(INT, base + NEW_INNER_TAG, innerTag);
    }

    /** Writes what is taken from the TTL. */
    public static void setTtlDecrement(MemorySegment action, long base, int decrement) {
        Layouts.putU8(action, base + TTL_DECREMENT, decrement);
    }

    /** Writes the largest IP packet, up to 65,535 bytes. */
    public static void setIpBytesMax(MemorySegment action, long base, int bytes) {
        action.set(SHORT, base + IP_BYTES_MAX, (short) bytes);
    }

    /** Writes the index of the header that is pushed. */
    public static void setEncapsulation(MemorySegment action, long base, int encapsulation) {
        action.set(INT, base + ENCAPSULATION, encapsulation);
    }

    /** Writes the recorder's own reference. */
    public static void setCookie(MemorySegment action, long base, long cookie) {
        action.set(LONG, base + COOKIE, cookie);
    }

    /** Binds the action to its key: a device repeats only what is whole, and of this key. To be written last. */
    public static void seal(MemorySegment action, long base, MemorySegment key, long keyBase) {
        long seal = 0;
        int word = 0;
        for (int i = 0; i < OffloadKey.BYTES; i += Long.BYTES) {
            seal += key.get(LONG, keyBase + i) * SEALS[word++];
        }
        for (int i = PATH; i < FRAMES; i += Long.BYTES) {
            seal += action.get(LONG, base + i) * SEALS[word++];
        }
        action.set(LONG, base + SEAL, seal + (configGeneration(action, base) & 0xffff_ffffL) * SEALS[word]);
    }
}
