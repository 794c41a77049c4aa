package dev.sluice.agent;

import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads a request, asks the node, writes the reply: {@code {"ok":true,...}} or {@code {"ok":false,"error":"..."}}. Any thread. */
final class AdminRequests {
    private static final Logger LOG = LoggerFactory.getLogger(AdminRequests.class);

    static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final Map<String, List<String>> FIELDS = Map.of(
            "status", List.of(),
            "flows", List.of("limit", "address", "port"),
            "counters", List.of(),
            "trace", List.of("packets", "seconds", "address", "port"),
            "reload", List.of(),
            "stop", List.of());

    private final Administered node;

    AdminRequests(Administered node) {
        this.node = node;
    }

    /** The reply to a line, as one line. */
    String answer(String line) {
        try {
            return JSON.writeValueAsString(answer(JSON.readTree(line)));
        } catch (JacksonException e) {
            return error("the request is not a JSON object on one line: " + e.getOriginalMessage());
        } catch (NodeException e) {
            return error(String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.error("a request failed because of a defect of this program", e);
            return error("the request failed because of a defect of this program: " + e);
        }
    }

    /** A reply that says what went wrong. */
    String error(@Nullable String message) {
        ObjectNode reply = JSON.createObjectNode();
        reply.put("ok", false);
        reply.put("error", String.valueOf(message));
        return JSON.writeValueAsString(reply);
    }

    private ObjectNode answer(@Nullable JsonNode request) throws NodeException {
        if (request == null || !request.isObject()) {
            throw new NodeException("the request is not a JSON object; send for example {\"command\": \"status\"}");
        }
        JsonNode name = request.get("command");
        String command = name != null && name.isString() ? name.stringValue() : "";
        List<String> fields = FIELDS.get(command);
        if (fields == null) {
            throw new NodeException("command "
                    + (name == null ? "is missing" : shorten(name.toString()) + " is not known") + "; allowed: "
                    + String.join(", ", FIELDS.keySet().stream().sorted().toList()));
        }
        checkFields(request, command, fields);
        return switch (command) {
            case "status" -> reply(node.status());
            case "flows" -> reply(node.flows(filter(request)));
            case "counters" -> reply(node.counters());
            case "trace" -> reply(node.trace(traceFilter(request)));
            case "reload" -> reply(Map.of("generation", node.reload()));
            default -> {
                node.stop();
                yield reply(Map.of());
            }
        };
    }

    private static void checkFields(JsonNode request, String command, List<String> fields) throws NodeException {
        List<String> unknown = new ArrayList<>(request.propertyNames());
        unknown.removeAll(fields);
        unknown.remove("command");
        if (!unknown.isEmpty()) {
            throw new NodeException("command " + command + " has no field " + shorten(unknown.getFirst())
                    + (fields.isEmpty() ? "; it has none" : "; allowed: " + String.join(", ", fields)));
        }
    }

    private static FlowFilter filter(JsonNode request) throws NodeException {
        OptionalInt limit = number(request, "limit", 1, FlowFilter.LIMIT_MAX);
        return new FlowFilter(
                limit.orElse(FlowFilter.LIMIT_DEFAULT), address(request), number(request, "port", 0, 65_535));
    }

    private static TraceFilter traceFilter(JsonNode request) throws NodeException {
        OptionalInt packets = number(request, "packets", 1, TraceFilter.PACKETS_MAX);
        OptionalInt seconds = number(request, "seconds", 1, TraceFilter.SECONDS_MAX);
        return new TraceFilter(
                packets.orElse(TraceFilter.PACKETS_DEFAULT),
                seconds.orElse(TraceFilter.SECONDS_DEFAULT),
                address(request),
                number(request, "port", 0, 65_535));
    }

    private static Optional<IpAddress> address(JsonNode request) throws NodeException {
        JsonNode written = request.get("address");
        if (written == null) {
            return Optional.empty();
        }
        Optional<IpAddress> address = written.isString() ? IpAddress.parse(written.stringValue()) : Optional.empty();
        if (address.isEmpty()) {
            throw new NodeException(
                    "address " + shorten(written.toString()) + " is not an IPv4 or IPv6 address in quotes");
        }
        return address;
    }

    private static OptionalInt number(JsonNode request, String field, int low, int high) throws NodeException {
        JsonNode written = request.get(field);
        if (written == null) {
            return OptionalInt.empty();
        }
        if (!written.isIntegralNumber()
                || !written.canConvertToInt()
                || written.intValue() < low
                || written.intValue() > high) {
            throw new NodeException(
                    field + " " + shorten(written.toString()) + " is not a whole number in " + low + ".." + high);
        }
        return OptionalInt.of(written.intValue());
    }

    private static String shorten(String text) {
        return text.length() <= 60 ? text : text.substring(0, 60) + "...";
    }

    private static ObjectNode reply(Object content) {
        ObjectNode reply = JSON.createObjectNode();
        reply.put("ok", true);
        reply.setAll((ObjectNode) JSON.<JsonNode>valueToTree(content));
        return reply;
    }
}
