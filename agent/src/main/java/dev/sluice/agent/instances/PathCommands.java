package dev.sluice.agent.instances;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import java.util.List;
import java.util.Map;

/** Administration command by which a controller, or an operator, says which paths have failed and which work again. Stateless. */
public final class PathCommands {
    private static final int WORD_MAX = 63;
    private static final int PATHS_MAX = 1000;
    private static final int BYTES_MAX = 60_000;

    /** What is done on the control thread. */
    @FunctionalInterface
    public interface OnControl {
        /** Says so of paths; answers their names. */
        List<String> tell(boolean failed, List<String> paths) throws NodeException;
    }

    private PathCommands() {}

    public static AdminCommand of(OnControl control) {
        return new AdminCommand("path", List.of("state", "paths"), request -> {
            String state = request.text("state", WORD_MAX).orElse("");
            if (!state.equals("failed") && !state.equals("restored")) {
                throw new NodeException(
                        "state " + AdminRequest.shorten(state) + " is not known; allowed: failed, restored");
            }
            List<String> paths =
                    List.of(request.text("paths", BYTES_MAX).orElse("").strip().split(" +"));
            if (paths.getFirst().isEmpty() || paths.size() > PATHS_MAX) {
                throw new NodeException("paths is " + (paths.size() > PATHS_MAX ? "too long" : "missing") + "; give 1.."
                        + PATHS_MAX + " names or identifiers of paths, with blanks between them");
            }
            return Map.of("state", state, "paths", control.tell(state.equals("failed"), paths));
        });
    }
}
