package dev.sluice.lab.demo;

import dev.sluice.lab.IdObserver;
import dev.sluice.lab.Namespace;
import dev.sluice.lab.TrafficPlan;
import dev.sluice.lab.TrafficReport;
import dev.sluice.lab.TrafficRun;
import java.util.Map;

/** Paced streams of UDP packets with answers from the client to the server, each a new flow. One thread. */
final class Streams {
    private static final int FIRST_PORT = 5001;
    private static final long TIME_LIMIT_MS = 30_000;
    private static final int LASTING_SECONDS_MAX = 120;

    /**
     * Both directions of a stream.
     *
     * @param forward packets from the client to the server
     * @param reverse answers
     */
    record Account(TrafficReport forward, TrafficReport reverse) {
        /** While the way changes, one packet of so many may be overtaken. */
        private static final long LATE_PART_MOVED = 10;

        /** The same when a process takes over from the kernel what it repeated: those that wait for it are overtaken by what the kernel goes on with. */
        private static final long LATE_PART_TAKEN_OVER = 50;

        /** Notes what became of both directions; every packet should have come, once and in order, by whatever way. */
        void note(Findings findings) {
            note(findings, "stream: packets", forward, 0);
            note(findings, "stream: answers", reverse, 0);
        }

        /** The same while the way changes: what is still on the old way may come behind what took the new one. */
        void noteMoved(Findings findings) {
            noteLate(findings, LATE_PART_MOVED);
        }

        /** The same when one process ends and another one begins. */
        void noteTakenOver(Findings findings) {
            noteLate(findings, LATE_PART_TAKEN_OVER);
        }

        private void noteLate(Findings findings, long part) {
            note(findings, "stream: packets", forward, forward.sentCount() / part);
            note(findings, "stream: answers", reverse, reverse.sentCount() / part);
        }

        private static void note(Findings findings, String what, TrafficReport report, long lateMax) {
            boolean eachOnce = report.sentCount() > 0
                    && report.lostCount() == 0
                    && report.duplicatedCount() == 0
                    && report.reorderedCount() <= lateMax
                    && report.foreignCount() == 0;
            String order = lateMax == 0 ? "in order" : "at most " + lateMax + " late";
            findings.add(what, Figures.account(report), "all, each once, " + order, eachOnce);
        }

        /** Packets and answers that came past a node that they had to pass. */
        long bypassedCount() {
            return forward.bypassedCount() + reverse.bypassedCount();
        }

        /** Packets and answers that were at a node that they had not to pass. */
        long wrongPathCount() {
            return forward.wrongPathCount() + reverse.wrongPathCount();
        }

        /** Packets and answers that came although this node did not see them. */
        long missedBy(String node) {
            return forward.missedByNode().getOrDefault(node, 0L)
                    + reverse.missedByNode().getOrDefault(node, 0L);
        }

        /** Packets and answers that did not come, answers to packets that did not come included. */
        long lostCount() {
            return forward.lostCount() + reverse.lostCount();
        }

        /** Packets and answers that came. */
        long receivedCount() {
            return forward.receivedCount() + reverse.receivedCount();
        }
    }

    private final Namespace client;
    private final Namespace server;
    private final String address;
    private final int ratePerSecond;
    private int port = FIRST_PORT;

    /** @param address of the server */
    Streams(Namespace client, Namespace server, String address, int ratePerSecond) {
        this.client = client;
        this.server = server;
        this.address = address;
        this.ratePerSecond = ratePerSecond;
    }

    /** Starts one. */
    TrafficRun start(int count) {
        return start(count, TIME_LIMIT_MS);
    }

    /** Starts one that lasts until it is {@linkplain TrafficRun#endSending ended}, two minutes at most. */
    TrafficRun startLasting() {
        return start(ratePerSecond * LASTING_SECONDS_MAX, LASTING_SECONDS_MAX * 1_000L);
    }

    private TrafficRun start(int count, long timeLimitMs) {
        TrafficPlan plan = TrafficPlan.udp(address, port++, count)
                .withReplies()
                .withRate(ratePerSecond)
                .withTimeLimitMs(timeLimitMs);
        return TrafficRun.start(client, server, plan);
    }

    /** Waits for its end and accounts for each packet. */
    Account finish(TrafficRun run, Map<String, IdObserver> required, Map<String, IdObserver> forbidden) {
        run.awaitSent();
        run.settle();
        Account account = new Account(run.report(required, forbidden), run.replyReport(required, forbidden));
        run.sender().stop();
        run.receiver().stop();
        return account;
    }

    /** A whole one. */
    Account run(int count, Map<String, IdObserver> required) {
        required.values().forEach(IdObserver::answerFromNow);
        return finish(start(count), required, Map.of());
    }
}
