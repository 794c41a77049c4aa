package dev.sluice.wire;

/** A header that stands right behind UDP or IP and says what it carries. */
public sealed interface TunnelHeader extends OverlayHeader
        permits GeneveHeader, VxlanHeader, VxlanGpeHeader, GreHeader {
    /** UDP destination port, or 0 for a header that stands behind IP. */
    int port();

    @Override
    default int ownType() {
        return 0;
    }

    /** Protocol of the IP payload: UDP, or the one of this header. */
    default int ipProtocol() {
        return IpProtocols.UDP;
    }
}
