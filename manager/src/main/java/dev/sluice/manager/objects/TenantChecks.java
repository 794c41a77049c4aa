package dev.sluice.manager.objects;

import dev.sluice.model.Problem;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Asks the model what is wrong with what one tenant sees: its own objects and those that all share. A reference to an object of another tenant is one to
 * nothing. What was parsed for the tenants of the last changes is kept. One thread at a time.
 */
final class TenantChecks {
    private static final int KEPT_MAX = 8;

    private final Map<String, WholeCheck> checks = new LinkedHashMap<>(KEPT_MAX, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, WholeCheck> eldest) {
            return size() > KEPT_MAX;
        }
    };

    /**
     * What the model says.
     *
     * @param errors of the tenant's objects, that were not there before
     * @param problems all
     */
    record Verdict(List<Problem> errors, List<Problem> problems) {}

    Verdict check(Tenants tenants, String tenant, Collection<ManagedObject> before, Collection<ManagedObject> after) {
        WholeCheck check = checks.computeIfAbsent(tenant, _ -> new WholeCheck());
        List<Problem> problems = check.problems(view(tenants, tenant, after));
        List<Problem> errors = check.newErrors(view(tenants, tenant, before), problems).stream()
                .filter(error -> tenants.of(
                                error.object().substring(error.object().indexOf('/') + 1))
                        .equals(tenant))
                .toList();
        return new Verdict(errors, problems);
    }

    private static List<ManagedObject> view(Tenants tenants, String tenant, Collection<ManagedObject> objects) {
        return objects.stream()
                .filter(object -> {
                    String owner = tenants.of(object.name());
                    return owner.isEmpty() || owner.equals(tenant);
                })
                .toList();
    }
}
