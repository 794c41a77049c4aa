package dev.sluice.datapath.rules;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Immutable map from rule id to rule: a radix tree of 32-way nodes, so that a changed copy shares all but one path of at most seven nodes. Control code only.
 */
final class TupleRuleIndex {
    private static final int WAY_BITS = 5;
    private static final int WAYS = 1 << WAY_BITS;
    private static final int TOP_SHIFT = 30;

    /** The index without rules. */
    static final TupleRuleIndex EMPTY = new TupleRuleIndex(new Object[WAYS], 0);

    /** Ways of inner nodes are Object[WAYS], those at shift 0 are rules; absent ones are null. */
    private final Object[] root;

    /** Number of rules. */
    final int size;

    private TupleRuleIndex(Object[] root, int size) {
        this.root = root;
        this.size = size;
    }

    /** The rule of this id, null if there is none. */
    @Nullable
    Rule get(int id) {
        Object[] node = root;
        for (int shift = TOP_SHIFT; shift > 0; shift -= WAY_BITS) {
            Object below = node[way(id, shift)];
            if (below == null) {
                return null;
            }
            node = (Object[]) below;
        }
        return (Rule) node[way(id, 0)];
    }

    /** The index with a rule whose id it does not have yet. */
    TupleRuleIndex with(Rule rule) {
        return new TupleRuleIndex(put(root, TOP_SHIFT, rule), size + 1);
    }

    private static Object[] put(@Nullable Object node, int shift, Rule rule) {
        Object[] copy = node == null ? new Object[WAYS] : ((Object[]) node).clone();
        int way = way(rule.id(), shift);
        copy[way] = shift == 0 ? rule : put(copy[way], shift - WAY_BITS, rule);
        return copy;
    }

    /** The index less the rule of an id that it has. */
    TupleRuleIndex without(int id) {
        Object[] rest = remove(root, TOP_SHIFT, id);
        return rest == null ? EMPTY : new TupleRuleIndex(rest, size - 1);
    }

    private static Object @Nullable [] remove(Object[] node, int shift, int id) {
        Object[] copy = node.clone();
        int way = way(id, shift);
        copy[way] = shift == 0 ? null : remove((Object[]) copy[way], shift - WAY_BITS, id);
        for (Object below : copy) {
            if (below != null) {
                return copy;
            }
        }
        return null;
    }

    /** Calls the action for each rule, by rising id. */
    void forEach(Consumer<Rule> action) {
        visit(root, action);
    }

    private static void visit(Object[] node, Consumer<Rule> action) {
        for (Object below : node) {
            if (below instanceof Object[] inner) {
                visit(inner, action);
            } else if (below instanceof Rule rule) {
                action.accept(rule);
            }
        }
    }

    private static int way(int id, int shift) {
        return id >>> shift & (WAYS - 1);
    }
}
