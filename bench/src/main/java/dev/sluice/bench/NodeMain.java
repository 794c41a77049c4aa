package dev.sluice.bench;

import com.sun.management.ThreadMXBean;
import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.node.NodeRunner;
import dev.sluice.agent.report.StatusReport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * The product under test: a whole node with its files, its control thread and its administration socket, as {@code sluice run} starts it: {@code DIRECTORY NAME off|tc|xdp PORTS}, with objects in {@code DIRECTORY/files} and so many
 * ports to wait for. Says "ready", then once per second the line of {@link DeviceMain}; the frames are those that arrived, the bytes are those of the worker's thread, the
 * collections those of the whole process.
 */
public final class NodeMain {
    private static final String WORKER = "sluice-worker-0";
    private static final Path ARRIVED = Path.of("/sys/class/net/g1/statistics/rx_packets");
    private static final int STAT_PERIOD_MS = 1000;

    private NodeMain() {}

    /** Runs until it is killed. */
    public static void main(String[] arguments) throws NodeException, IOException, InterruptedException {
        Path directory = Path.of(arguments[0]);
        Path socket = directory.resolve("admin");
        NodeRunner.start(new NodeOptions(
                ObjectSource.files(directory.resolve("files")),
                Optional.of(arguments[1]),
                Optional.of(socket),
                true,
                Optional.of(directory.resolve("state")),
                true,
                false,
                FastPathMode.valueOf(arguments[2].toUpperCase(Locale.ROOT))));
        AdminClient admin = new AdminClient(socket);
        while (!isReady(admin.status(), Integer.parseInt(arguments[3]))) {
            Thread.sleep(20);
        }
        long worker = workerId();
        System.out.println("ready");
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        while (true) {
            Thread.sleep(STAT_PERIOD_MS);
            long frames = delivered();
            System.out.println("stat frames " + frames + " allocated " + threads.getThreadAllocatedBytes(worker)
                    + " collections " + DeviceMain.collections());
        }
    }

    /** Whether all ports are up and all service nodes work, those of other hosts as these say. */
    private static boolean isReady(StatusReport status, int ports) {
        return status.ports().stream().filter(port -> port.up()).count() >= ports
                && status.instances().stream()
                        .allMatch(instance -> instance.alive()
                                && (instance.told().isEmpty() || instance.told().equals("alive")));
    }

    /** Frames that arrived behind p1, each of which the node took twice; as the kernel counts them, since asking the node would put work on its worker. 0 where p1 is elsewhere. */
    private static long delivered() throws IOException {
        return Files.exists(ARRIVED) ? Long.parseLong(Files.readString(ARRIVED).strip()) : 0;
    }

    private static long workerId() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(WORKER))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no thread " + WORKER))
                .threadId();
    }
}
