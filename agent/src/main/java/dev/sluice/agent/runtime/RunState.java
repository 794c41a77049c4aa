package dev.sluice.agent.runtime;

import java.util.OptionalInt;

/**
 * How far an instance is that this host makes.
 *
 * @param name of the instance
 * @param phase how far
 * @param message why it does not run; empty if it does
 * @param cpuPermille processor time that it uses, in thousandths of one core; empty: not known
 * @param restarts how often it was started anew
 */
public record RunState(String name, Phase phase, String message, OptionalInt cpuPermille, int restarts) {
    /** How far. */
    public enum Phase {
        /** It is being made. */
        STARTING,

        /** It runs. */
        RUNNING,

        /** It cannot be made, or has ended; that is tried again. */
        FAILED,

        /** It is being removed. */
        STOPPING
    }
}
