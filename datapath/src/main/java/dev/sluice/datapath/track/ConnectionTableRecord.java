package dev.sluice.datapath.track;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Layout of one connection in the memory of a {@link ConnectionTable}: 64 bytes, one cache line, with all that a packet of an established flow asks for. One writer: that of the table.
 *
 * <pre>
 *    0  source 4, destination 4 (IPv4), forward orientation; of other addresses: their place in the extras, 4
 *    8  identity 8: source port 16 | destination port 16 | protocol 8 | feature tag 8 | router 16
 *   16  flags 1, TCP state 1, kind 1 (0: slot is free), own bits 1
 *   20  last seen forward 4, reverse 4                                        ms of table time
 *   28  rule 4
 *   32  path 4
 *   36  configuration generation 4
 *   40  flow programming generation 4, failure generation 4
 *   48  egress port forward 2, reverse 2; with {@link #RARE}: their place in the extras, 4
 *   52  counted forward 4, reverse 4: packets 8 (bits 0..7) | bytes 24 (bits 0..23)
 *   60  packets forward 1, reverse 1 (bits 8..15)
 *   62  sequence 2: changes each time the slot is freed
 * </pre>
 *
 * What packets of an established flow hardly ask for lies in a second array, 16 bytes per slot, so that it does not displace hot lines:
 *
 * <pre>
 *    0  next 4: older record with the same key, or next free slot; slot + 1, 0 none
 *    4  target 4
 *    8  on a list of those that may be evicted: older 4, newer 4: neighbours there, slot + 1, 0 none
 *       else by direction: packets 2 (bits 16..31), bytes 2 (bits 24..39)
 * </pre>
 *
 * What few connections have lies in {@link ConnectionTableExtras}, in memory that only they take:
 *
 * <pre>
 *   addresses that are not both IPv4, 32 bytes: source hi 8, source lo 8, destination hi 8, destination lo 8
 *   the rest, 40 bytes:
 *    0  L2 forward 4, reverse 4
 *    8  egress port forward 2, reverse 2
 *   12  link 4: slot + 1 of the linked connection, 0 none
 *   16  packets forward 4, reverse 4 (bits 16..47)
 *   24  by direction 8: bytes 40 (bits 24..63) | packets 16 (bits 48..63) | skip mask 8
 * </pre>
 */
public final class ConnectionTableRecord {
    public static final int BYTES = 64;
    static final int SIDE_BYTES = 16;

    public static final int ADDRESSES = 0;
    static final int IDENTITY = 8;
    static final int FLAGS = 16;
    static final int TCP_STATE = 17;
    static final int KIND = 18;
    static final int OWN_BITS = 19;
    static final int LAST_SEEN = 20;
    static final int RULE = 28;
    static final int PATH = 32;
    static final int CONFIG_GENERATION = 36;
    static final int FLOW_PROGRAM_GENERATION = 40;
    static final int FAILURE_GENERATION = 44;
    public static final int EGRESS = 48;
    static final int COUNTED = 52;
    static final int PACKETS_MIDDLE = 60;
    static final int SEQUENCE = 62;

    static final int SIDE_NEXT = 0;
    static final int SIDE_TARGET = 4;
    static final int SIDE_OLDER = 8;
    static final int SIDE_NEWER = 12;
    static final int SIDE_COUNTED = 8;

    /** Own bits: on which of the lists of those that may be evicted. */
    static final int LIST_MASK = 3;

    static final int HALF_OPEN = 1;
    static final int MET_IN_THE_MIDDLE = 2;

    /** Own bit: the addresses are among the extras. */
    static final int WIDE = 4;

    /** Own bit: there is an entry of the rest among the extras. */
    static final int RARE = 8;

    /** Own bit: there is an older record with the same key. */
    static final int HAS_OLDER = 16;

    /** Kinds: which timeout applies. */
    public static final int KIND_FREE = 0;

    static final int KIND_TCP_ESTABLISHED = 1;
    static final int KIND_TCP_HALF_OPEN = 2;
    static final int KIND_TCP_CLOSING = 3;
    static final int KIND_UDP = 4;
    static final int KIND_UDP_STREAM = 5;
    static final int KIND_ICMP = 6;
    static final int KIND_OTHER = 7;
    public static final int KINDS = 8;

    static final int PROTOCOL_ICMP = 1;
    static final int PROTOCOL_TCP = 6;
    static final int PROTOCOL_UDP = 17;
    static final int PROTOCOL_ICMPV6 = 58;

    private ConnectionTableRecord() {}

    /** Memory of a table, in bytes, without its extras. */
    static long bytesFor(int connectionsMax) {
        if (connectionsMax < 1 || connectionsMax > ConnectionTable.CONNECTIONS_MAX) {
            throw new IllegalArgumentException("connection table for " + connectionsMax
                    + " connections: choose connectionsMax in 1.." + ConnectionTable.CONNECTIONS_MAX);
        }
        return sideOffset(connectionsMax) + (long) connectionsMax * SIDE_BYTES;
    }

    /** Records come first, then the index, then the side records. */
    static long sideOffset(int connectionsMax) {
        return (long) connectionsMax * BYTES
                + (long) ConnectionTableIndex.bucketsFor(connectionsMax) * ConnectionTableIndex.BUCKET_BYTES;
    }

    /** Where the record of a slot begins. */
    public static long at(int slot) {
        return (long) slot * BYTES;
    }

    /** Where the side record of a slot begins. */
    static long sideAt(int slot) {
        return (long) slot * SIDE_BYTES;
    }

    /** The part of a key that is not an address, as one word to compare. */
    static long identity(int sourcePort, int destinationPort, int protocol, int tag, int router) {
        return (sourcePort & 0xffffL)
                | (destinationPort & 0xffffL) << 16
                | (protocol & 0xffL) << 32
                | (tag & 0xffL) << 40
                | (long) router << 48;
    }

    /** The kind of a connection of which only the first packet has been seen. */
    static int firstKind(int protocol) {
        return switch (protocol) {
            case PROTOCOL_TCP -> KIND_TCP_HALF_OPEN;
            case PROTOCOL_UDP -> KIND_UDP;
            case PROTOCOL_ICMP, PROTOCOL_ICMPV6 -> KIND_ICMP;
            default -> KIND_OTHER;
        };
    }

    static int getByte(MemorySegment memory, long at) {
        return memory.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    static void putByte(MemorySegment memory, long at, int value) {
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) value);
    }

    static int getShort(MemorySegment memory, long at) {
        return memory.get(ValueLayout.JAVA_SHORT, at) & 0xffff;
    }

    static void putShort(MemorySegment memory, long at, int value) {
        memory.set(ValueLayout.JAVA_SHORT, at, (short) value);
    }

    static int getInt(MemorySegment memory, long at) {
        return memory.get(ValueLayout.JAVA_INT, at);
    }

    static void putInt(MemorySegment memory, long at, int value) {
        memory.set(ValueLayout.JAVA_INT, at, value);
    }

    static long getLong(MemorySegment memory, long at) {
        return memory.get(ValueLayout.JAVA_LONG, at);
    }

    static void putLong(MemorySegment memory, long at, long value) {
        memory.set(ValueLayout.JAVA_LONG, at, value);
    }
}
