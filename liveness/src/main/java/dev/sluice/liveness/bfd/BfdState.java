package dev.sluice.liveness.bfd;

import dev.sluice.wire.Bfd;
import java.util.Locale;

/** State of a session (RFC 5880 4.1, 6.2); the order is that of the codes on the wire. */
public enum BfdState {
    /** Held down by an operator. */
    ADMIN_DOWN,
    /** Nothing known of the other side. */
    DOWN,
    /** The other side is heard, and does not say yet that it hears us. */
    INIT,
    /** Both hear each other. */
    UP;

    private static final BfdState[] BY_CODE = values();

    private final int code;

    @SuppressWarnings("EnumOrdinal") // the order is that of the RFC's codes
    BfdState() {
        code = ordinal();
    }

    /** The state of a code, {@link Bfd#ADMIN_DOWN} to {@link Bfd#UP}. */
    public static BfdState ofCode(int code) {
        return BY_CODE[code];
    }

    /** Its code on the wire. */
    public int code() {
        return code;
    }

    /** As it is shown, for example admin-down. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
