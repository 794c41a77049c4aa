package dev.sluice.testkit;

/** Checksums of frames in tests, by the textbook and not by the code under test (RFC 1071). */
final class Sums {
    private Sums() {}

    /** Writes the header checksum of an IPv4 header without options. */
    static void fixIpv4(byte[] frame, int ip) {
        frame[ip + 10] = 0;
        frame[ip + 11] = 0;
        int sum = 0xffff & ~fold(sum(frame, ip, 20));
        frame[ip + 10] = (byte) (sum >>> 8);
        frame[ip + 11] = (byte) sum;
    }

    /** Whether the TCP checksum of an untagged IPv4 frame without options holds. */
    static boolean tcpHolds(byte[] frame) {
        int bytes = frame.length - 34;
        return fold(sum(frame, 26, 8) + 6 + bytes + sum(frame, 34, bytes)) == 0xffff;
    }

    /** Writes the checksum of an ICMPv6 message behind an IPv6 header without extensions. */
    static void fixIcmpv6(byte[] frame, int ip) {
        frame[ip + 42] = 0;
        frame[ip + 43] = 0;
        int bytes = frame.length - ip - 40;
        int sum = 0xffff & ~fold(sum(frame, ip + 8, 32) + 58 + bytes + sum(frame, ip + 40, bytes));
        frame[ip + 42] = (byte) (sum >>> 8);
        frame[ip + 43] = (byte) sum;
    }

    private static long sum(byte[] bytes, int from, int count) {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += (long) (bytes[from + i] & 0xff) << (i % 2 == 0 ? 8 : 0);
        }
        return sum;
    }

    private static int fold(long sum) {
        long folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xffff) + (folded >>> 16);
        }
        return (int) folded;
    }
}
