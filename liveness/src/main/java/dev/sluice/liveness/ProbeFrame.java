package dev.sluice.liveness;

import dev.sluice.wire.Checksum;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmp;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Probe;
import dev.sluice.wire.Udp;
import java.lang.foreign.MemorySegment;

/**
 * A whole probe frame, ready to be sent (docs/reference/probes.md): headers, UDP or echo request, {@link Probe}. Immutable but for what it writes into the
 * caller's memory.
 *
 * @param headers Ethernet, tags, IP
 * @param port UDP port of both sides, or -1 for an echo request
 */
public record ProbeFrame(IpFrame headers, int port) {
    /** Hop limit: a probe passes one node, but some firewalls frown at small ones. */
    static final int TTL = 64;

    /** Largest frame in bytes. */
    public static final int BYTES_MAX = IpFrame.HEADER_BYTES_MAX + Udp.BYTES + Probe.BYTES;

    private static final int TRANSPORT_BYTES = Udp.BYTES + Probe.BYTES;

    /** A frame with such tags (0 for none) between such addresses. */
    public static ProbeFrame of(int outerTag, int innerTag, IpAddress source, IpAddress destination, int port) {
        return new ProbeFrame(new IpFrame(outerTag, innerTag, source, destination, TTL), port);
    }

    /** Length of the frame in bytes, without FCS. */
    public int bytes() {
        return headers.headerBytes() + TRANSPORT_BYTES;
    }

    /** Where the payload of {@link Probe} begins. */
    public int payloadOffset() {
        return headers.headerBytes() + Udp.BYTES;
    }

    /** Writes all headers around a payload that is complete already, at {@link #payloadOffset}. */
    public void writeAround(MemorySegment f, long start, long destinationMac, long sourceMac, int identification) {
        Ethernet.setAddresses(f, start, destinationMac, sourceMac);
        boolean echo = port < 0;
        boolean four = headers.isIpv4();
        int protocol = !echo ? IpProtocols.UDP : four ? IpProtocols.ICMP : IpProtocols.ICMPV6;
        headers.write(f, start, protocol, TRANSPORT_BYTES, identification);
        long transport = start + headers.headerBytes();
        if (echo) {
            int type = four ? Icmp.ECHO_REQUEST : Icmpv6.ECHO_REQUEST;
            Icmp.write(f, transport, type, 0, ECHO_IDENTIFIER, identification);
            if (four) {
                Icmp.updateChecksum(f, transport, TRANSPORT_BYTES);
            } else {
                Icmp.setChecksum(
                        f, transport, headers.checksum(f, transport, protocol, TRANSPORT_BYTES, Icmp.CHECKSUM_OFFSET));
            }
            return;
        }
        Udp.setSourcePort(f, transport, port);
        Udp.setDestinationPort(f, transport, port);
        Udp.setLength(f, transport, TRANSPORT_BYTES);
        Udp.setChecksum(f, transport, 0);
        Udp.setChecksum(
                f,
                transport,
                Checksum.notZero(headers.checksum(f, transport, protocol, TRANSPORT_BYTES, Udp.CHECKSUM_OFFSET)));
    }

    /** Identifier of echo requests: "SL". */
    static final int ECHO_IDENTIFIER = 0x534c;
}
