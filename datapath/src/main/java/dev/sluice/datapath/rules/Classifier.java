package dev.sluice.datapath.rules;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Immutable rule classifier for the rules of one applied_to group (requirement V2); any number of readers.
 *
 * <p>Each match of each rule is an entry in one of a few hash tables, by the bits that a {@link TupleShape} keeps of it (after TupleMerge, Daly et al. 2019).
 * An entry goes to the finest table that can hold it and has room in the slot; a slot with {@link #COLLISIONS_MAX} entries sends further ones to a table of a finer
 * shape. A lookup asks a {@link TupleSieve} which tables can hold a match for the addresses at all, and probes those that can do better than what it has found, the ones with the highest
 * precedences first. The number of tables has a limit, above which slots get longer instead; traffic changes nothing here, so that only rules, never packets, determine the cost (compare
 * CVE-2019-25076).
 *
 * <p>{@link #with} and {@link #without} share everything but a page of the affected tables and of the sieve, which is made anew after many of them. Many changes leave tables that a fresh {@link #of} would choose
 * better; answers stay the same. Larger precedence wins; between equal precedences, which a snapshot does not have, the lower id.
 */
public final class Classifier {
    /** Entries in a slot above which a finer table is looked for. Ten cost up to twice the candidates per lookup, two up to half as many tables again. */
    static final int COLLISIONS_MAX = 4;

    /** Tables above which no finer one is made. One more is possible, the universal one, so that sets of tables fit into 64 bits. */
    static final int TABLES_MAX = 63;

    /** Changes, beside half as many as there are rules, after which the sieve is made anew. */
    private static final int STALE_MIN = 1_000;

    private static final Comparator<Rule> ORDER =
            Comparator.comparingLong(TupleEntry::rank).reversed();
    private static final Classifier EMPTY =
            new Classifier(new TupleTable[0], TupleSieve.EMPTY, TupleRuleIndex.EMPTY, 0);

    /** In places that the sieve knows; by falling {@link TupleTable#precedenceMax} when it was made. Those that later lost all entries stay until their place is needed. */
    private final TupleTable[] tables;

    /** The highest precedence in each table. */
    private final int[] precedences;

    /** For each kind of packet, the places of the tables that have an entry and are for it. */
    private final long[] tablesOfKind;

    private final TupleSieve sieve;
    private final TupleRuleIndex index;

    /** Number of changes since the sieve was made. */
    private final int stale;

    private Classifier(TupleTable[] tables, TupleSieve sieve, TupleRuleIndex index, int stale) {
        this.tables = tables;
        this.precedences = new int[tables.length];
        this.tablesOfKind = new long[TupleEntry.KINDS];
        for (int place = 0; place < tables.length; place++) {
            precedences[place] = tables[place].precedenceMax;
            for (int kind = 0; kind < TupleEntry.KINDS; kind++) {
                boolean wanted = tables[place].size > 0 && (tables[place].kinds >>> kind & 1) != 0;
                tablesOfKind[kind] |= wanted ? 1L << place : 0;
            }
        }
        this.sieve = sieve;
        this.index = index;
        this.stale = stale;
    }

    private static Classifier fresh(List<TupleTable> tables, TupleRuleIndex index) {
        List<TupleTable> ordered = tables.stream()
                .filter(table -> table.size > 0)
                .sorted((a, b) -> Integer.compare(b.precedenceMax, a.precedenceMax))
                .toList();
        return new Classifier(ordered.toArray(new TupleTable[0]), TupleSieve.of(ordered), index, 0);
    }

    private static Classifier changed(List<TupleTable> tables, TupleSieve sieve, TupleRuleIndex index, int stale) {
        return stale > STALE_MIN + index.size / 2
                ? fresh(tables, index)
                : new Classifier(tables.toArray(new TupleTable[0]), sieve, index, stale);
    }

    /** The classifier without rules. */
    public static Classifier empty() {
        return EMPTY;
    }

    /**
     * A classifier of these rules, in any order.
     *
     * @throws IllegalArgumentException if two rules have the same id
     */
    public static Classifier of(Collection<Rule> rules) {
        List<Rule> ordered = new ArrayList<>(rules);
        ordered.sort(ORDER);
        List<TupleTable> tables = new ArrayList<>();
        TupleRuleIndex index = TupleRuleIndex.EMPTY;
        for (Rule rule : ordered) {
            index = withNew(index, rule);
            place(tables, TupleSieve.EMPTY, rule);
        }
        return fresh(tables, index);
    }

    /**
     * This classifier with one more rule.
     *
     * @throws IllegalArgumentException if a rule with this id is in the classifier
     */
    public Classifier with(Rule rule) {
        TupleRuleIndex more = withNew(index, rule);
        List<TupleTable> changed = new ArrayList<>(Arrays.asList(tables));
        TupleSieve wider = place(changed, sieve, rule);
        return changed(changed, wider, more, stale + 1);
    }

    private static TupleRuleIndex withNew(TupleRuleIndex index, Rule rule) {
        Rule other = index.get(rule.id());
        if (other != null) {
            throw new IllegalArgumentException("rule " + rule.name() + ": id " + rule.id() + " is taken by rule "
                    + other.name() + "; remove that one first");
        }
        return index.with(rule);
    }

    /** Puts the entries of a rule into tables; returns the sieve with them. */
    private static TupleSieve place(List<TupleTable> tables, TupleSieve sieve, Rule rule) {
        TupleSieve wider = sieve;
        for (Match match : rule.matches()) {
            TupleEntry entry = TupleEntry.of(rule, match);
            if (entry == null) {
                continue;
            }
            TupleShape shape = shapeFor(tables, entry);
            wider = wider.with(entry, put(tables, shape, entry));
        }
        return wider;
    }

    /** The finest table with room for the entry, else a new one, else the one with the fewest entries in the slot. */
    private static TupleShape shapeFor(List<TupleTable> tables, TupleEntry entry) {
        TupleShape finest = null;
        TupleShape emptiest = null;
        int fewest = Integer.MAX_VALUE;
        for (TupleTable table : tables) {
            TupleShape shape = table.shape;
            if (table.size == 0 || !shape.holds(entry)) {
                continue;
            }
            int collisions = table.collisions(entry);
            if (collisions < COLLISIONS_MAX && (finest == null || shape.fineness() > finest.fineness())) {
                finest = shape;
            }
            if (collisions < fewest) {
                fewest = collisions;
                emptiest = shape;
            }
        }
        if (finest != null) {
            return finest;
        }
        TupleShape fresh = used(tables) < TABLES_MAX ? newShape(tables, entry) : null;
        if (fresh != null) {
            return fresh;
        }
        return emptiest == null ? TupleShape.UNIVERSAL : emptiest;
    }

    /** The coarsest shape for the entry that has no table yet, null if all have one. */
    private static @Nullable TupleShape newShape(List<TupleTable> tables, TupleEntry entry) {
        for (int level = 0; level < TupleShape.LEVELS; level++) {
            TupleShape shape = TupleShape.of(entry, level);
            if (indexOf(tables, shape) < 0) {
                return shape;
            }
        }
        return null;
    }

    private static int indexOf(List<TupleTable> tables, TupleShape shape) {
        for (int i = 0; i < tables.size(); i++) {
            if (tables.get(i).size > 0 && tables.get(i).shape.equals(shape)) {
                return i;
            }
        }
        return -1;
    }

    private static int used(List<TupleTable> tables) {
        return (int) tables.stream().filter(table -> table.size > 0).count();
    }

    private static int unused(List<TupleTable> tables) {
        for (int i = 0; i < tables.size(); i++) {
            if (tables.get(i).size == 0) {
                return i;
            }
        }
        return -1;
    }

    /** Puts an entry into the table of the shape; returns the place of the table. */
    private static int put(List<TupleTable> tables, TupleShape shape, TupleEntry entry) {
        int at = indexOf(tables, shape);
        if (at >= 0) {
            tables.set(at, tables.get(at).with(entry));
            return at;
        }
        int free = unused(tables);
        TupleTable table = TupleTable.empty(shape).with(entry);
        if (free >= 0) {
            tables.set(free, table);
            return free;
        }
        tables.add(table);
        return tables.size() - 1;
    }

    /** This classifier less the rule of this id; itself if there is no such rule. */
    public Classifier without(int ruleId) {
        Rule rule = index.get(ruleId);
        if (rule == null) {
            return this;
        }
        List<TupleTable> changed = new ArrayList<>(Arrays.asList(tables));
        for (Match match : rule.matches()) {
            TupleEntry entry = TupleEntry.of(rule, match);
            if (entry != null) {
                changed.replaceAll(table -> table.shape.holds(entry) ? table.without(entry) : table);
            }
        }
        return changed(changed, sieve, index.without(ruleId), stale + 1);
    }

    /** The matching rule with the highest precedence, null if none matches. Called for each new flow: no allocation, no exceptions. */
    public @Nullable Rule classify(PacketFields p) {
        long addresses = TupleEntry.addresses(p);
        long numbers = TupleEntry.numbers(p.protocol, p.sourcePort, p.destinationPort);
        int kind = TupleEntry.kind(p);
        long best = Long.MIN_VALUE;
        for (long left = sieve.tables(p) & tablesOfKind[kind]; left != 0; left &= left - 1) {
            int place = Long.numberOfTrailingZeros(left);
            if (precedences[place] >= best >> 32) {
                best = tables[place].find(p, addresses, numbers, kind, best);
            }
        }
        return best == Long.MIN_VALUE ? null : index.get(TupleEntry.ruleId(best));
    }

    /** Number of rules. */
    public int size() {
        return index.size;
    }

    /** Whether there are no rules. */
    public boolean isEmpty() {
        return index.size == 0;
    }

    /** Whether the rule of this id is in the classifier. */
    public boolean contains(int ruleId) {
        return index.get(ruleId) != null;
    }

    /** The rules, highest precedence first; collected and sorted by each call. */
    public List<Rule> rules() {
        List<Rule> all = new ArrayList<>(index.size);
        index.forEach(all::add);
        all.sort(ORDER);
        return List.copyOf(all);
    }

    /** Number of tables: the most probes a lookup makes. */
    public int tables() {
        return used(Arrays.asList(tables));
    }

    /** Entries in the longest slot: the most candidates a probe checks. Walks all tables. */
    public int longestSlot() {
        return Arrays.stream(tables).mapToInt(TupleTable::longestBucket).max().orElse(0);
    }
}
