package dev.sluice.ports;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Scheduling of the JVM's own thread that collects garbage ahead of all ordinary ones (sched(7)): while it works all others of this process stand still, packets and signs of life with them, so on a busy machine a
 * pause has to last as long as the work in it and no longer. Any thread, once for each process.
 */
public final class RealtimePauses {
    /** The lowest of the real-time priorities: before every ordinary thread, behind what an operator made more important. */
    private static final int PRIORITY = 1;

    private static final Path THREADS = Path.of("/proc/self/task");

    /** Does the collections of the serial collector, which is the one that Sluice is started with. */
    private static final String COLLECTOR = "VM Thread";

    private RealtimePauses() {}

    /** Asks for it; empty if granted, else why not. */
    public static String enter() {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(THREADS)) {
            for (Path thread : threads) {
                if (Files.readString(thread.resolve("comm")).strip().equals(COLLECTOR)) {
                    int id = Integer.parseInt(thread.getFileName().toString());
                    int answer = Linux.setScheduler(id, KernelConstants.SCHED_RR, PRIORITY);
                    return answer >= 0
                            ? ""
                            : Errno.name(-answer)
                                    + ": needs CAP_SYS_NICE, or LimitRTPRIO=1 in the service (ulimit -r 1)";
                }
            }
            return "this JVM has no thread named '" + COLLECTOR + "'";
        } catch (IOException e) {
            return THREADS + " cannot be read: " + e.getMessage();
        }
    }
}
