package dev.sluice.datapath.track;

import dev.sluice.datapath.rules.AttributeIds;
import dev.sluice.datapath.rules.PacketFields;
import org.jspecify.annotations.Nullable;

/**
 * The contextual attributes of the flows of packets, and whether they are still those that a record was decided with (packet-life.md, attributes). One user: the worker.
 *
 * <p>Without a table, which is made when the first attribute is set, each question costs one compare.
 */
public final class FlowContext {
    private @Nullable AttributeTable table;

    /** The one that is looked into, while foretelling. */
    private @Nullable AttributeTable source;

    /** The table in use, null as long as nothing was ever set. */
    @Nullable
    public AttributeTable table() {
        return table;
    }

    public void use(AttributeTable first) {
        table = first;
    }

    /** Has the attributes of the other one, and what its own connections were decided with; only read is what the other one holds. */
    public void lookInto(FlowContext other, int connectionsMax) {
        source = other.table;
        table = source == null ? null : source.forForetelling(connectionsMax);
    }

    /** A connection of the table that is looked into was copied. */
    void adopt(int sourceSlot, int slot) {
        AttributeTable now = table;
        AttributeTable before = source;
        if (now != null && before != null) {
            now.copyStamp(before, sourceSlot, slot);
        }
    }

    /** What a packet's flow has if its forward side came in at this port. */
    public long of(PacketFields fields, int port) {
        AttributeTable now = table;
        return now == null ? AttributeIds.NONE : now.of(fields, port);
    }

    /** Remembers what a new record was decided with. */
    public void stamp(int slot, long attributes, int port) {
        AttributeTable now = table;
        if (now != null) {
            now.stamp(slot, attributes, port);
        }
    }

    /** What a record was decided with. */
    public long decidedWith(int slot) {
        AttributeTable now = table;
        return now == null ? AttributeIds.NONE : now.attributes(slot);
    }

    /** The port at which the forward side of a record came in, or {@link AttributeTable#PORT_UNKNOWN}. */
    public int portOf(int slot) {
        AttributeTable now = table;
        return now == null ? AttributeTable.PORT_UNKNOWN : now.port(slot);
    }

    /**
     * Whether a record was decided with other attributes than its flow has now.
     *
     * @param port at which the packet came in
     */
    public boolean hasMoved(PacketFields fields, int port, int slot, boolean reverse) {
        AttributeTable now = table;
        if (now == null) {
            return false;
        }
        if (!reverse && now.port(slot) == AttributeTable.PORT_UNKNOWN) {
            now.setPort(slot, port);
            // What was found without a port says nothing any more, also if this packet goes before it is decided anew.
            now.forgetGeneration(slot);
        } else if (now.isCurrent(slot)) {
            return false;
        }
        boolean moved = now.of(fields, now.port(slot)) != now.attributes(slot);
        if (!moved) {
            now.setGeneration(slot);
        }
        return moved;
    }

    public void tick(long nowNs) {
        AttributeTable now = table;
        if (now != null) {
            now.expire(nowNs);
        }
    }

    public void close() {
        AttributeTable now = table;
        if (now != null) {
            now.close();
        }
    }
}
