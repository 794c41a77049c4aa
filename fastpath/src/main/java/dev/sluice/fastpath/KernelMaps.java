package dev.sluice.fastpath;

import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.ports.PortException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Collection;

/**
 * The arrays that are shared with the kernel's program. One writer: the worker.
 *
 * <p>Layouts and sizes are those of src/main/bpf/journey.h; {@code LayoutsTest} compares them with the object.
 */
final class KernelMaps implements AutoCloseable {
    /** LAYOUT_VERSION. */
    static final int LAYOUT_VERSION = 4;

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
    static final int PORT_OPEN = 2;
    static final int PORT_ARP = 4;
    static final int PORT_DISCOVERY = 8;
    static final int PORT_XDP_OUT = 16;
    static final int PORT_SOCKETS = 32;
    private static final int PORT_ABSENCE = PORT_OPEN | PORT_ARP | PORT_DISCOVERY;
    static final int PORT_PAIR = 18;
    static final int GLOBALS_HEARTBEAT = 12;
    static final int GLOBALS_SILENCE_MAX = 16;
    static final int GLOBALS_CONFIGURATION = 24;
    private static final VarHandle SHORT = ValueLayout.JAVA_SHORT.varHandle();

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

    /** A number that stands for a text. */
    static long configuration(String text) {
        long number = 0;
        for (int i = 0; i < text.length(); i++) {
            number = FlowHash.mix(number ^ text.charAt(i));
        }
        return number;
    }

    /** Under what records were given; 0: nobody said. */
    long configuration() {
        return (long) LONG.getAcquire(globals, (long) GLOBALS_CONFIGURATION);
    }

    void setConfiguration(long configuration) {
        LONG.setVolatile(globals, (long) GLOBALS_CONFIGURATION, configuration);
    }

    /** Where to what is not repeated goes; 0: nowhere. */
    void setPuntInterface(int interfaceIndex) {
        INT.setVolatile(globals, (long) GLOBALS_PUNT_INTERFACE, interfaceIndex);
    }

    int configGeneration() {
        return (int) INT.getAcquire(globals, (long) GLOBALS_CONFIG_GENERATION);
    }

    int pathGeneration(int path) {
        return (int) (long) LONG.getAcquire(paths, (long) (path & (PATHS - 1)) * PATH_BYTES);
    }

    int portGeneration(int port) {
        return (int) INT.getAcquire(ports, at(port) + PORT_GENERATION);
    }

    /** Somebody listens at this moment, and will say so again before long. */
    void beat(int nowMs, int silenceMaxMs) {
        INT.setVolatile(globals, (long) GLOBALS_HEARTBEAT, nowMs);
        INT.setVolatile(globals, (long) GLOBALS_SILENCE_MAX, silenceMaxMs);
    }

    /**
     * What becomes of frames that come in there while nobody listens.
     *
     * @param pair number of the port at the other end of the wire, 0: there is none
     * @param bits {@link #PORT_OPEN}, {@link #PORT_ARP}, {@link #PORT_DISCOVERY}
     */
    void setAbsence(int port, int pair, int bits) {
        SHORT.setVolatile(ports, at(port) + PORT_PAIR, (short) pair);
        setFlags(port, PORT_ABSENCE, bits);
    }

    /** Whether the host has addresses there. */
    void setShared(int port, boolean shared) {
        setFlags(port, PORT_SHARED, shared ? PORT_SHARED : 0);
    }

    /** Whether a port takes frames that XDP sends there. */
    void setXdpOut(int port, boolean takes) {
        setFlags(port, PORT_XDP_OUT, takes ? PORT_XDP_OUT : 0);
    }

    /** Whether what XDP does not repeat of a port goes to its AF_XDP sockets. */
    void setSockets(int port, boolean has) {
        setFlags(port, PORT_SOCKETS, has ? PORT_SOCKETS : 0);
    }

    boolean takesFromXdp(int port) {
        return (flags(port) & PORT_XDP_OUT) != 0;
    }

    boolean hasSockets(int port) {
        return (flags(port) & PORT_SOCKETS) != 0;
    }

    private int flags(int port) {
        return (int) INT.getAcquire(ports, at(port) + PORT_FLAGS);
    }

    private void setFlags(int port, int which, int bits) {
        INT.setVolatile(ports, at(port) + PORT_FLAGS, (flags(port) & ~which) | bits);
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
        setShared(port, shared);
        INT.setVolatile(ports, at(port) + PORT_INTERFACE, interfaceIndex);
    }

    /** Nothing is repeated to it, and what holds without a process was said of a port that is no more: whoever gets the number next says it anew. */
    void forgetPort(int port) {
        setPort(port, 0, 0, false);
        setSockets(port, false);
        setXdpOut(port, false);
        setAbsence(port, 0, 0);
    }

    /** Lets go of all ports but these: nothing is repeated to interfaces that nobody named. */
    void forgetOtherPorts(Collection<Integer> numbers) {
        for (int port = 1; port < PORTS; port++) {
            if (portInterface(port) != 0 && !numbers.contains(port)) {
                forgetPort(port);
            }
        }
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
