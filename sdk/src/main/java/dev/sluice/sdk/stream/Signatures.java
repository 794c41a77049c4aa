package dev.sluice.sdk.stream;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * Byte sequences to be found, all in one pass: one table look-up per byte however many there are (Aho-Corasick). Immutable.
 *
 * <p>A search has a state, a number that stands for everything seen so far that could still become a signature; it begins with {@link #START}, and a search may stop and
 * go on with the next piece. Memory: 1 KiB per byte of all signatures.
 */
public final class Signatures {
    /** State before the first byte. */
    public static final int START = 0;

    /** Most bytes of all signatures together. */
    public static final int BYTES_MAX = 65_536;

    private static final int SYMBOLS = 256;

    private final List<byte[]> signatures;
    private final int longestBytes;
    private final int[] next;

    private Signatures(List<byte[]> signatures) {
        this.signatures = signatures;
        longestBytes = signatures.stream().mapToInt(one -> one.length).max().orElse(0);
        next = compile(signatures);
    }

    /**
     * Compiles signatures; the first one given has number 0.
     *
     * @throws IllegalArgumentException if there is none, one is empty, or all together have more than {@link #BYTES_MAX} bytes
     */
    public static Signatures of(List<byte[]> signatures) {
        long bytes = signatures.stream().mapToLong(one -> one.length).sum();
        if (signatures.isEmpty() || bytes > BYTES_MAX) {
            throw new IllegalArgumentException(
                    signatures.size() + " signatures of " + bytes + " bytes; allowed are 1.." + BYTES_MAX + " bytes");
        }
        for (int i = 0; i < signatures.size(); i++) {
            if (signatures.get(i).length == 0) {
                throw new IllegalArgumentException("signature " + i + " is empty and would match everything");
            }
        }
        return new Signatures(signatures.stream().map(byte[]::clone).toList());
    }

    /** The bytes of a text in UTF-8. */
    public static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Bytes from hexadecimal digits, with or without spaces.
     *
     * @throws IllegalArgumentException if they are something else
     */
    public static byte[] hex(String digits) {
        try {
            return HexFormat.of().parseHex(digits.replace(" ", ""));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "signature '" + digits + "' is not an even number of hexadecimal digits", e);
        }
    }

    private static int[] compile(List<byte[]> signatures) {
        int statesMax = 1 + signatures.stream().mapToInt(one -> one.length).sum();
        int[] table = new int[statesMax * SYMBOLS];
        int[] found = new int[statesMax];
        Arrays.fill(found, -1);
        int states = 1;
        for (int i = 0; i < signatures.size(); i++) {
            int at = START;
            for (byte one : signatures.get(i)) {
                int edge = at * SYMBOLS + (one & 0xff);
                if (table[edge] == 0) {
                    table[edge] = states++;
                }
                at = table[edge];
            }
            found[at] = found[at] < 0 ? i : found[at];
        }
        return closed(Arrays.copyOf(table, states * SYMBOLS), found);
    }

    /** Adds the edges that lead back to shorter beginnings, level by level; an edge to a state that has found something is the complement of what it has found. */
    private static int[] closed(int[] table, int[] found) {
        int[] shorter = new int[table.length / SYMBOLS];
        ArrayDeque<Integer> queue = new ArrayDeque<>();
        queue.add(START);
        while (!queue.isEmpty()) {
            int state = queue.remove();
            if (found[state] < 0) {
                found[state] = found[shorter[state]];
            }
            for (int symbol = 0; symbol < SYMBOLS; symbol++) {
                int edge = state * SYMBOLS + symbol;
                int fallback = state == START ? START : table[shorter[state] * SYMBOLS + symbol];
                if (table[edge] == 0) {
                    table[edge] = fallback;
                } else {
                    shorter[table[edge]] = fallback;
                    queue.add(table[edge]);
                }
            }
        }
        for (int edge = 0; edge < table.length; edge++) {
            int signature = found[table[edge]];
            table[edge] = signature < 0 ? table[edge] : ~signature;
        }
        return table;
    }

    /**
     * Searches on.
     *
     * @param state {@link #START}, or what the last search gave for the bytes before
     * @return the state behind these bytes; or, as soon as a signature is complete, {@code ~number} of that signature, which is negative
     */
    public int search(int state, MemorySegment f, long offset, long bytes) {
        int at = state;
        long end = offset + bytes;
        for (long i = offset; i < end; i++) {
            at = next[at << 8 | (f.get(ValueLayout.JAVA_BYTE, i) & 0xff)];
            if (at < 0) {
                return at;
            }
        }
        return at;
    }

    /** The same over an array. */
    public int search(int state, byte[] bytes, int from, int to) {
        int at = state;
        for (int i = from; i < to; i++) {
            at = next[at << 8 | (bytes[i] & 0xff)];
            if (at < 0) {
                return at;
            }
        }
        return at;
    }

    /** How many there are. */
    public int count() {
        return signatures.size();
    }

    /** Length of the longest one in bytes. */
    public int longestBytes() {
        return longestBytes;
    }

    /** A signature for people: as text if it is printable, else in hexadecimal digits. */
    public String name(int number) {
        byte[] bytes = signatures.get(number);
        for (byte one : bytes) {
            if (one < ' ' || one > '~') {
                return "hex " + HexFormat.of().formatHex(bytes);
            }
        }
        return '"' + new String(bytes, StandardCharsets.US_ASCII) + '"';
    }
}
