package dev.sluice.model;

/** What has to hold between traces: there are few at a time. */
final class TraceflowChecks {
    private int count;

    void check(Traceflow trace, Document at) {
        count++;
        if (count > Traceflow.TRACES_MAX) {
            at.error(
                    "",
                    trace.title() + " is more than there may be at a time; delete some, or wait until they end",
                    "at most " + Traceflow.TRACES_MAX + " Traceflows");
        }
    }
}
