package dev.sluice.wire;

/** The check that lets no record hold a value its field has no bits for. */
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
}
