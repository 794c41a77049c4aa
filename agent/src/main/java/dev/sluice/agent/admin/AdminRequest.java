package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/** The fields of one request, checked as they are read. One user. */
public final class AdminRequest {
    private static final int SHOWN_MAX = 60;
    private static final int PORT_MAX = 65_535;

    private final JsonNode json;

    AdminRequest(JsonNode json) {
        this.json = json;
    }

    /** @throws NodeException if there is a field that the command does not have */
    void checkFields(AdminCommand command) throws NodeException {
        List<String> unknown = new ArrayList<>(json.propertyNames());
        unknown.removeAll(command.fields());
        unknown.remove("command");
        if (!unknown.isEmpty()) {
            throw new NodeException("command " + command.name() + " has no field " + shorten(unknown.getFirst())
                    + (command.fields().isEmpty()
                            ? "; it has none"
                            : "; allowed: " + String.join(", ", command.fields())));
        }
    }

    /** A whole number in a range, both ends included. */
    public OptionalInt number(String field, int low, int high) throws NodeException {
        JsonNode written = json.get(field);
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

    /** A port of TCP, UDP or SCTP; 0 too, by which flows go that have none. */
    public OptionalInt port(String field) throws NodeException {
        return number(field, 0, PORT_MAX);
    }

    /** A text of at most so many characters. */
    public Optional<String> text(String field, int charactersMax) throws NodeException {
        JsonNode written = json.get(field);
        if (written == null) {
            return Optional.empty();
        }
        if (!written.isString() || written.stringValue().length() > charactersMax) {
            throw new NodeException(field + " " + shorten(written.toString()) + " is not a text of at most "
                    + charactersMax + " characters");
        }
        return Optional.of(written.stringValue());
    }

    /** true or false; false if it is not there. */
    public boolean flag(String field) throws NodeException {
        JsonNode written = json.get(field);
        if (written != null && !written.isBoolean()) {
            throw new NodeException(field + " " + shorten(written.toString()) + " is neither true nor false");
        }
        return written != null && written.booleanValue();
    }

    /** An IPv4 or IPv6 address. */
    public Optional<IpAddress> address(String field) throws NodeException {
        JsonNode written = json.get(field);
        if (written == null) {
            return Optional.empty();
        }
        Optional<IpAddress> address = written.isString() ? IpAddress.parse(written.stringValue()) : Optional.empty();
        if (address.isEmpty()) {
            throw new NodeException(
                    field + " " + shorten(written.toString()) + " is not an IPv4 or IPv6 address in quotes");
        }
        return address;
    }

    public static String shorten(String text) {
        return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "...";
    }
}
