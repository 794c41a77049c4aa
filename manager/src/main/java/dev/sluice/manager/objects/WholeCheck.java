package dev.sluice.manager.objects;

import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.Problem;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Asks the model what is wrong with a whole configuration. */
final class WholeCheck {
    private WholeCheck() {}

    /** Every problem of a set of objects. */
    static List<Problem> problems(Collection<ManagedObject> objects) {
        if (objects.isEmpty()) {
            return List.of();
        }
        Map<String, String> texts = new LinkedHashMap<>();
        objects.forEach(object -> texts.put(object.title(), Trees.text(object.written())));
        return ConfigurationLoader.parse(texts).problems();
    }

    /** The errors that are in the second set and not in the first: what was wrong before is no reason to refuse a change. */
    static List<Problem> newErrors(Collection<ManagedObject> before, List<Problem> after) {
        List<Problem> errors = after.stream().filter(Problem::isError).toList();
        if (errors.isEmpty()) {
            return errors;
        }
        Set<String> known = new HashSet<>();
        problems(before).forEach(problem -> known.add(problem.toString()));
        return errors.stream()
                .filter(problem -> !known.contains(problem.toString()))
                .toList();
    }
}
