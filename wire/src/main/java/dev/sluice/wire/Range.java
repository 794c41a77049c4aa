package dev.sluice.wire;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/** The checks that let no record hold a value its field has no bits for, and bytes of records as hexadecimal digits. */
final class Range {
    private Range() {}

    static void check(String field, long value, int bits, String source) {
        if (value >>> bits != 0) {
            throw new IllegalArgumentException(field + " " + value + " is outside 0.." + ((1L << bits) - 1) + " ("
                    + bits + " bits, " + source + ")");
        }
    }

    /** A header length with options: IPv4 and TCP count it in words of 4 bytes. */
    static void checkHeaderBytes(String field, int bytes, String source) {
        if (bytes < 20 || bytes > 60 || (bytes & 3) != 0) {
            throw new IllegalArgumentException(
                    field + " " + bytes + " is not a multiple of 4 in 20..60 (" + source + ")");
        }
    }

    /** How many bytes a text of hexadecimal digits stands for. */
    static int hexBytes(String field, String digits) {
        if ((digits.length() & 1) != 0 || !digits.chars().allMatch(Range::isHexDigit)) {
            throw new IllegalArgumentException(
                    field + " \"" + digits + "\" is not an even number of hexadecimal digits in lower case");
        }
        return digits.length() / 2;
    }

    private static boolean isHexDigit(int c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }

    /** Some bytes as hexadecimal digits. */
    static String hex(MemorySegment f, long offset, int bytes) {
        return HexFormat.of().formatHex(f.asSlice(offset, bytes).toArray(Layouts.U8));
    }
}
