package dev.sluice.testkit.sim;

import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Resource;
import dev.sluice.southbound.Update;

/** Messages as they stand in a trace. Stateless. */
final class Words {
    private Words() {}

    static String of(FromAgent message) {
        return switch (message.getWhatCase()) {
            case HELLO ->
                "hello of " + message.getHello().getNode() + " with "
                        + message.getHello().getHeldCount() + " objects";
            case ANSWER ->
                "answer " + message.getAnswer().getNonce()
                        + (message.getAnswer().getAccepted()
                                ? " accepted " + message.getAnswer().getWarning()
                                : " refused: " + message.getAnswer().getFaultsList());
            case REPORT -> "report of generation " + message.getReport().getGeneration();
            case INTERFACES -> message.getInterfaces().getSeenCount() + " interfaces";
            case PATHS -> message.getPaths().getPathsCount() + " paths";
            case RUNTIMES -> message.getRuntimes().getInstancesCount() + " runtimes";
            case REPLY -> "reply " + message.getReply().getId();
            case WHAT_NOT_SET -> "nothing";
        };
    }

    static String of(FromController message) {
        if (message.hasLookout()) {
            return "lookout with " + message.getLookout().getSelectorsCount() + " selectors";
        }
        if (!message.hasUpdate()) {
            return "refusal " + message.getRefusal();
        }
        Update update = message.getUpdate();
        return "update " + update.getNonce() + (update.getMore() ? " (more follows)" : "") + " with "
                + update.getResourcesList().stream().map(Resource::getName).toList() + ", without "
                + update.getRemovedList();
    }
}
