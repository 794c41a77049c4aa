package dev.sluice.agent.worker;

import dev.sluice.datapath.Datapath;

/** Work that only the worker may do because it reads what the worker writes; done in pieces between batches. */
public interface WorkerTask {
    /**
     * Does the next piece; each takes a fraction of a millisecond.
     *
     * @return whether all is done
     */
    boolean step(Datapath datapath, long nowNs);

    /** The worker ends before the task was done. */
    void abandon();
}
