package dev.sluice.lab.demo;

import java.util.Locale;

/**
 * What the user asked for.
 *
 * @param show which demonstration
 * @param quick less traffic, the same steps
 * @param keep leave everything up at the end, until the process is ended
 */
public record DemoOptions(Show show, boolean quick, boolean keep) {
    /** The demonstrations. */
    public enum Show {
        /** One host: nodes are inserted, killed and brought back. */
        INSERTION,

        /** Three hosts: a chain over two of them, for traffic of the third. */
        CHAIN,

        /** One host: Sluice itself is killed and comes back. */
        RESTART,

        /** Three hosts: a workload and a service node move to others. */
        MOBILITY;

        /** What users write for it. */
        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    Scale scale() {
        return quick ? Scale.QUICK : Scale.FULL;
    }

    Play play(Class<?> product) {
        return switch (show) {
            case INSERTION -> new InsertionPlay(product, scale());
            case CHAIN -> new ChainPlay(product, scale());
            case RESTART -> new RestartPlay(product, scale());
            case MOBILITY -> new MobilityPlay(product, scale());
        };
    }
}
