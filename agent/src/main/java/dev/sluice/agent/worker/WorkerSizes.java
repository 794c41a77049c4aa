package dev.sluice.agent.worker;

/**
 * How much memory a worker has.
 *
 * @param smallFrames chunks of 4 KiB
 * @param largeFrames chunks of 68 KiB, for super-frames
 * @param connectionsMax connections that are remembered at most
 * @param seed secret of the connection table's hash
 */
public record WorkerSizes(int smallFrames, int largeFrames, int connectionsMax, long seed) {
    /** Chunks of a node: 32 MiB and 68 MiB, taken from the machine as they are used. */
    public static WorkerSizes of(int connectionsMax, long seed) {
        return new WorkerSizes(8192, 1024, connectionsMax, seed);
    }
}
