package dev.sluice.lab.system;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/** A UDP payload that begins with a magic number and an id that no other packet of this JVM has. */
final class Payload {
    static final int BYTES = 64;
    private static final long MAGIC = 0x534c_5549_4345_5359L;
    private static final AtomicLong NEXT = new AtomicLong();

    private Payload() {}

    static long newId() {
        return NEXT.incrementAndGet();
    }

    static byte[] of(long id) {
        byte[] bytes = new byte[BYTES];
        ByteBuffer.wrap(bytes).putLong(MAGIC).putLong(id);
        return bytes;
    }

    /** The id of a payload that begins there; 0 for none. */
    static long idAt(byte[] bytes, int at) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        return bytes.length >= at + 16 && buffer.getLong(at) == MAGIC ? buffer.getLong(at + 8) : 0;
    }
}
