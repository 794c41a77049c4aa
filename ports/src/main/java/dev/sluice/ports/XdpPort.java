package dev.sluice.ports;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.datapath.packet.Segmenter;
import dev.sluice.wire.Checksum;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * A port on a network card through AF_XDP sockets, one per receive queue. One user: the worker that owns it.
 *
 * <p>Frames are received into small chunks of the worker's pool and sent from them; a frame in a large chunk is copied. Neither super-frames nor partial
 * checksums exist here: those that come from other ports are segmented and completed on the way out. A small XDP program hands frames to the sockets; it goes
 * away with the port or the process. A tag that the card had stripped would be lost, so stripping is switched off while the port is open. Packet path: no
 * allocation.
 */
public final class XdpPort implements PacketPort {
    static final String CAPABILITY = "CAP_NET_ADMIN, CAP_NET_RAW and CAP_BPF";

    private static final int MODE_GENERIC = 2;
    private static final int MODE_NATIVE = 4;

    /** How many calls of {@link #receive} lie between two readings of what the kernel lost. */
    private static final int STATISTICS_PERIOD = 1 << 14;

    private final String name;
    private final XdpSocket[] sockets;
    private final int[] descriptors;
    private final int pollFd;
    private final boolean generic;
    private boolean strippingSwitchedOff;
    private final String reason;
    private final PortCounters counters;
    private final FramePool pool;
    private final MemorySegment frames;
    private final Segmenter segmenter;
    private final Batch segments = new Batch();
    private int sinceStatistics;
    private boolean closed;

    private XdpPort(
            String name,
            XdpSocket[] sockets,
            int[] descriptors,
            int pollFd,
            boolean generic,
            String reason,
            PortCounters counters,
            FramePool pool) {
        this.name = name;
        this.sockets = sockets;
        this.descriptors = descriptors;
        this.pollFd = pollFd;
        this.generic = generic;
        this.strippingSwitchedOff = EthernetDriver.stripReceivedTags(name, false);
        this.reason = reason;
        this.counters = counters;
        this.pool = pool;
        this.frames = pool.memory();
        this.segmenter = new Segmenter(pool);
    }

    /**
     * Opens a port on all receive queues of an interface of the calling thread's network namespace.
     *
     * @param portIndex what {@link Batch#port} says of frames received here
     * @param umem the worker's frames
     */
    public static XdpPort open(String interfaceName, int portIndex, XdpUmem umem, PortOptions options)
            throws PortException {
        return open(interfaceName, portIndex, umem, options, new PortCounters(), "as asked");
    }

    static XdpPort open(
            String interfaceName,
            int portIndex,
            XdpUmem umem,
            PortOptions options,
            PortCounters counters,
            String reason)
            throws PortException {
        return open(interfaceName, portIndex, umem, options, counters, reason, true);
    }

    /** The same without a program: the sockets get nothing until another one hands frames to {@link #socketDescriptors}. */
    static XdpPort openSockets(
            String interfaceName, int portIndex, XdpUmem umem, PortOptions options, PortCounters counters)
            throws PortException {
        return open(interfaceName, portIndex, umem, options, counters, "the rest", false);
    }

    private static XdpPort open(
            String interfaceName,
            int portIndex,
            XdpUmem umem,
            PortOptions options,
            PortCounters counters,
            String reason,
            boolean withProgram)
            throws PortException {
        String object = "AF_XDP on " + interfaceName;
        int index = Linux.interfaceIndex(interfaceName);
        if (index < 0) {
            throw PortException.of(object, "if_nametoindex", index, CAPABILITY);
        }
        try (Opening opening = new Opening(object, receiveQueues(interfaceName))) {
            opening.openSockets(umem, index, options.zeroCopy(), portIndex, counters);
            opening.takeFramesOfOthers(index);
            boolean generic = withProgram && opening.attach(index, options.xdpMode());
            int pollFd = opening.pollDescriptor();
            return new XdpPort(
                    interfaceName, opening.sockets, opening.release(), pollFd, generic, reason, counters, umem.pool());
        }
    }

    /** Number of receive queues; an interface that does not tell has one. */
    private static int receiveQueues(String interfaceName) {
        return Math.max(1, EthernetDriver.receiveQueues(interfaceName));
    }

    /** What has been opened so far; closes it all unless {@link #release} is reached. */
    private static final class Opening implements AutoCloseable {
        private final String object;
        private final XdpSocket[] sockets;
        private int socketCount;
        private int mapFd = -1;
        private int linkFd = -1;
        private int epollFd = -1;
        private int promiscuousFd = -1;
        private boolean released;

        Opening(String object, int queueCount) {
            this.object = object;
            this.sockets = new XdpSocket[queueCount];
        }

        void openSockets(XdpUmem umem, int index, PortOptions.ZeroCopy zeroCopy, int portIndex, PortCounters counters)
                throws PortException {
            for (int queue = 0; queue < sockets.length; queue++) {
                sockets[queue] =
                        XdpSocket.open(umem, index, queue, zeroCopy, portIndex, counters, object + " queue " + queue);
                socketCount++;
            }
        }

        /** A wire has frames that are for nobody here: AF_XDP sockets alone would not have a card take them. */
        void takeFramesOfOthers(int index) throws PortException {
            promiscuousFd = require(
                    Linux.socket(KernelConstants.AF_PACKET, KernelConstants.SOCK_RAW | KernelConstants.SOCK_CLOEXEC, 0),
                    "packet socket");
            PacketSocketPort.joinPromiscuous(promiscuousFd, object, index);
        }

        /** Loads and attaches the program; whether in generic mode. */
        boolean attach(int index, PortOptions.XdpMode mode) throws PortException {
            mapFd = require(Bpf.createSocketMap(sockets.length), "XSKMAP");
            for (int queue = 0; queue < sockets.length; queue++) {
                require(Bpf.putSocket(mapFd, queue, sockets[queue].fd()), "XSKMAP entry");
            }
            int programFd = require(Bpf.loadRedirect(mapFd), "BPF_PROG_LOAD");
            try {
                if (mode != PortOptions.XdpMode.GENERIC) {
                    linkFd = Bpf.attachXdp(programFd, index, MODE_NATIVE);
                    if (linkFd >= 0) {
                        return false;
                    }
                    if (mode == PortOptions.XdpMode.NATIVE || linkFd == -Errno.EBUSY) {
                        require(linkFd, "attach native XDP program");
                    }
                }
                linkFd = require(Bpf.attachXdp(programFd, index, MODE_GENERIC), "attach generic XDP program");
                return true;
            } finally {
                // The link holds the program, the program the map.
                Linux.close(programFd);
            }
        }

        int pollDescriptor() throws PortException {
            if (sockets.length == 1) {
                return sockets[0].fd();
            }
            epollFd = require(Linux.epollCreate(KernelConstants.EPOLL_CLOEXEC), "epoll_create1");
            for (XdpSocket socket : sockets) {
                require(Linux.epollAdd(epollFd, socket.fd(), KernelConstants.POLLIN), "epoll_ctl");
            }
            return epollFd;
        }

        int[] release() {
            released = true;
            return new int[] {linkFd, mapFd, epollFd, promiscuousFd};
        }

        private int require(int answer, String call) throws PortException {
            if (answer < 0) {
                throw PortException.of(object, call, answer, CAPABILITY);
            }
            return answer;
        }

        @Override
        public void close() {
            if (!released) {
                closeAll(new int[] {linkFd, mapFd, epollFd, promiscuousFd});
                for (int i = 0; i < socketCount; i++) {
                    sockets[i].close();
                }
            }
        }
    }

    /** Whether opening it made the driver leave tags in frames. */
    public boolean hasLeftTagsInFrames() {
        return strippingSwitchedOff;
    }

    /** Those of its sockets, by queue. */
    public int[] socketDescriptors() {
        int[] all = new int[sockets.length];
        Arrays.setAll(all, queue -> sockets[queue].fd());
        return all;
    }

    private static void closeAll(int[] descriptors) {
        for (int fd : descriptors) {
            if (fd >= 0) {
                Linux.close(fd);
            }
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public int receive(Batch batch) {
        int received = 0;
        for (XdpSocket socket : sockets) {
            received += socket.receive(batch);
        }
        if (++sinceStatistics == STATISTICS_PERIOD) {
            sinceStatistics = 0;
            for (XdpSocket socket : sockets) {
                socket.countLost();
            }
        }
        return received;
    }

    @Override
    public void send(Batch batch, int slot) {
        long start = batch.start[slot];
        int bytes = batch.length[slot];
        if (batch.gsoType[slot] != Batch.GSO_NONE) {
            sendSegments(batch, slot);
            return;
        }
        if ((batch.offload[slot] & Batch.CHECKSUM_PARTIAL) != 0) {
            int answer = Checksum.complete(frames, start, bytes, batch.csumStart[slot], batch.csumOffset[slot]);
            if (answer < 0) {
                drop(start);
                return;
            }
        }
        if (pool.isSmall(start)) {
            sockets[0].send(start, bytes);
        } else {
            sendCopy(start, bytes);
        }
    }

    private void sendCopy(long start, int bytes) {
        long copy = bytes <= FramePool.SMALL_BYTES - FramePool.HEADROOM_BYTES ? pool.takeSmall() : FramePool.NONE;
        if (copy == FramePool.NONE) {
            drop(start);
            return;
        }
        MemorySegment.copy(frames, start, frames, copy, bytes);
        pool.give(start);
        sockets[0].send(copy, bytes);
    }

    private void sendSegments(Batch batch, int slot) {
        boolean cut = segmenter.split(batch, slot, segments);
        if (!cut) {
            // Frames that the kernel has sent by now may be enough.
            sockets[0].flush();
            cut = segmenter.split(batch, slot, segments);
        }
        if (!cut) {
            drop(batch.start[slot]);
            return;
        }
        for (int i = 0; i < segments.count; i++) {
            long start = segments.start[i];
            if (pool.isSmall(start)) {
                sockets[0].send(start, segments.length[i]);
            } else {
                drop(start);
            }
        }
    }

    private void drop(long start) {
        counters.sendDropped++;
        pool.give(start);
    }

    @Override
    public void flush() {
        sockets[0].flush();
    }

    @Override
    public int pollDescriptor() {
        return pollFd;
    }

    @Override
    public boolean carriesOffloads() {
        return false;
    }

    @Override
    public String description() {
        return "AF_XDP " + (generic ? "generic" : "native") + ", " + (sockets[0].zeroCopy() ? "zero copy" : "copy")
                + ", "
                + (sockets.length == 1 ? "1 queue" : sockets.length + " queues") + ": " + reason
                + "; on a veth, switch the peer's checksum and segmentation offloads off";
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            closeAll(descriptors);
            for (XdpSocket socket : sockets) {
                socket.close();
            }
            if (strippingSwitchedOff) {
                EthernetDriver.stripReceivedTags(name, true);
            }
        }
    }

    /** Tags stay in received frames when this is closed: a program that needs them there stays too. */
    public void leaveTagsInFrames() {
        strippingSwitchedOff = false;
    }
}
