package dev.sluice.agent.worker;

import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.Remains;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.fastpath.FastPath;
import dev.sluice.fastpath.Hook;
import dev.sluice.model.Node;
import dev.sluice.model.Port;
import dev.sluice.ports.Claim;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.PortException;
import dev.sluice.ports.PortOpener;
import dev.sluice.ports.XdpPort;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's fast path of one worker, opened when the first port wants it. One user: the worker; {@link #state} is for any thread.
 *
 * <p>Opened once: where that fails, it is not tried again until the process starts again.
 */
final class KernelFastPath {
    private static final Logger LOG = LoggerFactory.getLogger(KernelFastPath.class);

    private final FastPathMode mode;
    private final FramePool pool;
    private int journeysMax = Node.FastPath.JOURNEYS_MIN;

    /** Guarded by this, because {@link #state} reads the kernel's maps, which must not be closed meanwhile. */
    private @Nullable FastPath opened;

    private @Nullable Claim claim;
    private String node = "";
    private volatile String trouble = "";
    private boolean troubleTold;

    private final @Nullable Remains remains;
    private final LeftPrograms left;

    /** Where what outlives the process is, once it is opened; null: nowhere. */
    private @Nullable Path ownPins;

    KernelFastPath(FastPathMode mode, FramePool pool, @Nullable Remains remains) {
        this(
                mode,
                pool,
                remains,
                new LeftPrograms(
                        remains == null ? Remains.present(Remains.MEMORY) : remains.withUsual(),
                        Claim::holderOfFastPath));
    }

    KernelFastPath(FastPathMode mode, FramePool pool, @Nullable Remains remains, LeftPrograms left) {
        this.remains = remains;
        this.left = left;
        this.mode = mode;
        this.pool = pool;
    }

    void named(String ownNode) {
        node = ownNode;
    }

    void expect(int journeys) {
        journeysMax = journeys;
    }

    boolean isWanted() {
        return mode != FastPathMode.OFF;
    }

    /**
     * A port with a fast path on an interface of the calling thread's network namespace; null: this machine has none, and whoever runs the node can do without.
     *
     * @throws PortException if it has none and is not to run without, or if the interface is missing
     */
    @Nullable
    PacketPort attach(String interfaceName, int index, PortCounters counters, Port.FastPath wanted)
            throws PortException {
        try {
            return open().attach(interfaceName, index, counters, hook(interfaceName, wanted));
        } catch (PortException e) {
            if (mode != FastPathMode.AUTO) {
                throw e;
            }
            tell(interfaceName, e);
            return null;
        }
    }

    /** Opens the AF_XDP sockets of a port. */
    interface Sockets {
        XdpPort open() throws PortException;
    }

    /** As above for a port that is to have AF_XDP sockets; null as well if its driver has no XDP. */
    @Nullable
    PacketPort attach(String interfaceName, int index, PortCounters counters, Sockets sockets) throws PortException {
        FastPath now;
        try {
            now = open();
        } catch (PortException e) {
            if (mode != FastPathMode.AUTO) {
                throw e;
            }
            tell(interfaceName, e);
            return null;
        }
        try {
            return now.attach(interfaceName, index, counters, sockets.open());
        } catch (PortException e) {
            LOG.warn("port {} has no fast path, the process moves its packets: {}", interfaceName, e.getMessage());
            return null;
        }
    }

    private void tell(String interfaceName, PortException e) {
        if (!troubleTold) {
            troubleTold = true;
            LOG.warn("port {} has no fast path, the process moves its packets: {}", interfaceName, e.getMessage());
        }
    }

    /** Takes away what a process before has left at an interface whose packets this one moves itself. */
    void letGo(String interfaceName) {
        left.letGo(interfaceName);
    }

    /** XDP where somebody asks for it, or where frames are born as XDP has them. */
    private Hook hook(String interfaceName, Port.FastPath wanted) throws PortException {
        return switch (wanted) {
            case XDP -> Hook.XDP;
            case TC, OFF -> Hook.TC;
            case AUTO ->
                mode == FastPathMode.XDP
                                || (mode == FastPathMode.AUTO
                                        && PortOpener.softwareReason(interfaceName)
                                                .isEmpty())
                        ? Hook.XDP
                        : Hook.TC;
        };
    }

    /** Whether a port that has AF_XDP sockets gets a fast path: there is no tc behind those. */
    boolean isWantedByXdp(String interfaceName, Port.FastPath wanted) throws PortException {
        return isWanted() && hook(interfaceName, wanted) == Hook.XDP;
    }

    private synchronized FastPath open() throws PortException {
        if (!trouble.isEmpty()) {
            throw new PortException(trouble);
        }
        FastPath now = opened;
        if (now == null) {
            try {
                now = openFirst();
            } catch (PortException e) {
                trouble = String.valueOf(e.getMessage());
                throw e;
            }
            opened = now;
        }
        return now;
    }

    private FastPath openFirst() throws PortException {
        String tooMany = JourneyRoom.trouble(journeysMax, Runtime.getRuntime().maxMemory());
        if (!tooMany.isEmpty()) {
            throw new PortException(tooMany);
        }
        Claim taken = Claim.ofFastPath(node);
        boolean done = false;
        try {
            // Only here, so once.
            new TakenNames()
                    .notice(
                            taken.isExclusive(),
                            "fast path",
                            "@sluice/fast-path",
                            "another node that opens its own in this network namespace is not seen, and each gets packets of the other")
                    .ifPresent(LOG::warn);
            if (remains == null) {
                LOG.info(
                        "fast path: no flow outlives this process, there is no BPF file system; mount one where processes of all namespaces see it: mkdir -p {} && mount -t bpf sluice {}",
                        Remains.OWN_PINS,
                        Remains.OWN_PINS);
            }
            ownPins = remains == null ? null : pins(remains);
            FastPath path =
                    ownPins == null ? FastPath.open(pool, journeysMax) : FastPath.open(pool, journeysMax, ownPins);
            if (!path.notice().isEmpty()) {
                LOG.warn("fast path: {}", path.notice());
            }
            claim = taken;
            done = true;
            return path;
        } finally {
            if (!done) {
                taken.close();
            }
        }
    }

    private static Path pins(Remains remains) throws PortException {
        try {
            return remains.pinsHere();
        } catch (IOException e) {
            throw new PortException("fast path: the network namespace cannot be named: " + e.getMessage());
        }
    }

    void settle(Set<String> interfaceNames) {
        FastPath now = opened;
        if (now != null) {
            now.settle();
            List<String> elsewhere = now.takeLeftElsewhere();
            if (!elsewhere.isEmpty()) {
                LOG.warn(
                        "what a process before left under other names is taken away: {}", String.join(", ", elsewhere));
            }
            if (ownPins != null) {
                left.letGoElsewhere(ownPins);
            }
        } else {
            left.letGoOfOthers(interfaceNames);
        }
    }

    void beat(long nowNs) {
        FastPath now = opened;
        if (now != null) {
            now.beat(nowNs);
        }
    }

    /** Whether ports have another descriptor to poll now. */
    boolean mend(LinkEvent event) {
        FastPath now = opened;
        if (now == null) {
            return false;
        }
        try {
            boolean another = now.mend(event);
            if (another) {
                LOG.warn(
                        "the interfaces by which the fast path hands packets over were taken away; they are made anew");
            }
            return another;
        } catch (PortException e) {
            LOG.error(
                    "the interfaces by which the fast path hands packets over are down or away: what the kernel does not repeat meets the failure policies of ports, until they can be made anew: {}",
                    e.getMessage());
            return false;
        }
    }

    void setAbsence(int port, Absence absence) {
        FastPath now = opened;
        int number = now == null ? 0 : now.offload().ingressOf(port);
        if (now != null && number != 0) {
            int pair = absence.pair() < 0 ? 0 : now.offload().ingressOf(absence.pair());
            now.setAbsence(number, pair, absence.open(), absence.arp(), absence.discovery());
        }
    }

    boolean recordsUnder(String content) {
        FastPath now = opened;
        return now == null || now.recordsUnder(content);
    }

    boolean leave() {
        FastPath now = opened;
        boolean leaving = now != null && remains != null;
        if (now != null && leaving) {
            now.leaveAtClose();
        }
        return leaving;
    }

    /** Only for the worker, which is the one that opens and closes it. */
    synchronized @Nullable OffloadDevice offload() {
        FastPath now = opened;
        return now == null ? null : now.offload();
    }

    boolean isFast(int index) {
        OffloadDevice device = offload();
        return device != null && device.ingressOf(index) != 0;
    }

    /** Any thread. */
    synchronized FastPathState state() {
        FastPath now = opened;
        return now == null
                ? new FastPathState(mode, trouble, Map.of(), 0, 0)
                : new FastPathState(mode, trouble, now.counts(), now.lockedBytes(), now.lostFrames());
    }

    synchronized void close() {
        FastPath now = opened;
        opened = null;
        try {
            if (now != null) {
                now.close();
            }
        } finally {
            Claim taken = claim;
            claim = null;
            if (taken != null) {
                taken.close();
            }
        }
    }
}
