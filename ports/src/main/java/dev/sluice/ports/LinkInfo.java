package dev.sluice.ports;

/**
 * What the kernel says of one interface. Immutable.
 *
 * @param name interface name
 * @param index interface index; a new one whenever an interface is made again under the same name; 0 if it is yet to be made
 * @param mac Ethernet address in the lower 48 bits; 0 if it has none
 * @param mtu largest network packet in bytes
 * @param up whether it is set up (IFF_UP)
 * @param carrier whether its lower layer works (IFF_LOWER_UP) and its operational state is not dormant (RFC 2863)
 * @param kind veth, tun, bridge and so on; empty for a physical interface
 * @param master index of the bridge or bond it is a member of; 0 if of none
 * @param alias what an administrator wrote on it (ifalias), at most 255 bytes; empty if nothing
 */
public record LinkInfo(
        String name, int index, long mac, int mtu, boolean up, boolean carrier, String kind, int master, String alias) {
    /** One on which nothing is written. */
    public LinkInfo(String name, int index, long mac, int mtu, boolean up, boolean carrier, String kind, int master) {
        this(name, index, mac, mtu, up, carrier, kind, master, "");
    }

    /** Whether frames can cross it. */
    public boolean works() {
        return up && carrier;
    }
}
