package dev.sluice.ports;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * The commands of bpf(2) that an AF_XDP port needs. Static, for control threads. Each answers a descriptor or 0, or the negative errno.
 *
 * <p>Offsets are those of union bpf_attr in linux/bpf.h; fields that are not named are zero.
 */
final class Bpf {
    private static final int ATTRIBUTE_BYTES = 144;
    private static final int MAP_CREATE = 0;
    private static final int MAP_UPDATE = 2;
    private static final int PROGRAM_LOAD = 5;
    private static final int LINK_CREATE = 28;
    private static final int MAP_TYPE_XSKMAP = 17;
    private static final int PROGRAM_TYPE_XDP = 6;
    private static final int ATTACH_XDP = 37;
    private static final int FUNCTION_REDIRECT_MAP = 51;
    private static final int XDP_PASS = 2;
    private static final int QUEUE_INDEX_OFFSET = 16;
    private static final int PSEUDO_MAP_FD = 1;
    private static final int INSTRUCTION_COUNT = 6;

    // Operation codes of eBPF (RFC 9669 section 4).
    private static final int LOAD_WORD = 0x61;
    private static final int LOAD_IMMEDIATE_64 = 0x18;
    private static final int MOVE_IMMEDIATE = 0xb7;
    private static final int CALL = 0x85;
    private static final int EXIT = 0x95;

    private Bpf() {}

    /** A map from receive queue to AF_XDP socket. */
    static int createSocketMap(int queueCount) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTE_BYTES, 8);
            attributes.setAtIndex(ValueLayout.JAVA_INT, 0, MAP_TYPE_XSKMAP);
            attributes.setAtIndex(ValueLayout.JAVA_INT, 1, Integer.BYTES);
            attributes.setAtIndex(ValueLayout.JAVA_INT, 2, Integer.BYTES);
            attributes.setAtIndex(ValueLayout.JAVA_INT, 3, queueCount);
            putName(attributes, 28, "sluice_xsks");
            return Linux.bpf(MAP_CREATE, attributes);
        }
    }

    static int putSocket(int mapFd, int queue, int socketFd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTE_BYTES, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, mapFd);
            attributes.set(
                    ValueLayout.JAVA_LONG,
                    8,
                    arena.allocateFrom(ValueLayout.JAVA_INT, queue).address());
            attributes.set(
                    ValueLayout.JAVA_LONG,
                    16,
                    arena.allocateFrom(ValueLayout.JAVA_INT, socketFd).address());
            return Linux.bpf(MAP_UPDATE, attributes);
        }
    }

    /** Loads the program that hands every frame to the socket of its queue, and to the kernel's stack if there is none. */
    static int loadRedirect(int mapFd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTE_BYTES, 8);
            attributes.set(ValueLayout.JAVA_INT, 0, PROGRAM_TYPE_XDP);
            attributes.set(ValueLayout.JAVA_INT, 4, INSTRUCTION_COUNT);
            attributes.set(ValueLayout.JAVA_LONG, 8, redirect(arena, mapFd).address());
            attributes.set(
                    ValueLayout.JAVA_LONG, 16, arena.allocateFrom("Apache-2.0").address());
            putName(attributes, 48, "sluice_xsk");
            attributes.set(ValueLayout.JAVA_INT, 68, ATTACH_XDP);
            return Linux.bpf(PROGRAM_LOAD, attributes);
        }
    }

    /**
     * <pre>
     * r2 = context->rx_queue_index
     * r1 = map
     * r3 = XDP_PASS            what redirect_map answers if the queue has no socket
     * return bpf_redirect_map(r1, r2, r3)
     * </pre>
     */
    private static MemorySegment redirect(Arena arena, int mapFd) {
        MemorySegment code = arena.allocate(INSTRUCTION_COUNT * 8L, 8);
        put(code, 0, LOAD_WORD, 2, 1, QUEUE_INDEX_OFFSET, 0);
        put(code, 1, LOAD_IMMEDIATE_64, 1, PSEUDO_MAP_FD, 0, mapFd);
        put(code, 2, 0, 0, 0, 0, 0);
        put(code, 3, MOVE_IMMEDIATE, 3, 0, 0, XDP_PASS);
        put(code, 4, CALL, 0, 0, 0, FUNCTION_REDIRECT_MAP);
        put(code, 5, EXIT, 0, 0, 0, 0);
        return code;
    }

    private static void put(
            MemorySegment code, int index, int operation, int destination, int source, int offset, int immediate) {
        long at = index * 8L;
        code.set(ValueLayout.JAVA_BYTE, at, (byte) operation);
        code.set(ValueLayout.JAVA_BYTE, at + 1, (byte) ((source << 4) | destination));
        code.set(ValueLayout.JAVA_SHORT, at + 2, (short) offset);
        code.set(ValueLayout.JAVA_INT, at + 4, immediate);
    }

    /** Attaches an XDP program; it goes away when the descriptor is closed, also by the end of the process. */
    static int attachXdp(int programFd, int interfaceIndex, int modeFlags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTE_BYTES, 8);
            attributes.setAtIndex(ValueLayout.JAVA_INT, 0, programFd);
            attributes.setAtIndex(ValueLayout.JAVA_INT, 1, interfaceIndex);
            attributes.setAtIndex(ValueLayout.JAVA_INT, 2, ATTACH_XDP);
            attributes.setAtIndex(ValueLayout.JAVA_INT, 3, modeFlags);
            return Linux.bpf(LINK_CREATE, attributes);
        }
    }

    private static void putName(MemorySegment attributes, long at, String name) {
        byte[] ascii = name.getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(ascii, 0, attributes, ValueLayout.JAVA_BYTE, at, ascii.length);
    }
}
