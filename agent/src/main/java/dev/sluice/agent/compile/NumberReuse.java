package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import java.util.BitSet;

/**
 * Gives numbers of names back that nothing remembers. One user: the control thread.
 *
 * <p>What forgets by itself (neighbours, MAC addresses, datagrams in pieces, packets inside nodes) has done so {@value #GONE_MINUTES} minutes after a name is gone. What may stay for days
 * (records of flows, instructions, attributes) is looked through, twice, since a record may be copied to where the look has already been. Numbers that neither look met are free.
 */
public final class NumberReuse {
    /** Longer than anything remembers a port that is not looked through: a neighbour, for ten minutes and a half. */
    static final int GONE_MINUTES = 15;

    private static final long GONE_NS = GONE_MINUTES * 60_000_000_000L;

    private final IdRegistry ids;
    private final int worthwhile;

    /** What the look before this one has not met. */
    private NumbersInUse unmet = new NumbersInUse();

    /**
     * For one registry.
     *
     * @param worthwhile how many numbers of one kind have to be gone before it is worth a look through the flows
     */
    public NumberReuse(IdRegistry ids, int worthwhile) {
        this.ids = ids;
        this.worthwhile = worthwhile;
    }

    /** Whether somebody should look for what is still referred to. */
    public boolean isWorthwhile(long nowNs) {
        for (Space space : Space.values()) {
            if (ids.names(space).gone(GONE_NS, nowNs).cardinality() >= worthwhile) {
                return true;
            }
        }
        return false;
    }

    /** Takes what a look has met, at least a minute after the one before. */
    public void met(NumbersInUse met, long nowNs) {
        NumbersInUse next = new NumbersInUse();
        for (Space space : Space.values()) {
            BitSet unmetNow = ids.names(space).gone(GONE_NS, nowNs);
            unmetNow.andNot(met.of(space));
            BitSet free = (BitSet) unmetNow.clone();
            free.and(unmet.of(space));
            ids.names(space).giveBack(free);
            unmetNow.andNot(free);
            next.of(space).or(unmetNow);
        }
        unmet = next;
    }
}
