package dev.sluice.model;

import dev.sluice.model.LogicalSwitch.Spec;

/** Reads {@link LogicalSwitch}. */
final class LogicalSwitchReader {
    private static final Field<Integer> VNI = Field.required(
            "vni",
            Types.integer(1, LogicalSwitch.VNI_MAX),
            "Number of its virtual network in the tunnels between hosts; no two switches have the same.");

    static final ObjectType<Spec> SPEC = ObjectType.of(v -> new Spec(v.get(VNI)), VNI);

    private LogicalSwitchReader() {}
}
