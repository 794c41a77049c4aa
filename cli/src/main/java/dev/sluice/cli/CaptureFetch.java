package dev.sluice.cli;

import dev.sluice.model.Capture;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Fetches the packets of a Capture from a manager. Stateless. */
final class CaptureFetch {
    private static final int CONFLICT = 409;
    private static final long LOOK_MS = 300;

    /** Longer than a capture takes, with the time that hosts have to answer. */
    private static final long WAIT_NS = Capture.DURATION_NS_MAX + 60_000_000_000L;

    private CaptureFetch() {}

    /**
     * The packets, when all hosts have ended.
     *
     * @param waiting run once if they have not
     */
    static byte[] packets(ManagerClient client, String name, Runnable waiting) {
        long deadlineNs = System.nanoTime() + WAIT_NS;
        boolean told = false;
        String path = "/api/v1/captures/" + URLEncoder.encode(name, StandardCharsets.UTF_8) + "/file";
        while (true) {
            try {
                return client.bytes(path);
            } catch (ManagerClient.Refused e) {
                if (e.status() != CONFLICT || System.nanoTime() - deadlineNs > 0) {
                    throw ObjectFiles.failureWithoutFiles(e);
                }
            }
            if (!told) {
                told = true;
                waiting.run();
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(LOOK_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        }
    }
}
