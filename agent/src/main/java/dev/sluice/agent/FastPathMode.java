package dev.sluice.agent;

/** Whether the kernel repeats what was decided about known flows (docs/reference/packet-life.md, fast path). */
public enum FastPathMode {
    /** It does not. */
    OFF,
    /** It does at every port that is not bound to AF_XDP or TAP; where this machine cannot, the node does not start. */
    TC,
    /** As {@link #TC}, and before that by XDP at every port whose driver has it, a veth too; ports bound to AF_XDP have XDP alone. */
    XDP,
    /** It does where it can, by XDP at physical interfaces; where it cannot, the log says why once, and packets go the other way. */
    AUTO;

    /** What users write for it. */
    public String word() {
        return switch (this) {
            case OFF -> "off";
            case TC -> "tc";
            case XDP -> "xdp";
            case AUTO -> "auto";
        };
    }

    @Override
    public String toString() {
        return word();
    }
}
