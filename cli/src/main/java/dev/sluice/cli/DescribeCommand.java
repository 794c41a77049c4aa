package dev.sluice.cli;

import dev.sluice.model.Kind;
import dev.sluice.model.YamlText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

/** {@code sluice describe}. */
@Command(
        name = "describe",
        description =
                "Shows all there is to know of an object: what it is to be, who said so, its state, and which objects refer to it.")
final class DescribeCommand extends OneObjectRequest {
    /** Kinds that hosts answer. */
    private static final Set<Kind> ASKED = Set.of(Kind.TRACEFLOW, Kind.CAPTURE);

    @Override
    int ask(ManagerClient client, Kind kind, String name) {
        String path = ManagerClient.path(kind, name);
        Map<String, @Nullable Object> object = kind == Kind.SERVICE_PATH ? carried(client, path) : client.get(path);
        return output.isText() ? print(object, text(object, users(client, path))) : print(object, "");
    }

    /** A path with what it carries, if the manager asks hosts: one that stands by, or of a version before, does not. */
    private static Map<String, @Nullable Object> carried(ManagerClient client, String path) {
        try {
            return client.get(path + "/status");
        } catch (ManagerClient.Refused _) {
            return client.get(path);
        }
    }

    /** Where other objects refer to it, of those that the user may read. */
    private static List<String> users(ManagerClient client, String path) {
        return Fields.objects(client.get(path + "/references"), "items").stream()
                .map(user -> Fields.text(user, "object") + " " + Fields.text(user, "field"))
                .toList();
    }

    static String text(Map<String, @Nullable Object> object, List<String> users) {
        StringBuilder text = new StringBuilder();
        text.append(Fields.text(object, "kind"))
                .append('/')
                .append(Fields.text(object, "metadata.name"))
                .append('\n');
        line(text, "created", Fields.text(object, "metadata.creationTimestamp"));
        line(text, "version", Fields.text(object, "metadata.resourceVersion"));
        line(text, "generation", Fields.text(object, "metadata.generation"));
        line(text, "uid", Fields.text(object, "metadata.uid"));
        part(text, "labels", Fields.at(object, "metadata.labels"));
        part(text, "annotations", Fields.at(object, "metadata.annotations"));
        part(text, "spec", Fields.at(object, "spec"));
        Table conditions =
                new Table().words("  CONDITION").words("STATUS").words("REASON").words("MESSAGE");
        Fields.objects(object, "status.conditions")
                .forEach(c -> conditions.row(
                        "  " + Fields.text(c, "type"),
                        Fields.text(c, "status"),
                        Fields.text(c, "reason"),
                        Fields.text(c, "message")));
        text.append("status\n")
                .append(conditions.render("nothing is known yet").indent(0).replaceFirst("^\\(", "  ("));
        told(object, text);
        text.append("owners\n");
        for (Map<String, @Nullable Object> owner : Fields.objects(object, "metadata.managedFields")) {
            List<String> fields = new ArrayList<>();
            Fields.list(owner, "fields")
                    .forEach(field ->
                            fields.add(String.valueOf(field).substring(1).replace('/', '.')));
            text.append("  ")
                    .append(Fields.text(owner, "manager"))
                    .append(" (")
                    .append(Fields.text(owner, "operation"))
                    .append(' ')
                    .append(Fields.text(owner, "time"))
                    .append("): ")
                    .append(String.join(", ", fields))
                    .append('\n');
        }
        text.append("referred to by\n");
        users.forEach(user -> text.append("  ").append(user).append('\n'));
        return text.append(users.isEmpty() ? "  (no object that you may see)\n" : "")
                .toString();
    }

    /** Of objects whose status is what they are for. */
    private static void told(Map<String, @Nullable Object> object, StringBuilder text) {
        Optional<Kind> kind = Kind.named(Fields.text(object, "kind"));
        if (kind.filter(each -> each.isGenerated() || ASKED.contains(each)).isPresent()) {
            Map<String, @Nullable Object> told = new LinkedHashMap<>(Fields.object(Fields.at(object, "status")));
            told.remove("conditions");
            part(text, "told by hosts", told);
        }
    }

    private static void line(StringBuilder text, String name, String value) {
        if (!value.isEmpty()) {
            text.append(String.format("  %-12s%s%n", name, value));
        }
    }

    private static void part(StringBuilder text, String name, @Nullable Object value) {
        if (value != null) {
            text.append(name).append('\n').append(YamlText.of(value).indent(2));
        }
    }
}
