package dev.sluice.wire;

import java.util.Optional;

/**
 * An IPv4 or IPv6 address as 128 bits in network order; IPv4 is held in its IPv4-mapped form (::ffff:a.b.c.d, RFC 4291 2.5.5.2),
 * so that both families share every key, table and comparison.
 *
 * @param hi the upper 64 bits
 * @param lo the lower 64 bits
 */
public record IpAddress(long hi, long lo) implements Comparable<IpAddress> {
    /** Upper half of {@link #lo()} that marks an IPv4 address. */
    public static final long IPV4_MAPPED = 0x0000_ffff_0000_0000L;

    /** The address 0.0.0.0. */
    public static final IpAddress ANY_V4 = ofIpv4(0);

    /** The address ::. */
    public static final IpAddress ANY_V6 = new IpAddress(0, 0);

    /** An IPv4 address from its 32 bits, first octet highest. */
    public static IpAddress ofIpv4(int bits) {
        return new IpAddress(0, IPV4_MAPPED | (bits & 0xffff_ffffL));
    }

    /** Reads the textual form: dotted quad or RFC 4291 2.2; empty if it is neither. Never resolves names. */
    public static Optional<IpAddress> parse(String text) {
        return text.indexOf(':') >= 0 ? parseIpv6(text) : parseIpv4(text);
    }

    private static Optional<IpAddress> parseIpv4(String text) {
        String[] octets = text.split("\\.", -1);
        if (octets.length != 4) {
            return Optional.empty();
        }
        int bits = 0;
        for (String octet : octets) {
            int value = digits(octet, 10, 3);
            if (value < 0 || value > 255 || (octet.length() > 1 && octet.charAt(0) == '0')) {
                return Optional.empty();
            }
            bits = bits << 8 | value;
        }
        return Optional.of(ofIpv4(bits));
    }

    private static Optional<IpAddress> parseIpv6(String text) {
        String[] groups = new String[8];
        int gap = text.indexOf("::");
        if (gap != text.lastIndexOf("::")) {
            return Optional.empty();
        }
        int count;
        if (gap < 0) {
            String[] all = text.split(":", -1);
            count = expand(all, groups, 0);
            if (count != 8) {
                return Optional.empty();
            }
        } else {
            String left = text.substring(0, gap);
            String right = text.substring(gap + 2);
            String[] tail = new String[8];
            int leftCount = left.isEmpty() ? 0 : left.indexOf('.') >= 0 ? -1 : expand(left.split(":", -1), groups, 0);
            int rightCount = right.isEmpty() ? 0 : expand(right.split(":", -1), tail, 0);
            if (leftCount < 0 || rightCount < 0 || leftCount + rightCount > 7) {
                return Optional.empty();
            }
            for (int i = leftCount; i < 8; i++) {
                int fromTail = i - (8 - rightCount);
                groups[i] = fromTail < 0 ? "0" : tail[fromTail];
            }
        }
        long hi = 0;
        long lo = 0;
        for (int i = 0; i < 8; i++) {
            int value = digits(groups[i], 16, 4);
            if (value < 0) {
                return Optional.empty();
            }
            if (i < 4) {
                hi = hi << 16 | value;
            } else {
                lo = lo << 16 | value;
            }
        }
        return Optional.of(new IpAddress(hi, lo));
    }

    /** Copies groups, turning a dotted quad at the end into two of them; the number of groups, -1 if they are too many or wrong. */
    private static int expand(String[] from, String[] to, int start) {
        int n = start;
        for (int i = 0; i < from.length; i++) {
            if (from[i].indexOf('.') >= 0) {
                Optional<IpAddress> quad = i == from.length - 1 ? parseIpv4(from[i]) : Optional.empty();
                if (quad.isEmpty() || n + 2 > 8) {
                    return -1;
                }
                to[n++] = Long.toHexString(quad.get().lo >>> 16 & 0xffff);
                to[n++] = Long.toHexString(quad.get().lo & 0xffff);
            } else {
                if (n >= 8) {
                    return -1;
                }
                to[n++] = from[i];
            }
        }
        return n;
    }

    private static int digits(String text, int radix, int longest) {
        if (text.isEmpty() || text.length() > longest) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            int digit = c < 128 ? Character.digit(c, radix) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value * radix + digit;
        }
        return value;
    }

    /** Whether this is an IPv4 address. */
    public boolean isIpv4() {
        return hi == 0 && lo >>> 32 == IPV4_MAPPED >>> 32;
    }

    /** Whether this is a group address (224.0.0.0/4, ff00::/8). */
    public boolean isMulticast() {
        return isIpv4() ? (lo & 0xf000_0000L) == 0xe000_0000L : hi >>> 56 == 0xff;
    }

    /** The 32 bits of an IPv4 address. */
    public int ipv4Bits() {
        return (int) lo;
    }

    @Override
    public int compareTo(IpAddress other) {
        int upper = Long.compareUnsigned(hi, other.hi);
        return upper != 0 ? upper : Long.compareUnsigned(lo, other.lo);
    }

    /** The dotted quad, or the canonical text of RFC 5952. */
    @Override
    public String toString() {
        if (isIpv4()) {
            return (lo >>> 24 & 0xff) + "." + (lo >>> 16 & 0xff) + "." + (lo >>> 8 & 0xff) + "." + (lo & 0xff);
        }
        int bestStart = -1;
        int bestCount = 1;
        for (int i = 0; i < 8; i++) {
            int j = i;
            while (j < 8 && group(j) == 0) {
                j++;
            }
            if (j - i > bestCount) {
                bestStart = i;
                bestCount = j - i;
            }
            i = Math.max(i, j - 1);
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                text.append("::");
                i += bestCount - 1;
            } else {
                if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
                    text.append(':');
                }
                text.append(Integer.toHexString(group(i)));
            }
        }
        return text.toString();
    }

    private int group(int index) {
        return (int) ((index < 4 ? hi : lo) >>> (48 - 16 * (index & 3))) & 0xffff;
    }
}
