package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * An Ethernet header as a value, for control code and tests; {@link Ethernet} on the hot path.
 *
 * @param destination destination address
 * @param source source address
 * @param etherType type of what follows, 0..65535
 */
public record EthernetHeader(MacAddress destination, MacAddress source, int etherType) implements OverlayHeader {
    /** Checks the range of the type. */
    public EthernetHeader {
        Range.check("EtherType", etherType, 16, "IEEE 802.3 3.2.6");
    }

    /** Reads the header at {@code base}, which has passed {@link Ethernet#check}. */
    public static EthernetHeader read(MemorySegment f, long base) {
        return new EthernetHeader(
                new MacAddress(Ethernet.destination(f, base)),
                new MacAddress(Ethernet.source(f, base)),
                Ethernet.etherType(f, base));
    }

    @Override
    public int ownType() {
        return EtherTypes.TEB;
    }

    @Override
    public int payloadType() {
        return etherType;
    }

    @Override
    public int headerBytes() {
        return Ethernet.BYTES;
    }

    @Override
    public int write(MemorySegment f, long base) {
        Ethernet.setAddresses(f, base, destination.bits(), source.bits());
        Ethernet.setEtherType(f, base, etherType);
        return Ethernet.BYTES;
    }
}
