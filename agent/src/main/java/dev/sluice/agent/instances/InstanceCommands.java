package dev.sluice.agent.instances;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.admin.AdminRequest;
import dev.sluice.agent.admin.Administered;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.model.ServiceInstance.AdminState;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Administration commands that take service instances out of use and bring them back. Stateless. */
public final class InstanceCommands {
    private static final String RESET = "reset";
    private static final int NAME_MAX = 63;

    private InstanceCommands() {}

    public static List<AdminCommand> of(Administered node) {
        return List.of(new AdminCommand("instance", List.of("name", "state"), request -> {
            String name = request.text("name", NAME_MAX)
                    .orElseThrow(() -> new NodeException("name is missing; give the name of a service instance"));
            Optional<AdminState> state = state(request);
            ReloadReport report = node.administer(name, state);
            return Map.of(
                    "generation", report.generation(), "name", name, "state", word(state), "warning", report.warning());
        }));
    }

    private static String word(Optional<AdminState> state) {
        return state.map(AdminState::word).orElse(RESET);
    }

    private static Optional<AdminState> state(AdminRequest request) throws NodeException {
        String allowed =
                Arrays.stream(AdminState.values()).map(AdminState::word).collect(Collectors.joining(", ")) + ", "
                        + RESET;
        String word = request.text("state", NAME_MAX)
                .orElseThrow(() -> new NodeException("state is missing; allowed: " + allowed));
        if (word.equals(RESET)) {
            return Optional.empty();
        }
        Optional<AdminState> state = Arrays.stream(AdminState.values())
                .filter(s -> s.word().equals(word))
                .findFirst();
        if (state.isEmpty()) {
            throw new NodeException("state " + AdminRequest.shorten(word) + " is not known; allowed: " + allowed);
        }
        return state;
    }
}
