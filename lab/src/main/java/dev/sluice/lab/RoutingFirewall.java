package dev.sluice.lab;

/** A firewall that routes IPv4 and IPv6 (MAC addresses rewritten, TTL decremented) with nftables rules of the inet family. Addresses and routes are the namespace's. */
public final class RoutingFirewall implements ServiceNode {
    private final LabInterface in;
    private final LabInterface out;
    private final PacketFilter filter;

    private RoutingFirewall(LabInterface in, LabInterface out) {
        this.in = in;
        this.out = out;
        filter = PacketFilter.install("inet", in, out);
        restore();
    }

    /** Makes one of two interfaces of a namespace, or of one interface given twice. */
    public static RoutingFirewall create(LabInterface in, LabInterface out) {
        return new RoutingFirewall(in, out);
    }

    /** Its rules and counters. */
    public PacketFilter filter() {
        return filter;
    }

    @Override
    public LabInterface in() {
        return in;
    }

    @Override
    public LabInterface out() {
        return out;
    }

    @Override
    public void kill() {
        in.namespace().forwarding(false);
    }

    @Override
    public void restore() {
        in.namespace().forwarding(true);
    }
}
