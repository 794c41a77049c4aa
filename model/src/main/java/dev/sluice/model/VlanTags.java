package dev.sluice.model;

import java.util.OptionalInt;

/**
 * The VLAN tags of frames towards a service node.
 *
 * @param vlan identifier of the only tag, or of the outer one, 1..4094; empty: untagged
 * @param innerVlan identifier of the inner tag, 1..4094; only together with vlan
 */
public record VlanTags(OptionalInt vlan, OptionalInt innerVlan) {
    /** No tag. */
    public static final VlanTags NONE = new VlanTags(OptionalInt.empty(), OptionalInt.empty());

    /** Checks the ranges and that there is no inner tag alone. */
    public VlanTags {
        Checks.requireRange("vlan", vlan.orElse(1), 1, 4094);
        Checks.requireRange("innerVlan", innerVlan.orElse(1), 1, 4094);
        Checks.require(vlan.isPresent() || innerVlan.isEmpty(), "innerVlan without vlan");
    }

    /** How many tags: 0, 1 or 2. */
    public int count() {
        return (vlan.isPresent() ? 1 : 0) + (innerVlan.isPresent() ? 1 : 0);
    }

    /** {@code untagged}, {@code vlan 7} or {@code vlan 7.8} (outer, inner). */
    @Override
    public String toString() {
        if (vlan.isEmpty()) {
            return "untagged";
        }
        return "vlan " + vlan.getAsInt() + (innerVlan.isPresent() ? "." + innerVlan.getAsInt() : "");
    }
}
