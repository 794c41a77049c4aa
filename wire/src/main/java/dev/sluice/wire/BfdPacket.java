package dev.sluice.wire;

import java.lang.foreign.MemorySegment;

/**
 * The mandatory section of a BFD control packet as a value, for control code and tests; {@link Bfd} where packets are many.
 *
 * @param diagnostic 0..31
 * @param state 0..3, {@link Bfd#ADMIN_DOWN} to {@link Bfd#UP}
 * @param flags 0..63, of {@link Bfd#POLL} and so on
 * @param multiplier 0..255
 * @param length of the whole packet in bytes, 0..255
 * @param myDiscriminator all 32 bits
 * @param yourDiscriminator all 32 bits
 * @param desiredMinTxUs 0..2^32-1
 * @param requiredMinRxUs 0..2^32-1
 * @param requiredMinEchoRxUs 0..2^32-1
 */
public record BfdPacket(
        int diagnostic,
        int state,
        int flags,
        int multiplier,
        int length,
        int myDiscriminator,
        int yourDiscriminator,
        long desiredMinTxUs,
        long requiredMinRxUs,
        long requiredMinEchoRxUs) {
    /** Checks the ranges of all fields; whether the values make sense is for {@link Bfd#check}. */
    public BfdPacket {
        Range.check("diagnostic", diagnostic, 5, "RFC 5880 4.1");
        Range.check("state", state, 2, "RFC 5880 4.1");
        Range.check("flags", flags, 6, "RFC 5880 4.1");
        Range.check("detect mult", multiplier, 8, "RFC 5880 4.1");
        Range.check("length", length, 8, "RFC 5880 4.1");
        Range.check("desired min TX interval", desiredMinTxUs, 32, "RFC 5880 4.1");
        Range.check("required min RX interval", requiredMinRxUs, 32, "RFC 5880 4.1");
        Range.check("required min echo RX interval", requiredMinEchoRxUs, 32, "RFC 5880 4.1");
    }

    /** Reads the packet at {@code base}; at least {@link Bfd#BYTES} have to be there. */
    public static BfdPacket read(MemorySegment f, long base) {
        return new BfdPacket(
                Bfd.diagnostic(f, base),
                Bfd.state(f, base),
                Bfd.flags(f, base),
                Bfd.multiplier(f, base),
                Bfd.length(f, base),
                Bfd.myDiscriminator(f, base),
                Bfd.yourDiscriminator(f, base),
                Bfd.desiredMinTxUs(f, base),
                Bfd.requiredMinRxUs(f, base),
                Bfd.requiredMinEchoRxUs(f, base));
    }

    /** Writes the mandatory section; returns its length in bytes. */
    public int write(MemorySegment f, long base) {
        Bfd.setHeader(f, base, diagnostic, state, flags, multiplier, length);
        Bfd.setDiscriminators(f, base, myDiscriminator, yourDiscriminator);
        Bfd.setIntervals(f, base, desiredMinTxUs, requiredMinRxUs, requiredMinEchoRxUs);
        return Bfd.BYTES;
    }
}
