package dev.sluice.agent.flows;

import dev.sluice.agent.compile.Protocols;
import dev.sluice.agent.report.InstructionsReport;
import dev.sluice.agent.report.InstructionsReport.InstructionReport;
import dev.sluice.agent.worker.WorkerTask;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.InstructedFlow;
import dev.sluice.datapath.track.Instruction;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads the flow programming table, a few chains between two batches. One user: the worker; others wait for the result. */
final class ListInstructions implements WorkerTask {
    private static final int BUCKETS_PER_STEP = 256;

    private final int limit;
    private final CompletableFuture<InstructionsReport> result = new CompletableFuture<>();
    private final List<InstructionReport> found = new ArrayList<>();
    private int next;

    ListInstructions(int limit) {
        this.limit = limit;
    }

    CompletableFuture<InstructionsReport> result() {
        return result;
    }

    @Override
    public boolean step(Datapath datapath, long nowNs) {
        FlowPrograms programs = datapath.programs();
        int end = Math.min(FlowPrograms.BUCKETS, next + BUCKETS_PER_STEP);
        for (; next < end; next++) {
            for (Instruction one = programs.inBucket(next); one != null; one = FlowPrograms.after(one)) {
                add(datapath, one, nowNs);
            }
        }
        boolean done = next == FlowPrograms.BUCKETS || found.size() >= limit || result.isDone();
        if (done) {
            result.complete(new InstructionsReport(programs.size(), FlowPrograms.INSTRUCTIONS_MAX, found));
        }
        return done;
    }

    private void add(Datapath datapath, @Nullable Instruction one, long nowNs) {
        long remainingMs = one == null ? 0 : datapath.programs().remainingMs(one, nowNs);
        if (one == null || found.size() >= limit || remainingMs <= 0) {
            return;
        }
        InstructedFlow flow = one.flow();
        found.add(new InstructionReport(
                ListFlows.router(datapath, flow.zone()),
                Protocols.name(flow.protocol()),
                flow.source().toString(),
                flow.sourcePort(),
                flow.destination().toString(),
                flow.destinationPort(),
                InstructionWords.of(one, datapath.snapshot()),
                one.once(),
                remainingMs,
                one.hits()));
    }

    @Override
    public void abandon() {
        result.cancel(false);
    }
}
