package dev.sluice.datapath.track;

import dev.sluice.datapath.rules.AttributeIds;
import dev.sluice.datapath.rules.PacketFields;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Contextual attributes of ports and flows, each with an end, and for each connection what it was decided with (packet-life.md, attributes). One writer and one reader:
 * the worker; may be made by any thread, since it is as large as the connection table.
 *
 * <p>Each change moves the {@link #generation}; records compare it at their next packet. Packets only look up, without allocation; changes and timers may allocate.
 *
 * <pre>
 *   per connection, 16 bytes:   0 attributes 8    8 generation 4    12 port of the forward side + 1, 0 unknown, 2
 * </pre>
 */
public final class AttributeTable implements AutoCloseable {
    /** Most flows that can have attributes of their own at a time. */
    public static final int FLOWS_MAX = 65_536;

    /** The port at which the forward side came in is not known. */
    public static final int PORT_UNKNOWN = -1;

    private static final int STAMP_BYTES = 16;
    private static final int STAMP_GENERATION = 8;
    private static final int STAMP_PORT = 12;

    private final Arena arena;
    private final MemorySegment stamps;
    private final @Nullable AttributeEntry[] ports;
    private final Map<FlowName, AttributeEntry> flows;
    private final TreeSet<AttributeEntry> byEnd = new TreeSet<>(AttributeEntry::compare);
    private final FlowName wanted = new FlowName();
    private long sequence;
    private int generation = 1;

    /**
     * A table in which nothing is set.
     *
     * @param connectionsMax size of the connection table
     * @param portsMax indices of ports are below
     */
    public AttributeTable(int connectionsMax, int portsMax) {
        arena = Arena.ofShared();
        flows = new HashMap<>();
        stamps = arena.allocate((long) connectionsMax * STAMP_BYTES, Long.BYTES);
        ports = new AttributeEntry[portsMax];
    }

    /** One that shares what is set, to be read only. */
    private AttributeTable(AttributeTable shared, int connectionsMax) {
        arena = Arena.ofAuto();
        flows = shared.flows;
        stamps = arena.allocate((long) connectionsMax * STAMP_BYTES, Long.BYTES);
        ports = shared.ports;
        generation = shared.generation;
    }

    /** What is set here at this moment, for other connections that nothing is known of; not to be changed, nor closed. */
    AttributeTable forForetelling(int connectionsMax) {
        return new AttributeTable(this, connectionsMax);
    }

    // Changes, between two batches.

    /** Sets what a flow has, in place of what it had; false if the table is full. */
    public boolean setFlow(FlowName flow, long attributes, long expiresNs) {
        AttributeEntry entry = flows.get(flow);
        if (entry == null) {
            if (flows.size() >= FLOWS_MAX) {
                return false;
            }
            entry = new AttributeEntry(flow, PORT_UNKNOWN, sequence++);
            flows.put(flow, entry);
        }
        set(entry, attributes, expiresNs);
        return true;
    }

    /** Sets what a port has, in place of what it had. */
    public void setPort(int port, long attributes, long expiresNs) {
        AttributeEntry entry = ports[port];
        if (entry == null) {
            entry = new AttributeEntry(null, port, sequence++);
            ports[port] = entry;
        }
        set(entry, attributes, expiresNs);
    }

    /** A longer life of the same attributes changes nothing for flows. */
    private void set(AttributeEntry entry, long attributes, long expiresNs) {
        byEnd.remove(entry);
        entry.expiresNs = expiresNs;
        byEnd.add(entry);
        if (entry.attributes != attributes) {
            entry.attributes = attributes;
            moved();
        }
    }

    /** Forgets what was set for a flow; false if nothing was. */
    public boolean clearFlow(FlowName flow) {
        return clear(flows.get(flow));
    }

    /** Forgets what was set for a port; false if nothing was. */
    public boolean clearPort(int port) {
        return clear(ports[port]);
    }

    private boolean clear(@Nullable AttributeEntry entry) {
        if (entry == null) {
            return false;
        }
        byEnd.remove(entry);
        if (entry.flow() == null) {
            ports[entry.port()] = null;
        } else {
            flows.remove(entry.flow());
        }
        moved();
        return true;
    }

    /** Forgets everything; how many entries there were. */
    public int clearAll() {
        int before = byEnd.size();
        for (AttributeEntry entry : List.copyOf(byEnd)) {
            clear(entry);
        }
        return before;
    }

    /** Ends what is due. */
    void expire(long nowNs) {
        while (!byEnd.isEmpty() && byEnd.first().expiresNs - nowNs <= 0) {
            clear(byEnd.first());
        }
    }

    private void moved() {
        generation = generation == -1 ? 1 : generation + 1;
    }

    /** Tells of each port that has attributes. */
    public void forEachPort(IntConsumer reader) {
        for (AttributeEntry entry : ports) {
            if (entry != null) {
                reader.accept(entry.port());
            }
        }
    }

    /** What is set, soonest end first, at most so many. */
    public List<AttributeEntry> entries(int limit) {
        List<AttributeEntry> some = new ArrayList<>();
        for (AttributeEntry entry : byEnd) {
            if (some.size() == limit) {
                break;
            }
            some.add(entry);
        }
        return some;
    }

    /** How many ports and flows have attributes. */
    public int size() {
        return byEnd.size();
    }

    // For packets.

    int generation() {
        return generation;
    }

    /**
     * What a packet has: of each attribute the one of its flow, else that of its protocol between the two addresses, else that of the port.
     *
     * @param port index of the port at which the forward side came in, or {@link #PORT_UNKNOWN}
     */
    long of(PacketFields p, int port) {
        long own = AttributeIds.NONE;
        if (!flows.isEmpty()) {
            own = find(p, p.sourcePort, p.destinationPort);
            own = AttributeIds.over(own, find(p, FlowName.ANY_PORT, FlowName.ANY_PORT));
        }
        AttributeEntry ofPort = port < 0 || port >= ports.length ? null : ports[port];
        return ofPort == null ? own : AttributeIds.over(own, ofPort.attributes);
    }

    private long find(PacketFields p, int sourcePort, int destinationPort) {
        wanted.set(p.protocol, p.sourceHi, p.sourceLo, sourcePort, p.destinationHi, p.destinationLo, destinationPort);
        AttributeEntry entry = flows.get(wanted);
        return entry == null ? AttributeIds.NONE : entry.attributes;
    }

    // What connections were decided with.

    /** Remembers what a connection was decided with. */
    void stamp(int slot, long attributes, int port) {
        stamps.set(ValueLayout.JAVA_LONG, at(slot), attributes);
        setGeneration(slot);
        setPort(slot, port);
    }

    /** Takes over what a connection of another table was decided with. */
    void copyStamp(AttributeTable from, int fromSlot, int slot) {
        MemorySegment.copy(from.stamps, at(fromSlot), stamps, at(slot), STAMP_BYTES);
    }

    long attributes(int slot) {
        return stamps.get(ValueLayout.JAVA_LONG, at(slot));
    }

    boolean isCurrent(int slot) {
        return stamps.get(ValueLayout.JAVA_INT, at(slot) + STAMP_GENERATION) == generation;
    }

    void setGeneration(int slot) {
        stamps.set(ValueLayout.JAVA_INT, at(slot) + STAMP_GENERATION, generation);
    }

    /** A generation that is none: the record is compared at its next packet. */
    void forgetGeneration(int slot) {
        stamps.set(ValueLayout.JAVA_INT, at(slot) + STAMP_GENERATION, 0);
    }

    /** Index of the port at which the forward side of a connection came in, or -1: not known. */
    public int port(int slot) {
        return (stamps.get(ValueLayout.JAVA_SHORT, at(slot) + STAMP_PORT) & 0xffff) - 1;
    }

    void setPort(int slot, int port) {
        stamps.set(ValueLayout.JAVA_SHORT, at(slot) + STAMP_PORT, (short) (port + 1));
    }

    private static long at(int slot) {
        return (long) slot * STAMP_BYTES;
    }

    @Override
    public void close() {
        arena.close();
    }
}
