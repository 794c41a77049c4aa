package dev.sluice.model;

/**
 * How many instances follow the load (C15).
 *
 * @param min fewest instances
 * @param max most instances
 * @param measure what load is
 * @param target load that an instance is to have
 * @param tolerancePercent how far the load may be beside the target until the number changes
 * @param upCooldownNs from one growth to the next
 * @param downCooldownNs how long fewer must have been enough until there are fewer, and from each change to the next shrinking
 */
public record Autoscale(
        int min, int max, Measure measure, int target, int tolerancePercent, long upCooldownNs, long downCooldownNs) {
    /** Checks the numbers. */
    public Autoscale {
        Checks.requireRange("min", min, 1, ServiceDeployment.REPLICAS_MAX);
        Checks.requireRange("max", max, min, ServiceDeployment.REPLICAS_MAX);
        Checks.requireRange("target", target, 1, Integer.MAX_VALUE);
        Checks.requireRange("tolerancePercent", tolerancePercent, 0, TOLERANCE_MAX);
    }

    /** More than this would not let two become one. */
    static final int TOLERANCE_MAX = 40;

    /** What load is. */
    public enum Measure {
        /** Flows whose path leads through it. */
        FLOWS("flows"),

        /** Packets a second that are sent to it. */
        PACKETS_PER_SECOND("packets/s"),

        /** Processor time that it uses, in percent of one core. */
        CPU_PERCENT("% of a core");

        private final String unit;

        Measure(String unit) {
            this.unit = unit;
        }

        /** As it stands behind numbers. */
        public String unit() {
            return unit;
        }
    }
}
