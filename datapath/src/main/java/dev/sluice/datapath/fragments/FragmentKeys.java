package dev.sluice.datapath.fragments;

/** Keys of datagrams in arrays, one per place of a table. One writer: the worker. No allocation but at construction. */
final class FragmentKeys {
    private final long[] scope;
    private final long[] sourceHi;
    private final long[] sourceLo;
    private final long[] destinationHi;
    private final long[] destinationLo;
    private final long[] number;
    private final long[] hash;

    FragmentKeys(int places) {
        scope = new long[places];
        sourceHi = new long[places];
        sourceLo = new long[places];
        destinationHi = new long[places];
        destinationLo = new long[places];
        number = new long[places];
        hash = new long[places];
    }

    /** Takes over all places of another one of the same size. */
    void copy(FragmentKeys other) {
        System.arraycopy(other.scope, 0, scope, 0, scope.length);
        System.arraycopy(other.sourceHi, 0, sourceHi, 0, sourceHi.length);
        System.arraycopy(other.sourceLo, 0, sourceLo, 0, sourceLo.length);
        System.arraycopy(other.destinationHi, 0, destinationHi, 0, destinationHi.length);
        System.arraycopy(other.destinationLo, 0, destinationLo, 0, destinationLo.length);
        System.arraycopy(other.number, 0, number, 0, number.length);
        System.arraycopy(other.hash, 0, hash, 0, hash.length);
    }

    void set(int place, FragmentKey key) {
        scope[place] = key.scope;
        sourceHi[place] = key.sourceHi;
        sourceLo[place] = key.sourceLo;
        destinationHi[place] = key.destinationHi;
        destinationLo[place] = key.destinationLo;
        number[place] = key.number;
        hash[place] = key.hash;
    }

    boolean holds(int place, FragmentKey key) {
        return hash[place] == key.hash
                && number[place] == key.number
                && scope[place] == key.scope
                && sourceLo[place] == key.sourceLo
                && destinationLo[place] == key.destinationLo
                && sourceHi[place] == key.sourceHi
                && destinationHi[place] == key.destinationHi;
    }

    /** Whether two tables hold the same datagram at two places. */
    boolean holds(int place, FragmentKeys others, int other) {
        return hash[place] == others.hash[other]
                && number[place] == others.number[other]
                && scope[place] == others.scope[other]
                && sourceLo[place] == others.sourceLo[other]
                && destinationLo[place] == others.destinationLo[other]
                && sourceHi[place] == others.sourceHi[other]
                && destinationHi[place] == others.destinationHi[other];
    }

    long hash(int place) {
        return hash[place];
    }
}
