package dev.sluice.ports;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Tries what drivers need without touching any interface: sockets are opened and closed, programs are loaded and never attached. Any thread; everything is
 * about the calling process and its network namespace.
 */
public final class HostProbe {
    private static final int SIOCETHTOOL = 0x8946;
    private static final int GET_TSO = 0x1e;
    private static final int GET_GSO = 0x23;
    private static final int GET_GRO = 0x2b;
    private static final int AF_INET = 2;
    private static final int IFREQ_BYTES = 40;
    private static final int IFREQ_NAME_BYTES = 16;

    private HostProbe() {}

    /** An offload that ethtool tells of. */
    public enum Offload {
        /** Received segments are joined. */
        GRO(GET_GRO),
        /** The card cuts TCP segments. */
        TSO(GET_TSO),
        /** The kernel cuts segments late. */
        GSO(GET_GSO);

        private final int command;

        Offload(int command) {
            this.command = command;
        }
    }

    /** Why no AF_PACKET socket can be had; empty if one can. */
    public static String packetTrouble() {
        return trouble(
                Linux.socket(KernelConstants.AF_PACKET, KernelConstants.SOCK_RAW | KernelConstants.SOCK_CLOEXEC, 0),
                "CAP_NET_RAW");
    }

    /** Why no AF_XDP socket can be had; empty if one can. */
    public static String xdpTrouble() {
        return trouble(
                Linux.socket(KernelConstants.AF_XDP, KernelConstants.SOCK_RAW | KernelConstants.SOCK_CLOEXEC, 0),
                "CAP_NET_RAW");
    }

    /** Why no XDP program can be loaded; empty if one can. */
    public static String bpfTrouble() {
        int map = Bpf.createSocketMap(1);
        if (map < 0) {
            return trouble(map, "CAP_BPF");
        }
        try {
            return trouble(Bpf.loadRedirect(map), "CAP_BPF and CAP_NET_ADMIN");
        } finally {
            Linux.close(map);
        }
    }

    private static String trouble(int descriptor, String capability) {
        if (descriptor >= 0) {
            Linux.close(descriptor);
            return "";
        }
        return Errno.name(-descriptor) + ": " + Errno.advice(-descriptor, capability);
    }

    /** Whether an interface takes frames that an XDP program redirects to it; empty if the kernel does not say. */
    public static Optional<Boolean> takesXdpFrames(String interfaceName) {
        int index = Linux.interfaceIndex(interfaceName);
        if (index < 0) {
            return Optional.empty();
        }
        try (XdpFeatures features = XdpFeatures.open()) {
            int found = features.of(index);
            return found < 0 ? Optional.empty() : Optional.of((found & XdpFeatures.TAKES_FRAMES) != 0);
        } catch (PortException e) {
            return Optional.empty();
        }
    }

    /** Whether an offload of an interface is on; empty if the kernel does not say. */
    public static Optional<Boolean> offload(String interfaceName, Offload offload) {
        byte[] name = interfaceName.getBytes(StandardCharsets.UTF_8);
        if (name.length >= IFREQ_NAME_BYTES) {
            return Optional.empty();
        }
        int socket = Linux.socket(AF_INET, KernelConstants.SOCK_DGRAM | KernelConstants.SOCK_CLOEXEC, 0);
        if (socket < 0) {
            return Optional.empty();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(2 * Integer.BYTES, Integer.BYTES);
            value.set(ValueLayout.JAVA_INT, 0, offload.command);
            MemorySegment request = arena.allocate(IFREQ_BYTES, Long.BYTES);
            MemorySegment.copy(name, 0, request, ValueLayout.JAVA_BYTE, 0, name.length);
            request.set(ValueLayout.JAVA_LONG, IFREQ_NAME_BYTES, value.address());
            return Linux.ioctl(socket, SIOCETHTOOL, request) < 0
                    ? Optional.empty()
                    : Optional.of(value.get(ValueLayout.JAVA_INT, Integer.BYTES) != 0);
        } finally {
            Linux.close(socket);
        }
    }
}
