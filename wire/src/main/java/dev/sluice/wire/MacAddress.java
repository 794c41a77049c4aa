package dev.sluice.wire;

import java.util.Locale;
import java.util.Optional;

/**
 * An IEEE 802 MAC address.
 *
 * @param bits the 48 bits, first octet highest
 */
public record MacAddress(long bits) {
    /** ff:ff:ff:ff:ff:ff. */
    public static final long BROADCAST = 0xffff_ffff_ffffL;

    /** The bit of the first octet that marks a group address. */
    public static final long GROUP_BIT = 0x0100_0000_0000L;

    /** Checks that the value has 48 bits. */
    public MacAddress {
        if (bits >>> 48 != 0) {
            throw new IllegalArgumentException("MAC address 0x" + Long.toHexString(bits) + " has more than 48 bits");
        }
    }

    /** Reads {@code aa:bb:cc:dd:ee:ff}; empty if malformed. */
    public static Optional<MacAddress> parse(String text) {
        if (text.length() != 17) {
            return Optional.empty();
        }
        long bits = 0;
        for (int i = 0; i < 17; i++) {
            char c = text.charAt(i);
            if (i % 3 == 2) {
                if (c != ':') {
                    return Optional.empty();
                }
            } else {
                int digit = c < 128 ? Character.digit(c, 16) : -1;
                if (digit < 0) {
                    return Optional.empty();
                }
                bits = bits << 4 | digit;
            }
        }
        return Optional.of(new MacAddress(bits));
    }

    /** Whether this is a multicast or the broadcast address. */
    public boolean isGroup() {
        return (bits & GROUP_BIT) != 0;
    }

    @Override
    public String toString() {
        String hex = String.format(Locale.ROOT, "%012x", bits);
        StringBuilder text = new StringBuilder(17);
        for (int i = 0; i < 12; i += 2) {
            text.append(i == 0 ? "" : ":").append(hex, i, i + 2);
        }
        return text.toString();
    }
}
