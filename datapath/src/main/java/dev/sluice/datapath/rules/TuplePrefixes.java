package dev.sluice.datapath.rules;

import dev.sluice.wire.IpPrefix;

/** The IPv6 prefixes of a {@link TupleEntry}, flattened. Immutable. */
final class TuplePrefixes {
    final long sourceHi;
    final long sourceLo;
    final long destinationHi;
    final long destinationLo;
    private final long sourceMaskHi;
    private final long sourceMaskLo;
    private final long destinationMaskHi;
    private final long destinationMaskLo;

    TuplePrefixes(IpPrefix source, IpPrefix destination) {
        this.sourceHi = source.address().hi();
        this.sourceLo = source.address().lo();
        this.destinationHi = destination.address().hi();
        this.destinationLo = destination.address().lo();
        this.sourceMaskHi = IpPrefix.maskHi(source.mappedBits());
        this.sourceMaskLo = IpPrefix.maskLo(source.mappedBits());
        this.destinationMaskHi = IpPrefix.maskHi(destination.mappedBits());
        this.destinationMaskLo = IpPrefix.maskLo(destination.mappedBits());
    }

    /** Whether both addresses of the packet lie in their prefixes. Hot path. */
    boolean hold(PacketFields p) {
        return (p.sourceLo & sourceMaskLo) == sourceLo
                && (p.destinationLo & destinationMaskLo) == destinationLo
                && (p.sourceHi & sourceMaskHi) == sourceHi
                && (p.destinationHi & destinationMaskHi) == destinationHi;
    }
}
