package dev.sluice.ports;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** struct sockaddr_un (unix(7)). Pure functions. */
final class SocketAddresses {
    private static final int SUN_PATH_BYTES = 108;

    private SocketAddresses() {}

    /** As long as its address is; what begins with an at sign is an abstract name, whose first byte is zero. What is too long for one is cut off, and names nothing. */
    static MemorySegment unix(Arena arena, String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        boolean isAbstract = name.startsWith("@");
        int length = Math.min(text.length, SUN_PATH_BYTES - 1);
        // A path ends with a zero byte.
        MemorySegment f = arena.allocate(Short.BYTES + length + (isAbstract ? 0L : 1L), Short.BYTES);
        f.set(ValueLayout.JAVA_SHORT, 0, (short) KernelConstants.AF_UNIX);
        MemorySegment.copy(text, 0, f, ValueLayout.JAVA_BYTE, Short.BYTES, length);
        if (isAbstract) {
            f.set(ValueLayout.JAVA_BYTE, Short.BYTES, (byte) 0);
        }
        return f;
    }
}
