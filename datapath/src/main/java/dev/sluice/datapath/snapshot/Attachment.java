package dev.sluice.datapath.snapshot;

import org.jspecify.annotations.Nullable;

/**
 * How one service instance is reached for one policy: its two sides, each a port with a tag (requirement C4).
 *
 * <p>Forward packets enter at side {@link #IN} and come back at side {@link #OUT}; reverse packets the other way round. A one-armed node has both
 * sides on the same port and tag. The id names the content: an attachment that changes is a new attachment.
 *
 * @param id unique in the node, never reused for other content
 * @param name {@code instance} or {@code instance/policy}, for people
 * @param instance small number of the service instance, index into {@code Liveness}
 * @param in the side that forward packets enter
 * @param out the side that forward packets leave
 * @param kind what the node does with frames
 * @param translation whether the node rewrites addresses, and how its return is recognised (V7)
 * @param copy the node only gets copies
 * @param routeUnmatched a packet that belongs to no flow is routed instead of dropped (C8)
 * @param routers the routers whose rules use this attachment, in ascending order
 * @param returnPaths ids of the paths that contain this attachment if they all belong to one target, else empty
 * @param counters packets to and from the node; kept over snapshots
 * @param peer index of the {@link OverlayPeer} whose host the node is on, {@link #LOCAL} if it is on this one; the sides of a remote node have no port
 * @param tunnel what is put around packets for the node; if it has an address in the underlay, the sides have no port. Null: nothing
 * @param tagReturn where such a packet is routed; null: by the only one of the routers
 */
@SuppressWarnings("ArrayRecordComponent") // read for each packet; the id stands for equality
public record Attachment(
        int id,
        String name,
        int instance,
        Side in,
        Side out,
        Kind kind,
        Translation translation,
        boolean copy,
        boolean routeUnmatched,
        int[] routers,
        int[] returnPaths,
        AttachmentCounters counters,
        int peer,
        @Nullable NodeTunnel tunnel,
        @Nullable TagReturn tagReturn) {
    /** {@link #peer} of a node on this host. */
    public static final int LOCAL = -1;

    /** Index of the side that forward packets enter. */
    public static final int IN = 0;

    /** Index of the side that forward packets leave. */
    public static final int OUT = 1;

    /** What a node does with frames. */
    public enum Kind {
        /** Bridges: keeps MAC addresses. In transparent mode frames are left as they are; else they get the MACs of the sides. */
        BRIDGE,
        /** Bump in the wire with dummy next hops: frames always get MAC 1 and MAC 2, the MACs of the sides (V10). */
        WIRE,
        /** Routes: frames go to the node's own MAC address, come back to the port's. */
        ROUTE
    }

    /** Whether a node rewrites addresses. */
    public enum Translation {
        /** It does not. */
        NONE,
        /** It does; the translated flow is linked to the original by what the packet carries. */
        LEARNED,
        /** It does; the translated flow gets a pair of records of its own. */
        NEW_FLOW
    }

    /**
     * One side.
     *
     * @param port port index
     * @param outerTag tag pushed and expected: TPID in the upper 16 bits, VLAN id in the lower; 0 for none
     * @param innerTag second tag, likewise
     * @param mac BRIDGE, WIRE: the MAC address that stands for this side. ROUTE: the node's MAC if fixed, -1 to resolve it
     * @param nextHopV4 ROUTE: the node's IPv4 address on this side as 32 bits, 0 for none
     * @param nextHopV6Hi ROUTE: the node's IPv6 address, upper half; both 0 for none
     * @param nextHopV6Lo lower half
     */
    public record Side(
            int port, int outerTag, int innerTag, long mac, int nextHopV4, long nextHopV6Hi, long nextHopV6Lo) {}

    /** An attachment of a node of this host, to be put together; parameters as above. */
    public static AttachmentBuilder builder(int id, String name, int instance, Side in, Side out) {
        return new AttachmentBuilder(id, name, instance, in, out);
    }

    /** The same with counters of its own. */
    Attachment withOwnCounters() {
        return new Attachment(
                id,
                name,
                instance,
                in,
                out,
                kind,
                translation,
                copy,
                routeUnmatched,
                routers,
                returnPaths,
                new AttachmentCounters(),
                peer,
                tunnel,
                tagReturn);
    }

    /** Whether it is reached through a tunnel: on another host, or by an address of its own in the underlay. */
    public boolean isTunnelled() {
        return isRemote() || tunnel() != null;
    }

    /** Whether the node is on another host. */
    public boolean isRemote() {
        return peer != LOCAL;
    }

    /** Whether frames go to ports of this host as they are: the node is neither elsewhere nor behind a tunnel. */
    public boolean hasPorts() {
        return peer == LOCAL && tunnel == null;
    }

    /** Whether what comes in on its ports, by their tags, is the node's: it has ports of this host, whatever it is sent there. */
    boolean isAtPorts() {
        return peer == LOCAL && (tunnel == null || tunnel.address() == null);
    }

    /** Whether packets come back with other addresses. */
    boolean translates() {
        return translation != Translation.NONE;
    }

    /** Whether packets come back with another Ethernet header, or with none. */
    boolean rewritesEthernet() {
        return kind != Kind.BRIDGE || (tunnel != null && tunnel.losesEthernet());
    }

    /** A side by index. */
    public Side side(int index) {
        return index == IN ? in : out;
    }

    /** Whether both sides are one and the same. */
    public boolean oneArmed() {
        boolean twoTunnels = tunnel != null && tunnel.hasTunnelForEachSide();
        return !twoTunnels && in.port == out.port && in.outerTag == out.outerTag && in.innerTag == out.innerTag;
    }
}
