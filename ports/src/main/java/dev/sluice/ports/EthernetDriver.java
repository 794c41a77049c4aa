package dev.sluice.ports;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Asks a network driver for its queues, sets what becomes of tags (linux/ethtool.h) and whose frames it takes (netdevice(7)). Static, for control threads. */
final class EthernetDriver {
    private static final int AF_INET = 2;
    private static final int SIOCGIFFLAGS = 0x8913;
    private static final int SIOCSIFFLAGS = 0x8914;
    private static final int IFF_PROMISC = 0x100;
    private static final int SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_GCHANNELS = 0x3c;
    private static final int ETHTOOL_GFLAGS = 0x25;
    private static final int ETHTOOL_SFLAGS = 0x26;
    private static final int FLAG_RXVLAN = 1 << 8;
    private static final int CHANNELS_BYTES = 36;
    private static final int RX_COUNT = 20;
    private static final int COMBINED_COUNT = 32;

    private EthernetDriver() {}

    /** Receive queues in use; 0 if the driver does not tell. */
    static int receiveQueues(String interfaceName) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment channels = arena.allocate(CHANNELS_BYTES, 8);
            channels.set(ValueLayout.JAVA_INT, 0, ETHTOOL_GCHANNELS);
            if (call(interfaceName, channels) < 0) {
                return 0;
            }
            return channels.get(ValueLayout.JAVA_INT, RX_COUNT) + channels.get(ValueLayout.JAVA_INT, COMBINED_COUNT);
        }
    }

    /** Sets whether the driver takes received VLAN tags out of the frames; whether that was a change. */
    static boolean stripReceivedTags(String interfaceName, boolean strip) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(8, 8);
            value.set(ValueLayout.JAVA_INT, 0, ETHTOOL_GFLAGS);
            if (call(interfaceName, value) < 0) {
                return false;
            }
            int flags = value.get(ValueLayout.JAVA_INT, 4);
            int wanted = strip ? flags | FLAG_RXVLAN : flags & ~FLAG_RXVLAN;
            value.set(ValueLayout.JAVA_INT, 0, ETHTOOL_SFLAGS);
            value.set(ValueLayout.JAVA_INT, 4, wanted);
            return wanted != flags && call(interfaceName, value) >= 0;
        }
    }

    /** Whether the driver takes received VLAN tags out of the frames; not if it does not say so. */
    static boolean stripsReceivedTags(String interfaceName) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(8, 8);
            value.set(ValueLayout.JAVA_INT, 0, ETHTOOL_GFLAGS);
            return call(interfaceName, value) >= 0 && (value.get(ValueLayout.JAVA_INT, 4) & FLAG_RXVLAN) != 0;
        }
    }

    /** Sets whether an interface takes frames for other MAC addresses too, until somebody says otherwise; whether that was a change. */
    static boolean setPromiscuous(String interfaceName, boolean on) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, interfaceName);
            if (ioctl(SIOCGIFFLAGS, request) < 0) {
                return false;
            }
            short flags = request.get(ValueLayout.JAVA_SHORT, KernelLayouts.IFREQ_VALUE);
            short wanted = (short) (on ? flags | IFF_PROMISC : flags & ~IFF_PROMISC);
            request.set(ValueLayout.JAVA_SHORT, KernelLayouts.IFREQ_VALUE, wanted);
            return wanted != flags && ioctl(SIOCSIFFLAGS, request) >= 0;
        }
    }

    private static int call(String interfaceName, MemorySegment command) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = request(arena, interfaceName);
            request.set(ValueLayout.JAVA_LONG, KernelLayouts.IFREQ_VALUE, command.address());
            return ioctl(SIOCETHTOOL, request);
        }
    }

    /** struct ifreq with a name. */
    private static MemorySegment request(Arena arena, String interfaceName) {
        MemorySegment request = arena.allocate(KernelLayouts.IFREQ);
        byte[] ascii = interfaceName.getBytes(StandardCharsets.US_ASCII);
        MemorySegment.copy(ascii, 0, request, ValueLayout.JAVA_BYTE, 0, ascii.length);
        return request;
    }

    private static int ioctl(int command, MemorySegment request) {
        int fd = Linux.socket(AF_INET, KernelConstants.SOCK_DGRAM | KernelConstants.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            return fd;
        }
        try {
            return Linux.ioctl(fd, command, request);
        } finally {
            Linux.close(fd);
        }
    }
}
