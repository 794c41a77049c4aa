package dev.sluice.datapath.snapshot;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;

/**
 * An address of a port with the length of its subnet's prefix.
 *
 * @param address own address
 * @param bits prefix length as written, 0..32 or 0..128
 */
public record PortAddress(IpAddress address, int bits) {
    /** Checks the length. */
    public PortAddress {
        int most = address.isIpv4() ? 32 : 128;
        if (bits < 0 || bits > most) {
            throw new IllegalArgumentException(
                    "address " + address + " has prefix length " + bits + ", outside 0.." + most);
        }
    }

    /** The subnet. */
    public IpPrefix subnet() {
        return IpPrefix.around(address, bits);
    }
}
