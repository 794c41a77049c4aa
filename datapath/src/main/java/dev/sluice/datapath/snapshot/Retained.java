package dev.sluice.datapath.snapshot;

import dev.sluice.datapath.rules.PortSides;
import dev.sluice.datapath.rules.Rule;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a snapshot says of flows that were made under earlier ones (X9): how each change of the configuration treats them, and what the flows that are kept still need
 * of the rules that are gone. Immutable.
 *
 * <p>Each change keeps flows, migrates them, or treats them as <i>auto</i> does. A record tells by its configuration generation which changes it has not seen
 * yet; two generations are enough to know what to do with it, however many changes they are. Nothing walks over the flows.
 */
public final class Retained {
    /** Most retired rules, and most (group, port side) pairs: the oldest are forgotten first, and their flows are decided anew. */
    public static final int RETIRED_MAX = 65_536;

    /** Farther back no record can be: a generation that old stands for "never". */
    private static final int LONG_AGO = 1 << 30;

    private final int migrateGeneration;
    private final int autoGeneration;
    private final List<Rule> rules;
    private final IntTable<Rule> rulesById;
    private final long[] groupSides;
    private final PortSides sides;

    /**
     * What is retained.
     *
     * @param migrateGeneration generation of the latest change that migrates
     * @param autoGeneration generation of the latest change that does neither
     * @param rules rules that the snapshot no longer has and whose flows are kept, oldest first
     * @param groupSides group << 32 | {@link PortSides#index}: where another group was in force whose default decision is kept
     */
    public Retained(int migrateGeneration, int autoGeneration, List<Rule> rules, long[] groupSides) {
        this.migrateGeneration = migrateGeneration;
        this.autoGeneration = autoGeneration;
        this.rules = List.copyOf(rules);
        this.rulesById = IntTable.of(rules, Rule::id);
        this.groupSides = groupSides.clone();
        Arrays.sort(this.groupSides);
        BitSet all = new BitSet();
        for (Rule rule : rules) {
            all.or(rule.appliedTo().toBitSet());
        }
        for (long groupSide : groupSides) {
            all.set((int) groupSide);
        }
        this.sides = PortSides.of(all);
    }

    /** After a change that treats flows as usual, or the first configuration: nothing is kept. */
    public static Retained auto(int generation) {
        return new Retained(generation - LONG_AGO, generation, List.of(), new long[0]);
    }

    /** After an auto change that follows these. */
    public Retained thenAuto(int generation) {
        return new Retained(recent(migrateGeneration, generation), generation, List.of(), new long[0]);
    }

    /** After a change that migrates and follows these. */
    public Retained thenMigrate(int generation) {
        return new Retained(generation, recent(autoGeneration, generation), List.of(), new long[0]);
    }

    /** After a change that keeps flows and follows these; parameters as in the constructor. */
    public Retained thenKeep(int generation, List<Rule> nextRules, long[] nextGroupSides) {
        return new Retained(
                recent(migrateGeneration, generation), recent(autoGeneration, generation), nextRules, nextGroupSides);
    }

    private static int recent(int then, int now) {
        return now - then > LONG_AGO ? now - LONG_AGO : then;
    }

    /** Whether a record of this generation, which is not the present one, has a change before it that migrates. */
    public boolean migrates(int generation) {
        return generation - migrateGeneration < 0;
    }

    /** Whether all changes since this generation keep flows. */
    public boolean keeps(int generation) {
        return generation - migrateGeneration >= 0 && generation - autoGeneration >= 0;
    }

    /** The retired rule with this id, null if there is none. */
    @Nullable
    public Rule rule(int id) {
        return rulesById.get(id);
    }

    /** Whether a group was in force at a port side, in another configuration whose decisions are kept. */
    public boolean hasGroupAt(int group, int port, int side) {
        return groupSides.length != 0
                && Arrays.binarySearch(groupSides, (long) group << 32 | PortSides.index(port, side)) >= 0;
    }

    /** Whether {@link #hasGroupAt} holds anywhere. */
    public boolean hasGroup(int group) {
        int at = Arrays.binarySearch(groupSides, (long) group << 32);
        int next = at < 0 ? -1 - at : at;
        return next < groupSides.length && groupSides[next] >>> 32 == group;
    }

    /** Whether anything at all is retained for a port side. */
    public boolean concerns(int port, int side) {
        return sides.contains(port, side);
    }

    /** The retired rules, oldest first. */
    public List<Rule> rules() {
        return rules;
    }

    /** Where groups were in force, as in the constructor, in ascending order. */
    public long[] groupSides() {
        return groupSides.clone();
    }
}
