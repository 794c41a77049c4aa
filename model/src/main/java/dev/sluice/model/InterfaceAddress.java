package dev.sluice.model;

import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpPrefix;
import java.util.Optional;

/**
 * An own address together with the block it is connected to; unlike {@link IpPrefix} it has host bits.
 *
 * @param address the own address
 * @param bits prefix length as written: 0..32 for IPv4, 0..128 for IPv6
 */
public record InterfaceAddress(IpAddress address, int bits) {
    /** Checks the length and that a host may own the address. */
    public InterfaceAddress {
        Checks.requireRange("prefix length", bits, 0, address.isIpv4() ? 32 : 128);
        Checks.require(isHost(address, bits), address + "/" + bits + " is not an address of one host");
    }

    /** Reads {@code address/length}; empty if malformed or not an address of one host. */
    public static Optional<InterfaceAddress> parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return Optional.empty();
        }
        Optional<IpAddress> address = IpAddress.parse(text.substring(0, slash));
        String digits = text.substring(slash + 1);
        if (address.isEmpty()
                || digits.isEmpty()
                || digits.length() > 3
                || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return Optional.empty();
        }
        int bits = Integer.parseInt(digits);
        if (bits > (address.get().isIpv4() ? 32 : 128) || !isHost(address.get(), bits)) {
            return Optional.empty();
        }
        return Optional.of(new InterfaceAddress(address.get(), bits));
    }

    /** Not a group, not unspecified, and in IPv4 neither the first nor the last address of a block of four or more. */
    private static boolean isHost(IpAddress address, int bits) {
        if (address.isMulticast() || address.equals(IpAddress.ANY_V4) || address.equals(IpAddress.ANY_V6)) {
            return false;
        }
        if (!address.isIpv4() || bits > 30) {
            return true;
        }
        int hostMask = (int) (0xffff_ffffL >>> bits);
        int host = address.ipv4Bits() & hostMask;
        return host != 0 && host != hostMask;
    }

    /** The connected block. */
    public IpPrefix prefix() {
        return IpPrefix.around(address, bits);
    }

    @Override
    public String toString() {
        return address + "/" + bits;
    }
}
