package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * A VXLAN-GPE header with flag P as a value, for control code and tests; {@link VxlanGpe} on the hot path.
 *
 * @param oam flag O: a message between tunnel endpoints
 * @param nextProtocol what follows, 0..255
 * @param vni virtual network identifier, 24 bits
 */
public record VxlanGpeHeader(boolean oam, int nextProtocol, int vni) implements TunnelHeader {
    /** Checks the ranges of all fields. */
    public VxlanGpeHeader {
        Range.check("next protocol", nextProtocol, 8, "draft-ietf-nvo3-vxlan-gpe 3");
        Range.check("VNI", vni, 24, "draft-ietf-nvo3-vxlan-gpe 3");
    }

    /** Reads the header at {@code base}, which has passed {@link VxlanGpe#check}. */
    public static VxlanGpeHeader read(MemorySegment f, long base) {
        return new VxlanGpeHeader(VxlanGpe.isOam(f, base), VxlanGpe.nextProtocol(f, base), VxlanGpe.vni(f, base));
    }

    @Override
    public int port() {
        return VxlanGpe.PORT;
    }

    @Override
    public int payloadType() {
        return VxlanGpe.etherTypeOf(nextProtocol);
    }

    @Override
    public int headerBytes() {
        return VxlanGpe.BYTES;
    }

    @Override
    public int write(MemorySegment f, long base) {
        return VxlanGpe.write(f, base, oam, nextProtocol, vni);
    }
}
