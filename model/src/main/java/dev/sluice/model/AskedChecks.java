package dev.sluice.model;

import java.util.HashSet;

/** What has to hold of objects that hosts answer: there are few at a time, and they say who is asked. */
final class AskedChecks {
    private int traces;
    private int captures;

    void check(Traceflow trace, Document at) {
        traces++;
        checkCount(trace, traces, Traceflow.TRACES_MAX, at);
    }

    void check(Capture capture, Document at) {
        captures++;
        checkCount(capture, captures, Capture.CAPTURES_MAX, at);
        Capture.Spec spec = capture.spec();
        if (spec.nodes().isEmpty() && spec.port().isEmpty()) {
            at.error("spec", "names neither hosts nor a port, so nobody would capture", "nodes, a port, or both");
        }
        if (new HashSet<>(spec.nodes()).size() < spec.nodes().size()) {
            at.error("spec.nodes", "names a host more than once", "each host once");
        }
        if (spec.timeToLiveNs() <= spec.durationNs()) {
            at.error(
                    "spec.timeToLive",
                    "is not longer than duration, so the object would be deleted before its packets are there",
                    "more than duration");
        }
    }

    private static void checkCount(Resource object, int count, int max, Document at) {
        if (count > max) {
            at.error(
                    "",
                    object.title() + " is more than there may be at a time; delete some, or wait until they end",
                    "at most " + max + " " + object.kind().word() + "s");
        }
    }
}
