package dev.sluice.agent.southbound;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminRequests;
import dev.sluice.agent.report.PathTrafficReport;
import dev.sluice.agent.report.PathsReport.HopReport;
import dev.sluice.southbound.Carried;
import dev.sluice.southbound.CountPath;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.HopCount;
import dev.sluice.southbound.PathCount;
import dev.sluice.southbound.Reply;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * Counts what paths carry when a manager asks, by threads of their own: it takes the worker up to two seconds to look at all flows. Any thread.
 */
final class CountedPaths {
    /** So many are counted at a time; what is asked besides is refused. */
    static final int AT_ONCE_MAX = 4;

    private final Semaphore free = new Semaphore(AT_ONCE_MAX);
    private final Consumer<FromAgent> answers;

    /**
     * None yet.
     *
     * @param answers gets the answer of each, from any thread
     */
    CountedPaths(Consumer<FromAgent> answers) {
        this.answers = answers;
    }

    /** Begins to count. */
    void begin(long id, CountPath asked, AdminRequests node) {
        if (!free.tryAcquire()) {
            answer(Reply.newBuilder().setId(id).setProblem("it counts " + AT_ONCE_MAX + " paths already: ask again"));
            return;
        }
        Thread.ofVirtual().name("sluice-count").start(() -> {
            Reply.Builder reply = Reply.newBuilder().setId(id);
            try {
                reply.setPathCount(of(node.ask(
                        PathTrafficReport.REQUEST,
                        Map.of("chain", asked.getChain(), "path", asked.getName()),
                        PathTrafficReport.class)));
            } catch (NodeException e) {
                reply.setProblem(String.valueOf(e.getMessage()));
            } finally {
                free.release();
            }
            answer(reply);
        });
    }

    private void answer(Reply.Builder reply) {
        answers.accept(FromAgent.newBuilder().setReply(reply).build());
    }

    /** The report as it is told. */
    static PathCount of(PathTrafficReport report) {
        PathCount.Builder count = PathCount.newBuilder().setUninspected(report.uninspected());
        if (report.flows() < 0) {
            count.setFlowsUnknown(true);
        } else {
            count.setFlows(report.flows()).setForward(carried(report, 0)).setReverse(carried(report, 1));
        }
        for (HopReport hop : report.hops()) {
            count.addHops(HopCount.newBuilder()
                    .setInstance(hop.instance())
                    .setHere(hop.node().isEmpty())
                    .setSentForward(hop.sent().get(0))
                    .setSentReverse(hop.sent().get(1))
                    .setReturnedForward(hop.returned().get(0))
                    .setReturnedReverse(hop.returned().get(1)));
        }
        return count.build();
    }

    private static Carried carried(PathTrafficReport report, int direction) {
        return Carried.newBuilder()
                .setPackets(report.packets().get(direction))
                .setBytes(report.bytes().get(direction))
                .build();
    }
}
