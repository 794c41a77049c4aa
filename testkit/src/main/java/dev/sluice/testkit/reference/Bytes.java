package dev.sluice.testkit.reference;

import dev.sluice.wire.IpAddress;
import java.io.ByteArrayOutputStream;

/** Bytes in network order and the Internet checksum, byte by byte. Stateless. */
final class Bytes {
    private Bytes() {}

    static void write(ByteArrayOutputStream out, long value, int bytes) {
        for (int i = bytes - 1; i >= 0; i--) {
            out.write((int) (value >>> (8 * i)));
        }
    }

    static long read(byte[] from, int at, int bytes) {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value = (value << 8) | (from[at + i] & 0xff);
        }
        return value;
    }

    /** 4 bytes or 16. */
    static byte[] of(IpAddress address) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (address.isIpv4()) {
            write(out, address.ipv4Bits(), 4);
        } else {
            write(out, address.hi(), 8);
            write(out, address.lo(), 8);
        }
        return out.toByteArray();
    }

    static IpAddress address4(byte[] from, int at) {
        return IpAddress.ofIpv4((int) read(from, at, 4));
    }

    static IpAddress address6(byte[] from, int at) {
        return new IpAddress(read(from, at, 8), read(from, at + 8, 8));
    }

    /** One's complement sum of 16-bit words, folded (RFC 1071). */
    static int sum(byte[] from, int at, int bytes, long initial) {
        long sum = initial;
        for (int i = 0; i < bytes; i++) {
            sum += (long) (from[at + i] & 0xff) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum > 0xffff) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) sum;
    }

    /** Sum of the pseudo-header of ICMPv6. */
    static long pseudoSum6(IpAddress source, IpAddress destination, int bytes) {
        return sum(of(source), 0, 16, sum(of(destination), 0, 16, 58L + bytes));
    }
}
