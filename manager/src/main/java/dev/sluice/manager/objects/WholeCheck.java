package dev.sluice.manager.objects;

import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.ParsedTexts;
import dev.sluice.model.Problem;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Asks the model what is wrong with a whole configuration; what has not changed since the last time is not written and parsed again. One thread at a time. */
final class WholeCheck {
    private final ParsedTexts parsed = new ParsedTexts();

    /** Objects are not changed once they are made, so the same one has the same text. */
    private Map<String, Known> known = new HashMap<>();

    private record Known(ManagedObject object, String text) {}

    /** Every problem of a set of objects. */
    List<Problem> problems(Collection<ManagedObject> objects) {
        if (objects.isEmpty()) {
            return List.of();
        }
        Map<String, String> texts = new LinkedHashMap<>();
        Map<String, Known> now = new HashMap<>();
        for (ManagedObject object : objects) {
            String text = text(object);
            texts.put(object.title(), text);
            now.put(object.title(), new Known(object, text));
        }
        known = now;
        return ConfigurationLoader.parse(texts, parsed).problems();
    }

    @SuppressWarnings("ReferenceEquality") // comparing whole trees would cost what this is to save
    private String text(ManagedObject object) {
        Known before = known.get(object.title());
        if (before != null && before.object.tree() == object.tree()) {
            return before.text;
        }
        return Trees.text(object.written());
    }

    /** The errors that are in the second set and not in the first: what was wrong before is no reason to refuse a change. */
    List<Problem> newErrors(Collection<ManagedObject> before, List<Problem> after) {
        List<Problem> errors = after.stream().filter(Problem::isError).toList();
        if (errors.isEmpty()) {
            return errors;
        }
        Set<String> old = new HashSet<>();
        problems(before).forEach(problem -> old.add(problem.toString()));
        return errors.stream()
                .filter(problem -> !old.contains(problem.toString()))
                .toList();
    }
}
