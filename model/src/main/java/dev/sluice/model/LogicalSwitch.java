package dev.sluice.model;

/**
 * An L2 segment between ports of any hosts, which name it (C1).
 *
 * @param metadata the name is the one that ports use
 * @param spec how its frames are told apart between hosts
 */
public record LogicalSwitch(Metadata metadata, Spec spec) implements Resource {
    /** Largest virtual network number. */
    public static final int VNI_MAX = 0xff_ffff;

    @Override
    public Kind kind() {
        return Kind.LOGICAL_SWITCH;
    }

    /**
     * How its frames are told apart.
     *
     * @param vni number of its virtual network in tunnels, 1..{@link #VNI_MAX}
     */
    public record Spec(int vni) {
        /** Checks the range. */
        public Spec {
            Checks.requireRange("vni", vni, 1, VNI_MAX);
        }
    }
}
