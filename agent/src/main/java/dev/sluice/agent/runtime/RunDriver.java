package dev.sluice.agent.runtime;

import java.util.Optional;
import java.util.OptionalInt;

/** How one instance is brought about. Everything can be done again, whatever was done before and however far it came. One user: the thread of the instance. */
interface RunDriver {
    /**
     * Makes it, or finds it made.
     *
     * @throws RuntimeFailure if that does not work
     */
    void make() throws RuntimeFailure, InterruptedException;

    /** What is wrong with it now; empty: nothing. Does not wait for long. */
    Optional<String> look() throws InterruptedException;

    /** Processor time that it uses, in thousandths of one core; empty: not known. */
    OptionalInt cpuPermille();

    /**
     * Leaves nothing of it.
     *
     * @throws RuntimeFailure if something is left
     */
    void remove() throws RuntimeFailure, InterruptedException;
}
