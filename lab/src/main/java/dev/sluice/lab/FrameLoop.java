package dev.sluice.lab;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The loop of all programs that work on frames: receives in bursts, lets the work do what is due, reports its state when that has changed. One thread. */
final class FrameLoop {
    /** What a program does. */
    interface Work {
        /** A frame came from the socket of this index. */
        void onFrame(int socket, RawFrame frame, long nowNs);

        /** Does what is due; the time in ns until there is more to do (the loop asks earlier when frames come). */
        long onIdle(long nowNs);

        /** The state as one or several lines, written whenever it has changed (at most 20 times a second) and at the end. */
        String state();
    }

    private static final int BURST_COUNT = 64;
    private static final long REPORT_INTERVAL_NS = 50_000_000;

    private final List<RawSocket> sockets;
    private final Work work;
    private final CountDownLatch finished = new CountDownLatch(1);
    private volatile boolean stopping;
    private String reported = "";
    private long lastReportNs;

    private FrameLoop(List<RawSocket> sockets, Work work) {
        this.sockets = sockets;
        this.work = work;
    }

    /** Runs until the process is told to end (SIGTERM, SIGINT), then writes the last state. */
    static void run(List<RawSocket> sockets, Work work) {
        FrameLoop loop = new FrameLoop(sockets, work);
        Runtime.getRuntime().addShutdownHook(new Thread(loop::stop, "stop"));
        System.out.println("ready");
        loop.loop();
    }

    private void stop() {
        stopping = true;
        try {
            if (!finished.await(2, TimeUnit.SECONDS)) {
                System.err.println("the frame loop did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void loop() {
        try {
            while (!stopping) {
                boolean busy = receiveBurst();
                long nowNs = System.nanoTime();
                long nextNs = work.onIdle(nowNs);
                report(nowNs, false);
                if (!busy && nextNs > 0) {
                    // poll counts milliseconds: what is due sooner is waited for without sleeping.
                    long timeoutMs = Math.min(20, nextNs / 1_000_000);
                    RawSocket.awaitAny(sockets, (int) timeoutMs);
                }
            }
            receiveBurst();
            report(System.nanoTime(), true);
            sockets.forEach(RawSocket::close);
        } finally {
            finished.countDown();
        }
    }

    private boolean receiveBurst() {
        boolean any = false;
        for (int i = 0; i < sockets.size(); i++) {
            for (int n = 0; n < BURST_COUNT; n++) {
                @Nullable RawFrame frame = sockets.get(i).receive();
                if (frame == null) {
                    break;
                }
                any = true;
                work.onFrame(i, frame, System.nanoTime());
            }
        }
        return any;
    }

    private void report(long nowNs, boolean last) {
        if (!last && nowNs - lastReportNs < REPORT_INTERVAL_NS) {
            return;
        }
        lastReportNs = nowNs;
        String state = work.state();
        if (!state.equals(reported)) {
            reported = state;
            System.out.println(state);
        }
    }
}
