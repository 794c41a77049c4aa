package dev.sluice.ports;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Tells whoever started this process that it does its work, by the protocol of sd_notify(3): what is started after it finds it working. Stateless; any thread. */
public final class Readiness {
    /** Where to tell it. */
    public static final String VARIABLE = "NOTIFY_SOCKET";

    private static final String OBJECT = "readiness";

    private Readiness() {}

    /**
     * Says that the process is ready; nothing happens if nobody wants to know.
     *
     * @param address the value of {@value #VARIABLE}: the path of a socket, or an abstract name behind an at sign; empty: nobody
     * @throws PortException if nobody listens there
     */
    public static void tell(String address) throws PortException {
        if (address.isEmpty()) {
            return;
        }
        int fd = Linux.socket(KernelConstants.AF_UNIX, KernelConstants.SOCK_DGRAM | KernelConstants.SOCK_CLOEXEC, 0);
        if (fd < 0) {
            throw PortException.of(OBJECT, "socket", fd, "none");
        }
        try (Arena arena = Arena.ofConfined()) {
            byte[] words = "READY=1\n".getBytes(StandardCharsets.US_ASCII);
            MemorySegment message = arena.allocateFrom(ValueLayout.JAVA_BYTE, words);
            MemorySegment to = SocketAddresses.unix(arena, address);
            long sent = Linux.sendto(fd, message, words.length, 0, to, (int) to.byteSize());
            if (sent < 0) {
                throw PortException.of(OBJECT, VARIABLE + " " + address, sent, "the right to write there");
            }
        } finally {
            Linux.close(fd);
        }
    }
}
