package dev.sluice.liveness.bfd;

import org.jspecify.annotations.Nullable;

/**
 * What a session is to be like.
 *
 * @param timing intervals and multiplier
 * @param authentication null for none, which only links that nobody else can send on deserve
 */
public record BfdSettings(BfdTiming timing, @Nullable BfdAuthentication authentication) {
    /** A session without authentication. */
    public static BfdSettings of(BfdTiming timing) {
        return new BfdSettings(timing, null);
    }

    /** The same with authentication. */
    public BfdSettings with(BfdAuthentication wanted) {
        return new BfdSettings(timing, wanted);
    }
}
