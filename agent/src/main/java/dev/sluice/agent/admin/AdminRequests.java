package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.OutcomeUnknownException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

    private final Map<String, AdminCommand> commands = new TreeMap<>();

    public AdminRequests(List<AdminCommand> commands) {
        commands.forEach(command -> this.commands.put(command.name(), command));
    }

    /** The reply to a line, as one line. */
    String answer(String line) {
        try {
            return JSON.writeValueAsString(answer(JSON.readTree(line)));
        } catch (JacksonException e) {
            return error("the request is not a JSON object on one line: " + e.getOriginalMessage());
        } catch (OutcomeUnknownException e) {
            ObjectNode reply = errorReply(e.getMessage());
            reply.put(MAY_BE_APPLIED, true);
            return JSON.writeValueAsString(reply);
        } catch (NodeException e) {
            return error(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("a request failed because of a defect of this program", e);
            return error("the request failed because of a defect of this program: " + e);
        }
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

    private ObjectNode answer(@Nullable JsonNode request) throws NodeException {
        if (request == null || !request.isObject()) {
            throw new NodeException("the request is not a JSON object; send for example {\"command\": \"status\"}");
        }
        JsonNode name = request.get("command");
        AdminCommand command = commands.get(name != null && name.isString() ? name.stringValue() : "");
        if (command == null) {
            throw new NodeException("command "
                    + (name == null ? "is missing" : AdminRequest.shorten(name.toString()) + " is not known")
                    + "; allowed: " + String.join(", ", commands.keySet()));
        }
        AdminRequest fields = new AdminRequest(request);
        fields.checkFields(command);
        return reply(command.handler().answer(fields));
    }

    private static ObjectNode reply(Object content) {
        ObjectNode reply = JSON.createObjectNode();
        reply.put("ok", true);
        reply.setAll((ObjectNode) JSON.<JsonNode>valueToTree(content));
        return reply;
    }
}
