package dev.sluice.datapath.track;

/** What the numbers of key spaces ({@code Datapath.routerOf}) mean to others. Stateless. */
public final class KeySpaces {
    /** The number is that of a router, pair or segment. */
    public static final int NO_INSTANCE = -1;

    private KeySpaces() {}

    /**
     * The service instance whose flows of other switches are in the key space.
     *
     * @param router as {@code Datapath.routerOf} says it
     * @return number of the instance, or {@link #NO_INSTANCE}
     */
    public static int servedBy(int router) {
        return router < Zones.SERVED ? NO_INSTANCE : router - Zones.SERVED;
    }
}
