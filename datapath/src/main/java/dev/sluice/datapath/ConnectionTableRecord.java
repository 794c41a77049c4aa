package dev.sluice.datapath;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Layout of one connection in the memory of a {@link ConnectionTable}: 128 bytes in two cache lines. One writer: that of the table.
 *
 * <pre>
 *    0  source hi 8, source lo 8, destination hi 8, destination lo 8          forward orientation
 *   32  identity 8: source port 16 | destination port 16 | protocol 8 | feature tag 8 | router 16
 *   40  flags 1, TCP state 1, kind 1 (0: slot is free), own bits 1
 *   44  last seen forward 4, reverse 4                                        ms of table time
 *   52  rule 4
 *   56  configuration generation 4
 *   60  next 4: older record with the same key, or next free slot; slot + 1, 0 none
 *   64  packets forward 8, reverse 8
 *   80  bytes forward 8, reverse 8
 *   96  target 4, path 4
 *  104  flow programming generation 4, failure generation 4
 *  112  egress port forward 2, reverse 2
 *  116  skip mask forward 1, reverse 1
 *  118  sequence 2: changes each time the slot is freed
 *  120  L2 forward 4, reverse 4
 * </pre>
 *
 * What only insertion and removal look at lies in a second array, 16 bytes per slot, so that it does not displace hot lines:
 *
 * <pre>
 *    0  link 4: slot + 1 of the linked connection, 0 none
 *    4  index hash 4
 *    8  older 4, newer 4: neighbours in the list of half-open connections, slot + 1, 0 none
 * </pre>
 */
final class ConnectionTableRecord {
    static final int BYTES = 128;
    static final int SIDE_BYTES = 16;

    static final int SOURCE_HI = 0;
    static final int SOURCE_LO = 8;
    static final int DESTINATION_HI = 16;
    static final int DESTINATION_LO = 24;
    static final int IDENTITY = 32;
    static final int FLAGS = 40;
    static final int TCP_STATE = 41;
    static final int KIND = 42;
    static final int OWN_BITS = 43;
    static final int LAST_SEEN = 44;
    static final int RULE = 52;
    static final int CONFIG_GENERATION = 56;
    static final int NEXT = 60;
    static final int PACKETS = 64;
    static final int BYTE_COUNT = 80;
    static final int TARGET = 96;
    static final int PATH = 100;
    static final int FLOW_PROGRAM_GENERATION = 104;
    static final int FAILURE_GENERATION = 108;
    static final int EGRESS = 112;
    static final int SKIP_MASK = 116;
    static final int SEQUENCE = 118;
    static final int L2 = 120;

    static final int SIDE_LINK = 0;
    static final int SIDE_INDEX_HASH = 4;
    static final int SIDE_OLDER = 8;
    static final int SIDE_NEWER = 12;

    /** Kinds: which timeout applies. */
    static final int KIND_FREE = 0;

    static final int KIND_TCP_ESTABLISHED = 1;
    static final int KIND_TCP_HALF_OPEN = 2;
    static final int KIND_TCP_CLOSING = 3;
    static final int KIND_UDP = 4;
    static final int KIND_UDP_STREAM = 5;
    static final int KIND_ICMP = 6;
    static final int KIND_OTHER = 7;
    static final int KINDS = 8;

    static final int PROTOCOL_ICMP = 1;
    static final int PROTOCOL_TCP = 6;
    static final int PROTOCOL_UDP = 17;
    static final int PROTOCOL_ICMPV6 = 58;

    private ConnectionTableRecord() {}

    /** Memory of a table, in bytes. */
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
    static long at(int slot) {
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
