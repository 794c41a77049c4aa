package dev.sluice.wire;

import java.util.Optional;

/**
 * An address block. Bits beyond the length are zero: a value with host bits set can't be built.
 *
 * @param address the first address
 * @param bits prefix length as written: 0..32 for IPv4, 0..128 for IPv6
 */
public record IpPrefix(IpAddress address, int bits) {
    /** Checks the length and that no host bits are set. */
    public IpPrefix {
        int most = address.isIpv4() ? 32 : 128;
        if (bits < 0 || bits > most) {
            throw new IllegalArgumentException("prefix length " + bits + " is outside 0.." + most);
        }
        int mapped = address.isIpv4() ? bits + 96 : bits;
        if ((address.hi() & ~maskHi(mapped)) != 0 || (address.lo() & ~maskLo(mapped)) != 0) {
            throw new IllegalArgumentException(address + "/" + bits + " has host bits set");
        }
    }

    /** The block of the given length around an address. */
    public static IpPrefix around(IpAddress address, int bits) {
        int mapped = address.isIpv4() ? bits + 96 : bits;
        return new IpPrefix(new IpAddress(address.hi() & maskHi(mapped), address.lo() & maskLo(mapped)), bits);
    }

    /** Reads {@code address/length}, or a bare address as the block of that one address; empty if malformed or with host bits set. */
    public static Optional<IpPrefix> parse(String text) {
        int slash = text.indexOf('/');
        Optional<IpAddress> address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        if (address.isEmpty()) {
            return Optional.empty();
        }
        int most = address.get().isIpv4() ? 32 : 128;
        int bits = slash < 0 ? most : length(text.substring(slash + 1));
        if (bits < 0 || bits > most || !around(address.get(), bits).address.equals(address.get())) {
            return Optional.empty();
        }
        return Optional.of(new IpPrefix(address.get(), bits));
    }

    private static int length(String text) {
        if (text.isEmpty() || text.length() > 3 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        return Integer.parseInt(text);
    }

    /** Prefix length in the 128-bit space that both families share (an IPv4 /24 is 120). */
    public int mappedBits() {
        return address.isIpv4() ? bits + 96 : bits;
    }

    /** Whether the address lies in this block. An IPv4 block holds IPv4 addresses only, and ::/0 holds IPv6 addresses only. */
    public boolean contains(IpAddress other) {
        return other.isIpv4() == address.isIpv4()
                && (other.hi() & maskHi(mappedBits())) == address.hi()
                && (other.lo() & maskLo(mappedBits())) == address.lo();
    }

    /** Mask of the upper 64 bits for a length in the 128-bit space. */
    public static long maskHi(int mappedBits) {
        return mappedBits >= 64 ? -1L : mappedBits <= 0 ? 0L : -1L << (64 - mappedBits);
    }

    /** Mask of the lower 64 bits for a length in the 128-bit space. */
    public static long maskLo(int mappedBits) {
        return mappedBits >= 128 ? -1L : mappedBits <= 64 ? 0L : -1L << (128 - mappedBits);
    }

    @Override
    public String toString() {
        return address + "/" + bits;
    }
}
