package dev.sluice.fastpath;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.ports.AddressFollower;
import dev.sluice.ports.PacketOutput;
import dev.sluice.ports.PortOpener;
import dev.sluice.ports.XdpPort;
import org.jspecify.annotations.Nullable;

/**
 * A port whose journeys are repeated in the kernel. One user: the worker.
 *
 * <p>What is not repeated comes in through the one socket of all ports of the {@link FastPath}: whichever port is asked first has the frames of all, each with the right {@link Batch#port}. A port
 * with AF_XDP sockets has its own instead.
 * Counters are those of the frames that came here; what the kernel repeats is counted in the records.
 */
public final class FastPort implements AddressFollower {
    private final FastPath owner;
    private final String name;
    private final int number;
    private final Links links;
    private final int interfaceIndex;
    private final int portIndex;
    private final Rest rest;
    private final PortCounters counters;
    private boolean shared;
    private boolean closed;

    /**
     * What keeps the programs attached.
     *
     * @param tc descriptor of the link at tc, -1: none
     * @param xdp the same for XDP
     * @param withoutXdp why there is none though it was asked for, else empty
     * @param tagsLeft whether the driver was told to leave tags in frames
     */
    record Links(int tc, int xdp, String withoutXdp, boolean tagsLeft) {}

    /**
     * How frames leave that are not repeated, one of them.
     *
     * @param output for a port whose frames come in by the punt device
     * @param sockets for one that has AF_XDP sockets
     */
    record Rest(@Nullable PacketOutput output, @Nullable XdpPort sockets) {
        void close() {
            if (output != null) {
                output.close();
            }
            if (sockets != null) {
                sockets.close();
            }
        }
    }

    FastPort(
            FastPath owner,
            String name,
            int number,
            Links links,
            int interfaceIndex,
            int portIndex,
            Rest rest,
            PortCounters counters,
            boolean shared) {
        this.owner = owner;
        this.name = name;
        this.number = number;
        this.links = links;
        this.interfaceIndex = interfaceIndex;
        this.portIndex = portIndex;
        this.rest = rest;
        this.counters = counters;
        this.shared = shared;
    }

    /** What {@code ingress} and {@code egress} of records call it; the same whenever an interface of this name is attached. */
    public int number() {
        return number;
    }

    int portIndex() {
        return portIndex;
    }

    int interfaceIndex() {
        return interfaceIndex;
    }

    Links links() {
        return links;
    }

    /** Where its frames meet the program first. */
    public Hook hook() {
        return links.xdp >= 0 ? Hook.XDP : Hook.TC;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Batch batch) {
        return rest.sockets == null ? owner.receive(batch) : rest.sockets.receive(batch);
    }

    @Override
    public void send(Batch batch, int slot) {
        if (rest.output != null) {
            rest.output.send(batch, slot);
        } else if (rest.sockets != null) {
            rest.sockets.send(batch, slot);
        }
    }

    @Override
    public void flush() {
        if (rest.output != null) {
            rest.output.flush();
        } else if (rest.sockets != null) {
            rest.sockets.flush();
        }
    }

    @Override
    public int pollDescriptor() {
        return rest.sockets == null ? owner.pollDescriptor() : rest.sockets.pollDescriptor();
    }

    @Override
    public boolean carriesOffloads() {
        return rest.sockets == null;
    }

    @Override
    public String description() {
        String hook = hook() == Hook.TC
                ? "fast path tc" + (links.withoutXdp.isEmpty() ? "" : " (no XDP: " + links.withoutXdp + ")")
                : links.tc >= 0 ? "fast path xdp, then tc" : "fast path xdp";
        return hook
                + (rest.sockets == null ? ", AF_PACKET for the rest" : ", AF_XDP for the rest")
                + (shared ? ": shared with the host, which has addresses there" : "");
    }

    /** With AF_XDP sockets the host gets nothing from there, whatever it has. */
    @Override
    public void onAddresses() {
        boolean now = rest.sockets == null && !PortOpener.hostReason(name).isEmpty();
        if (now != shared && !closed) {
            shared = now;
            owner.setShared(number, now);
        }
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            owner.detach(this);
            if (owner.isLeaving() && rest.sockets != null) {
                rest.sockets.leaveTagsInFrames();
            }
            rest.close();
            // A program that stays does not know frames whose tags are beside them.
            if (links.tagsLeft && !owner.isLeaving()) {
                PortOpener.takeTagsOut(name);
            }
        }
    }
}
