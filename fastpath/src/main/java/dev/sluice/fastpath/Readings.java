package dev.sluice.fastpath;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;

/** What the kernel says of a program's maps: what it counted, and what memory they take; and of the device by which frames are handed over. Stateless; for control threads. */
final class Readings {
    /** Of fdinfo of maps, proc(5). */
    private static final String MEMORY = "memlock:";

    /** Interfaces of the network namespace of the thread that reads it, proc(5). */
    private static final Path INTERFACES = Path.of("/proc/thread-self/net/dev");

    /** Of the numbers behind an interface's name, that of frames which it was to send and dropped. */
    private static final int SEND_DROPPED = 11;

    private Readings() {}

    static Map<PuntReason, Long> counts(Libbpf bpf, Program program) {
        Map<PuntReason, Long> all = new EnumMap<>(PuntReason.class);
        int cpus = PossibleCpus.count();
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment key = scratch.allocate(ValueLayout.JAVA_INT);
            MemorySegment values = scratch.allocate(8L * cpus, 8);
            for (int i = 0; i < PuntReason.BY_NUMBER.size(); i++) {
                key.set(ValueLayout.JAVA_INT, 0, i);
                if (bpf.mapLookup(program.map("counts"), key, values) == 0) {
                    long sum =
                            Arrays.stream(values.toArray(ValueLayout.JAVA_LONG)).sum();
                    all.put(PuntReason.BY_NUMBER.get(i), sum);
                }
            }
        }
        return all;
    }

    /** Frames that an interface of the calling thread's network namespace was to send and dropped since it was made; 0 if it is not there. */
    static long droppedBy(String interfaceName) {
        try {
            return Files.readAllLines(INTERFACES, StandardCharsets.US_ASCII).stream()
                    .map(line -> line.strip().split("[:\\s]+"))
                    .filter(words -> words[0].equals(interfaceName) && words.length > SEND_DROPPED + 1)
                    .mapToLong(words -> Long.parseLong(words[SEND_DROPPED + 1]))
                    .findFirst()
                    .orElse(0);
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    /** All maps together, in bytes; -1 if it cannot be read. */
    static long lockedBytes(Program program) {
        long all = 0;
        for (String map : Program.MAPS) {
            long bytes = lockedBytes(program.map(map));
            if (bytes < 0) {
                return -1;
            }
            all += bytes;
        }
        return all;
    }

    private static long lockedBytes(int mapFd) {
        try {
            return Files.readString(Path.of("/proc/self/fdinfo/" + mapFd), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> line.startsWith(MEMORY))
                    .map(line -> line.substring(MEMORY.length()).strip())
                    .mapToLong(Long::parseLong)
                    .findFirst()
                    .orElse(-1);
        } catch (IOException | NumberFormatException e) {
            return -1;
        }
    }
}
