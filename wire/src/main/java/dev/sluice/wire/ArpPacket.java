package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * An ARP packet for IPv4 over Ethernet as a value, for control code and tests; {@link Arp} on the hot path.
 *
 * @param operation {@link Arp#REQUEST}, {@link Arp#REPLY} or another number of 16 bits
 * @param senderMac MAC address of the sender
 * @param senderIp IPv4 address of the sender
 * @param targetMac MAC address of the target
 * @param targetIp IPv4 address of the target
 */
public record ArpPacket(
        int operation, MacAddress senderMac, IpAddress senderIp, MacAddress targetMac, IpAddress targetIp) {

    /** Checks the ranges of all fields. */
    public ArpPacket {
        Range.check("operation", operation, 16, "RFC 826");
        if (!senderIp.isIpv4() || !targetIp.isIpv4()) {
            throw new IllegalArgumentException(
                    "addresses " + senderIp + " and " + targetIp + " are not both IPv4; IPv6 uses neighbour discovery");
        }
    }

    /** Reads the packet at {@code base}, which has passed {@link Arp#check}. */
    public static ArpPacket read(MemorySegment f, long base) {
        return new ArpPacket(
                Arp.operation(f, base),
                new MacAddress(Arp.senderMac(f, base)),
                IpAddress.ofIpv4(Arp.senderIp(f, base)),
                new MacAddress(Arp.targetMac(f, base)),
                IpAddress.ofIpv4(Arp.targetIp(f, base)));
    }

    /** Writes the packet; returns its length in bytes. */
    public int write(MemorySegment f, long base) {
        Arp.write(f, base, operation, senderMac.bits(), senderIp.ipv4Bits(), targetMac.bits(), targetIp.ipv4Bits());
        return Arp.BYTES;
    }
}
