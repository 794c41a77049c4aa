package dev.sluice.agent.sight;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.MacsReport;
import dev.sluice.agent.report.MacsReport.MacReport;
import dev.sluice.agent.worker.Worker;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.snapshot.Segment;
import dev.sluice.wire.MacAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Reads what logical switches have learned, one switch between two batches (C1). One user: the worker; others wait for the result. */
final class ListMacs implements WorkerTask {
    private static final int ANSWER_SECONDS = 10;
    private static final long MS_NS = 1_000_000;

    private final CompletableFuture<MacsReport> result = new CompletableFuture<>();
    private final List<MacReport> macs = new ArrayList<>();
    private int next;

    private ListMacs() {}

    /** Asks the worker and waits for its answer. */
    static MacsReport of(Worker worker) throws NodeException {
        ListMacs task = new ListMacs();
        if (!worker.submit(task)) {
            throw new NodeException("the worker has too many questions to answer; try again");
        }
        try {
            return task.result.get(ANSWER_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException | CancellationException e) {
            task.result.cancel(false);
            throw new NodeException("the worker did not answer in time; try again", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException("interrupted while waiting for the worker", e);
        }
    }

    @Override
    public boolean step(Datapath datapath, long nowNs) {
        List<Segment> segments = datapath.snapshot().segments().all();
        if (next < segments.size() && !result.isDone()) {
            Segment segment = segments.get(next++);
            datapath.readMacs(
                    segment.router(),
                    nowNs,
                    (mac, place, seenAgoNs) -> macs.add(
                            new MacReport(segment.name(), new MacAddress(mac).toString(), place, seenAgoNs / MS_NS)));
            return false;
        }
        macs.sort(Comparator.comparing(MacReport::logicalSwitch).thenComparing(MacReport::mac));
        result.complete(new MacsReport(List.copyOf(macs)));
        return true;
    }

    @Override
    public void abandon() {
        result.cancel(false);
    }
}
