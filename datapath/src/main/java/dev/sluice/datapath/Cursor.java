package dev.sluice.datapath;

import dev.sluice.datapath.rules.AttributeIds;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Icmp;
import java.lang.foreign.MemorySegment;

/**
 * The packet in hand: which slot of which batch, what is known of it, and where it stands on its way. One user: the worker; refilled for each packet.
 */
final class Cursor {
    /** {@link #mark} of a packet that no router's services have been applied to. */
    static final int UNMARKED = -1;

    /** {@link #record} of a packet without record. */
    static final int NO_RECORD = -1;

    /** Frames that are read ahead at a time, a power of two: enough to overlap their waiting for memory. More is hardly better or worse (ADR 10). */
    static final int GROUP = 64;

    private static final int VLAN_ID = 0xfff;

    final MemorySegment memory;

    /** The packet's own fields; while a record is looked for by {@link #lookAtQuoted}, those of the packet it quotes. */
    PacketFields fields;

    private final PacketFields own = new PacketFields();
    private final PacketFields quoted = new PacketFields();

    Batch batch;
    int slot;
    long nowNs;

    /** Port at which the packet came in; after a link, the far end of the link. */
    int port;

    /** Router whose rules and routes apply, or the key space of a transparent pair. */
    int router;

    /** Router whose services the packet has had (V15). */
    int mark;

    /** Key space of the flow: the router and the packet's VLANs (see {@link Zones}). */
    int zone;

    /** Symmetric hash of the flow key with the key space. */
    long keyHash;

    /** The connection that decided, and whether the packet is its reverse direction (0 forward, 1 reverse). */
    int record;

    int direction;

    /** Port the packet will leave by. */
    int egress;

    /** Address of the neighbour behind {@link #egress} that gets the packet; valid on router ports. */
    long nextHopHi;

    long nextHopLo;

    /** Links between routers crossed so far. */
    int crossings;

    /** Whether the packet is an error about a packet that its receiver may have sent, so that {@link #lookAtQuoted} is possible. */
    boolean quotes;

    /** Whether {@link #record} is that of the quoted packet: the error takes its way and leaves no trace in it (packet-life.md, errors of flows). */
    boolean follows;

    /** Entry of {@link PlaneFlows} of a packet that another switch classified, {@link PlaneFlows#NONE} of others. */
    int planeEntry;

    /** Whether the packet is a frame of a segment that a peer carried here: it goes to no other peer. */
    boolean fromPeer;

    private final Zones zones;

    Cursor(MemorySegment memory, Batch first, Zones zones) {
        this.zones = zones;
        this.memory = memory;
        this.batch = first;
        this.fields = own;
    }

    /** Takes up a parsed packet. */
    void take(Batch b, int i, long now) {
        batch = b;
        slot = i;
        nowNs = now;
        port = b.port[i];
        router = -1;
        mark = UNMARKED;
        record = NO_RECORD;
        direction = 0;
        egress = -1;
        crossings = 0;
        follows = false;
        planeEntry = PlaneFlows.NONE;
        fromPeer = false;
        fillFields();
        quotes = (parsed() & Parser.ICMP_ERROR) != 0 && readQuoted();
    }

    private void fillFields() {
        Batch b = batch;
        int i = slot;
        fields = own;
        PacketFields f = fields;
        f.sourceHi = b.sourceHi[i];
        f.sourceLo = b.sourceLo[i];
        f.destinationHi = b.destinationHi[i];
        f.destinationLo = b.destinationLo[i];
        f.sourcePort = b.sourcePort[i];
        f.destinationPort = b.destinationPort[i];
        f.protocol = b.protocol[i];
        int parsed = b.parsed[i];
        f.family = (parsed & Parser.IPV4) != 0 ? 4 : (parsed & Parser.IPV6) != 0 ? 6 : 0;
        f.etherType = b.etherType[i];
        f.sourceMac = b.sourceMac[i];
        f.destinationMac = b.destinationMac[i];
        readVlans();
        f.dscp = b.dscp[i];
        f.hash = b.hash[i];
        f.attributes = AttributeIds.NONE;
    }

    /** Reads the packet that an error quotes; false if it can't be one that the error's receiver sent. */
    private boolean readQuoted() {
        int quote = batch.l4[slot] + Icmp.BYTES;
        boolean read = QuotedPacket.read(memory, start() + quote, lengthBytes() - quote, isIpv4(), quoted);
        return read && quoted.destinationHi == own.destinationHi && quoted.destinationLo == own.destinationLo;
    }

    /** From here on to {@link #lookAtOwn}, the flow is that of the quoted packet, in the direction of the error. */
    void lookAtQuoted() {
        fields = quoted;
        keyHash = FlowHash.withRouter(fields.hash, zone);
    }

    void lookAtOwn() {
        fields = own;
        keyHash = FlowHash.withRouter(fields.hash, zone);
    }

    /** Gives a fragment that is not the first the ports of its datagram. */
    void takePorts(int source, int destination) {
        PacketFields f = fields;
        f.sourcePort = source;
        f.destinationPort = destination;
        f.hash = FlowHash.of(f.sourceHi, f.sourceLo, source, f.destinationHi, f.destinationLo, destination, f.protocol);
    }

    boolean isLaterFragment() {
        return (batch.parsed[slot] & Parser.LATER_FRAGMENT) != 0;
    }

    /**
     * Takes the VLANs from the packet's tags as they are now. An outer priority tag (VLAN id 0, IEEE 802.1Q 6.9) names no VLAN and receivers look behind it, so the
     * tag behind it counts as the outer one.
     */
    void readVlans() {
        int outer = batch.outerTag[slot];
        int inner = batch.innerTag[slot];
        if (inner != 0 && (outer & VLAN_ID) == 0) {
            outer = inner;
            inner = 0;
        }
        fields.outerVlan = outer == 0 ? -1 : outer & VLAN_ID;
        fields.innerVlan = inner == 0 ? -1 : inner & VLAN_ID;
    }

    /** Enters the key space of a router; false if there is no number left for the packet's VLANs. */
    boolean enterRouter(int index) {
        router = index;
        zone = zones.of(index, batch.outerTag[slot], batch.innerTag[slot]);
        keyHash = FlowHash.withRouter(fields.hash, zone);
        return zone != Zones.NONE;
    }

    /** Where the packet's hash is among those that were read ahead, if it is there. */
    int place() {
        return slot & (GROUP - 1);
    }

    /** Feature tag of the packet's records. */
    int feature() {
        return router >= Zones.SERVED ? ConnectionTable.PLANE : ConnectionTable.SERVICE;
    }

    /** Enters the key space of the flows of other switches that pass a service instance; false if there is no number left for the packet's VLANs. */
    boolean enterServed(int instance) {
        return enterRouter(Zones.SERVED + instance);
    }

    int parsed() {
        return batch.parsed[slot];
    }

    long start() {
        return batch.start[slot];
    }

    int lengthBytes() {
        return batch.length[slot];
    }

    /** Offset of the network header in memory. */
    long networkHeader() {
        return batch.start[slot] + batch.l3[slot];
    }

    boolean isIpv4() {
        return batch.etherType[slot] == EtherTypes.IPV4;
    }
}
