package dev.sluice.agent.worker;

import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.Remains;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.model.Port;
import dev.sluice.model.PortDriver;
import dev.sluice.ports.Claim;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.PortException;
import dev.sluice.ports.PortOpener;
import dev.sluice.ports.PortOptions;
import dev.sluice.ports.ReopeningPort;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ports on the interfaces of this host (of the network namespace of the process). One user: the worker. */
public final class LinuxPorts implements PortSource {
    private static final Logger LOG = LoggerFactory.getLogger(LinuxPorts.class);

    private final FramePool pool;
    private final PortOpener opener;
    private final KernelFastPath fastPath;
    private final TakenNames takenNames = new TakenNames();
    private String node = "";

    /**
     * Opens nothing yet.
     *
     * @param mode whether ports get a fast path
     * @param remains where that is left when the process ends; empty: it goes with it
     */
    public LinuxPorts(FramePool pool, FastPathMode mode, Optional<Remains> remains) {
        this.pool = pool;
        opener = new PortOpener(pool);
        fastPath = new KernelFastPath(mode, pool, remains.orElse(null));
    }

    @Override
    public PacketPort open(PortBinding binding) {
        boolean slow =
                !fastPath.isWanted() || binding.fastPath() == Port.FastPath.OFF || binding.driver() == PortDriver.TAP;
        // The kernel gives a TAP to one only, and its interface is there only afterwards.
        ReopeningPort.Right right = binding.driver() == PortDriver.TAP ? null : () -> claim(binding.interfaceName());
        return ReopeningPort.open(binding.interfaceName(), pool, right, counters -> {
            PacketPort fast = slow ? null : attach(binding, counters);
            if (fast != null) {
                return fast;
            }
            fastPath.letGo(binding.interfaceName());
            return opener.open(binding.interfaceName(), binding.index(), options(binding), counters);
        });
    }

    /** One interface, one node: two would each carry every packet, and what one keeps back the other lets through. */
    private Claim claim(String interfaceName) throws PortException {
        Claim claim = Claim.ofInterface(interfaceName, node);
        takenNames
                .notice(
                        claim.isExclusive(),
                        "port " + interfaceName,
                        "@sluice/port/...",
                        "another node that takes this interface too is not seen, and both carry its packets")
                .ifPresent(LOG::warn);
        return claim;
    }

    /** Whoever names one of the other drivers wants that one: with AF_XDP there is no tc. Null: without fast path. */
    private @Nullable PacketPort attach(PortBinding binding, PortCounters counters) throws PortException {
        String name = binding.interfaceName();
        return switch (binding.driver()) {
            case AUTO, AF_PACKET -> fastPath.attach(name, binding.index(), counters, binding.fastPath());
            case AF_XDP ->
                fastPath.isWantedByXdp(name, binding.fastPath()) && binding.xdpMode() != Port.XdpMode.GENERIC
                        ? fastPath.attach(
                                name,
                                binding.index(),
                                counters,
                                () -> opener.openSockets(name, binding.index(), options(binding), counters))
                        : null;
            case TAP -> null;
        };
    }

    @Override
    public void named(String ownNode) {
        node = ownNode;
        fastPath.named(ownNode);
    }

    @Override
    public void expect(int journeysMax) {
        fastPath.expect(journeysMax);
    }

    @Override
    public @Nullable OffloadDevice offload() {
        return fastPath.offload();
    }

    @Override
    public boolean isFast(PortBinding binding) {
        return fastPath.isFast(binding.index());
    }

    @Override
    public void settle(Set<String> interfaceNames) {
        fastPath.settle(interfaceNames);
    }

    @Override
    public void beat(long nowNs) {
        fastPath.beat(nowNs);
    }

    @Override
    public void setAbsence(int port, Absence absence) {
        fastPath.setAbsence(port, absence);
    }

    @Override
    public boolean recordsUnder(String content) {
        return fastPath.recordsUnder(content);
    }

    @Override
    public boolean leave() {
        return fastPath.leave();
    }

    @Override
    public FastPathState fastPath() {
        return fastPath.state();
    }

    @Override
    public void close() {
        fastPath.close();
    }

    private static PortOptions options(PortBinding binding) {
        PortOptions.Driver driver = switch (binding.driver()) {
            case AUTO -> PortOptions.Driver.AUTO;
            case AF_PACKET -> PortOptions.Driver.AF_PACKET;
            case AF_XDP -> PortOptions.Driver.AF_XDP;
            case TAP -> PortOptions.Driver.TAP;
        };
        PortOptions.XdpMode mode = switch (binding.xdpMode()) {
            case AUTO -> PortOptions.XdpMode.AUTO;
            case NATIVE -> PortOptions.XdpMode.NATIVE;
            case GENERIC -> PortOptions.XdpMode.GENERIC;
        };
        PortOptions.ZeroCopy zeroCopy = switch (binding.zeroCopy()) {
            case AUTO -> PortOptions.ZeroCopy.AUTO;
            case ON -> PortOptions.ZeroCopy.ON;
            case OFF -> PortOptions.ZeroCopy.OFF;
        };
        return new PortOptions(driver, mode, zeroCopy);
    }

    @Override
    public boolean isOpen(PacketPort port) {
        return !(port instanceof ReopeningPort reopening) || reopening.isOpen();
    }

    @Override
    public boolean onLinkEvent(PacketPort port, LinkEvent event) {
        return port instanceof ReopeningPort reopening && reopening.onLinkEvent(event);
    }

    @Override
    public boolean mend(LinkEvent event) {
        return fastPath.mend(event);
    }
}
