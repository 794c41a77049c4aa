package dev.sluice.lab.system;

import dev.sluice.lab.Namespace;

/** What XDP on a veth needs of its other end, which on a cable is so anyway (docs/guides/operating.md, XDP). Stateless. */
final class NetworkCards {
    private NetworkCards() {}

    /** Checksums of what comes in are complete and tags are in the frames, and what XDP sends there is taken: at all veths of other namespaces that there are so far. */
    static void atOtherEnds(Namespace sluice) {
        for (Namespace other : sluice.topology().namespaces().values()) {
            if (other != sluice) {
                other.configure("-o", "link", "show", "type", "veth")
                        .lines()
                        .map(line -> line.split("[:@ ]+", 3)[1])
                        .forEach(name -> other.exec("ethtool", "-K", name, "tx", "off", "txvlan", "off", "gro", "on"));
            }
        }
    }
}
