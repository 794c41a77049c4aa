package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * A UDP header as a value, for control code and tests; {@link Udp} on the hot path.
 *
 * @param sourcePort 0..65535
 * @param destinationPort 0..65535
 * @param length bytes of header and payload, 8..65535
 * @param checksum the field as it is on the wire, 0 for none
 */
public record UdpHeader(int sourcePort, int destinationPort, int length, int checksum) {
    /** Checks the ranges of all fields. */
    public UdpHeader {
        Range.check("source port", sourcePort, 16, "RFC 768");
        Range.check("destination port", destinationPort, 16, "RFC 768");
        Range.check("length", length, 16, "RFC 768");
        Range.check("checksum", checksum, 16, "RFC 768");
        if (length < Udp.BYTES) {
            throw new IllegalArgumentException("length " + length + " is outside 8..65535 (RFC 768)");
        }
    }

    /** Reads the header at {@code base}, which has passed {@link Udp#check}. */
    public static UdpHeader read(MemorySegment f, long base) {
        return new UdpHeader(
                Udp.sourcePort(f, base), Udp.destinationPort(f, base), Udp.length(f, base), Udp.checksum(f, base));
    }

    /** Writes the header; returns its length in bytes. */
    public int write(MemorySegment f, long base) {
        Udp.setSourcePort(f, base, sourcePort);
        Udp.setDestinationPort(f, base, destinationPort);
        Udp.setLength(f, base, length);
        Udp.setChecksum(f, base, checksum);
        return Udp.BYTES;
    }
}
