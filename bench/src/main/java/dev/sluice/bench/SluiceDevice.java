package dev.sluice.bench;

import dev.sluice.lab.LabProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Sluice as a device under test: a JVM of its own that runs {@link DeviceMain}, or a whole node, {@link NodeMain}. Static, for the benchmark's thread. */
final class SluiceDevice {
    private static final String HEAP = "256m";

    /** For some four million journeys, of which each has a few words on the heap. */
    private static final String LARGE_HEAP = "2g";

    private SluiceDevice() {}

    /** Forwards between p0 and p1 and nothing else. */
    static Device forwarder(String name, String what, String driver) {
        return new Device(name, what, bed -> start(bed, true, HEAP, "forward", driver, "spin"));
    }

    /** Steers everything between p0 and p1 through the node between p2 and p3. */
    static Device path(String name, String what, String driver) {
        return new Device(name, what, bed -> start(bed, true, HEAP, "path", driver, "spin"));
    }

    /** Tracks everything between p0 and p1, with rules for other traffic before the one for everything. */
    static Device tracker(String name, String what, String driver) {
        return new Device(name, what, bed -> start(bed, true, HEAP, "rules", driver, "spin"));
    }

    /** A whole node, as {@code sluice run} starts it, on the device's core. */
    static LabProcess startProduct(Bed bed, String driver) {
        return start(
                bed, true, HEAP, NodeMain.class, bed.freshDirectory("product").toString(), driver);
    }

    /** The same as a running node does it: free to use any core, asleep when nothing comes. */
    static LabProcess startNode(Bed bed, String driver) {
        return start(bed, false, HEAP, "path", driver, "sleep");
    }

    /** The same with two nodes, the kernel's fast path, and what happens to some of its flows ({@link Stampede}). */
    static LabProcess startStampede(Bed bed, int flows, int seconds, Path file) {
        return start(
                bed,
                false,
                LARGE_HEAP,
                "stampede",
                "FAST",
                "sleep",
                Integer.toString(flows),
                Integer.toString(seconds),
                file.toString());
    }

    private static LabProcess start(Bed bed, boolean pinned, String heap, String... arguments) {
        return start(bed, pinned, heap, DeviceMain.class, arguments);
    }

    private static LabProcess start(Bed bed, boolean pinned, String heap, Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xms" + heap,
                "-Xmx" + heap,
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return bed.startDevice("sluice", pinned ? Bed.DEVICE_CORE : Bed.ANY_CORE, command);
    }
}
