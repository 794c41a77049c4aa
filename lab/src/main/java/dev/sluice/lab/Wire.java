package dev.sluice.lab;

/**
 * A wire: a veth pair whose ends are in two namespaces (or both in one). It goes when one of its namespaces goes.
 *
 * @param a the first end
 * @param b the second end
 */
public record Wire(LabInterface a, LabInterface b) {
    static Wire create(Namespace nsA, String interfaceA, String macA, Namespace nsB, String interfaceB, String macB) {
        LabInterface.checkName(interfaceA);
        LabInterface.checkName(interfaceB);
        nsA.configure(
                "link",
                "add",
                "dev",
                interfaceA,
                "address",
                macA,
                "type",
                "veth", //
                "peer",
                "name",
                interfaceB,
                "address",
                macB,
                "netns",
                nsB.fullName());
        Wire wire = new Wire(new LabInterface(nsA, interfaceA), new LabInterface(nsB, interfaceB));
        wire.a.up();
        wire.b.up();
        return wire;
    }

    /** Sets the MTU of both ends. */
    public Wire mtu(int mtuBytes) {
        a.mtu(mtuBytes);
        b.mtu(mtuBytes);
        return this;
    }

    /** Turns the offloads (checksum, segmentation, VLAN) of both ends on or off. */
    public Wire offloads(boolean on) {
        a.offloads(on);
        b.offloads(on);
        return this;
    }

    /** Cuts the wire: both ends lose their carrier. */
    public void cut() {
        a.down();
    }

    /** Mends a wire that was cut. */
    public void mend() {
        a.up();
    }
}
