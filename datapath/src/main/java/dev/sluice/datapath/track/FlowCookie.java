package dev.sluice.datapath.track;

/** Names of connections with 32 bits, for formats that have no more (X5). A name may be that of another connection later. Stateless. */
public final class FlowCookie {
    /** Bits that name the slot: enough for {@link ConnectionTable#CONNECTIONS_MAX}; the others are of its life. */
    private static final int SLOT_BITS = 27;

    private static final int SLOT_MASK = (1 << SLOT_BITS) - 1;

    private FlowCookie() {}

    /** The name of a connection. */
    public static int of(ConnectionTable table, int slot) {
        return ((int) (table.reference(slot) >>> 32) << SLOT_BITS) | slot;
    }

    /** The slot of the connection with a name, -1 if there is none. */
    public static int find(ConnectionTable table, int cookie) {
        int slot = cookie & SLOT_MASK;
        return table.isUsed(slot) && of(table, slot) == cookie ? slot : -1;
    }
}
