package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import dev.sluice.model.ExistingFlows;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What to go back to, and how.
 *
 * @param revision its number in the history; empty: the newest good one before the one in force, or the change on trial is taken back
 * @param force whether interfaces may be taken that the host itself needs
 * @param existingFlows what it means for flows in progress, if it is not to be as the Node object says; a change on trial is taken back as the Node object before it says
 * @param login the login sessions of who asks, as {@link dev.sluice.agent.compile.LoginSessions#ofCaller} tells them
 */
public record RollbackRequest(
        OptionalInt revision, boolean force, Optional<ExistingFlows> existingFlows, String login) {
    /** The fields of a request. */
    public static final List<String> FIELDS = List.of("revision", "force", "existingFlows", "login");

    /** To the good one before. */
    public static final RollbackRequest LAST = new RollbackRequest(OptionalInt.empty(), false, Optional.empty(), "");

    /** To this revision. */
    public static RollbackRequest to(int revision) {
        return new RollbackRequest(OptionalInt.of(revision), false, Optional.empty(), "");
    }

    public static RollbackRequest of(AdminRequest request) throws NodeException {
        return new RollbackRequest(
                request.number("revision", 1, Integer.MAX_VALUE),
                request.flag("force"),
                ReloadRequest.existingFlows(request),
                ReloadRequest.login(request));
    }
}
