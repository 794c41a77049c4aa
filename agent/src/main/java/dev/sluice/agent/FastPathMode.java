package dev.sluice.agent;

/** Whether the kernel repeats what was decided about known flows (docs/reference/packet-life.md, fast path). */
public enum FastPathMode {
    /** It does not. */
    OFF,
    /** It does at every port that is not bound to AF_XDP or TAP; where this machine cannot, the node does not start. */
    TC,
    /** It does where it can; where it cannot, the log says why once, and packets go the other way. */
    AUTO;

    /** What users write for it. */
    public String word() {
        return switch (this) {
            case OFF -> "off";
            case TC -> "tc";
            case AUTO -> "auto";
        };
    }

    @Override
    public String toString() {
        return word();
    }
}
