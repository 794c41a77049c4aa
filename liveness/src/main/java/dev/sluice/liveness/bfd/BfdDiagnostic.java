package dev.sluice.liveness.bfd;

/** Why a session last changed its state (RFC 5880 4.1); the order is that of the codes on the wire. */
public enum BfdDiagnostic {
    /** No failure yet. */
    NONE("no diagnostic"),
    /** Nothing was heard for a detection time. */
    DETECTION_TIME_EXPIRED("control detection time expired"),
    /** Echo packets did not come back; never set here. */
    ECHO_FAILED("echo function failed"),
    /** The other side says that it is down. */
    NEIGHBOR_DOWN("neighbor signaled session down"),
    /** The sender's forwarding state is lost. */
    FORWARDING_RESET("forwarding plane reset"),
    /** The path below is known to have failed. */
    PATH_DOWN("path down"),
    /** A path that this one is joined to has failed. */
    CONCATENATED_PATH_DOWN("concatenated path down"),
    /** An operator holds it down. */
    ADMINISTRATIVELY_DOWN("administratively down"),
    /** The same as concatenated, the other way. */
    REVERSE_CONCATENATED_PATH_DOWN("reverse concatenated path down"),
    /** A code from 9 to 31 that has no meaning yet. */
    RESERVED("reserved");

    private static final BfdDiagnostic[] BY_CODE = values();

    private final int code;
    private final String words;

    @SuppressWarnings("EnumOrdinal") // the order is that of the RFC's codes
    BfdDiagnostic(String words) {
        code = ordinal();
        this.words = words;
    }

    /** The meaning of a code, 0..31. */
    public static BfdDiagnostic ofCode(int code) {
        return BY_CODE[Math.min(code, RESERVED.code)];
    }

    /** Its code on the wire. */
    public int code() {
        return code;
    }

    /** The words of the RFC. */
    public String words() {
        return words;
    }
}
