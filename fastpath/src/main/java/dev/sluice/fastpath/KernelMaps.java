package dev.sluice.fastpath;

import dev.sluice.ports.PortException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * The arrays that are shared with the kernel's program. One writer: the worker.
 *
 * <p>Layouts and sizes are those of src/main/bpf/journey.h; {@code LayoutsTest} compares them with the object.
 */
final class KernelMaps implements AutoCloseable {
    /** LAYOUT_VERSION. */
    static final int LAYOUT_VERSION = 2;

    static final int GLOBALS_BYTES = 64;
    /** Room for an entry of any version. */
    static final int GLOBALS_BYTES_MAX = 4096;

    static final int PORT_BYTES = 32;
    static final int PORTS = 4096;
    static final int PATHS = 1 << 16;
    private static final int PATH_BYTES = 8;
    private static final long PAGE_BYTES = 4096;

    static final int GLOBALS_CONFIG_GENERATION = 0;
    static final int GLOBALS_LAYOUT_VERSION = 4;
    static final int GLOBALS_PUNT_INTERFACE = 8;
    static final int PORT_INTERFACE = 0;
    static final int PORT_GENERATION = 4;
    static final int PORT_FLAGS = 8;
    static final int PORT_MAC = 12;
    static final int PORT_SHARED = 1;

    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

    private final Arena arena;
    private final MemorySegment globals;
    private final MemorySegment paths;
    private final MemorySegment ports;

    private KernelMaps(Arena arena, MemorySegment globals, MemorySegment paths, MemorySegment ports) {
        this.arena = arena;
        this.globals = globals;
        this.paths = paths;
        this.ports = ports;
    }

    /** Shares the memory of three loaded maps. */
    static KernelMaps share(Libbpf bpf, Program program) throws PortException {
        Arena arena = Arena.ofShared();
        boolean shared = false;
        try {
            KernelMaps maps = new KernelMaps(
                    arena,
                    share(bpf, arena, program.map("globals"), GLOBALS_BYTES),
                    share(bpf, arena, program.map("paths"), (long) PATHS * PATH_BYTES),
                    share(bpf, arena, program.map("ports"), (long) PORTS * PORT_BYTES));
            shared = true;
            return maps;
        } finally {
            if (!shared) {
                arena.close();
            }
        }
    }

    private static MemorySegment share(Libbpf bpf, Arena arena, int fd, long bytes) throws PortException {
        long whole = (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        long address = bpf.mapMemory(fd, whole);
        if (address < 0) {
            throw Program.trouble("sharing a map", (int) address);
        }
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena, m -> bpf.unmapMemory(address, whole));
    }

    void setLayoutVersion(int version) {
        INT.setRelease(globals, (long) GLOBALS_LAYOUT_VERSION, version);
    }

    void setConfigGeneration(int generation) {
        INT.setVolatile(globals, (long) GLOBALS_CONFIG_GENERATION, generation);
    }

    /** Where to what is not repeated goes; 0: nowhere. */
    void setPuntInterface(int interfaceIndex) {
        INT.setVolatile(globals, (long) GLOBALS_PUNT_INTERFACE, interfaceIndex);
    }

    void setPathGeneration(int path, int generation) {
        LONG.setVolatile(paths, (long) (path & (PATHS - 1)) * PATH_BYTES, generation & 0xffff_ffffL);
    }

    void setPortGeneration(int port, int generation) {
        INT.setVolatile(ports, at(port) + PORT_GENERATION, generation);
    }

    /** The interface of a port, 0 for none. */
    int portInterface(int port) {
        return (int) INT.getAcquire(ports, at(port) + PORT_INTERFACE);
    }

    /** The interface of a port from now on; 0: none, nothing is repeated to it. */
    void setPort(int port, int interfaceIndex, long mac, boolean shared) {
        for (int i = 0; i < 6; i++) {
            ports.set(ValueLayout.JAVA_BYTE, at(port) + PORT_MAC + i, (byte) (mac >>> (40 - 8 * i)));
        }
        INT.setRelease(ports, at(port) + PORT_FLAGS, shared ? PORT_SHARED : 0);
        INT.setVolatile(ports, at(port) + PORT_INTERFACE, interfaceIndex);
    }

    private static long at(int port) {
        if (port < 1 || port >= PORTS) {
            throw new IllegalArgumentException("port number " + port + " is outside 1.." + (PORTS - 1));
        }
        return (long) port * PORT_BYTES;
    }

    @Override
    public void close() {
        arena.close();
    }
}
