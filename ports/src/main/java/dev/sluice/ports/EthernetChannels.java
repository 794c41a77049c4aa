package dev.sluice.ports;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Asks a network driver for its queues (ETHTOOL_GCHANNELS of linux/ethtool.h). Static, for control threads. */
final class EthernetChannels {
    private static final int AF_INET = 2;
    private static final int SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_GCHANNELS = 0x3c;
    private static final int CHANNELS_BYTES = 36;
    private static final int RX_COUNT = 20;
    private static final int COMBINED_COUNT = 32;

    private EthernetChannels() {}

    /** Receive queues in use; 0 if the driver does not tell. */
    static int receiveQueues(String interfaceName) {
        int fd = Linux.socket(AF_INET, KernelConstants.SOCK_DGRAM | KernelConstants.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment channels = arena.allocate(CHANNELS_BYTES, 8);
            channels.set(ValueLayout.JAVA_INT, 0, ETHTOOL_GCHANNELS);
            MemorySegment request = arena.allocate(KernelLayouts.IFREQ);
            byte[] ascii = interfaceName.getBytes(StandardCharsets.US_ASCII);
            MemorySegment.copy(ascii, 0, request, ValueLayout.JAVA_BYTE, 0, ascii.length);
            request.set(ValueLayout.JAVA_LONG, KernelLayouts.IFREQ_VALUE, channels.address());
            if (Linux.ioctl(fd, SIOCETHTOOL, request) < 0) {
                return 0;
            }
            return channels.get(ValueLayout.JAVA_INT, RX_COUNT) + channels.get(ValueLayout.JAVA_INT, COMBINED_COUNT);
        } finally {
            Linux.close(fd);
        }
    }
}
