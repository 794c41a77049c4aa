package dev.sluice.lab.demo;

import dev.sluice.lab.HttpService;
import dev.sluice.lab.InterfaceCounters;
import dev.sluice.lab.LabException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A download that one of two nodes hands back on the way: what the server sends and what comes to the node, from moment to moment, by counters of the kernel. One thread. */
final class OffloadedDownload {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long INTERVAL_NS = 2_000_000;

    /**
     * One look.
     *
     * @param ns when
     * @param bytes that the server has sent so far
     * @param packets that have come to the second node so far
     */
    private record Look(long ns, long bytes, long packets) {}

    /**
     * What was seen.
     *
     * @param packetsBefore that came to the second node until it handed the flow back
     * @param packetsAfter that came to it afterwards
     * @param bytesBefore that the server sent until then
     * @param bytesAfter that it sent afterwards
     * @param nsBefore how long that took
     * @param nsAfter how long the rest took
     */
    record Account(
            long packetsBefore, long packetsAfter, long bytesBefore, long bytesAfter, long nsBefore, long nsAfter) {
        /** Megabits per second while both nodes were on the way. */
        double rateBefore() {
            return rate(bytesBefore, nsBefore);
        }

        /** Afterwards. */
        double rateAfter() {
            return rate(bytesAfter, nsAfter);
        }

        private static double rate(long bytes, long ns) {
            return ns <= 0 ? 0 : bytes * 8e3 / ns;
        }
    }

    private final ChainScene scene;
    private final HttpService.Request request;

    /** Of a download that has begun, through nodes that have no other traffic. */
    OffloadedDownload(ChainScene scene, HttpService.Request request) {
        this.scene = scene;
        this.request = request;
    }

    private Look look() {
        long bytes = InterfaceCounters.of(scene.web().process(), "eth0").sentBytes();
        return new Look(System.nanoTime(), bytes, scene.inspector().receivedPackets());
    }

    /**
     * Follows it to its end.
     *
     * @param clearedBefore flows that the second node had handed back before
     */
    Account follow(int clearedBefore) {
        long deadlineNs = System.nanoTime() + PATIENCE.toNanos();
        Look zero = look();
        Look first = zero;
        Look last = zero;
        @Nullable Look middle = null;
        while (request.process().isAlive() && System.nanoTime() < deadlineNs) {
            Look now = look();
            if (now.packets == zero.packets) {
                first = now;
            }
            if (middle == null && scene.inspector().cleared().size() > clearedBefore) {
                middle = now;
            }
            last = now.bytes > last.bytes ? now : last;
            LockSupport.parkNanos(INTERVAL_NS);
        }
        if (middle == null) {
            throw new LabException("the second node did not hand the flow back");
        }
        long packetsAtEnd = scene.inspector().receivedPackets();
        return new Account(
                middle.packets - first.packets,
                packetsAtEnd - middle.packets,
                middle.bytes - first.bytes,
                last.bytes - middle.bytes,
                middle.ns - first.ns,
                last.ns - middle.ns);
    }
}
