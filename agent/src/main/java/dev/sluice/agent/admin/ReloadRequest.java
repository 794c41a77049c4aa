package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import dev.sluice.model.ExistingFlows;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How files are to be applied.
 *
 * @param confirm the time within which the change has to be confirmed, else it is taken back; empty: no confirmation is needed
 * @param force whether interfaces may be taken that the host itself needs
 * @param existingFlows what the change means for flows in progress, if it is not to be as the Node object says
 * @param login the login sessions of who asks, as {@link dev.sluice.agent.compile.LoginSessions#ofCaller} tells them
 */
public record ReloadRequest(
        Optional<Duration> confirm, boolean force, Optional<ExistingFlows> existingFlows, String login) {
    /** Longest time to wait for a confirmation: a day. */
    static final int CONFIRM_SECONDS_MAX = 86_400;

    /** The fields of a request. */
    public static final List<String> FIELDS = List.of("confirmSeconds", "force", "existingFlows", "login");

    /** Applied for good. */
    public static final ReloadRequest PLAIN = new ReloadRequest(Optional.empty(), false, Optional.empty(), "");

    /** Applied for good, with something said of flows in progress. */
    public static ReloadRequest plain(Optional<ExistingFlows> existingFlows) {
        return new ReloadRequest(Optional.empty(), false, existingFlows, "");
    }

    private static final int WORD_CHARACTERS_MAX = 64;
    private static final int LOGIN_CHARACTERS_MAX = 4_096;

    public static ReloadRequest of(AdminRequest request) throws NodeException {
        var seconds = request.number("confirmSeconds", 1, CONFIRM_SECONDS_MAX);
        return new ReloadRequest(
                seconds.isPresent() ? Optional.of(Duration.ofSeconds(seconds.getAsInt())) : Optional.empty(),
                request.flag("force"),
                existingFlows(request),
                login(request));
    }

    static String login(AdminRequest request) throws NodeException {
        return request.text("login", LOGIN_CHARACTERS_MAX).orElse("");
    }

    static Optional<ExistingFlows> existingFlows(AdminRequest request) throws NodeException {
        Optional<String> word = request.text("existingFlows", WORD_CHARACTERS_MAX);
        if (word.isEmpty()) {
            return Optional.empty();
        }
        Optional<ExistingFlows> known = ExistingFlows.of(word.get());
        if (known.isPresent()) {
            return known;
        }
        throw new NodeException("existingFlows " + word.get() + " is not known; allowed: "
                + Stream.of(ExistingFlows.values()).map(ExistingFlows::word).collect(Collectors.joining(", ")));
    }
}
