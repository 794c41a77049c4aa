package dev.sluice.model;

/** How frames of a port are received and sent. */
public enum PortDriver implements Word {
    /** The best that works here, with the reason printed. */
    AUTO("auto"),

    /** Linux packet socket with rings. */
    AF_PACKET("af_packet"),

    /** Linux XDP socket. */
    AF_XDP("af_xdp"),

    /** A TAP device made by Sluice. */
    TAP("tap");

    private final String word;

    PortDriver(String word) {
        this.word = word;
    }

    @Override
    public String word() {
        return word;
    }
}
