package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.FlowsReport;
import dev.sluice.agent.report.ReloadReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.model.ServiceInstance.AdminState;
import java.util.Optional;

/** What can be asked of a node over its administration socket. Any thread. */
public interface Administered {
    StatusReport status();

    /** Waits for the worker to read its table. */
    FlowsReport flows(FlowFilter filter) throws NodeException;

    CountersReport counters();

    /** Waits until the worker has seen enough packets or the time is over. */
    TraceReport trace(TraceFilter filter) throws NodeException;

    /** Lets a trace over several nodes end before its time; false if it is not running. */
    boolean endTrace(int session);

    /**
     * Reads the configuration again and applies it.
     *
     * @throws NodeException if nothing was changed because the files have errors
     */
    ReloadReport reload(ReloadRequest request) throws NodeException;

    /**
     * Gives a service instance another administrative state until it is reset or the node restarts.
     *
     * @param state empty: what the files say
     * @return generation of the snapshot in force
     * @throws NodeException if there is no such instance on this node
     */
    int administer(String instance, Optional<AdminState> state) throws NodeException;

    /** Ends the node soon. */
    void stop();
}
