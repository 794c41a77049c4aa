package dev.sluice.ports;

import java.io.IOException;
import java.io.Serial;

/** A port that could not be opened; the message says object, error and what to do. */
public final class PortException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final int errno;

    /** What is wrong, of what, and what to do. */
    public PortException(String message) {
        this(message, 0);
    }

    private PortException(String message, int errno) {
        super(message);
        this.errno = errno;
    }

    /** The failure of a system call, in words: {@code "AF_PACKET on eth5: socket: EPERM: needs CAP_NET_RAW; run as root or ..."}. */
    public static PortException of(String object, String call, long negativeErrno, String capability) {
        int errno = (int) -negativeErrno;
        return new PortException(
                object + ": " + call + ": " + Errno.name(errno) + ": " + Errno.advice(errno, capability), errno);
    }

    /** The error number of the system call that failed, or 0. */
    public int errno() {
        return errno;
    }
}
