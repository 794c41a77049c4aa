package dev.sluice.bench;

import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Namespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Sluice as a device under test: a JVM of its own that runs {@link DeviceMain}, or a whole node, {@link NodeMain}. Static, for the benchmark's thread. */
final class SluiceDevice {
    private static final String HEAP = "256m";

    /** For some four million journeys, of which each has a few words on the heap. */
    private static final String LARGE_HEAP = "2g";

    private static final int MANY_FLOWS = 1 << 16;

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

    /** A whole node, as {@code sluice run} starts it, on the device's core, with one service node. */
    static LabProcess startProduct(Bed bed, String driver) {
        String objects = NodeObjects.oneNode(driver);
        return startProduct(bed, bed.namespace(), NodeObjects.NEAR, objects, "off", 4, HEAP, Bed.DEVICE_CORE);
    }

    /**
     * The same with the kernel's fast path, free to use any core.
     *
     * @param hook tc or xdp; off: without
     * @param ports how many it has
     */
    static LabProcess startProduct(Bed bed, String objects, String hook, int ports, int flows) {
        return startProduct(bed, bed.namespace(), NodeObjects.NEAR, objects, hook, ports, heap(flows), Bed.ANY_CORE);
    }

    /** Whole nodes on two machines with the service node at the far one. */
    static void startHosts(Bed bed, String hook, int flows) {
        String objects = NodeObjects.overHosts(flows);
        startProduct(bed, bed.far(), NodeObjects.FAR, objects, hook, 3, heap(flows), Bed.ANY_CORE);
        startProduct(bed, bed.namespace(), NodeObjects.NEAR, objects, hook, 3, heap(flows), Bed.ANY_CORE);
    }

    private static String heap(int flows) {
        return flows > MANY_FLOWS ? LARGE_HEAP : HEAP;
    }

    private static LabProcess startProduct(
            Bed bed, Namespace where, String name, String objects, String hook, int ports, String heap, int core) {
        Path directory = bed.freshDirectory(name);
        try {
            Files.writeString(
                    Files.createDirectories(directory.resolve("files")).resolve("node.yaml"), objects);
        } catch (IOException e) {
            throw new LabException("objects cannot be written to " + directory + ": " + e.getMessage(), e);
        }
        List<String> command = command(heap, NodeMain.class, directory.toString(), name, hook, Integer.toString(ports));
        return bed.startDevice(where, "sluice-" + name, core, command);
    }

    /** The same as a running node does it: free to use any core, asleep when nothing comes. */
    static LabProcess startNode(Bed bed, String driver) {
        return start(bed, false, HEAP, "path", driver, "sleep");
    }

    /** The same with room for so many flows. */
    static LabProcess startNode(Bed bed, String driver, int flows) {
        return start(bed, false, heap(flows), "path", driver, "sleep", Integer.toString(flows));
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
        return bed.startDevice(
                "sluice", pinned ? Bed.DEVICE_CORE : Bed.ANY_CORE, command(heap, DeviceMain.class, arguments));
    }

    private static List<String> command(String heap, Class<?> main, String... arguments) {
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
        return command;
    }
}
