package dev.sluice.cli;

import dev.sluice.model.Kind;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Objects as tables: for each kind what one wants to see of it at a glance. */
final class ObjectTables {
    private ObjectTables() {}

    /** A column: its head, and a field of the object. */
    private record Column(String head, String path) {}

    /** The label of ports that the manager found. */
    private static final String DISCOVERED = "sluice.dev/discovered";

    private static final String HOPS = "HOPS";

    /** What a runtime is of: an instance or a router. */
    private static final String RUNTIME_OF = "instance or router";

    /** How many instances of a service serve, of how many. */
    private static final String SERVING = "serving of instances";

    private static List<Column> columns(Kind kind) {
        return switch (kind) {
            case NODE ->
                List.of(new Column("UNDERLAY", "spec.underlay.address"), new Column("DRIVER", "spec.io.driver"));
            case PORT ->
                List.of(
                        new Column("NODE", "spec.node"),
                        new Column("INTERFACE", "spec.interface"),
                        new Column("PEER", "spec.peer"),
                        new Column("SWITCH", "spec.switch"),
                        new Column("PROFILE", "spec.profile"),
                        new Column("DISCOVERED", DISCOVERED));
            case PORT_PROFILE ->
                List.of(
                        new Column("CHAIN", "spec.chain"),
                        new Column("SERVICE-NODE", "spec.serviceNode"),
                        new Column("DIRECTION", "spec.direction"),
                        new Column("SWITCH", "spec.switch"));
            case LOGICAL_ROUTER ->
                List.of(
                        new Column("NODE", "spec.node"),
                        new Column("INTERFACES", "spec.interfaces"),
                        new Column("ROUTES", "spec.routes"));
            case LOGICAL_SWITCH -> List.of(new Column("VNI", "spec.vni"));
            case SERVICE ->
                List.of(
                        new Column("TRANSPORT", "spec.transport"),
                        new Column("ACTION", "spec.action"),
                        new Column("PROBE", "spec.health.probe"),
                        new Column("IMAGE", "spec.image"),
                        new Column("SERVING", SERVING),
                        new Column("STATE", "status.state"));
            case SERVICE_INSTANCE ->
                List.of(
                        new Column("SERVICE", "spec.service"),
                        new Column("NODE", "spec.node"),
                        new Column("WEIGHT", "spec.weight"),
                        new Column("ADMIN", "spec.adminState"));
            case SERVICE_DEPLOYMENT ->
                List.of(
                        new Column("SERVICE", "spec.service"),
                        new Column("DESIRED", "status.desired"),
                        new Column("READY", "status.ready"),
                        new Column("SPREAD", "spec.placement.spread"));
            case SERVICE_MANAGER ->
                List.of(
                        new Column("VENDOR", "spec.vendor"),
                        new Column("SERVICES", "spec.services"),
                        new Column("CALLBACK", "spec.callback.url"));
            case VENDOR_TEMPLATE ->
                List.of(
                        new Column("SERVICE", "spec.service"),
                        new Column("ACTIONS", "spec.actions"),
                        new Column("PARAMETERS", "spec.parameters"));
            case SERVICE_PROFILE ->
                List.of(
                        new Column("SERVICE", "spec.service"),
                        new Column("TEMPLATE", "spec.template"),
                        new Column("ACTION", "spec.action"),
                        new Column("ON-FAILURE", "spec.onFailure"),
                        new Column("PARAMETERS", "spec.parameters"));
            case SERVICE_ATTACHMENT ->
                List.of(
                        new Column("SVNI", "spec.svni"),
                        new Column("TYPE", "spec.type"),
                        new Column("NODES", "spec.appliedTo.nodes"),
                        new Column("ROUTERS", "spec.appliedTo.routers"));
            case SERVICE_CHAIN ->
                List.of(new Column("SERVICES", "spec.profiles"), new Column("ON-FAILURE", "spec.onFailure"));
            case SERVICE_POLICY ->
                List.of(new Column("APPLIED-TO", "spec.appliedTo"), new Column("RULES", "spec.rules"));
            case TRACEFLOW ->
                List.of(
                        new Column("PORT", "spec.port"),
                        new Column("PACKET", "spec.packet"),
                        new Column("END", "status.end"),
                        new Column("REASON", "status.reason"));
            case CAPTURE ->
                List.of(
                        new Column("NODES", "spec.nodes"),
                        new Column("PORT", "spec.port"),
                        new Column("PACKETS", "status.packets"),
                        new Column("BYTES", "status.file.bytes"));
            case SERVICE_PATH ->
                List.of(
                        new Column("CHAIN", "spec.chain"),
                        new Column("SPI", "spec.spi"),
                        new Column("REVERSE", "spec.reverseSpi"),
                        new Column(HOPS, "spec.hops"),
                        new Column("STATE", "status.state"));
            case SERVICE_INSTANCE_RUNTIME ->
                List.of(
                        new Column("KIND", "spec.kind"),
                        new Column("SERVICE", "spec.service"),
                        new Column("OF", RUNTIME_OF),
                        new Column("NODE", "spec.node"),
                        new Column("PLANES", "spec.planes"),
                        new Column("STATE", "status.state"));
        };
    }

    /** In place of the status of an object that is there no longer, or does not belong to those that are shown any more. */
    private static final String GONE = "gone";

    /** A table for one kind, or one after the other for those that there are objects of; wide: with all that may be long. */
    static String render(List<Map<String, @Nullable Object>> objects, @Nullable Kind only, boolean wide) {
        if (only != null) {
            return table(objects, only, wide).render("there are no " + only.plural());
        }
        List<String> parts = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            List<Map<String, @Nullable Object>> ofKind = objects.stream()
                    .filter(object -> Fields.text(object, "kind").equals(kind.word()))
                    .toList();
            if (!ofKind.isEmpty()) {
                parts.add(kind.word() + "\n" + table(ofKind, kind, wide).render(""));
            }
        }
        return parts.isEmpty() ? "(there are no objects)\n" : String.join("\n", parts);
    }

    /** A table with these objects, which may be shown and have further rows. */
    static Table table(List<Map<String, @Nullable Object>> objects, Kind kind, boolean wide) {
        Table table = new Table().words("NAME");
        columns(kind).forEach(column -> table.words(column.head()));
        table.words("STATUS").words("AGE");
        if (wide) {
            table.words("VERSION").words("LABELS").words("MESSAGE");
        }
        Instant now = Instant.now();
        objects.forEach(
                object -> table.row(cells(object, kind, wide, false, now).toArray()));
        return table;
    }

    /** What a row says of an object; gone: of one that was as it is here. */
    static List<String> cells(
            Map<String, @Nullable Object> object, Kind kind, boolean wide, boolean gone, Instant now) {
        List<String> cells = new ArrayList<>();
        cells.add(Fields.text(object, "metadata.name"));
        columns(kind).forEach(column -> cells.add(cell(column.head(), value(object, column))));
        cells.add(gone ? GONE : status(object));
        cells.add(age(Fields.text(object, "metadata.creationTimestamp"), now));
        if (wide) {
            cells.add(Fields.text(object, "metadata.resourceVersion"));
            cells.add(Fields.object(Fields.at(object, "metadata.labels")).entrySet().stream()
                    .map(label -> label.getKey() + "=" + label.getValue())
                    .collect(Collectors.joining(",")));
            cells.add(gone ? "" : message(object));
        }
        return cells;
    }

    private static @Nullable Object value(Map<String, @Nullable Object> object, Column column) {
        if (column.path().equals(RUNTIME_OF)) {
            Object router = Fields.at(object, "spec.router");
            return router == null ? Fields.at(object, "spec.instance") : router;
        }
        if (column.path().equals(SERVING)) {
            String all = Fields.text(object, "status.instances");
            return all.isEmpty() ? "" : Fields.text(object, "status.serving") + "/" + all;
        }
        if (!column.path().equals(DISCOVERED)) {
            return Fields.at(object, column.path());
        }
        // Its name has a dot in it, so it is no path.
        return Fields.object(Fields.at(object, "metadata.labels")).containsKey(DISCOVERED) ? "yes" : "";
    }

    private static String cell(String head, @Nullable Object value) {
        if (!(value instanceof List<?> list)) {
            return value == null ? "" : String.valueOf(value);
        }
        if (head.equals("RULES") || head.equals("ROUTES")) {
            return String.valueOf(list.size());
        }
        if (head.equals(HOPS)) {
            return list.stream()
                    .map(hop -> Fields.text(hop, "instance") + "@" + Fields.text(hop, "node"))
                    .collect(Collectors.joining(","));
        }
        return list.stream().map(ObjectTables::item).collect(Collectors.joining(","));
    }

    /** An item of a list in one word: itself, or what it is called. */
    private static String item(@Nullable Object item) {
        for (String name : List.of("name", "service", "interface", "port", "profile", "attachment", "svni")) {
            if (!Fields.text(item, name).isEmpty()) {
                return Fields.text(item, name);
            }
        }
        return String.valueOf(item);
    }

    /** The condition that says most: the first that does not hold, else the last. */
    private static Optional<Map<String, @Nullable Object>> shown(Map<String, @Nullable Object> object) {
        List<Map<String, @Nullable Object>> conditions = Fields.objects(object, "status.conditions");
        return conditions.stream()
                .filter(condition -> !Fields.text(condition, "status").equalsIgnoreCase("true"))
                .findFirst()
                .or(() -> conditions.isEmpty() ? Optional.empty() : Optional.of(conditions.getLast()));
    }

    /** The first condition that does not hold, else the last one that does. */
    static String status(Map<String, @Nullable Object> object) {
        return shown(object)
                .map(condition -> {
                    String type = Fields.text(condition, "type");
                    String truth = Fields.text(condition, "status");
                    return truth.equalsIgnoreCase("unknown")
                            ? type + "?"
                            : truth.equalsIgnoreCase("true") ? type : "not " + type;
                })
                .orElse("");
    }

    private static String message(Map<String, @Nullable Object> object) {
        return shown(object)
                .flatMap(condition -> Fields.text(condition, "message").lines().findFirst())
                .orElse("");
    }

    /** How long ago that was, in the largest unit. */
    static String age(String time, Instant now) {
        try {
            long seconds =
                    Math.max(0, Duration.between(Instant.parse(time), now).toSeconds());
            if (seconds < 120) {
                return seconds + "s";
            }
            long minutes = seconds / 60;
            return minutes < 120 ? minutes + "m" : minutes < 48 * 60 ? minutes / 60 + "h" : minutes / 1_440 + "d";
        } catch (DateTimeParseException e) {
            return "";
        }
    }
}
