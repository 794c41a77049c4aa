package dev.sluice.agent.worker;

import dev.sluice.datapath.mirror.OffloadMirror;
import dev.sluice.model.Node;
import java.util.Locale;
import java.util.Optional;

/** How many journeys a node's fast path has room for. Stateless. */
public final class JourneyRoom {
    /** A flow through one node has four, one through two nodes six. */
    private static final int JOURNEYS_PER_CONNECTION = 4;

    /** Without a word in the configuration: this part of the machine's memory. */
    private static final int PART_OF_MEMORY = 64;

    /** And this part of the heap. */
    private static final int PART_OF_HEAP = 16;

    /** What somebody asks for may take this part of the heap. */
    private static final int MOST_OF_HEAP = 2;

    private static final int MIB = 1 << 20;

    private JourneyRoom() {}

    /**
     * As many as are asked for; else as many as the tracker's connections need, if memory allows.
     *
     * @param asked by the configuration
     * @param memoryBytes of the machine, or of the container
     * @param heapBytes that the process may take
     */
    static int of(Optional<Integer> asked, int connectionsMax, long memoryBytes, long heapBytes) {
        if (asked.isPresent()) {
            return asked.get();
        }
        long inMemory = memoryBytes / PART_OF_MEMORY / (OffloadMirror.heapBytesEach() + OffloadMirror.otherBytesEach());
        long inHeap = heapBytes / PART_OF_HEAP / OffloadMirror.heapBytesEach();
        long wanted = (long) connectionsMax * JOURNEYS_PER_CONNECTION;
        return Math.clamp(
                Math.min(wanted, Math.min(inMemory, inHeap)), Node.FastPath.JOURNEYS_MIN, Node.FastPath.JOURNEYS_MAX);
    }

    /** Why there can't be so many, empty if there can. */
    static String trouble(int journeys, long heapBytes) {
        long bytes = (long) journeys * OffloadMirror.heapBytesEach();
        return bytes <= heapBytes / MOST_OF_HEAP
                ? ""
                : String.format(
                        Locale.ROOT,
                        "fast path: fastPath.journeysMax %d of the Node object takes %d MiB of the Java heap, which has %d MiB, and may take half of it; give the process more (JAVA_TOOL_OPTIONS=-Xmx%dm) or set it to at most %d",
                        journeys,
                        bytes / MIB,
                        heapBytes / MIB,
                        bytes * MOST_OF_HEAP / MIB + 1,
                        heapBytes / MOST_OF_HEAP / OffloadMirror.heapBytesEach());
    }
}
