package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * A TCP header without the content of its options as a value, for control code and tests; {@link Tcp} on the hot path.
 *
 * @param sourcePort 0..65535
 * @param destinationPort 0..65535
 * @param sequence 0..2^32-1
 * @param acknowledgment 0..2^32-1
 * @param headerBytes with options, a multiple of 4 in 20..60
 * @param flags of {@link Tcp#FIN} and so on, 0..255
 * @param window not scaled, 0..65535
 * @param checksum the field as it is on the wire, 0..65535
 * @param urgentPointer 0..65535
 */
public record TcpHeader(
        int sourcePort,
        int destinationPort,
        long sequence,
        long acknowledgment,
        int headerBytes,
        int flags,
        int window,
        int checksum,
        int urgentPointer) {

    /** Checks the ranges of all fields. */
    public TcpHeader {
        Range.check("source port", sourcePort, 16, "RFC 9293 3.1");
        Range.check("destination port", destinationPort, 16, "RFC 9293 3.1");
        Range.check("sequence number", sequence, 32, "RFC 9293 3.1");
        Range.check("acknowledgment number", acknowledgment, 32, "RFC 9293 3.1");
        Range.checkHeaderBytes("header length", headerBytes, "RFC 9293 3.1");
        Range.check("flags", flags, 8, "RFC 9293 3.1");
        Range.check("window", window, 16, "RFC 9293 3.1");
        Range.check("checksum", checksum, 16, "RFC 9293 3.1");
        Range.check("urgent pointer", urgentPointer, 16, "RFC 9293 3.1");
    }

    /** Reads the header at {@code base}, which has passed {@link Tcp#check}. */
    public static TcpHeader read(MemorySegment f, long base) {
        return new TcpHeader(
                Tcp.sourcePort(f, base),
                Tcp.destinationPort(f, base),
                Tcp.sequence(f, base),
                Tcp.acknowledgment(f, base),
                Tcp.headerBytes(f, base),
                Tcp.flags(f, base),
                Tcp.window(f, base),
                Tcp.checksum(f, base),
                Tcp.urgentPointer(f, base));
    }

    /** Writes the first 20 bytes and leaves options as they are; returns the header length in bytes. */
    public int write(MemorySegment f, long base) {
        Tcp.setSourcePort(f, base, sourcePort);
        Tcp.setDestinationPort(f, base, destinationPort);
        Tcp.setSequence(f, base, sequence);
        Tcp.setAcknowledgment(f, base, acknowledgment);
        Tcp.setHeaderBytes(f, base, headerBytes);
        Tcp.setFlags(f, base, flags);
        Tcp.setWindow(f, base, window);
        Tcp.setChecksum(f, base, checksum);
        Tcp.setUrgentPointer(f, base, urgentPointer);
        return headerBytes;
    }
}
