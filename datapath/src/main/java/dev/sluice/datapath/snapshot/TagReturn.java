package dev.sluice.datapath.snapshot;

/**
 * Where a packet belongs that comes back with a node's tag and is of no flow that is known here: to the only router that sends packets there with this tag, of this host or another (C8). As the objects
 * of all hosts have it; nothing of it is learned.
 *
 * @param router index of the router of this host that routes it, {@link #NOBODY} if none does
 * @param peer index of the other switch that it is brought to, {@link #NOBODY} if to none
 * @param tenant number that all nodes know the router there by
 * @param path id of a path that has the node, by which it is called on the way there
 */
public record TagReturn(int router, int peer, int tenant, int path) {
    /** No router, no switch. */
    public static final int NOBODY = -1;

    /** Several send packets with this tag: it is dropped. */
    public static final TagReturn AMBIGUOUS = new TagReturn(NOBODY, NOBODY, 0, 0);

    /** Routed by a router of this host. */
    public static TagReturn here(int router) {
        return new TagReturn(router, NOBODY, 0, 0);
    }

    /** Brought to another switch. */
    public static TagReturn elsewhere(int peer, int tenant, int path) {
        return new TagReturn(NOBODY, peer, tenant, path);
    }
}
