package dev.sluice.agent.metrics;

import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * Figures of the Java process.
 *
 * @param heapUsedBytes bytes in use in the heap
 * @param heapMaxBytes most bytes the heap may have
 * @param collections garbage collections
 * @param collectionSeconds time they took
 * @param threads platform threads
 * @param cpuSeconds processor time
 */
public record ProcessFigures(
        long heapUsedBytes,
        long heapMaxBytes,
        long collections,
        double collectionSeconds,
        int threads,
        double cpuSeconds) {
    /** Those of this process, now. */
    public static ProcessFigures now() {
        var heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        long collections = 0;
        long collectionMs = 0;
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            collections += Math.max(0, collector.getCollectionCount());
            collectionMs += Math.max(0, collector.getCollectionTime());
        }
        Duration cpu = ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
        return new ProcessFigures(
                heap.getUsed(),
                Math.max(0, heap.getMax()),
                collections,
                collectionMs / 1e3,
                ManagementFactory.getThreadMXBean().getThreadCount(),
                cpu.toNanos() / 1e9);
    }
}
