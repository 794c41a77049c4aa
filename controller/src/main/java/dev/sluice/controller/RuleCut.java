package dev.sluice.controller;

import dev.sluice.model.ServicePolicy;
import dev.sluice.model.ServicePolicy.AppliedTo;
import dev.sluice.model.ServicePolicy.Rule;
import dev.sluice.model.WrittenObject;
import dev.sluice.model.YamlText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The rules of a rule set that apply at some places, as text. Stateless. */
final class RuleCut {
    private RuleCut() {}

    /**
     * The rule set with the rules that apply at a place that is here, and of their places those; empty if none does. Says the same as the model's cut for a node.
     *
     * @param policy what the text says
     */
    static Optional<String> cut(ServicePolicy policy, String text, Predicate<AppliedTo> isHere) {
        List<Boolean> common = here(policy.spec().appliedTo(), isHere);
        boolean commonHere = common.contains(true);
        List<Boolean> rules = new ArrayList<>();
        boolean whole = !common.contains(false);
        for (Rule rule : policy.spec().rules()) {
            List<Boolean> own = here(rule.appliedTo(), isHere);
            // A rule whose own places are all elsewhere must not fall back to the policy's.
            boolean kept = rule.appliedTo().isEmpty() ? commonHere : own.contains(true);
            rules.add(kept);
            whole &= kept && !own.contains(false);
        }
        if (!rules.contains(true)) {
            return Optional.empty();
        }
        return Optional.of(whole ? text : YamlText.of(without(policy, text, common, rules, isHere)));
    }

    private static List<Boolean> here(List<AppliedTo> places, Predicate<AppliedTo> isHere) {
        return places.stream().map(isHere::test).toList();
    }

    private static Map<String, @Nullable Object> without(
            ServicePolicy policy, String text, List<Boolean> common, List<Boolean> rules, Predicate<AppliedTo> isHere) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>(
                WrittenObject.read("object", text).objects().getFirst().fields());
        Map<String, @Nullable Object> spec = copy(object.get("spec"));
        keepPlaces(spec, common);
        List<@Nullable Object> written = list(spec.get("rules"));
        List<@Nullable Object> kept = new ArrayList<>();
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i)) {
                Map<String, @Nullable Object> rule = copy(written.get(i));
                keepPlaces(rule, here(policy.spec().rules().get(i).appliedTo(), isHere));
                kept.add(rule);
            }
        }
        spec.put("rules", kept);
        object.put("spec", spec);
        return object;
    }

    /** Leaves of appliedTo the entries that are kept; without any, the field. */
    private static void keepPlaces(Map<String, @Nullable Object> at, List<Boolean> keep) {
        if (!keep.contains(false)) {
            return;
        }
        List<@Nullable Object> places = list(at.get("appliedTo"));
        List<@Nullable Object> kept = new ArrayList<>();
        for (int i = 0; i < keep.size(); i++) {
            if (keep.get(i)) {
                kept.add(places.get(i));
            }
        }
        if (kept.isEmpty()) {
            at.remove("appliedTo");
        } else {
            at.put("appliedTo", kept);
        }
    }

    @SuppressWarnings("unchecked") // the model has read it as an object
    private static Map<String, @Nullable Object> copy(@Nullable Object value) {
        return value instanceof Map<?, ?> map
                ? new LinkedHashMap<>((Map<String, @Nullable Object>) map)
                : new LinkedHashMap<>();
    }

    @SuppressWarnings("unchecked") // the model has read it as a list
    private static List<@Nullable Object> list(@Nullable Object value) {
        return value instanceof List<?> list ? (List<@Nullable Object>) list : List.of();
    }
}
