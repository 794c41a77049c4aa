package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * A VXLAN header as a value, for control code and tests; {@link Vxlan} on the hot path.
 *
 * @param vni virtual network identifier, 24 bits
 */
public record VxlanHeader(int vni) implements TunnelHeader {
    /** Checks the range of the identifier. */
    public VxlanHeader {
        Range.check("VNI", vni, 24, "RFC 7348 5");
    }

    /** Reads the header at {@code base}, which has passed {@link Vxlan#check}. */
    public static VxlanHeader read(MemorySegment f, long base) {
        return new VxlanHeader(Vxlan.vni(f, base));
    }

    @Override
    public int port() {
        return Vxlan.PORT;
    }

    @Override
    public int payloadType() {
        return EtherTypes.TEB;
    }

    @Override
    public int headerBytes() {
        return Vxlan.BYTES;
    }

    @Override
    public int write(MemorySegment f, long base) {
        return Vxlan.write(f, base, vni);
    }
}
