package dev.sluice.fastpath;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.ports.LinkEvent;
import dev.sluice.ports.LinkInfo;
import dev.sluice.ports.PortException;
import dev.sluice.ports.PuntSocket;
import dev.sluice.ports.VethPair;
import org.jspecify.annotations.Nullable;

/**
 * The device by which the program hands frames over, and who listens there for all ports. One user: the worker; {@link #lostFrames} is for any thread.
 *
 * <p>Without it whatever is not repeated is lost, and nobody would count it: so it is mended when somebody sets an end down, and made anew when somebody takes it away.
 */
final class PuntDevice implements AutoCloseable {
    /** End that the program sends to. */
    static final String FROM = "sluice-punt";

    /** End that is listened at. */
    static final String TO = "sluice-punt-rx";

    private final Libbpf bpf;
    private final Program program;
    private final FramePool pool;
    private final int[] portIndices = new int[KernelMaps.PORTS];
    private final @Nullable PortCounters[] counters = new PortCounters[KernelMaps.PORTS];
    private VethPair device;
    private volatile PuntSocket socket;
    private int swallowFd;

    /** By sockets before this one. */
    private volatile long lostBefore;

    private boolean missing;

    /** Listens at a device that is there. */
    PuntDevice(Libbpf bpf, Program program, FramePool pool, VethPair device) throws PortException {
        this.bpf = bpf;
        this.program = program;
        this.pool = pool;
        this.device = device;
        socket = PuntSocket.open(device.peerName(), pool);
        boolean done = false;
        try {
            swallowFd = swallow(bpf, program, device);
            done = true;
        } finally {
            if (!done) {
                socket.close();
            }
        }
    }

    /** As it is, or as a process before has left it, both ends up. */
    static VethPair make() throws PortException {
        return VethPair.make(FROM, TO, VethPair.MTU_MAX);
    }

    private static int swallow(Libbpf bpf, Program program, VethPair device) throws PortException {
        int fd = bpf.attachTcx(program.program("tc_swallow"), device.peerIndex());
        if (fd < 0) {
            throw Program.trouble("attaching to " + device.peerName() + " by tcx (Linux 6.6 or later)", fd);
        }
        return fd;
    }

    /** The interface that the program sends to. */
    int interfaceIndex() {
        return device.index();
    }

    /** As {@link PuntSocket#bind}. */
    void bind(int number, int portIndex, PortCounters portCounters) {
        portIndices[number] = portIndex;
        counters[number] = portCounters;
        socket.bind(number, portIndex, portCounters);
    }

    /** As {@link PuntSocket#release}. */
    void release(int number) {
        counters[number] = null;
        socket.release(number);
    }

    int receive(Batch batch) {
        return socket.receive(batch);
    }

    int pollDescriptor() {
        return socket.pollDescriptor();
    }

    /** Frames that were handed over and that found no room on their way here. */
    long lostFrames() {
        return lostBefore + socket.counters().kernelDropped + Readings.droppedBy(FROM);
    }

    /** Whether an event says that frames do not come through any more, or one before did and it could not be mended. */
    boolean isToBeMended(LinkEvent event) {
        LinkInfo link = event.link();
        boolean own = link.index() == device.index() || link.index() == device.peerIndex();
        return missing
                || switch (event) {
                    case LinkEvent.Vanished _ -> own;
                    case LinkEvent.Changed _ -> own && !link.up();
                    case LinkEvent.Appeared _, LinkEvent.Readdressed _ -> false;
                };
    }

    /**
     * Sets both ends up, or makes them anew and listens there for the same ports.
     *
     * @return whether it is another device
     */
    boolean mend() throws PortException {
        missing = true;
        VethPair now = make();
        boolean another = now.index() != device.index() || now.peerIndex() != device.peerIndex();
        if (another) {
            PuntDevice next = new PuntDevice(bpf, program, pool, now);
            // One thread writes it.
            long lost = lostBefore + socket.counters().kernelDropped;
            lostBefore = lost;
            close();
            device = now;
            socket = next.socket;
            swallowFd = next.swallowFd;
            for (int number = 0; number < counters.length; number++) {
                PortCounters of = counters[number];
                if (of != null) {
                    socket.bind(number, portIndices[number], of);
                }
            }
        }
        missing = false;
        return another;
    }

    /** Takes the device itself away. */
    void remove() {
        device.remove();
    }

    /** Listens no more; the device stays. */
    @Override
    public void close() {
        bpf.closeDescriptor(swallowFd);
        socket.close();
    }
}
