package dev.sluice.fastpath;

import dev.sluice.ports.PortException;
import dev.sluice.ports.XdpFeatures;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * The program's flavour for XDP, loaded when the first port asks for it. One user: the worker.
 *
 * <p>Its maps are those of the other flavour, so that a record is the same for both; only the AF_XDP sockets of ports are its own.
 */
final class XdpFlavour implements AutoCloseable {
    /** QUEUES_MAX of journey.h. */
    static final int QUEUES_MAX = 64;

    private final Libbpf bpf;
    private final Program program;
    private final KernelMaps maps;
    private @Nullable Program xdp;
    private @Nullable XdpFeatures features;
    private @Nullable PortException trouble;
    private int next;

    XdpFlavour(Libbpf bpf, Program program, KernelMaps maps) {
        this.bpf = bpf;
        this.program = program;
        this.maps = maps;
    }

    private Program loaded() throws PortException {
        if (trouble != null) {
            throw trouble;
        }
        Program now = xdp;
        if (now == null) {
            try {
                features = XdpFeatures.open();
                now = program.loadXdp();
            } catch (PortException e) {
                trouble = e;
                throw e;
            }
            xdp = now;
        }
        return now;
    }

    /** Descriptor of the program that is attached. */
    int programFd() throws PortException {
        return loaded().program(Program.XDP_ATTACHED);
    }

    /** The frames of a port that are not repeated go to these sockets from now on, by queue. */
    void putSockets(String interfaceName, int number, int[] sockets) throws PortException {
        if (sockets.length > QUEUES_MAX) {
            throw new PortException("fast path on " + interfaceName + ": it has " + sockets.length
                    + " receive queues, and the program knows " + QUEUES_MAX + "; set fewer: ethtool -L "
                    + interfaceName + " combined " + QUEUES_MAX);
        }
        int map = loaded().map("sockets");
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment key = scratch.allocate(ValueLayout.JAVA_INT);
            MemorySegment value = scratch.allocate(ValueLayout.JAVA_INT);
            for (int queue = 0; queue < sockets.length; queue++) {
                key.set(ValueLayout.JAVA_INT, 0, number * QUEUES_MAX + queue);
                value.set(ValueLayout.JAVA_INT, 0, sockets[queue]);
                int answer = bpf.mapUpdate(map, key, value);
                if (answer < 0) {
                    throw Program.trouble("handing frames of " + interfaceName + " to AF_XDP sockets", answer);
                }
            }
        }
    }

    /** Looks whether a port takes frames from XDP: the far end of a veth decides that, at any time. */
    void look(int number, int interfaceIndex) {
        XdpFeatures open = features;
        if (open != null && interfaceIndex != 0) {
            int found = open.of(interfaceIndex);
            boolean takes = found >= 0 && (found & XdpFeatures.TAKES_FRAMES) != 0;
            if (takes != maps.takesFromXdp(number)) {
                maps.setXdpOut(number, takes);
            }
        }
    }

    /** Looks at the next of these ports. */
    void lookOn(FastPort[] ports) {
        if (features != null && ports.length > 0) {
            next = (next + 1) % ports.length;
            look(ports[next].number(), ports[next].interfaceIndex());
        }
    }

    @Override
    public void close() {
        if (features != null) {
            features.close();
        }
        if (xdp != null) {
            xdp.close();
        }
    }
}
