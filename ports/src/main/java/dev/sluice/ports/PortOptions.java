package dev.sluice.ports;

/**
 * How an operator wants a port to be opened.
 *
 * @param driver which driver; AUTO lets {@link PortOpener} choose
 * @param xdpMode where AF_XDP's program runs; AUTO tries the network driver first
 * @param zeroCopy whether AF_XDP lets the network card write to our frames; AUTO tries it
 */
public record PortOptions(Driver driver, XdpMode xdpMode, ZeroCopy zeroCopy) {
    /** Everything chosen by the opener. */
    public static final PortOptions DEFAULT = new PortOptions(Driver.AUTO, XdpMode.AUTO, ZeroCopy.AUTO);

    /** What carries the frames. */
    public enum Driver {
        AUTO,
        AF_PACKET,
        AF_XDP,
        TAP
    }

    /** Where the XDP program runs. */
    public enum XdpMode {
        AUTO,
        NATIVE,
        GENERIC
    }

    /** Whether frames are copied between kernel and pool. */
    public enum ZeroCopy {
        AUTO,
        ON,
        OFF
    }

    /** The same with another driver. */
    public PortOptions withDriver(Driver other) {
        return new PortOptions(other, xdpMode, zeroCopy);
    }
}
