package dev.sluice.cli;

import dev.sluice.model.Kind;
import dev.sluice.model.YamlText;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Shows the objects of a kind, and each again when what is shown of it changes. Where everything is told anew because what was missed is not kept, only what is
 * different is shown, and what is gone. Used by one thread.
 */
final class ChangingObjects implements Watching.Hearer {
    private static final String DELETED = "deleted";
    private static final String TYPE = "type";
    private static final String OBJECT = "object";

    private final PrintWriter out;
    private final Kind kind;
    private final Set<String> names;
    private final ListOutput output;
    private final int eventsMax;

    /** What there is, as it was told last, by name. */
    private final Map<String, Told> known = new LinkedHashMap<>();

    /** What is told anew, until all of it is; null while only changes are told. */
    private @Nullable Map<String, Map<String, @Nullable Object>> anew;

    private @Nullable Table table;
    private int events;

    /** An event, and what is shown of it whenever that is. */
    private record Told(Map<String, @Nullable Object> event, List<String> look) {}

    /**
     * Shows nothing yet.
     *
     * @param names of those that count; empty: all
     * @param eventsMax when it has had enough; 0: never
     */
    ChangingObjects(PrintWriter out, Kind kind, Set<String> names, ListOutput output, int eventsMax) {
        this.out = out;
        this.kind = kind;
        this.names = names;
        this.output = output;
        this.eventsMax = eventsMax;
    }

    @Override
    public void beginning() {
        anew = new LinkedHashMap<>();
    }

    @Override
    public boolean complete() {
        if (anew == null) {
            return true;
        }
        Map<String, Map<String, @Nullable Object>> all = anew;
        anew = null;
        List<Map<String, @Nullable Object>> told = new ArrayList<>();
        known.forEach((name, last) -> {
            if (!all.containsKey(name)) {
                Map<String, @Nullable Object> gone = new LinkedHashMap<>(last.event);
                gone.put(TYPE, DELETED);
                told.add(gone);
            }
        });
        told.addAll(all.values());
        return show(told);
    }

    @Override
    public boolean event(String type, Map<String, @Nullable Object> data) {
        String name = name(data);
        if (!names.isEmpty() && !names.contains(name)) {
            return true;
        }
        if (anew == null) {
            return show(List.of(data));
        }
        anew.put(name, data);
        return true;
    }

    /** Shows those that look other than before; whether to go on. */
    private boolean show(List<Map<String, @Nullable Object>> told) {
        List<Map<String, @Nullable Object>> changed = new ArrayList<>();
        for (Map<String, @Nullable Object> event : told) {
            List<String> look = look(event);
            Told before = known.get(name(event));
            if (before == null ? isDeleted(event) : before.look.equals(look)) {
                continue;
            }
            changed.add(event);
            if (isDeleted(event)) {
                known.remove(name(event));
            } else {
                known.put(name(event), new Told(event, look));
            }
        }
        if (output.isTable()) {
            rows(changed);
        } else {
            changed.forEach(this::write);
        }
        out.flush();
        events += changed.size();
        return eventsMax == 0 || events < eventsMax;
    }

    private List<String> look(Map<String, @Nullable Object> event) {
        return output.isTable()
                // At one time: that an object grows older is no change.
                ? cells(event, Instant.EPOCH)
                : List.of(Fields.text(event, TYPE), Fields.text(event, "object.metadata.resourceVersion"));
    }

    private List<String> cells(Map<String, @Nullable Object> event, Instant now) {
        return ObjectTables.cells(object(event), kind, output.isWide(), isDeleted(event), now);
    }

    private void rows(List<Map<String, @Nullable Object>> changed) {
        Table shown = table;
        if (shown != null) {
            changed.forEach(
                    event -> out.print(shown.further(cells(event, Instant.now()).toArray())));
        } else if (!changed.isEmpty()) {
            List<Map<String, @Nullable Object>> objects =
                    changed.stream().map(ChangingObjects::object).toList();
            table = ObjectTables.table(objects, kind, output.isWide());
            out.print(table.render(""));
        }
    }

    private void write(Map<String, @Nullable Object> event) {
        switch (output.format()) {
            case NAME -> out.println(ListOutput.name(object(event)));
            case YAML -> out.print("---\n" + YamlText.of(event));
            case JSON -> out.println(Json.line(event));
            case JSONPATH -> out.print(output.byPath(object(event)));
            case TEXT, WIDE -> throw new IllegalStateException("rows of a table");
        }
    }

    private static String name(Map<String, @Nullable Object> event) {
        return Fields.text(event, "object.metadata.name");
    }

    private static Map<String, @Nullable Object> object(Map<String, @Nullable Object> event) {
        return Fields.object(event.get(OBJECT));
    }

    private static boolean isDeleted(Map<String, @Nullable Object> event) {
        return Fields.text(event, TYPE).equals(DELETED);
    }
}
