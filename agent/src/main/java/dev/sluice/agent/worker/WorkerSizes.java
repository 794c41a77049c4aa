package dev.sluice.agent.worker;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/**
 * How much memory a worker has.
 *
 * @param smallFrames chunks of 4 KiB
 * @param largeFrames chunks of 68 KiB, for super-frames
 * @param connectionsMax connections that are remembered at most
 * @param journeysMax journeys that a fast path has at most, if there is one
 * @param seed secret of the connection table's hash
 */
public record WorkerSizes(int smallFrames, int largeFrames, int connectionsMax, int journeysMax, long seed) {
    /** With as many journeys as suit the machine. */
    public WorkerSizes(int smallFrames, int largeFrames, int connectionsMax, long seed) {
        this(smallFrames, largeFrames, connectionsMax, journeysFor(Optional.empty(), connectionsMax), seed);
    }

    /** Chunks of a node: 32 MiB and 68 MiB, taken from the machine as they are used. */
    public static WorkerSizes of(int connectionsMax, Optional<Integer> journeysMax, long seed) {
        return new WorkerSizes(8192, 1024, connectionsMax, journeysFor(journeysMax, connectionsMax), seed);
    }

    private static int journeysFor(Optional<Integer> asked, int connectionsMax) {
        // In a container that is what it may take.
        long memory = ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean machine
                ? machine.getTotalMemorySize()
                : 0;
        return JourneyRoom.of(
                asked, connectionsMax, memory, Runtime.getRuntime().maxMemory());
    }
}
