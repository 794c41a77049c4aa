package dev.sluice.agent.worker;

import dev.sluice.agent.compile.PortBinding;
import dev.sluice.datapath.FramePool;
import dev.sluice.datapath.PacketPort;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.PortOpener;
import dev.sluice.ports.PortOptions;
import dev.sluice.ports.ReopeningPort;

/** Ports on the interfaces of this host (of the network namespace of the process). One user: the worker. */
public final class LinuxPorts implements PortSource {
    private final PortOpener opener;

    public LinuxPorts(FramePool pool) {
        opener = new PortOpener(pool);
    }

    @Override
    public PacketPort open(PortBinding binding) {
        return opener.openReopening(binding.interfaceName(), binding.index(), options(binding));
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
}
