package dev.sluice.agent.worker;

import dev.sluice.agent.compile.PortBinding;
import dev.sluice.datapath.FramePool;
import dev.sluice.datapath.PacketPort;
import dev.sluice.ports.LinkEvent;

/** Where a worker gets its ports from. One user: the worker whose pool it was made with. */
public interface PortSource {
    /** Makes the source of a worker. */
    @FunctionalInterface
    interface Factory {
        /** The source of ports that take their frames from this pool. */
        PortSource over(FramePool pool);
    }

    /** Opens a port; never fails: a port whose interface is missing is deaf until it appears, and its description says why. */
    PacketPort open(PortBinding binding);

    /** Whether frames can cross the port now. */
    boolean isOpen(PacketPort port);

    /**
     * Tells an open port of a change of interfaces.
     *
     * @return whether the port's poll descriptor may have changed
     */
    boolean onLinkEvent(PacketPort port, LinkEvent event);
}
