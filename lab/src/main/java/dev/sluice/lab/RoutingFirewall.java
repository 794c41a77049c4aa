package dev.sluice.lab;

/** A firewall that routes IPv4 and IPv6 (MAC addresses rewritten, TTL decremented) with nftables rules of the inet family. Addresses and routes are the namespace's. */
public sealed class RoutingFirewall extends FilteringNode permits NatNode {
    RoutingFirewall(LabInterface in, LabInterface out) {
        super("inet", in, out);
        in.namespace().forwarding(true);
    }

    /** Makes one of two interfaces of a namespace, or of one interface given twice. */
    public static RoutingFirewall create(LabInterface in, LabInterface out) {
        return new RoutingFirewall(in, out);
    }

    @Override
    public final void kill() {
        in().namespace().forwarding(false);
    }

    @Override
    public final void restore() {
        in().namespace().forwarding(true);
    }
}
