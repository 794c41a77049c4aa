package dev.sluice.lab;

import java.util.zip.CRC32;

/** The bodies of {@link HttpServerMain}: each byte follows from its position, so that loss, repetition and disorder change the checksum. */
final class HttpBody {
    private static final int CHUNK_BYTES = 65_536;

    /** A prime, so that the pattern meets chunks and segments at another place each time. */
    private static final int PERIOD_BYTES = 65_521;

    private static final byte[] PATTERN = pattern();

    private HttpBody() {}

    private static byte[] pattern() {
        byte[] pattern = new byte[PERIOD_BYTES];
        int state = 1;
        for (int i = 0; i < pattern.length; i++) {
            state = state * 1_103_515_245 + 12_345;
            pattern[i] = (byte) (state >>> 16);
        }
        return pattern;
    }

    /** Writes the bytes of a body that begin at a position into a chunk, as many as given. */
    static void fill(byte[] chunk, long position, int count) {
        int at = (int) (position % PERIOD_BYTES);
        for (int done = 0; done < count; ) {
            int part = Math.min(count - done, PERIOD_BYTES - at);
            System.arraycopy(PATTERN, at, chunk, done, part);
            done += part;
            at = 0;
        }
    }

    /** The CRC-32 of a whole body of that size, in hexadecimal digits. */
    static String checksum(long bytes) {
        CRC32 sum = new CRC32();
        byte[] chunk = new byte[CHUNK_BYTES];
        for (long position = 0; position < bytes; position += CHUNK_BYTES) {
            int count = (int) Math.min(CHUNK_BYTES, bytes - position);
            fill(chunk, position, count);
            sum.update(chunk, 0, count);
        }
        return text(sum);
    }

    /** A sum in hexadecimal digits. */
    static String text(CRC32 sum) {
        return String.format("%08x", sum.getValue());
    }
}
