package dev.sluice.ports;

/** Error numbers of Linux with their names and, for people, what to do about them. Constants and pure functions. */
final class Errno {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int EINTR = 4;
    static final int ENXIO = 6;
    static final int EAGAIN = 11;
    static final int ENOMEM = 12;
    static final int EACCES = 13;
    static final int EBUSY = 16;
    static final int EEXIST = 17;
    static final int ENODEV = 19;
    static final int EINVAL = 22;
    static final int EBADFD = 77;
    static final int EMSGSIZE = 90;
    static final int ENOPROTOOPT = 92;
    static final int EOPNOTSUPP = 95;
    static final int EAFNOSUPPORT = 97;
    static final int EADDRINUSE = 98;
    static final int EADDRNOTAVAIL = 99;
    static final int ENETDOWN = 100;
    static final int ENOBUFS = 105;

    private Errno() {}

    /** The name of an error number, {@code "errno 71"} for one that ports do not meet. */
    static String name(int errno) {
        return switch (errno) {
            case EPERM -> "EPERM";
            case ENOENT -> "ENOENT";
            case EINTR -> "EINTR";
            case ENXIO -> "ENXIO";
            case EAGAIN -> "EAGAIN";
            case ENOMEM -> "ENOMEM";
            case EACCES -> "EACCES";
            case EBUSY -> "EBUSY";
            case EEXIST -> "EEXIST";
            case ENODEV -> "ENODEV";
            case EINVAL -> "EINVAL";
            case EMSGSIZE -> "EMSGSIZE";
            case ENOPROTOOPT -> "ENOPROTOOPT";
            case EOPNOTSUPP -> "EOPNOTSUPP";
            case EAFNOSUPPORT -> "EAFNOSUPPORT";
            case EADDRINUSE -> "EADDRINUSE";
            case EADDRNOTAVAIL -> "EADDRNOTAVAIL";
            case ENETDOWN -> "ENETDOWN";
            case ENOBUFS -> "ENOBUFS";
            default -> "errno " + errno;
        };
    }

    /** What a person can do about an error of a call that needs the given capability. */
    static String advice(int errno, String capability) {
        return switch (errno) {
            case EPERM, EACCES -> "needs " + capability + "; run as root or grant " + capability;
            case ENODEV, ENXIO, ENOENT -> "no such interface in this network namespace; check the name with: ip link";
            case ENOMEM, ENOBUFS ->
                "out of memory or above the locked-memory limit; use a smaller frame pool or grant CAP_IPC_LOCK";
            case EBUSY -> "already in use; close the other program or port on this interface and queue";
            case EOPNOTSUPP, EAFNOSUPPORT, ENOPROTOOPT ->
                "this kernel or driver has no support for it; use another driver";
            case EINVAL -> "refused by the kernel or driver; use another driver or mode for this interface";
            case EADDRINUSE -> "another program has this port and address; stop it or use another address";
            case EADDRNOTAVAIL -> "no interface of this network namespace has this address; see: ip address";
            case ENETDOWN -> "interface is down; set it up with: ip link set up";
            default -> "see errno(3)";
        };
    }
}
