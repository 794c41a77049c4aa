package dev.sluice.lab;

/** What service nodes with nftables rules between their two sides have in common. */
abstract sealed class FilteringNode implements ServiceNode permits BridgeFirewall, RoutingFirewall {
    private final LabInterface in;
    private final LabInterface out;
    private final PacketFilter filter;

    /** Installs rules that let everything pass and count it, in a table of the given nftables family. */
    FilteringNode(String family, LabInterface in, LabInterface out) {
        this.in = in;
        this.out = out;
        filter = PacketFilter.install(family, in, out);
    }

    /** Its rules and counters. */
    public final PacketFilter filter() {
        return filter;
    }

    @Override
    public final LabInterface in() {
        return in;
    }

    @Override
    public final LabInterface out() {
        return out;
    }
}
