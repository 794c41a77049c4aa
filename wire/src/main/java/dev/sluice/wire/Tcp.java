package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * TCP header (RFC 9293 3.1).
 *
 * <pre>
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |          Source port          |       Destination port        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                        Sequence number                        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                    Acknowledgment number                      |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * | Data  |       |C|E|U|A|P|R|S|F|                               |
 * | offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
 * |       |       |R|E|G|K|H|T|N|N|                               |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |           Checksum            |         Urgent pointer        |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |                           [Options]                           |
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * </pre>
 *
 * <p>Called from the hot path: no allocation. Run {@link #check} before any other accessor. Setters leave the checksum alone.
 */
public final class Tcp {
    /** Length of the header in bytes, without options. */
    public static final int BYTES = 20;

    /** Where the checksum is, as for a partial checksum of VIRTIO. */
    public static final int CHECKSUM_OFFSET = 16;

    /** Flag: no more data from the sender. */
    public static final int FIN = 0x01;

    /** Flag: synchronize sequence numbers. */
    public static final int SYN = 0x02;

    /** Flag: reset the connection. */
    public static final int RST = 0x04;

    /** Flag: push. */
    public static final int PSH = 0x08;

    /** Flag: the acknowledgment number counts. */
    public static final int ACK = 0x10;

    /** Flag: the urgent pointer counts. */
    public static final int URG = 0x20;

    /** Flag: congestion was met (RFC 3168). */
    public static final int ECE = 0x40;

    /** Flag: congestion window was reduced (RFC 3168). */
    public static final int CWR = 0x80;

    private static final int DESTINATION_PORT_OFFSET = 2;
    private static final int SEQUENCE_OFFSET = 4;
    private static final int ACKNOWLEDGMENT_OFFSET = 8;
    private static final int DATA_OFFSET_OFFSET = 12;
    private static final int FLAGS_OFFSET = 13;
    private static final int WINDOW_OFFSET = 14;
    private static final int URGENT_OFFSET = 18;

    private Tcp() {}

    /** The header length in bytes, or a negative code of {@link Malformed}. */
    public static int check(MemorySegment f, long base, int bytesAvailable) {
        if (bytesAvailable < BYTES) {
            return Malformed.TCP_TRUNCATED;
        }
        int headerBytes = headerBytes(f, base);
        if (headerBytes < BYTES) {
            return Malformed.TCP_HEADER_LENGTH;
        }
        return headerBytes <= bytesAvailable ? headerBytes : Malformed.TCP_TRUNCATED;
    }

    /** Source port. */
    public static int sourcePort(MemorySegment f, long base) {
        return Layouts.u16(f, base);
    }

    /** Destination port. */
    public static int destinationPort(MemorySegment f, long base) {
        return Layouts.u16(f, base + DESTINATION_PORT_OFFSET);
    }

    /** Sequence number, 0..2^32-1. */
    public static long sequence(MemorySegment f, long base) {
        return Layouts.u32(f, base + SEQUENCE_OFFSET);
    }

    /** Acknowledgment number, 0..2^32-1. */
    public static long acknowledgment(MemorySegment f, long base) {
        return Layouts.u32(f, base + ACKNOWLEDGMENT_OFFSET);
    }

    /** Length of the header with options, in bytes: 0..60. */
    public static int headerBytes(MemorySegment f, long base) {
        return Layouts.u8(f, base + DATA_OFFSET_OFFSET) >>> 4 << 2;
    }

    /** The eight flags. */
    public static int flags(MemorySegment f, long base) {
        return Layouts.u8(f, base + FLAGS_OFFSET);
    }

    /** Window, not scaled. */
    public static int window(MemorySegment f, long base) {
        return Layouts.u16(f, base + WINDOW_OFFSET);
    }

    /** The checksum field. */
    public static int checksum(MemorySegment f, long base) {
        return Layouts.u16(f, base + CHECKSUM_OFFSET);
    }

    /** Urgent pointer. */
    public static int urgentPointer(MemorySegment f, long base) {
        return Layouts.u16(f, base + URGENT_OFFSET);
    }

    /** Writes the source port. */
    public static void setSourcePort(MemorySegment f, long base, int port) {
        Layouts.putU16(f, base, port);
    }

    /** Writes the destination port. */
    public static void setDestinationPort(MemorySegment f, long base, int port) {
        Layouts.putU16(f, base + DESTINATION_PORT_OFFSET, port);
    }

    /** Writes the sequence number. */
    public static void setSequence(MemorySegment f, long base, long sequence) {
        Layouts.putU32(f, base + SEQUENCE_OFFSET, sequence);
    }

    /** Writes the acknowledgment number. */
    public static void setAcknowledgment(MemorySegment f, long base, long acknowledgment) {
        Layouts.putU32(f, base + ACKNOWLEDGMENT_OFFSET, acknowledgment);
    }

    /** Writes the header length, a multiple of 4 in 20..60, and clears the reserved bits. */
    public static void setHeaderBytes(MemorySegment f, long base, int headerBytes) {
        Layouts.putU8(f, base + DATA_OFFSET_OFFSET, headerBytes << 2);
    }

    /** Writes the eight flags. */
    public static void setFlags(MemorySegment f, long base, int flags) {
        Layouts.putU8(f, base + FLAGS_OFFSET, flags);
    }

    /** Writes the window. */
    public static void setWindow(MemorySegment f, long base, int window) {
        Layouts.putU16(f, base + WINDOW_OFFSET, window);
    }

    /** Writes the checksum field. */
    public static void setChecksum(MemorySegment f, long base, int checksum) {
        Layouts.putU16(f, base + CHECKSUM_OFFSET, checksum);
    }

    /** Writes the urgent pointer. */
    public static void setUrgentPointer(MemorySegment f, long base, int urgentPointer) {
        Layouts.putU16(f, base + URGENT_OFFSET, urgentPointer);
    }
}
