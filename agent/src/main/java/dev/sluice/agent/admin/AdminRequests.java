package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.OutcomeUnknownException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads a request, asks the node, writes the reply: {@code {"ok":true,...}} or {@code {"ok":false,"error":"..."}}, with {@code "mayBeApplied":true} if that is not known. Any thread. */
public final class AdminRequests {
    private static final Logger LOG = LoggerFactory.getLogger(AdminRequests.class);

    static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** Field of a reply: what was asked for is not done, but may be yet. */
    static final String MAY_BE_APPLIED = "mayBeApplied";

    /** What answers with as much as the node knows: a line may be tens of megabytes. */
    private static final Set<String> LARGE = Set.of("flows", "flow-list", "attributes", "macs", "rules", "texts");

    /** Less than a client may be idle. */
    private static final long TURN_MS = 10_000;

    private final Map<String, AdminCommand> commands = new TreeMap<>();
    private final Semaphore turn = new Semaphore(1, true);

    public AdminRequests(List<AdminCommand> commands) {
        commands.forEach(command -> this.commands.put(command.name(), command));
    }

    /** Takes a reply, one line. */
    @FunctionalInterface
    interface Reply {
        void write(String line) throws IOException;
    }

    /** Replies to a line. What may be large is found and written for one client after the other, because the memory that it takes is the worker's too. */
    void answer(String line, Reply reply) throws IOException {
        JsonNode request;
        try {
            request = JSON.readTree(line);
        } catch (JacksonException e) {
            reply.write(error("the request is not a JSON object on one line: " + e.getOriginalMessage()));
            return;
        }
        if (!LARGE.contains(name(request))) {
            reply.write(text(request));
        } else if (takeTurn()) {
            try {
                reply.write(text(request));
            } finally {
                turn.release();
            }
        } else {
            reply.write(error("others have asked for long lists and are still being answered; try again"));
        }
    }

    private boolean takeTurn() {
        try {
            return turn.tryAcquire(TURN_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String name(@Nullable JsonNode request) {
        JsonNode name = request == null || !request.isObject() ? null : request.get("command");
        return name != null && name.isString() ? name.stringValue() : "";
    }

    private String text(@Nullable JsonNode request) {
        try {
            return reply(answer(request));
        } catch (OutcomeUnknownException e) {
            ObjectNode unknown = errorReply(e.getMessage());
            unknown.put(MAY_BE_APPLIED, true);
            return JSON.writeValueAsString(unknown);
        } catch (NodeException e) {
            return error(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("a request failed because of a defect of this program", e);
            return error("the request failed because of a defect of this program: " + e);
        }
    }

    /**
     * What a command answers, for who is in the same process.
     *
     * @param fields as in a request over the socket
     * @param type what the command answers with
     * @throws NodeException if the request can't be met
     */
    public <T> T ask(String command, Map<String, ?> fields, Class<T> type) throws NodeException {
        ObjectNode request = JSON.valueToTree(fields);
        request.put("command", command);
        return type.cast(answer(request));
    }

    /** A reply that says what went wrong. */
    String error(@Nullable String message) {
        return JSON.writeValueAsString(errorReply(message));
    }

    private static ObjectNode errorReply(@Nullable String message) {
        ObjectNode reply = JSON.createObjectNode();
        reply.put("ok", false);
        reply.put("error", String.valueOf(message));
        return reply;
    }

    private Object answer(@Nullable JsonNode request) throws NodeException {
        if (request == null || !request.isObject()) {
            throw new NodeException("the request is not a JSON object; send for example {\"command\": \"status\"}");
        }
        JsonNode name = request.get("command");
        AdminCommand command = commands.get(name(request));
        if (command == null) {
            throw new NodeException("command "
                    + (name == null ? "is missing" : AdminRequest.shorten(name.toString()) + " is not known")
                    + "; allowed: " + String.join(", ", commands.keySet()));
        }
        AdminRequest fields = new AdminRequest(request);
        fields.checkFields(command);
        return command.handler().answer(fields);
    }

    /** What was found, with a first field that says so. For a moment the text is there twice; as a tree it would take several times the memory. */
    private static String reply(Object content) {
        String text = JSON.writeValueAsString(content);
        StringBuilder reply = new StringBuilder(text.length() + 16).append("{\"ok\":true");
        return (text.length() > 2 ? reply.append(',') : reply)
                .append(text, 1, text.length())
                .toString();
    }
}
