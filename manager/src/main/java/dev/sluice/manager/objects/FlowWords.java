package dev.sluice.manager.objects;

import dev.sluice.manager.store.CompactedException;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.Store.Event;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.model.ExistingFlows;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/** What changes said of flows in progress: one key, which stands for the transaction that wrote it only (ADR 48). Stateless. */
final class FlowWords {
    private static final String KEY = "flows";

    private FlowWords() {}

    /** What a transaction brings into the store that says something. */
    static Put put(ExistingFlows flows) {
        return new Put(KEY, flows.word().getBytes(StandardCharsets.UTF_8));
    }

    /** What changes behind a revision said, by their revisions; those that said nothing are not in it. */
    static Map<Long, ExistingFlows> behind(Store store, long after, int limit) {
        try {
            Map<Long, ExistingFlows> said = new HashMap<>();
            for (Event event : store.events(KEY, after, limit)) {
                ExistingFlows.of(new String(event.entry().value(), StandardCharsets.UTF_8))
                        .ifPresent(flows -> said.put(event.entry().revision(), flows));
            }
            return said;
        } catch (CompactedException e) {
            throw Inventory.gone(e, "list again");
        }
    }
}
