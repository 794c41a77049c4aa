package dev.sluice.agent.compile;

import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.ExistingFlows;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a change means for flows in progress (X9).
 *
 * @param said what somebody said of this change; empty: as the Node object says
 * @param back the snapshot before the change that is taken back, null if none is: what is kept is kept for flows of that time, never for those that were decided on trial
 */
public record FlowsInProgress(
        Optional<ExistingFlows> said, @Nullable Snapshot back) {
    /** As the Node object says. */
    public static final FlowsInProgress AS_THE_NODE_SAYS = new FlowsInProgress(Optional.empty(), null);

    /** As was said, if anything was. */
    public static FlowsInProgress of(Optional<ExistingFlows> said) {
        return said.isEmpty() ? AS_THE_NODE_SAYS : new FlowsInProgress(said, null);
    }

    /** All decisions stay: the rules are the same. */
    public static FlowsInProgress kept() {
        return of(Optional.of(ExistingFlows.KEEP));
    }

    /** A change is taken back. */
    public static FlowsInProgress back(Snapshot before) {
        return new FlowsInProgress(Optional.empty(), before);
    }
}
