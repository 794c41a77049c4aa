package dev.sluice.lab;

import java.nio.ByteBuffer;
import java.util.function.LongConsumer;

/**
 * A payload that carries a 64-bit id: 8 bytes of magic, the id, then filling that follows from the id, so that damage is found. Big-endian.
 * An id is the stream's number in bits 62..32, the packet's number in bits 31..0; bit 63 marks a reply.
 */
final class IdPayload {
    /** Magic and id. */
    static final int HEADER_BYTES = 16;

    /** The bit that marks the reply to a packet. */
    static final long REPLY = 1L << 63;

    private static final long MAGIC = 0x534c_4355_4944_a55aL;

    private IdPayload() {}

    /** The id of a packet of a stream. */
    static long id(int stream, long number) {
        return (long) stream << 32 | (number & 0xffff_ffffL);
    }

    /** A payload of that size. */
    static byte[] make(long id, int bytes) {
        byte[] payload = new byte[bytes];
        ByteBuffer.wrap(payload).putLong(MAGIC).putLong(id);
        for (int i = HEADER_BYTES; i < bytes; i++) {
            payload[i] = filling(id, i);
        }
        return payload;
    }

    /** Whether the payload is whole and as it was made. */
    static boolean isIntact(byte[] payload, int bytes) {
        if (bytes < HEADER_BYTES || ByteBuffer.wrap(payload).getLong() != MAGIC) {
            return false;
        }
        long id = idOf(payload);
        for (int i = HEADER_BYTES; i < bytes; i++) {
            if (payload[i] != filling(id, i)) {
                return false;
            }
        }
        return true;
    }

    /** The id of an intact payload. */
    static long idOf(byte[] payload) {
        return ByteBuffer.wrap(payload).getLong(8);
    }

    /** Hands on each id that stands anywhere in the bytes. */
    static void scan(byte[] bytes, LongConsumer found) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        int at = 0;
        while (at + HEADER_BYTES <= bytes.length) {
            if (buffer.getLong(at) == MAGIC) {
                found.accept(buffer.getLong(at + 8));
                at += HEADER_BYTES;
            } else {
                at++;
            }
        }
    }

    private static byte filling(long id, int index) {
        return (byte) (id * 31 + index * 7L);
    }
}
