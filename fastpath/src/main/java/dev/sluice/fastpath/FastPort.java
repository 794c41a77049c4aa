package dev.sluice.fastpath;

import dev.sluice.datapath.Batch;
import dev.sluice.datapath.PacketPort;
import dev.sluice.datapath.PortCounters;
import dev.sluice.ports.PacketOutput;

/**
 * A port whose journeys are repeated in the kernel. One user: the worker.
 *
 * <p>What is not repeated comes in through the one socket of all ports of the {@link FastPath}: whichever port is asked first has the frames of all, each with the right {@link Batch#port}.
 * Counters are those of the frames that came here; what the kernel repeats is counted in the records.
 */
public final class FastPort implements PacketPort {
    private final FastPath owner;
    private final String name;
    private final int number;
    private final int linkFd;
    private final int interfaceIndex;
    private final int portIndex;
    private final PacketOutput output;
    private final PortCounters counters;
    private final boolean shared;
    private boolean closed;

    FastPort(
            FastPath owner,
            String name,
            int number,
            int linkFd,
            int interfaceIndex,
            int portIndex,
            PacketOutput output,
            PortCounters counters,
            boolean shared) {
        this.owner = owner;
        this.name = name;
        this.number = number;
        this.linkFd = linkFd;
        this.interfaceIndex = interfaceIndex;
        this.portIndex = portIndex;
        this.output = output;
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

    int linkFd() {
        return linkFd;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Batch batch) {
        return owner.receive(batch);
    }

    @Override
    public void send(Batch batch, int slot) {
        output.send(batch, slot);
    }

    @Override
    public void flush() {
        output.flush();
    }

    @Override
    public int pollDescriptor() {
        return owner.pollDescriptor();
    }

    @Override
    public boolean carriesOffloads() {
        return true;
    }

    @Override
    public String description() {
        return "fast path tc, AF_PACKET for the rest"
                + (shared ? ": shared with the host, which has addresses there" : "");
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
            output.close();
        }
    }
}
