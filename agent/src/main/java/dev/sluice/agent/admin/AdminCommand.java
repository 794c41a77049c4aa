package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import java.util.List;

/**
 * One thing that can be asked of a node over its administration socket.
 *
 * @param name what a request calls it
 * @param fields the fields that a request may have besides {@code command}
 * @param handler finds the answer, on any thread
 */
public record AdminCommand(String name, List<String> fields, Handler handler) {
    /** Finds the answer. */
    @FunctionalInterface
    public interface Handler {
        /**
         * The content of the reply: a record or a map, written as a JSON object.
         *
         * @throws NodeException if the request can't be met; its message is the reply
         */
        Object answer(AdminRequest request) throws NodeException;
    }

    public AdminCommand {
        fields = List.copyOf(fields);
    }
}
