package dev.sluice.lab;

import java.util.List;

/** A router that rewrites the source of what leaves by its out side to an own address (masquerade), IPv4 and IPv6, and undoes that for the answers. */
public final class NatNode extends RoutingFirewall {
    private NatNode(LabInterface in, LabInterface out) {
        super(in, out);
        in.namespace().execWithInput(List.of(Tool.NFT.path(), "-f", "-"), """
                        table inet labnat {
                          counter translated {}
                          chain post {
                            type nat hook postrouting priority srcnat; policy accept;
                            oifname "%s" counter name "translated" masquerade
                          }
                        }
                        """.formatted(out.name()));
    }

    /** Makes one of two interfaces of a namespace; the out side must have the addresses to be used. */
    public static NatNode create(LabInterface in, LabInterface out) {
        return new NatNode(in, out);
    }
}
