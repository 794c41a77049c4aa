package dev.sluice.datapath.rules;

/**
 * What rules and flow keys look at, of one packet, as plain fields. A scratch object: each worker has a few and refills them; never kept.
 */
public final class PacketFields {
    public long sourceHi;
    public long sourceLo;
    public long destinationHi;
    public long destinationLo;

    /** 0..65535; 0 where there is none. */
    public int sourcePort;

    public int destinationPort;

    /** IP protocol, 0..255; 0 for frames that are not IP. */
    public int protocol;

    /** 4, 6, or 0 for frames that are not IP. */
    public int family;

    public int etherType;
    public long sourceMac;
    public long destinationMac;

    /** VLAN id of the outer tag, -1 if untagged. */
    public int outerVlan = -1;

    /** VLAN id of the inner tag, -1 if there is none. */
    public int innerVlan = -1;

    /** 0..63. */
    public int dscp;

    /** Symmetric hash of the flow key: equal for both directions. */
    public long hash;

    /** Contextual attributes, as in {@link AttributeIds}; those of the flow, so the same for both directions. */
    public long attributes;

    /** Turns the fields into those of the opposite direction. */
    public void reverse() {
        long hi = sourceHi;
        long lo = sourceLo;
        int port = sourcePort;
        long mac = sourceMac;
        sourceHi = destinationHi;
        sourceLo = destinationLo;
        sourcePort = destinationPort;
        sourceMac = destinationMac;
        destinationHi = hi;
        destinationLo = lo;
        destinationPort = port;
        destinationMac = mac;
    }
}
