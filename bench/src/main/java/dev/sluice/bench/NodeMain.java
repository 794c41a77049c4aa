package dev.sluice.bench;

import com.sun.management.ThreadMXBean;
import dev.sluice.agent.FastPathMode;
import dev.sluice.agent.NodeException;
import dev.sluice.agent.NodeOptions;
import dev.sluice.agent.ObjectSource;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.node.NodeRunner;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * The product under test: a whole node with its files, its control thread and its administration socket, as {@code sluice run} starts it, that sends everything between p0 and p1 through the node
 * between p2 and p3: {@code DIRECTORY DRIVER}, DRIVER being one of a port's. Says "ready", then once per second the line of {@link DeviceMain}; the frames are those that arrived, the bytes are those of the worker's thread, the
 * collections those of the whole process.
 */
public final class NodeMain {
    private static final String WORKER = "sluice-worker-0";
    private static final int PORTS = 4;
    private static final int STAT_PERIOD_MS = 1000;

    private NodeMain() {}

    /** Runs until it is killed. */
    public static void main(String[] arguments) throws NodeException, IOException, InterruptedException {
        Path directory = Path.of(arguments[0]);
        Path files = Files.createDirectories(directory.resolve("files"));
        Files.writeString(files.resolve("node.yaml"), objects(arguments[1].toLowerCase(Locale.ROOT)));
        Path socket = directory.resolve("admin");
        NodeRunner.start(new NodeOptions(
                ObjectSource.files(files),
                Optional.of("edge"),
                Optional.of(socket),
                true,
                Optional.of(directory.resolve("state")),
                true,
                false,
                FastPathMode.OFF));
        AdminClient admin = new AdminClient(socket);
        while (admin.status().ports().stream().filter(port -> port.up()).count() < PORTS) {
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

    /** Frames that arrived behind p1, each of which the node took twice; as the kernel counts them, since asking the node would put work on its worker. */
    private static long delivered() throws IOException {
        return Long.parseLong(Files.readString(Path.of("/sys/class/net/g1/statistics/rx_packets"))
                .strip());
    }

    private static String objects(String driver) {
        return """
                apiVersion: sluice.dev/v1
                kind: Node
                metadata: {name: edge}
                spec: {io: {driver: %s}}
                ---
                apiVersion: sluice.dev/v1
                kind: Port
                metadata: {name: left}
                spec: {node: edge, interface: p0, peer: right}
                ---
                apiVersion: sluice.dev/v1
                kind: Port
                metadata: {name: right}
                spec: {node: edge, interface: p1}
                ---
                apiVersion: sluice.dev/v1
                kind: Service
                metadata: {name: node}
                spec: {transport: raw}
                ---
                apiVersion: sluice.dev/v1
                kind: ServiceInstance
                metadata: {name: node}
                spec: {service: node, node: edge, interfaces: {in: p2, out: p3}}
                ---
                apiVersion: sluice.dev/v1
                kind: ServiceChain
                metadata: {name: node}
                spec: {profiles: [node]}
                ---
                apiVersion: sluice.dev/v1
                kind: ServicePolicy
                metadata: {name: all}
                spec:
                  appliedTo: [edge/left]
                  rules:
                  - {name: all, action: {chain: node}}
                """.formatted(driver);
    }

    private static long workerId() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(WORKER))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no thread " + WORKER))
                .threadId();
    }
}
