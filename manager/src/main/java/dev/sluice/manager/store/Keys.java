package dev.sluice.manager.store;

import dev.sluice.manager.store.Store.Change;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.store.Store.Put;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What every store checks before it looks at anything: a program that breaks these has a defect. */
final class Keys {
    private Keys() {}

    static void check(String key) {
        require(!key.isEmpty() && key.length() <= Store.KEY_LENGTH_MAX, "key of " + key.length() + " characters");
        for (int i = 0; i < key.length(); i++) {
            char c = key.charAt(i);
            // The order of such keys is the same as bytes, as characters and in SQL.
            require(c > ' ' && c < 0x7f, "key with the character " + (int) c);
        }
    }

    static void check(List<Condition> conditions, List<Change> changes) {
        require(!changes.isEmpty() && changes.size() <= Store.CHANGES_MAX, changes.size() + " changes");
        conditions.forEach(condition -> check(condition.key()));
        Set<String> keys = new HashSet<>();
        for (Change change : changes) {
            check(change.key());
            require(keys.add(change.key()), "two changes of " + change.key());
            if (change instanceof Put(String key, byte[] value)) {
                require(value.length <= Store.VALUE_BYTES_MAX, "value of " + value.length + " bytes for " + key);
            }
        }
    }

    static void checkLimit(int limit) {
        require(limit >= 1 && limit <= Store.LIST_MAX, "limit " + limit);
    }

    /** The first key behind all those with a prefix. */
    static String end(String prefix) {
        check(prefix);
        int last = prefix.length() - 1;
        return prefix.substring(0, last) + (char) (prefix.charAt(last) + 1);
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new IllegalArgumentException(what);
        }
    }
}
