package dev.sluice.agent.flows;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminCommand;
import dev.sluice.agent.flows.FlowCommands.Ask;
import dev.sluice.agent.worker.WorkerQuestion;
import dev.sluice.datapath.mirror.OffloadMirror;
import java.util.List;
import java.util.Map;

/** Administration command that compares what the kernel repeats with what the data path knows of it (X1). Any thread; the comparison is the worker's. */
public final class FastPathCommands {
    /** The worker does nothing else meanwhile: some 50 ms for so many. */
    private static final int JOURNEYS_MAX = 1 << 16;

    private static final int WORDS_MAX = 100;

    private FastPathCommands() {}

    /** The command; {@code worker}: who compares. */
    public static AdminCommand of(Ask worker) {
        return new AdminCommand("fast-path-compare", List.of(), _ -> answer(worker));
    }

    private static Object answer(Ask worker) throws NodeException {
        WorkerQuestion<Map<String, Object>> question = new WorkerQuestion<>((datapath, nowNs) -> {
            OffloadMirror mirror = datapath.offload();
            if (mirror == null) {
                return Map.of("trouble", "this node has no fast path");
            }
            if (mirror.unconfirmed() > 0) {
                return Map.of(
                        "trouble",
                        mirror.unconfirmed()
                                + " journeys of the process before wait to be confirmed; ask again in a second");
            }
            if (mirror.size() > JOURNEYS_MAX) {
                return Map.of(
                        "trouble",
                        "there are " + mirror.size() + " journeys, and comparing more than " + JOURNEYS_MAX
                                + " would keep packets waiting");
            }
            List<String> found = mirror.differences(nowNs);
            return Map.of(
                    "journeys", mirror.size(), "differences", found.subList(0, Math.min(WORDS_MAX, found.size())));
        });
        Map<String, Object> answer = worker.await(question, question.result());
        Object trouble = answer.get("trouble");
        if (trouble != null) {
            throw new NodeException(String.valueOf(trouble));
        }
        return answer;
    }
}
