package dev.sluice.agent.worker;

import dev.sluice.agent.compile.PortBinding;
import dev.sluice.datapath.offload.OffloadDevice;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.ports.LinkEvent;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where a worker gets its ports from. One user: the worker whose pool it was made with. */
public interface PortSource {
    /** Makes the source of a worker. */
    @FunctionalInterface
    interface Factory {
        /** The source of ports that take their frames from this pool. */
        PortSource over(FramePool pool);

        /** This for the ports of a node. */
        default Factory of(String node) {
            return pool -> {
                PortSource source = over(pool);
                source.named(node);
                return source;
            };
        }
    }

    /** Opens a port; never fails: a port whose interface is missing is deaf until it appears, and its description says why. */
    PacketPort open(PortBinding binding);

    /** Whose ports they are; called once, before the first port is opened. */
    default void named(String node) {}

    /** How many journeys a fast path is to have room for; called once, before the first port is opened. */
    default void expect(int journeysMax) {}

    /** What repeats journeys for the ports that have a fast path; null while none has. The same until {@link #close}. */
    default @Nullable OffloadDevice offload() {
        return null;
    }

    /** Whether the port that is bound so has a fast path now. */
    default boolean isFast(PortBinding binding) {
        return false;
    }

    /** What was asked for, and what became of it; any thread. */
    default FastPathState fastPath() {
        return FastPathState.OFF;
    }

    /**
     * Lets go of what a process before had and this one does not open; after the first configuration, and when there is an {@link #offload} for the first time.
     *
     * @param interfaceNames those of all ports
     */
    default void settle(Set<String> interfaceNames) {}

    /** Says that the worker is there; at least every 10 ms. */
    default void beat(long nowNs) {}

    /**
     * Says what becomes of frames that come in at a port while no worker is there and that are not repeated.
     *
     * @param port index of an open port
     */
    default void setAbsence(int port, Absence absence) {}

    /**
     * Says under which configuration the {@link #offload} is given records from now on; before it is given the first one.
     *
     * @param content what users wrote, see {@link dev.sluice.agent.compile.CompiledNode}
     * @return whether those that it has were made under the same one
     */
    default boolean recordsUnder(String content) {
        return true;
    }

    /** The process ends and leaves what outlives it: from now on nothing that is closed is taken away. False: there is no such thing. */
    default boolean leave() {
        return false;
    }

    /** Lets go of everything but the ports, which are closed before. */
    default void close() {}

    /** Whether frames can cross the port now. */
    boolean isOpen(PacketPort port);

    /**
     * Tells an open port of a change of interfaces.
     *
     * @return whether the port's poll descriptor may have changed
     */
    boolean onLinkEvent(PacketPort port, LinkEvent event);

    /**
     * Tells of a change of interfaces, whoever's: what all ports share may have to be mended.
     *
     * @return whether poll descriptors of ports may have changed
     */
    default boolean mend(LinkEvent event) {
        return false;
    }
}
