package dev.sluice.fastpath;

import dev.sluice.datapath.Batch;
import dev.sluice.datapath.FramePool;
import dev.sluice.datapath.PortCounters;
import dev.sluice.ports.LinkInfo;
import dev.sluice.ports.LinkMonitor;
import dev.sluice.ports.PacketOutput;
import dev.sluice.ports.PortException;
import dev.sluice.ports.PortOpener;
import dev.sluice.ports.PuntSocket;
import dev.sluice.ports.VethPair;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The kernel's program, its maps and the device by which it leaves packets to the data path, in one network namespace. One user: the worker whose pool it was opened with; opened by the
 * thread whose namespace it is for.
 *
 * <p>Everything it puts into the kernel goes with it: programs are attached by links that end with the process, and {@link #close} removes the punt device.
 */
public final class FastPath implements AutoCloseable {
    /** End of the punt device that the program sends to. */
    static final String PUNT_FROM = "sluice-punt";

    /** End of the punt device that is listened at. */
    static final String PUNT_TO = "sluice-punt-rx";

    /** Entries of the kernel's table for each journey there is room for: chains stay short. */
    private static final int ENTRIES_PER_FLOW = 2;

    private static final int PORT_INDICES = 4096;

    private final Libbpf bpf;
    private final FramePool pool;
    private final Program program;
    private final KernelMaps maps;
    private final VethPair device;
    private final PuntSocket socket;
    private final int swallowFd;
    private final Arena arena = Arena.ofShared();
    private final KernelOffload offload;
    private final int[] numbers = new int[PORT_INDICES];
    private final Map<String, Integer> numberByName = new LinkedHashMap<>();
    private boolean closed;

    private FastPath(
            Libbpf bpf,
            FramePool pool,
            int flowsMax,
            Program program,
            KernelMaps maps,
            VethPair device,
            PuntSocket socket,
            int swallowFd) {
        this.bpf = bpf;
        this.pool = pool;
        this.program = program;
        this.maps = maps;
        this.device = device;
        this.socket = socket;
        this.swallowFd = swallowFd;
        this.offload = new KernelOffload(bpf, program.map("flows"), flowsMax, maps, numbers, arena);
    }

    /**
     * Loads the program in the network namespace of the calling thread.
     *
     * @param pool the worker's frames
     * @param flowsMax journeys that there is room for
     * @throws PortException if this machine has no fast path; the message says why, and everything else works without it
     */
    public static FastPath open(FramePool pool, int flowsMax) throws PortException {
        Libbpf bpf = Libbpf.get();
        Opening opening = new Opening(bpf);
        boolean opened = false;
        try {
            FastPath path = opening.open(pool, flowsMax);
            opened = true;
            return path;
        } finally {
            if (!opened) {
                opening.undo();
            }
        }
    }

    /** What has been made so far, in case the next step fails. */
    private static final class Opening {
        private final Libbpf bpf;
        private final java.util.ArrayDeque<Runnable> made = new java.util.ArrayDeque<>();

        Opening(Libbpf bpf) {
            this.bpf = bpf;
        }

        FastPath open(FramePool pool, int flowsMax) throws PortException {
            Program program = Program.load(bpf, flowsMax * ENTRIES_PER_FLOW, Map.of());
            made.push(program::close);
            KernelMaps maps = KernelMaps.share(bpf, program);
            made.push(maps::close);
            VethPair device = VethPair.make(PUNT_FROM, PUNT_TO, VethPair.MTU_MAX);
            made.push(device::remove);
            PuntSocket socket = PuntSocket.open(PUNT_TO, pool);
            made.push(socket::close);
            int swallow = bpf.attachTcx(program.program("tc_swallow"), device.peerIndex());
            if (swallow < 0) {
                throw Program.trouble("attaching to " + PUNT_TO + " by tcx (Linux 6.6 or later)", swallow);
            }
            made.push(() -> bpf.closeDescriptor(swallow));
            maps.setLayoutVersion();
            maps.setPuntInterface(device.index());
            return new FastPath(bpf, pool, flowsMax, program, maps, device, socket, swallow);
        }

        void undo() {
            made.forEach(Runnable::run);
        }
    }

    /**
     * Takes an interface: from now on its journeys are repeated, and all its other frames come in here.
     *
     * @param interfaceName in the network namespace of the calling thread
     * @param portIndex what {@link Batch#port} says of frames received there
     */
    public FastPort attach(String interfaceName, int portIndex) throws PortException {
        return attach(interfaceName, portIndex, new PortCounters());
    }

    /** As above, counting in counters that are there already. */
    public FastPort attach(String interfaceName, int portIndex, PortCounters counters) throws PortException {
        if (portIndex < 0 || portIndex >= PORT_INDICES) {
            throw new PortException("fast path on " + interfaceName + ": port index " + portIndex + " is outside 0.."
                    + (PORT_INDICES - 1));
        }
        LinkInfo link = LinkMonitor.read(interfaceName)
                .orElseThrow(() -> new PortException("fast path on " + interfaceName
                        + ": no such interface in this network namespace; check the name with: ip link"));
        int number = number(interfaceName);
        boolean shared = !PortOpener.hostReason(interfaceName).isEmpty();
        PacketOutput output = PacketOutput.open(interfaceName, pool, counters);
        boolean attached = false;
        try {
            maps.setPort(number, link.index(), link.mac(), shared);
            socket.bind(number, portIndex, counters);
            int answer = setIngress(link.index(), number);
            if (answer < 0) {
                throw Program.trouble("taking " + interfaceName, answer);
            }
            int linkFd = bpf.attachTcx(program.program("tc_ingress"), link.index());
            if (linkFd < 0) {
                throw Program.trouble("attaching to " + interfaceName + " by tcx (Linux 6.6 or later)", linkFd);
            }
            numbers[portIndex] = number;
            attached = true;
            return new FastPort(this, interfaceName, number, linkFd, link.index(), portIndex, output, counters, shared);
        } finally {
            if (!attached) {
                forget(number, link.index());
                output.close();
            }
        }
    }

    private int number(String interfaceName) throws PortException {
        Integer known = numberByName.get(interfaceName);
        if (known != null) {
            return known;
        }
        int next = numberByName.size() + 1;
        if (next >= KernelMaps.PORTS) {
            throw new PortException("fast path on " + interfaceName + ": more than " + (KernelMaps.PORTS - 1)
                    + " interfaces have been attached; restart to forget those that are gone");
        }
        numberByName.put(interfaceName, next);
        return next;
    }

    private int setIngress(int interfaceIndex, int number) {
        try (Arena scratch = Arena.ofConfined()) {
            return bpf.mapUpdate(
                    program.map("ingresses"),
                    scratch.allocateFrom(ValueLayout.JAVA_INT, interfaceIndex),
                    scratch.allocateFrom(ValueLayout.JAVA_INT, number));
        }
    }

    /** Lets go of a port; the kernel has its interface again. */
    void detach(FastPort port) {
        bpf.closeDescriptor(port.linkFd());
        forget(port.number(), port.interfaceIndex());
        if (numbers[port.portIndex()] == port.number()) {
            numbers[port.portIndex()] = 0;
        }
    }

    private void forget(int number, int interfaceIndex) {
        maps.setPort(number, 0, 0, false);
        socket.release(number);
        try (Arena scratch = Arena.ofConfined()) {
            bpf.mapDelete(program.map("ingresses"), scratch.allocateFrom(ValueLayout.JAVA_INT, interfaceIndex));
        }
    }

    /** The records. */
    public KernelOffload offload() {
        return offload;
    }

    /** Packets that were not repeated, by reason, since the program was loaded; of all ports. For control threads. */
    public Map<PuntReason, Long> counts() {
        Map<PuntReason, Long> all = new EnumMap<>(PuntReason.class);
        int cpus = PossibleCpus.count();
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment key = scratch.allocate(ValueLayout.JAVA_INT);
            MemorySegment values = scratch.allocate(8L * cpus, 8);
            for (PuntReason reason : PuntReason.values()) {
                key.set(ValueLayout.JAVA_INT, 0, reason.ordinal());
                if (bpf.mapLookup(program.map("counts"), key, values) == 0) {
                    all.put(reason, Arrays.stream(values.toArray(ValueLayout.JAVA_LONG)).sum());
                }
            }
        }
        return all;
    }

    /** What was lost between program and ports. */
    public PortCounters puntCounters() {
        return socket.counters();
    }

    Program program() {
        return program;
    }

    KernelMaps maps() {
        return maps;
    }

    int receive(Batch batch) {
        return closed ? 0 : socket.receive(batch);
    }

    int pollDescriptor() {
        return closed ? -1 : socket.pollDescriptor();
    }

    /** Detaches what is still attached (ports have to be closed before) and removes the punt device. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        maps.setPuntInterface(0);
        bpf.closeDescriptor(swallowFd);
        socket.close();
        device.remove();
        maps.close();
        program.close();
        arena.close();
    }
}
