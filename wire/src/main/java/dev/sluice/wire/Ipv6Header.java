package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * An IPv6 header as a value, for control code and tests; {@link Ipv6} on the hot path.
 *
 * @param trafficClass DSCP and ECN, 0..255
 * @param flowLabel 20 bits
 * @param payloadLength bytes that follow, 0..65535
 * @param nextHeader see {@link IpProtocols}
 * @param hopLimit 0..255
 * @param source source address
 * @param destination destination address
 */
public record Ipv6Header(
        int trafficClass,
        int flowLabel,
        int payloadLength,
        int nextHeader,
        int hopLimit,
        IpAddress source,
        IpAddress destination) {

    /** Checks the ranges of all fields. */
    public Ipv6Header {
        Range.check("traffic class", trafficClass, 8, "RFC 8200 3");
        Range.check("flow label", flowLabel, 20, "RFC 8200 3");
        Range.check("payload length", payloadLength, 16, "RFC 8200 3");
        Range.check("next header", nextHeader, 8, "RFC 8200 3");
        Range.check("hop limit", hopLimit, 8, "RFC 8200 3");
    }

    /** Reads the header at {@code base}, which has passed {@link Ipv6#check}. */
    public static Ipv6Header read(MemorySegment f, long base) {
        return new Ipv6Header(
                Ipv6.trafficClass(f, base),
                Ipv6.flowLabel(f, base),
                Ipv6.payloadLength(f, base),
                Ipv6.nextHeader(f, base),
                Ipv6.hopLimit(f, base),
                new IpAddress(Ipv6.sourceHi(f, base), Ipv6.sourceLo(f, base)),
                new IpAddress(Ipv6.destinationHi(f, base), Ipv6.destinationLo(f, base)));
    }

    /** Writes the header; returns its length in bytes. */
    public int write(MemorySegment f, long base) {
        Ipv6.setVersionClassLabel(f, base, trafficClass, flowLabel);
        Ipv6.setPayloadLength(f, base, payloadLength);
        Ipv6.setNextHeader(f, base, nextHeader);
        Ipv6.setHopLimit(f, base, hopLimit);
        Ipv6.setSource(f, base, source.hi(), source.lo());
        Ipv6.setDestination(f, base, destination.hi(), destination.lo());
        return Ipv6.BYTES;
    }
}
