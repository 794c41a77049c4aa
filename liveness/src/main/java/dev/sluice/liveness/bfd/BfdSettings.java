package dev.sluice.liveness.bfd;

import org.jspecify.annotations.Nullable;

/**
 * What a session is to be like.
 *
 * @param timing intervals and multiplier
 * @param passive whether to be silent until the peer is heard (RFC 5880 6.1); one of the two has to be active
 * @param authentication null for none, which only links that nobody else can send on deserve
 */
public record BfdSettings(
        BfdTiming timing, boolean passive, @Nullable BfdAuthentication authentication) {
    /** An active session without authentication. */
    public static BfdSettings of(BfdTiming timing) {
        return new BfdSettings(timing, false, null);
    }

    /** The same with authentication. */
    public BfdSettings with(BfdAuthentication wanted) {
        return new BfdSettings(timing, passive, wanted);
    }
}
