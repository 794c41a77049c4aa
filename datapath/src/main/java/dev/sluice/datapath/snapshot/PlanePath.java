package dev.sluice.datapath.snapshot;

/**
 * What packets call a path on the service plane (RFC 8300): all nodes agree on it.
 *
 * <p>The first service of a direction has service index {@link #FIRST_INDEX}, the one behind it one less; a packet that has had all {@code n} services has
 * {@code FIRST_INDEX - n}.
 *
 * @param path id of the {@link Path} in this node
 * @param svni virtual network of the service plane, 24 bits
 * @param chain number of the path's chain, 32 bits
 * @param forwardSpi service path identifier of forward packets, 24 bits
 * @param reverseSpi that of reverse packets, which take the services in the opposite order
 * @param hub packets go back to the classifying switch after each service, instead of on to the next one
 * @param straight behind the last service packets go straight to the destination's switch, where that is known, instead of back to the classifying one
 */
public record PlanePath(int path, int svni, int chain, int forwardSpi, int reverseSpi, boolean hub, boolean straight) {
    /** Service index of a packet on its way to the first service of its direction. */
    public static final int FIRST_INDEX = 255;

    /** One whose packets always go back to the classifying switch. */
    public PlanePath(int path, int svni, int chain, int forwardSpi, int reverseSpi, boolean hub) {
        this(path, svni, chain, forwardSpi, reverseSpi, hub, false);
    }

    /** The identifier of a direction: 0 forward, 1 reverse. */
    public int spi(int direction) {
        return direction == 0 ? forwardSpi : reverseSpi;
    }
}
