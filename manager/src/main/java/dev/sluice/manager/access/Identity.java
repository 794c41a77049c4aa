package dev.sluice.manager.access;

import dev.sluice.manager.access.Role.Permission;
import dev.sluice.manager.objects.Rights;
import dev.sluice.model.Kind;
import java.util.List;

/**
 * Somebody who asks, and what they may do.
 *
 * @param user the name, for the record
 * @param bindings the roles
 * @param token number of the token that was shown; empty: none was needed
 * @param expires when that token does, ISO 8601; empty: never
 */
public record Identity(String user, List<Binding> bindings, String token, String expires) implements Rights {
    /** Whoever reaches a manager that asks nobody who they are. */
    public static final Identity LOCAL =
            new Identity("local", List.of(new Binding(Role.ADMIN, Binding.EVERYWHERE)), "", "");

    /** Copies the roles. */
    public Identity {
        bindings = List.copyOf(bindings);
    }

    @Override
    public boolean may(Verb verb, Kind kind, String tenant) {
        for (Binding binding : bindings) {
            boolean may;
            if (binding.everywhere()) {
                may = binding.role().may(verb, kind);
            } else if (tenant.isEmpty()) {
                may = binding.role().mayShared(verb, kind);
            } else {
                may = binding.tenant().equals(tenant) && binding.role().mayInTenant(verb, kind);
            }
            if (may) {
                return true;
            }
        }
        return false;
    }

    /** Whether there are objects, of whatever kind and tenant, that may be changed. */
    public boolean mayChange() {
        return Kind.written().stream()
                .anyMatch(kind -> bindings.stream()
                        .anyMatch(binding -> may(Verb.WRITE, kind, binding.everywhere() ? "" : binding.tenant())));
    }

    @Override
    public boolean everywhere() {
        return bindings.stream().anyMatch(Binding::everywhere);
    }

    @Override
    public boolean areOfUser() {
        return bindings.stream().anyMatch(binding -> binding.role() != Role.AGENT);
    }

    /** Whether something is allowed that is about no object. */
    public boolean may(Permission permission) {
        return bindings.stream()
                .anyMatch(binding -> binding.everywhere() && binding.role().may(permission));
    }
}
