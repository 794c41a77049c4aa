package dev.sluice.ports;

import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.datapath.packet.PortCounters;
import java.net.NetworkInterface;
import java.net.SocketException;

/**
 * Opens ports with the driver that suits their interface, and says why. One user: the worker whose pool it is.
 *
 * <p>Interfaces behind which the kernel's stack sits (veth, tap, members of bridges, anything made of software) carry super-frames and get AF_PACKET;
 * physical network cards get AF_XDP where it can be loaded.
 */
public final class PortOpener {
    private final FramePool pool;
    private final XdpUmem umem;

    /** An opener of ports that use this pool. */
    public PortOpener(FramePool pool) {
        this.pool = pool;
        this.umem = new XdpUmem(pool);
    }

    /**
     * Opens a port and reopens it whenever its interface is made again; never fails, see {@link ReopeningPort}.
     *
     * @param portIndex what {@link dev.sluice.datapath.packet.Batch#port} says of frames received here
     */
    public ReopeningPort openReopening(String interfaceName, int portIndex, PortOptions options) {
        return ReopeningPort.open(interfaceName, pool, counters -> open(interfaceName, portIndex, options, counters));
    }

    /**
     * Opens a port on an interface of the calling thread's network namespace.
     *
     * @param portIndex what {@link dev.sluice.datapath.packet.Batch#port} says of frames received here
     * @throws PortException if the interface is missing or the driver that was asked for cannot be used
     */
    public PacketPort open(String interfaceName, int portIndex, PortOptions options) throws PortException {
        return open(interfaceName, portIndex, options, new PortCounters());
    }

    /** As above, counting in counters that are there already. */
    public PacketPort open(String interfaceName, int portIndex, PortOptions options, PortCounters counters)
            throws PortException {
        return switch (options.driver()) {
            case AF_PACKET -> packetSocket(interfaceName, portIndex, counters, "as asked");
            case AF_XDP -> XdpPort.open(interfaceName, portIndex, umem, options, counters, "as asked");
            case TAP -> TapPort.open(interfaceName, portIndex, pool, counters);
            case AUTO -> choose(interfaceName, portIndex, options, counters);
        };
    }

    /** The sockets of an AF_XDP port without a program: the kernel's fast path has it, and hands frames over to them. */
    public XdpPort openSockets(String interfaceName, int portIndex, PortOptions options, PortCounters counters)
            throws PortException {
        return XdpPort.openSockets(interfaceName, portIndex, umem, options, counters);
    }

    /** Why no XDP program has to be there unless somebody asks for it: super-frames and partial checksums would be lost; empty for physical interfaces. */
    public static String softwareReason(String interfaceName) throws PortException {
        return LinkMonitor.read(interfaceName).map(PortOpener::softwareReason).orElse("no such interface");
    }

    /** Has an interface leave received tags in the frames, where XDP sees them; whether that was a change. */
    public static boolean leaveTagsInFrames(String interfaceName) {
        return EthernetDriver.stripReceivedTags(interfaceName, false);
    }

    /** Whether an interface takes received tags out of the frames all the same. */
    public static boolean takesTagsOut(String interfaceName) {
        return EthernetDriver.stripsReceivedTags(interfaceName);
    }

    /** Undoes {@link #leaveTagsInFrames}. */
    public static void takeTagsOut(String interfaceName) {
        EthernetDriver.stripReceivedTags(interfaceName, true);
    }

    /** Has an interface take frames for other MAC addresses too, also without this process; whether that was a change. */
    public static boolean takeFramesOfOthers(String interfaceName) {
        return EthernetDriver.setPromiscuous(interfaceName, true);
    }

    /** Undoes {@link #takeFramesOfOthers}. */
    public static void leaveFramesOfOthers(String interfaceName) {
        EthernetDriver.setPromiscuous(interfaceName, false);
    }

    private PacketPort choose(String interfaceName, int portIndex, PortOptions options, PortCounters counters)
            throws PortException {
        LinkInfo link = LinkMonitor.read(interfaceName)
                .orElseThrow(
                        () -> PortException.of("port on " + interfaceName, "look-up", -Errno.ENODEV, "CAP_NET_RAW"));
        String kind = softwareReason(link);
        String software = kind.isEmpty() ? hostReason(interfaceName) : kind;
        if (!software.isEmpty()) {
            return packetSocket(interfaceName, portIndex, counters, software);
        }
        try {
            return XdpPort.open(interfaceName, portIndex, umem, options, counters, "physical interface");
        } catch (PortException e) {
            return packetSocket(interfaceName, portIndex, counters, "no AF_XDP here (" + e.getMessage() + ")");
        }
    }

    /** Why the interface is better served by AF_PACKET; empty for a physical one. */
    static String softwareReason(LinkInfo link) {
        if (link.master() != 0) {
            return "member of a bridge or bond, keeps GSO";
        }
        if (!link.kind().isEmpty()) {
            return link.kind() + ", keeps GSO";
        }
        return link.mac() == 0 ? "not an Ethernet card" : "";
    }

    /** Why the kernel has to get the packets of an interface too, which it does not with AF_XDP (X10); empty if it need not. */
    public static String hostReason(String interfaceName) {
        try {
            NetworkInterface found = NetworkInterface.getByName(interfaceName);
            boolean used = found != null && found.inetAddresses().anyMatch(address -> !address.isLinkLocalAddress());
            return used ? "the host has addresses there" : "";
        } catch (SocketException e) {
            return "";
        }
    }

    private PacketPort packetSocket(String interfaceName, int portIndex, PortCounters counters, String reason)
            throws PortException {
        return PacketSocketPort.open(interfaceName, portIndex, pool, counters, PacketSocketPort.RING_SLOTS, reason);
    }
}
