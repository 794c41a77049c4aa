package dev.sluice.lab;

import java.util.List;

/**
 * A firewall that is a Linux bridge with nftables rules of the bridge family: no addresses, MAC addresses and TTL untouched. It learns no
 * addresses and floods everything to its other side, so that it passes frames whatever side their sender was seen on before.
 */
public final class BridgeFirewall extends FilteringNode {
    private static final String BRIDGE = "br0";

    private BridgeFirewall(LabInterface in, LabInterface out) {
        super("bridge", in, out);
        Namespace namespace = in.namespace();
        namespace.configure(
                "link",
                "add",
                BRIDGE,
                "type",
                "bridge",
                "stp_state",
                "0",
                "forward_delay",
                "0",
                "mcast_snooping",
                "0",
                "nf_call_iptables",
                "0",
                "nf_call_ip6tables",
                "0",
                "nf_call_arptables",
                "0");
        namespace.interfaceNamed(BRIDGE).quiet();
        for (LabInterface side : new LabInterface[] {in, out}) {
            side.quiet();
            namespace.configure("link", "set", "dev", side.name(), "master", BRIDGE);
            Commands.run(List.of(
                    Tool.BRIDGE.path(),
                    "-n",
                    namespace.fullName(),
                    "link",
                    "set",
                    "dev",
                    side.name(), //
                    "learning",
                    "off",
                    "flood",
                    "on",
                    "mcast_flood",
                    "on"));
        }
        restore();
    }

    /** Makes one of two interfaces of a namespace. */
    public static BridgeFirewall create(LabInterface in, LabInterface out) {
        return new BridgeFirewall(in, out);
    }

    @Override
    public void kill() {
        in().namespace().interfaceNamed(BRIDGE).down();
    }

    @Override
    public void restore() {
        in().namespace().interfaceNamed(BRIDGE).up();
    }
}
