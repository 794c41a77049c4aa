package dev.sluice.lab.system;

import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** tcpdump, writing to a file what passes an interface. Static. */
final class Tcpdump {
    private static final Duration START = Duration.ofSeconds(10);

    /** Of the kernel's buffer: with --immediate-mode each frame takes as much of it as the longest could, and the default of 2 MiB holds eight. */
    private static final int BUFFER_KIB = 64 << 10;

    private Tcpdump() {}

    /**
     * Starts it; what passes from when this returns is written.
     *
     * @param filter in the words of pcap-filter(7)
     * @param options more of its own options
     */
    static LabProcess start(Namespace namespace, String interfaceName, Path file, String filter, String... options) {
        List<String> command = new ArrayList<>(List.of(
                "/usr/bin/tcpdump",
                "-Z",
                "root",
                "-B",
                Integer.toString(BUFFER_KIB),
                "-i",
                interfaceName,
                "-w",
                file.toString()));
        command.addAll(List.of(options));
        command.add(filter);
        LabProcess process = namespace.start("tcpdump", command);
        process.awaitLine("that it listens", START, line -> line.contains("listening"));
        return process;
    }
}
