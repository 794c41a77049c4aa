package dev.sluice.fastpath;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkInfo;
import dev.sluice.ports.LinkMonitor;
import dev.sluice.ports.PacketOutput;
import dev.sluice.ports.PortException;
import dev.sluice.ports.PortOpener;
import dev.sluice.ports.XdpPort;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's program, its maps and the device by which it leaves packets to the data path, in one network namespace. One user: the worker whose pool it was opened with; opened by the
 * thread whose namespace it is for.
 *
 * <p>Everything it puts into the kernel goes with it: programs are attached by links that end with the process, and {@link #close} removes the punt device. Opened with a directory for that, it outlives
 * the process, and {@link #close} takes it away.
 */
public final class FastPath implements AutoCloseable {
    private static final int PORT_INDICES = 4096;

    /** A process that says nothing for so long has ended, or might as well have. */
    static final int SILENCE_MAX_MS = 1_000;

    private static final long NS_PER_MS = 1_000_000;

    /** Between two questions to the kernel whether a port takes frames from XDP, one port each time. */
    private static final long LOOK_NS = 20 * NS_PER_MS;

    private final Libbpf bpf;
    private final FramePool pool;
    private final Program program;
    private final KernelMaps maps;
    private final PuntDevice punt;
    private final @Nullable Pins pins;
    private final Arena arena = Arena.ofShared();
    private final KernelOffload offload;
    private final XdpFlavour xdp;
    private final int[] numbers = new int[PORT_INDICES];
    private final PortNumbers numbersByName = new PortNumbers(KernelMaps.PORTS);
    private final Set<FastPort> attached = new LinkedHashSet<>();
    private FastPort[] attachedNow = {};
    private long lookedNs;
    private final String notice;
    private final List<String> leftElsewhere = new ArrayList<>();
    private boolean leaving;
    private boolean closed;

    /**
     * A fast path of what {@link FastPathOpening} has made.
     *
     * @param known numbers that interfaces had before
     * @param older whether the maps are those of a process before
     * @param notice as {@link #notice} says it
     */
    FastPath(
            Libbpf bpf,
            FramePool pool,
            int flowsMax,
            Program program,
            KernelMaps maps,
            PuntDevice punt,
            @Nullable Pins pins,
            Map<String, Integer> known,
            boolean older,
            String notice) {
        this.pins = pins;
        this.bpf = bpf;
        this.pool = pool;
        this.program = program;
        this.maps = maps;
        this.punt = punt;
        this.xdp = new XdpFlavour(bpf, program, maps);
        this.offload =
                new KernelOffload(bpf, program.map("flows"), program.map("headers"), flowsMax, maps, numbers, arena);
        this.notice = notice;
        numbersByName.putAll(known);
        if (older) {
            maps.forgetOtherPorts(known.values());
            offload.continueOlder();
        }
    }

    /**
     * Entries of the kernel's table for so many journeys: a power of two, which is what the kernel makes of the number for its buckets anyway. Memory is taken as entries come, not before
     * (BPF_F_NO_PREALLOC): with all of it from the beginning, neither putting in nor looking up is faster (docs/guides/operating.md).
     */
    static int entriesFor(int journeys) {
        return Integer.highestOneBit(Math.max(1, journeys - 1)) << 1;
    }

    /** Why this machine has no library for it; empty: it has. Loads the library and nothing else. */
    public static String libraryTrouble() {
        try {
            Libbpf.get();
            return "";
        } catch (PortException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** The library; null: this machine has none. */
    static @Nullable Libbpf library() {
        return libraryTrouble().isEmpty() ? Libbpf.loaded() : null;
    }

    /**
     * Loads the program in the network namespace of the calling thread.
     *
     * @param pool the worker's frames
     * @param flowsMax journeys that there is room for
     * @throws PortException if this machine has no fast path; the message says why, and everything else works without it
     */
    public static FastPath open(FramePool pool, int flowsMax) throws PortException {
        return open(pool, flowsMax, (Pins) null);
    }

    /**
     * As above, so that programs and records outlive the process unless it is closed. What a process before has left there goes on: its programs are exchanged without a gap, its records hold while
     * their generations do.
     *
     * @param directory in a BPF file system; a subdirectory of its own for each network namespace
     */
    public static FastPath open(FramePool pool, int flowsMax, Path directory) throws PortException {
        return open(pool, flowsMax, new Pins(directory));
    }

    private static FastPath open(FramePool pool, int flowsMax, @Nullable Pins pins) throws PortException {
        FastPathOpening opening = new FastPathOpening(Libbpf.get(), pins);
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
        return attach(interfaceName, portIndex, counters, Hook.TC);
    }

    /**
     * As above, with a hook of one's choice. A port with XDP has tc behind it, which sees what XDP does not repeat; one whose driver has no XDP has tc alone, and its description says why.
     */
    public FastPort attach(String interfaceName, int portIndex, PortCounters counters, Hook wanted)
            throws PortException {
        Attachment attachment = new Attachment(interfaceName, portIndex, wanted == Hook.XDP);
        return attachment.complete(
                counters,
                new FastPort.Rest(PacketOutput.open(interfaceName, pool, counters), null),
                !PortOpener.hostReason(interfaceName).isEmpty());
    }

    /**
     * Takes an interface by XDP alone: what is not repeated comes in by these sockets, which are closed with the port, and nothing to the host.
     *
     * @throws PortException if the driver has no XDP; the sockets are closed then, too
     */
    public FastPort attach(String interfaceName, int portIndex, PortCounters counters, XdpPort sockets)
            throws PortException {
        boolean done = false;
        try {
            Attachment attachment = new Attachment(interfaceName, portIndex, true);
            done = true;
            return attachment.complete(counters, new FastPort.Rest(null, sockets), false);
        } finally {
            if (!done) {
                sockets.close();
            }
        }
    }

    /** An interface that is being taken. */
    private final class Attachment {
        private final String interfaceName;
        private final int portIndex;
        private final boolean withXdp;
        private final LinkInfo link;
        private final int number;

        Attachment(String interfaceName, int portIndex, boolean withXdp) throws PortException {
            this.interfaceName = interfaceName;
            this.portIndex = portIndex;
            this.withXdp = withXdp;
            if (portIndex < 0 || portIndex >= PORT_INDICES) {
                throw new PortException("fast path on " + interfaceName + ": port index " + portIndex
                        + " is outside 0.." + (PORT_INDICES - 1));
            }
            link = LinkMonitor.read(interfaceName)
                    .orElseThrow(() -> new PortException("fast path on " + interfaceName
                            + ": no such interface in this network namespace; check the name with: ip link"));
            number = number(interfaceName);
        }

        /** The port; what is not repeated of it is closed if that fails. */
        FastPort complete(PortCounters counters, FastPort.Rest rest, boolean shared) throws PortException {
            boolean done = false;
            try {
                int before = maps.portInterface(number);
                if (before != 0 && before != link.index()) {
                    forget(number, before);
                }
                maps.setPort(number, link.index(), link.mac(), shared);
                XdpPort sockets = rest.sockets();
                if (sockets == null) {
                    punt.bind(number, portIndex, counters);
                } else {
                    xdp.putSockets(interfaceName, number, sockets.socketDescriptors());
                }
                maps.setSockets(number, sockets != null);
                int answer = setIngress(link.index(), number);
                if (answer < 0) {
                    throw Program.trouble("taking " + interfaceName, answer);
                }
                FastPort.Links links = link(sockets != null, shared);
                xdp.look(number, link.index());
                keepSettings(links.tagsLeft() || (sockets != null && sockets.hasLeftTagsInFrames()));
                numbers[portIndex] = number;
                FastPort port = new FastPort(
                        FastPath.this, interfaceName, number, links, link.index(), portIndex, rest, counters, shared);
                attached.add(port);
                attachedNow = attached.toArray(FastPort[]::new);
                done = true;
                return port;
            } finally {
                if (!done) {
                    forget(number, link.index());
                    rest.close();
                }
            }
        }

        private FastPort.Links link(boolean xdpAlone, boolean shared) throws PortException {
            int tc = -1;
            letGoOfForgotten(shared);
            if (xdpAlone) {
                forgetLink(Hook.TC);
            } else {
                tc = link(Hook.TC, program.program(Program.TC_ATTACHED));
            }
            boolean tagsLeft = withXdp && !xdpAlone && PortOpener.leaveTagsInFrames(interfaceName);
            int byXdp = -1;
            String without = "";
            try {
                if (withXdp) {
                    if (PortOpener.takesTagsOut(interfaceName)) {
                        throw new PortException(
                                "the driver of " + interfaceName
                                        + " takes VLAN tags out of frames and cannot be told not to (ethtool -k: rx-vlan-offload)");
                    }
                    byXdp = link(Hook.XDP, xdp.programFd());
                } else {
                    forgetLink(Hook.XDP);
                }
            } catch (PortException e) {
                if (xdpAlone) {
                    throw e;
                }
                forgetLink(Hook.XDP);
                without = String.valueOf(e.getMessage());
            }
            return new FastPort.Links(tc, byXdp, without, tagsLeft);
        }

        /** Flows go on without this process only if the interface goes on giving their frames to its program. */
        private void keepSettings(boolean tagsLeft) throws PortException {
            if (pins == null) {
                return;
            }
            if (tagsLeft) {
                pins.note(Pins.Setting.TAGS_IN_FRAMES, interfaceName);
            }
            if (PortOpener.takeFramesOfOthers(interfaceName)) {
                pins.note(Pins.Setting.FRAMES_OF_OTHERS, interfaceName);
            }
        }

        /** What this process or one before it has left there under the name that is known here, is no forgotten one. */
        private void letGoOfForgotten(boolean shared) throws PortException {
            leftElsewhere.addAll(AttachedPrograms.letGoOfForgotten(
                    bpf,
                    interfaceName,
                    link.index(),
                    hook -> pins == null ? -1 : pins.linkedProgram(bpf, hook, number, interfaceName, link.index()),
                    shared));
        }

        private void forgetLink(Hook hook) {
            if (pins != null) {
                pins.forgetLink(hook, number, interfaceName);
            }
        }

        /** Attaches a program, or puts it in the place of the one that was left there by a process before. */
        private int link(Hook hook, int programFd) throws PortException {
            Pins own = pins;
            if (own != null) {
                int left = own.link(bpf, hook, number, interfaceName, link.index());
                if (left >= 0 && bpf.replace(left, programFd) == 0) {
                    return left;
                }
                if (left >= 0) {
                    bpf.closeDescriptor(left);
                }
                own.forgetLink(hook, number, interfaceName);
            }
            // What this process may not look at never gets a frame that way.
            int fd = hook == Hook.XDP
                    ? bpf.attachXdp(programFd, link.index())
                    : AttachedPrograms.hasUnknown(bpf, link.index())
                            ? bpf.attachTcxInFront(programFd, link.index())
                            : bpf.attachTcx(programFd, link.index());
            if (fd < 0) {
                throw Program.trouble(
                        "attaching to " + interfaceName
                                + (hook == Hook.TC ? " by tcx (Linux 6.6 or later)" : " by XDP in its driver"),
                        fd);
            }
            if (own != null) {
                boolean kept = false;
                try {
                    own.keepLink(bpf, hook, fd, number, interfaceName);
                    kept = true;
                } finally {
                    if (!kept) {
                        bpf.closeDescriptor(fd);
                    }
                }
            }
            return fd;
        }
    }

    private int number(String interfaceName) throws PortException {
        Set<Integer> used = attached.stream().map(FastPort::number).collect(Collectors.toSet());
        int number = numbersByName.of(interfaceName, used);
        if (number == PortNumbers.NONE) {
            throw new PortException("fast path on " + interfaceName + ": " + (KernelMaps.PORTS - 1)
                    + " interfaces are attached already, which is the most; give some of them another driver");
        }
        return number;
    }

    private int setIngress(int interfaceIndex, int number) {
        try (Arena scratch = Arena.ofConfined()) {
            return bpf.mapUpdate(
                    program.map("ingresses"),
                    scratch.allocateFrom(ValueLayout.JAVA_INT, interfaceIndex),
                    scratch.allocateFrom(ValueLayout.JAVA_INT, number));
        }
    }

    /** Whether what is attached stays so when ports are closed. */
    boolean isLeaving() {
        return leaving;
    }

    /** Lets go of a port; the kernel has its interface again. */
    void detach(FastPort port) {
        attached.remove(port);
        attachedNow = attached.toArray(FastPort[]::new);
        if (port.links().xdp() >= 0) {
            bpf.closeDescriptor(port.links().xdp());
        }
        if (port.links().tc() >= 0) {
            bpf.closeDescriptor(port.links().tc());
        }
        if (leaving) {
            return;
        }
        if (pins != null) {
            pins.forgetLinks(port.number(), port.name());
            undoSettings(pins, port.name());
        }
        forget(port.number(), port.interfaceIndex());
        if (numbers[port.portIndex()] == port.number()) {
            numbers[port.portIndex()] = 0;
        }
    }

    private static void undoSettings(Pins pins, String interfaceName) {
        try {
            pins.undoSettings(interfaceName::equals);
        } catch (PortException e) {
            // The directory is gone, and what it said with it.
            return;
        }
    }

    /** Whether the host gets copies of what is addressed to it there. */
    void setShared(int number, boolean shared) {
        maps.setShared(number, shared);
    }

    private void forget(int number, int interfaceIndex) {
        maps.forgetPort(number);
        punt.release(number);
        try (Arena scratch = Arena.ofConfined()) {
            bpf.mapDelete(program.map("ingresses"), scratch.allocateFrom(ValueLayout.JAVA_INT, interfaceIndex));
        }
    }

    /** What became of what a process before left, if that could not be gone on with as it is, in words; else empty. */
    public String notice() {
        return notice;
    }

    /** Programs of processes before that were found at interfaces under no name that is known here, and taken away since this was last asked; in words. */
    public List<String> takeLeftElsewhere() {
        List<String> all = List.copyOf(leftElsewhere);
        leftElsewhere.clear();
        return all;
    }

    /** Lets go of interfaces that a process before had and that are not attached now. */
    public void settle() {
        Pins own = pins;
        if (own == null) {
            return;
        }
        Set<Integer> now = new LinkedHashSet<>();
        attached.forEach(port -> now.add(port.number()));
        for (Map.Entry<String, Integer> known : numbersByName.all().entrySet()) {
            int number = known.getValue();
            if (!now.contains(number)) {
                own.forgetLinks(number, known.getKey());
                undoSettings(own, known.getKey());
                int index = maps.portInterface(number);
                if (index != 0) {
                    forget(number, index);
                }
            }
        }
    }

    /** Says that somebody listens; to be called far more often than every {@value #SILENCE_MAX_MS} ms if it is opened with a directory. */
    public void beat(long nowNs) {
        if (pins != null) {
            maps.beat((int) Math.floorDiv(nowNs, NS_PER_MS), SILENCE_MAX_MS);
        }
        if (nowNs - lookedNs >= LOOK_NS) {
            lookedNs = nowNs;
            xdp.lookOn(attachedNow);
        }
    }

    /**
     * Mends the device by which frames are handed over, if an event says that somebody has set it down or taken it away; whether it is another one, so that ports have another descriptor to poll.
     *
     * @throws PortException if it cannot be mended: it is as if nobody listened, until another event
     */
    public boolean mend(LinkEvent event) throws PortException {
        if (closed || leaving || !punt.isToBeMended(event)) {
            return false;
        }
        boolean mended = false;
        try {
            boolean another = punt.mend();
            maps.setPuntInterface(punt.interfaceIndex());
            mended = true;
            return another;
        } finally {
            if (!mended) {
                maps.setPuntInterface(0);
            }
        }
    }

    /**
     * Says what becomes of frames that come in at a port while nobody listens and that are not repeated; otherwise they are dropped.
     *
     * @param port number of a port that is attached
     * @param pair number of the port at the other end of its wire, 0: there is none
     * @param open whether they cross the wire as they are
     * @param arp whether ARP does in any case
     * @param discovery whether IPv6 neighbour discovery does in any case
     */
    public void setAbsence(int port, int pair, boolean open, boolean arp, boolean discovery) {
        maps.setAbsence(
                port,
                pair,
                (open ? KernelMaps.PORT_OPEN : 0)
                        | (arp ? KernelMaps.PORT_ARP : 0)
                        | (discovery ? KernelMaps.PORT_DISCOVERY : 0));
    }

    /**
     * Says under which configuration records are given from now on.
     *
     * @param configuration any text that is another one for another configuration
     * @return whether those that are there were given under the same one
     */
    public boolean recordsUnder(String configuration) {
        long now = KernelMaps.configuration(configuration);
        boolean same = maps.configuration() == now;
        maps.setConfiguration(now);
        return same;
    }

    /** The records. */
    public KernelOffload offload() {
        return offload;
    }

    /** Packets that were not repeated, by reason, since the program was loaded; of all ports. For control threads. */
    public Map<PuntReason, Long> counts() {
        return Readings.counts(bpf, program);
    }

    /** Memory of the kernel that the maps hold now, in bytes; -1 if the kernel does not say. For control threads. */
    public long lockedBytes() {
        return Readings.lockedBytes(program);
    }

    /** Frames that the program handed over and that found no room on their way here, those of processes before that had the same device among them where a device lost them. For control threads. */
    public long lostFrames() {
        return punt.lostFrames();
    }

    Program program() {
        return program;
    }

    KernelMaps maps() {
        return maps;
    }

    int receive(Batch batch) {
        return closed ? 0 : punt.receive(batch);
    }

    int pollDescriptor() {
        return closed ? -1 : punt.pollDescriptor();
    }

    /**
     * Ends this process's part and leaves programs, records and the punt device as they are, if it was opened with a directory: what is recorded goes on, what is not is dropped and counted. Else as {@link #close}.
     */
    public void leave() {
        leaveAtClose();
        close();
    }

    /** From now on, closing ports and this leaves all of it as it is, if it was opened with a directory. */
    public void leaveAtClose() {
        leaving = pins != null;
        if (leaving) {
            maps.setPuntInterface(0);
        }
    }

    /** Detaches what is still attached and removes the punt device, and what keeps maps and programs. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        List.copyOf(attached).forEach(FastPort::close);
        closed = true;
        punt.close();
        if (!leaving) {
            maps.setPuntInterface(0);
            punt.remove();
            if (pins != null) {
                pins.remove();
            }
        }
        maps.close();
        xdp.close();
        program.close();
        arena.close();
    }
}
