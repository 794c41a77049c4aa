package dev.sluice.manager.objects;

import dev.sluice.model.ExistingFlows;
import java.util.Optional;
import java.util.Set;

/**
 * Who asks, and how.
 *
 * @param user who it is, for the record
 * @param manager the name under which fields are owned
 * @param rights what the user may do
 * @param existingFlows what a change means for flows in progress; empty: what each Node object says
 */
public record Caller(String user, String manager, Rights rights, Optional<ExistingFlows> existingFlows) {
    /** Under which names the manager itself, and who is on its machine, stand in the record and own fields: no user may be called so. */
    public static final Set<String> OWN_NAMES = Set.of(
            "local",
            "local-admin",
            "manager",
            "sluice",
            ManagedObject.DISCOVERY,
            "controller",
            ManagedObject.DEPLOYMENTS,
            "traces",
            "service-managers");

    /** Somebody who may do everything: the manager itself. */
    public Caller(String user, String manager) {
        this(user, manager, Rights.ALL);
    }

    /** Somebody who says nothing of flows in progress. */
    public Caller(String user, String manager, Rights rights) {
        this(user, manager, rights, Optional.empty());
    }
}
