package dev.sluice.agent;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How files are to be applied.
 *
 * @param confirm the time within which the change has to be confirmed, else it is taken back; empty: no confirmation is needed
 * @param force whether interfaces may be taken that the host itself needs
 */
record ReloadRequest(Optional<Duration> confirm, boolean force) {
    /** Longest time to wait for a confirmation: a day. */
    static final int CONFIRM_SECONDS_MAX = 86_400;

    /** The fields of a request. */
    static final List<String> FIELDS = List.of("confirmSeconds", "force");

    /** Applied for good. */
    static final ReloadRequest PLAIN = new ReloadRequest(Optional.empty(), false);

    static ReloadRequest of(AdminRequest request) throws NodeException {
        var seconds = request.number("confirmSeconds", 1, CONFIRM_SECONDS_MAX);
        return new ReloadRequest(
                seconds.isPresent() ? Optional.of(Duration.ofSeconds(seconds.getAsInt())) : Optional.empty(),
                request.flag("force"));
    }
}
