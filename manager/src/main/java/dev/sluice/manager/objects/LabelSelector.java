package dev.sluice.manager.objects;

import dev.sluice.manager.objects.Refusal.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Conditions on labels, all of which have to hold: {@code rack=r1,stage!=test,owner,!old}. */
public final class LabelSelector implements Predicate<ManagedObject> {
    /** Every object. */
    public static final LabelSelector ALL = new LabelSelector(List.of());

    private static final int TERMS_MAX = 50;
    private static final Pattern TERM = Pattern.compile("(!?)([^=!,\\s]+)(?:(==?|!=)([^=!,]*))?");

    private final List<Term> terms;

    private record Term(String key, boolean negated, boolean exists, String value) {
        boolean holds(Map<String, String> labels) {
            String found = labels.get(key);
            return negated != (exists ? found != null : value.equals(found));
        }
    }

    private LabelSelector(List<Term> terms) {
        this.terms = terms;
    }

    /** Reads a selector; empty: every object. */
    public static LabelSelector parse(String text) {
        if (text.isEmpty()) {
            return ALL;
        }
        List<Term> terms = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher term = TERM.matcher(part.strip());
            boolean sound = term.matches() && (term.group(1).isEmpty() || term.group(3) == null);
            if (!sound || terms.size() == TERMS_MAX) {
                throw new Refusal(
                        Reason.BAD_REQUEST,
                        "labelSelector '" + text + "' is not understood at '" + part.strip() + "'",
                        "write up to " + TERMS_MAX + " of key=value, key!=value, key, !key, with commas between them");
            }
            boolean exists = term.group(3) == null;
            boolean negated = exists ? !term.group(1).isEmpty() : "!=".equals(term.group(3));
            terms.add(new Term(
                    term.group(2), negated, exists, exists ? "" : term.group(4).strip()));
        }
        return new LabelSelector(terms);
    }

    @Override
    public boolean test(ManagedObject object) {
        return matches(object);
    }

    /** Whether all conditions hold. */
    public boolean matches(ManagedObject object) {
        Map<String, String> labels = terms.isEmpty() ? Map.of() : object.labels();
        return terms.stream().allMatch(term -> term.holds(labels));
    }
}
