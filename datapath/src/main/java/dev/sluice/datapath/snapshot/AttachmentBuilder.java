package dev.sluice.datapath.snapshot;

import org.jspecify.annotations.Nullable;

/** The parts of an {@link Attachment}, each as usual until it is given: a node of this host that bridges, has interfaces and rewrites nothing. For one thread. */
public final class AttachmentBuilder {
    private final int id;
    private final String name;
    private final int instance;
    private final Attachment.Side in;
    private final Attachment.Side out;
    private Attachment.Kind kind = Attachment.Kind.BRIDGE;
    private Attachment.Translation translation = Attachment.Translation.NONE;
    private boolean copy;
    private boolean routeUnmatched;
    private int[] routers = {};
    private int[] returnPaths = {};
    private AttachmentCounters counters = new AttachmentCounters();
    private int peer = Attachment.LOCAL;
    private @Nullable NodeTunnel tunnel;
    private @Nullable TagReturn tagReturn;

    AttachmentBuilder(int id, String name, int instance, Attachment.Side in, Attachment.Side out) {
        this.id = id;
        this.name = name;
        this.instance = instance;
        this.in = in;
        this.out = out;
    }

    /** What the node does with frames; usually it bridges. */
    public AttachmentBuilder kind(Attachment.Kind value) {
        kind = value;
        return this;
    }

    /** Whether the node rewrites addresses; usually it does not. */
    public AttachmentBuilder translation(Attachment.Translation value) {
        translation = value;
        return this;
    }

    /** Whether the node only gets copies. */
    public AttachmentBuilder copy(boolean value) {
        copy = value;
        return this;
    }

    /** Whether a packet that belongs to no flow is routed instead of dropped. */
    public AttachmentBuilder routeUnmatched(boolean value) {
        routeUnmatched = value;
        return this;
    }

    /** The routers whose rules use it, in ascending order; usually none. */
    public AttachmentBuilder routers(int... value) {
        routers = value.clone();
        return this;
    }

    /** Ids of the paths that contain it if they all belong to one target; usually none. */
    public AttachmentBuilder returnPaths(int... value) {
        returnPaths = value.clone();
        return this;
    }

    /** Packets to and from the node, kept over snapshots; usually new ones. */
    public AttachmentBuilder counters(AttachmentCounters value) {
        counters = value;
        return this;
    }

    /** Index of the peer whose host the node is on; usually {@link Attachment#LOCAL}. */
    public AttachmentBuilder peer(int value) {
        peer = value;
        return this;
    }

    /** How the node is reached in the underlay; usually, null, by its sides. */
    public AttachmentBuilder tunnel(@Nullable NodeTunnel value) {
        tunnel = value;
        return this;
    }

    /** Where a packet is routed that belongs to no flow; usually, null, by the only one of the routers. */
    public AttachmentBuilder tagReturn(@Nullable TagReturn value) {
        tagReturn = value;
        return this;
    }

    /** The attachment. */
    public Attachment build() {
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
                counters,
                peer,
                tunnel,
                tagReturn);
    }
}
