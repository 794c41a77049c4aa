package dev.sluice.lab.demo;

import dev.sluice.lab.IdObserver;
import dev.sluice.lab.TrafficPlan;
import dev.sluice.lab.TrafficReport;
import dev.sluice.lab.TrafficRun;
import java.util.Map;

/** Paced streams of UDP packets with answers from the client to the server, each a new flow. One thread. */
final class Streams {
    private static final int FIRST_PORT = 5001;
    private static final long TIME_LIMIT_MS = 30_000;

    /**
     * Both directions of a stream.
     *
     * @param forward packets from the client to the server
     * @param reverse answers
     */
    record Account(TrafficReport forward, TrafficReport reverse) {
        boolean perfect() {
            return forward.isPerfect() && reverse.isPerfect() && forward.sentCount() > 0;
        }

        /** Packets and answers that came past a node that they had to pass. */
        long bypassedCount() {
            return forward.bypassedCount() + reverse.bypassedCount();
        }

        /** Packets and answers that came. */
        long receivedCount() {
            return forward.receivedCount() + reverse.receivedCount();
        }
    }

    private final Scene scene;
    private final int ratePerSecond;
    private int port = FIRST_PORT;

    Streams(Scene scene, int ratePerSecond) {
        this.scene = scene;
        this.ratePerSecond = ratePerSecond;
    }

    /** Starts one. */
    TrafficRun start(int count) {
        TrafficPlan plan = TrafficPlan.udp(Scene.SERVER, port++, count)
                .withReplies()
                .withRate(ratePerSecond)
                .withTimeLimitMs(TIME_LIMIT_MS);
        return TrafficRun.start(scene.client(), scene.server(), plan);
    }

    /** Waits for its end and accounts for each packet. */
    Account finish(TrafficRun run, Map<String, IdObserver> required) {
        run.awaitSent();
        run.settle();
        Account account = new Account(run.report(required, Map.of()), run.replyReport(required, Map.of()));
        run.sender().stop();
        run.receiver().stop();
        return account;
    }

    /** A whole one. */
    Account run(int count, Map<String, IdObserver> required) {
        return finish(start(count), required);
    }
}
