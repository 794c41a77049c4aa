package dev.sluice.model;

import dev.sluice.model.Autoscale.Measure;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads {@link Autoscale}. */
final class AutoscaleReader {
    private static final long SECOND_NS = 1_000_000_000L;
    private static final long DAY_NS = 86_400 * SECOND_NS;

    private static final Field<Integer> MIN = Field.defaulted(
            "min", Types.integer(1, ServiceDeployment.REPLICAS_MAX), 1, "1", "Fewest instances, whatever the load.");
    private static final Field<Integer> MAX = Field.required(
            "max",
            Types.integer(1, ServiceDeployment.REPLICAS_MAX),
            "Most instances, whatever the load; not below min.");
    private static final Field<Optional<Integer>> FLOWS = Field.optional(
            "flows",
            Types.integer(1, 1_000_000_000),
            "Flows that an instance is to have. Exactly one of flows, packetsPerSecond and cpuPercent.");
    private static final Field<Optional<Integer>> PACKETS = Field.optional(
            "packetsPerSecond",
            Types.integer(1, 1_000_000_000),
            "Packets a second that an instance is to get, both directions together.");
    private static final Field<Optional<Integer>> CPU = Field.optional(
            "cpuPercent",
            Types.integer(1, 25_600),
            "Processor time that an instance is to use, in percent of one core; for instances that an agent makes and can measure.");
    private static final Field<Integer> TOLERANCE = Field.defaulted(
            "tolerancePercent",
            Types.integer(0, Autoscale.TOLERANCE_MAX),
            10,
            "10",
            "How far the load per instance may be above the target until there are more, or would have to stay below it until there are fewer.");
    private static final Field<Long> UP = Field.defaulted(
            "upCooldown",
            Types.durationNs(0, DAY_NS),
            30 * SECOND_NS,
            "30s",
            "How long after a growth there is none; each growth at most doubles the number.");
    private static final Field<Long> DOWN = Field.defaulted(
            "downCooldown",
            Types.durationNs(0, DAY_NS),
            300 * SECOND_NS,
            "5m",
            "How long fewer must have been enough without a break until there are fewer, and how long after any change there are not.");

    /** The whole. */
    static final ObjectType<Autoscale> AUTOSCALE =
            ObjectType.of(AutoscaleReader::autoscale, MIN, MAX, FLOWS, PACKETS, CPU, TOLERANCE, UP, DOWN);

    private AutoscaleReader() {}

    private static @Nullable Autoscale autoscale(Values v) {
        Map<Measure, Integer> targets = new LinkedHashMap<>();
        v.get(FLOWS).ifPresent(target -> targets.put(Measure.FLOWS, target));
        v.get(PACKETS).ifPresent(target -> targets.put(Measure.PACKETS_PER_SECOND, target));
        v.get(CPU).ifPresent(target -> targets.put(Measure.CPU_PERCENT, target));
        if (targets.size() != 1) {
            String message = targets.isEmpty() ? "says no load to aim at" : "says more than one load to aim at";
            return v.refuse("", message, "exactly one of flows, packetsPerSecond, cpuPercent");
        }
        if (v.get(MAX) < v.get(MIN)) {
            return v.refuse("max", "is below min", v.get(MIN) + ".." + ServiceDeployment.REPLICAS_MAX);
        }
        Map.Entry<Measure, Integer> target = targets.entrySet().iterator().next();
        return new Autoscale(
                v.get(MIN), v.get(MAX), target.getKey(), target.getValue(), v.get(TOLERANCE), v.get(UP), v.get(DOWN));
    }
}
