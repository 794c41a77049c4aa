package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * An IPv4 header without options as a value, for control code and tests; {@link Ipv4} on the hot path.
 *
 * @param tos DSCP and ECN, 0..255
 * @param totalLength bytes of header and payload, 20..65535
 * @param identification number that fragments share, 0..65535
 * @param flags reserved 4, don't fragment 2, more fragments 1
 * @param fragmentOffset in bytes, a multiple of 8 up to 65528
 * @param ttl time to live, 0..255
 * @param protocol see {@link IpProtocols}
 * @param source an IPv4 address
 * @param destination an IPv4 address
 */
public record Ipv4Header(
        int tos,
        int totalLength,
        int identification,
        int flags,
        int fragmentOffset,
        int ttl,
        int protocol,
        IpAddress source,
        IpAddress destination) {

    /** Checks the ranges of all fields. */
    public Ipv4Header {
        Range.check("type of service", tos, 8, "RFC 791 3.1");
        Range.check("total length", totalLength, 16, "RFC 791 3.1");
        Range.check("identification", identification, 16, "RFC 791 3.1");
        Range.check("flags", flags, 3, "RFC 791 3.1");
        Range.check("fragment offset in bytes", fragmentOffset, 16, "RFC 791 3.1");
        Range.check("time to live", ttl, 8, "RFC 791 3.1");
        Range.check("protocol", protocol, 8, "RFC 791 3.1");
        if (totalLength < Ipv4.BYTES) {
            throw new IllegalArgumentException("total length " + totalLength + " is outside 20..65535 (RFC 791 3.1)");
        }
        if ((fragmentOffset & 7) != 0) {
            throw new IllegalArgumentException(
                    "fragment offset " + fragmentOffset + " is no multiple of 8 (RFC 791 3.1)");
        }
        if (!source.isIpv4() || !destination.isIpv4()) {
            throw new IllegalArgumentException(
                    "addresses " + source + " and " + destination + " are not both IPv4; use Ipv6Header");
        }
    }

    /** Reads the header at {@code base}, which has passed {@link Ipv4#check}; options are left out. */
    public static Ipv4Header read(MemorySegment f, long base) {
        return new Ipv4Header(
                Ipv4.tos(f, base),
                Ipv4.totalLength(f, base),
                Ipv4.identification(f, base),
                Ipv4.flags(f, base),
                Ipv4.fragmentOffset(f, base),
                Ipv4.ttl(f, base),
                Ipv4.protocol(f, base),
                IpAddress.ofIpv4(Ipv4.source(f, base)),
                IpAddress.ofIpv4(Ipv4.destination(f, base)));
    }

    /** Writes the header with its checksum; returns its length in bytes. */
    public int write(MemorySegment f, long base) {
        Ipv4.setVersionAndHeaderBytes(f, base, Ipv4.BYTES);
        Ipv4.setTos(f, base, tos);
        Ipv4.setTotalLength(f, base, totalLength);
        Ipv4.setIdentification(f, base, identification);
        Ipv4.setFragment(f, base, flags, fragmentOffset);
        Ipv4.setTtl(f, base, ttl);
        Ipv4.setProtocol(f, base, protocol);
        Ipv4.setSource(f, base, source.ipv4Bits());
        Ipv4.setDestination(f, base, destination.ipv4Bits());
        Ipv4.updateChecksum(f, base);
        return Ipv4.BYTES;
    }
}
