package dev.sluice.manager.enrolment;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Refusal;
import dev.sluice.manager.objects.Refusal.Reason;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.CompactedException;
import dev.sluice.manager.store.Store;
import dev.sluice.manager.store.Store.Change;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.Store.Delete;
import dev.sluice.manager.store.Store.Entry;
import dev.sluice.manager.store.Store.Put;
import dev.sluice.manager.store.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Where tokens and nodes stand in the store; each change leaves an entry in the record. Any thread. */
final class EnrolmentStore {
    private static final String TOKENS = "access/enrolment/tokens/";
    private static final String NODES = "access/enrolment/nodes/";
    private static final String AUTHORITY = "access/enrolment/authority";

    private final Store store;
    private final Inventory inventory;

    EnrolmentStore(Store store, Inventory inventory) {
        this.store = store;
        this.inventory = inventory;
    }

    /** A value with what has to hold for it to be replaced. */
    record Kept<T>(T value, Condition unchanged) {}

    Optional<Kept<StoredToken>> token(String id) {
        return id.matches("[0-9a-f]{8}")
                ? entry(TOKENS + id)
                        .map(entry -> new Kept<>(StoredToken.of(Trees.read(entry.value())), unchanged(entry)))
                : Optional.empty();
    }

    Optional<Kept<EnrolledNode>> node(String name) {
        return entry(NODES + name)
                .map(entry -> new Kept<>(EnrolledNode.of(Trees.read(entry.value())), unchanged(entry)));
    }

    List<StoredToken> tokens() {
        return list(TOKENS).stream().map(StoredToken::of).toList();
    }

    List<EnrolledNode> nodes() {
        return list(NODES).stream().map(EnrolledNode::of).toList();
    }

    /** The pin of the authority that signed what is known here; empty: nothing was signed yet. */
    String authority() {
        return entry(AUTHORITY)
                .map(entry -> new String(entry.value(), StandardCharsets.US_ASCII))
                .orElse("");
    }

    long revision() {
        return store.revision();
    }

    static Condition absentToken(String id) {
        return new Condition(TOKENS + id, 0);
    }

    static Condition absentNode(String name) {
        return new Condition(NODES + name, 0);
    }

    static Condition absentAuthority() {
        return new Condition(AUTHORITY, 0);
    }

    static Change put(StoredToken token) {
        return new Put(TOKENS + token.id(), token.value());
    }

    static Change put(EnrolledNode node) {
        return new Put(NODES + node.node(), node.value());
    }

    static Change putAuthority(String pin) {
        return new Put(AUTHORITY, pin.getBytes(StandardCharsets.US_ASCII));
    }

    static Change delete(StoredToken token) {
        return new Delete(TOKENS + token.id());
    }

    static Change delete(EnrolledNode node) {
        return new Delete(NODES + node.node());
    }

    void change(
            Caller caller, String what, List<String> differences, List<Condition> conditions, List<Change> changes) {
        inventory.store(caller, new Inventory.Deed(what, differences, conditions, changes));
    }

    private static Condition unchanged(Entry entry) {
        return new Condition(entry.key(), entry.revision());
    }

    private Optional<Entry> entry(String key) {
        try {
            return store.get(key);
        } catch (StoreException e) {
            throw Inventory.refusal(e);
        }
    }

    private List<JsonNode> list(String prefix) {
        List<JsonNode> found = new ArrayList<>();
        String after = "";
        try {
            while (true) {
                Store.Listing part = store.list(prefix, after, Store.LIST_MAX, 0);
                for (Entry entry : part.entries()) {
                    found.add(Trees.read(entry.value()));
                    after = entry.key();
                }
                if (!part.more()) {
                    return found;
                }
            }
        } catch (StoreException e) {
            throw Inventory.refusal(e);
        } catch (CompactedException e) {
            throw new Refusal(Reason.UNAVAILABLE, "the store is being compacted", "try again");
        }
    }
}
