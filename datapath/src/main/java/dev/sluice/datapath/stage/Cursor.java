package dev.sluice.datapath.stage;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FlowHash;
import dev.sluice.datapath.packet.Parser;
import dev.sluice.datapath.packet.QuotedPacket;
import dev.sluice.datapath.rules.AttributeIds;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.track.ConnectionTable;
import dev.sluice.datapath.track.Zones;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Icmp;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Tcp;
import java.lang.foreign.MemorySegment;

/**
 * The packet in hand: which slot of which batch, what is known of it, and where it stands on its way. One user: the worker; refilled for each packet.
 */
public final class Cursor {
    /** {@link #mark} of a packet that no router's services have been applied to. */
    public static final int UNMARKED = -1;

    /** {@link #record} of a packet without record. */
    public static final int NO_RECORD = -1;

    /** {@link #backFrom} of a packet that is known by its own addresses where it came in. */
    public static final int NOWHERE = -1;

    /** {@link #planeEntry} of a packet that this switch classifies. */
    public static final int NO_ENTRY = 0;

    /** {@link #planeTtl} of a packet that came from no other switch: from outside, or from a node of this host. */
    public static final int NO_TTL = 0;

    /** Frames that are read ahead at a time, a power of two: enough to overlap their waiting for memory. More is hardly better or worse (ADR 10). */
    public static final int GROUP = 64;

    private static final int VLAN_ID = 0xfff;

    public final MemorySegment memory;

    /** The packet's own fields; while a record is looked for by {@link #lookAtQuoted}, those of the packet it quotes. */
    public PacketFields fields;

    private final PacketFields own = new PacketFields();
    private final PacketFields quoted = new PacketFields();

    public Batch batch;
    public int slot;
    public long nowNs;

    /** Port at which the packet came in; after a link, the far end of the link. */
    public int port;

    /** Router whose rules and routes apply, or the key space of a transparent pair. */
    public int router;

    /** Router whose services the packet has had (V15). */
    public int mark;

    /** Key space of the flow: the router and the packet's VLANs (see {@link Zones}). */
    public int zone;

    /** Symmetric hash of the flow key with the key space. */
    public long keyHash;

    /** The connection that decided, and whether the packet is its reverse direction (0 forward, 1 reverse). */
    public int record;

    public int direction;

    /** Port the packet will leave by. */
    public int egress;

    /** Address of the neighbour behind {@link #egress} that gets the packet; valid on router ports. */
    long nextHopHi;

    long nextHopLo;

    /** Links between routers crossed so far. */
    public int crossings;

    /** Whether the packet is an error about a packet that its receiver may have sent, so that {@link #lookAtQuoted} is possible. */
    public boolean quotes;

    /** Whether {@link #record} is that of the quoted packet: the error takes its way and leaves no trace in it (packet-life.md, errors of flows). */
    public boolean follows;

    /**
     * Hop of the record's path that the packet came back from last, if it was at one that translates: who sent it does not know it as it is now, so an error about it goes
     * back from there. Else {@link #NOWHERE}.
     */
    public int backFrom;

    /** Entry of {@code PlaneFlows} of a packet that another switch classified, {@link #NO_ENTRY} of others. */
    public int planeEntry;

    /** TTL that the service header of a packet classified here goes on with (RFC 8300 2.2), {@link #NO_TTL} if it has not come with one. */
    public int planeTtl;

    /** Whether the packet is a frame of a segment that a peer carried here: it goes to no other peer. */
    public boolean fromPeer;

    private final Zones zones;

    public Cursor(MemorySegment memory, Batch first, Zones zones) {
        this.zones = zones;
        this.memory = memory;
        this.batch = first;
        this.fields = own;
    }

    /** Takes up a parsed packet. */
    public void take(Batch b, int i, long now) {
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
        backFrom = NOWHERE;
        planeEntry = NO_ENTRY;
        planeTtl = NO_TTL;
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
    public void lookAtQuoted() {
        fields = quoted;
        keyHash = FlowHash.withRouter(fields.hash, zone);
    }

    public void lookAtOwn() {
        fields = own;
        keyHash = FlowHash.withRouter(fields.hash, zone);
    }

    /** Gives a fragment that is not the first the ports of its datagram. */
    public void takePorts(int source, int destination) {
        PacketFields f = fields;
        f.sourcePort = source;
        f.destinationPort = destination;
        f.hash = FlowHash.of(f.sourceHi, f.sourceLo, source, f.destinationHi, f.destinationLo, destination, f.protocol);
    }

    /** Whether the packet opens a TCP connection. */
    public boolean isOpening() {
        return fields.protocol == IpProtocols.TCP && (batch.tcpFlags[slot] & (Tcp.SYN | Tcp.ACK | Tcp.RST)) == Tcp.SYN;
    }

    /** Whether the packet answers one that opens: it tells its direction, even where the record of the other is gone, perhaps because of a flood (F9). */
    public boolean isAnswer() {
        return (batch.tcpFlags[slot] & (Tcp.SYN | Tcp.ACK | Tcp.RST)) == (Tcp.SYN | Tcp.ACK);
    }

    public boolean isLaterFragment() {
        return (batch.parsed[slot] & Parser.LATER_FRAGMENT) != 0;
    }

    /**
     * Takes the VLANs from the packet's tags as they are now. An outer priority tag (VLAN id 0, IEEE 802.1Q 6.9) names no VLAN and receivers look behind it, so the
     * tag behind it counts as the outer one.
     */
    public void readVlans() {
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
    public boolean enterRouter(int index) {
        router = index;
        zone = zones.of(index, batch.outerTag[slot], batch.innerTag[slot]);
        keyHash = FlowHash.withRouter(fields.hash, zone);
        return zone != Zones.NONE;
    }

    /** Where the packet's hash is among those that were read ahead, if it is there. */
    public int place() {
        return slot & (GROUP - 1);
    }

    /** Feature tag of the packet's records. */
    public int feature() {
        return router >= Zones.SERVED ? ConnectionTable.PLANE : ConnectionTable.SERVICE;
    }

    /** Enters the key space of the flows of other switches that pass a service instance; false if there is no number left for the packet's VLANs. */
    public boolean enterServed(int instance) {
        return enterRouter(Zones.SERVED + instance);
    }

    public int parsed() {
        return batch.parsed[slot];
    }

    public long start() {
        return batch.start[slot];
    }

    public int lengthBytes() {
        return batch.length[slot];
    }

    /** Offset of the network header in memory. */
    public long networkHeader() {
        return batch.start[slot] + batch.l3[slot];
    }

    public boolean isIpv4() {
        return batch.etherType[slot] == EtherTypes.IPV4;
    }
}
