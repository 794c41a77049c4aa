package dev.sluice.agent.worker;

import dev.sluice.liveness.HealthVerdict;

/**
 * How a service instance stands when a session with it begins.
 *
 * @param verdict what sessions before have found out
 * @param trusted whether it gets new flows before there is a verdict: it did so before it was asked for one, or the process has just begun and knows nothing of any
 */
record Standing(HealthVerdict verdict, boolean trusted) {
    /** Of an instance that got flows before. */
    static final Standing SERVING = new Standing(HealthVerdict.NONE, true);

    /** Of one that is new. */
    static final Standing NEW = new Standing(HealthVerdict.NONE, false);
}
