package dev.sluice.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where a node leaves what outlives its process: programs and maps of the kernel's fast path, and what is known of flows (ADR 23).
 *
 * @param pins directory in a BPF file system
 * @param memory directory, best in memory
 */
public record Remains(Path pins, Path memory) {
    /** Where the connections of nodes are left. */
    public static final Path MEMORY = Path.of("/run/sluice/memory");

    /** A BPF file system of our own, for commands that see another /sys than the rest of the host, as those in named network namespaces do. */
    public static final Path OWN_PINS = Path.of("/run/sluice/bpf");

    private static final Path USUAL_PINS = Path.of("/sys/fs/bpf");
    private static final String BPF = "bpf";
    private static final String OF_NAMESPACE = "sluice-";
    private static final Path NETWORK = Path.of("/proc/thread-self/ns/net");
    private static final List<Path> MOUNTS = List.of(Path.of("/proc/self/ns/mnt"), Path.of("/proc/1/ns/mnt"));

    /** The usual directories; empty if there is no BPF file system and none can be mounted that others would see too. */
    public static Optional<Remains> usual() {
        return pinsRoot().map(pins -> new Remains(pins, MEMORY));
    }

    /** The usual directories with another one for memory, each that is in a BPF file system, the preferred one first; mounts none. */
    public static List<Remains> present(Path memory) {
        return Stream.of(OWN_PINS, USUAL_PINS)
                .filter(Remains::isBpf)
                .map(pins -> new Remains(pins, memory))
                .toList();
    }

    /** This and, behind it, the usual ones: what a process before has left may be in any of them. */
    public List<Remains> withUsual() {
        return Stream.concat(Stream.of(this), present(memory).stream())
                .distinct()
                .toList();
    }

    /** Where something of this network namespace goes on already, that is gone on with. */
    private static Optional<Path> pinsRoot() {
        List<Remains> all = present(MEMORY);
        Optional<Path> used =
                all.stream().filter(Remains::isUsedHere).map(Remains::pins).findFirst();
        if (used.isPresent() || !all.isEmpty()) {
            return used.or(() -> Optional.of(all.getFirst().pins()));
        }
        return isMountedForAll() && mount(OWN_PINS) ? Optional.of(OWN_PINS) : Optional.empty();
    }

    private boolean isUsedHere() {
        try {
            return Files.isWritable(pinsHere());
        } catch (IOException e) {
            return false;
        }
    }

    /** Mounts a BPF file system there if there is none; whether there is one. */
    public static boolean mount(Path directory) {
        try {
            Files.createDirectories(directory);
            if (isBpf(directory)) {
                return true;
            }
            Process process = new ProcessBuilder("mount", "-t", BPF, "sluice", directory.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor() == 0 && isBpf(directory);
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** A mount in a mount namespace of our own would go with the process. */
    private static boolean isMountedForAll() {
        try {
            return Files.readSymbolicLink(MOUNTS.getFirst()).equals(Files.readSymbolicLink(MOUNTS.getLast()));
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean isBpf(Path directory) {
        try {
            return Files.isDirectory(directory)
                    && Files.getFileStore(directory).type().equals(BPF);
        } catch (IOException e) {
            return false;
        }
    }

    /** The directory of the pins of the network namespace of the calling thread. */
    public Path pinsHere() throws IOException {
        // "net:[4026531840]": the number is the namespace's as long as that lives.
        return pins.resolve(
                OF_NAMESPACE + Files.readSymbolicLink(NETWORK).toString().replaceAll("[^0-9]", ""));
    }

    /** The number of the network namespace whose pins are in a directory. */
    public static String namespaceOf(Path pins) {
        return String.valueOf(pins.getFileName()).replaceAll("[^0-9]", "");
    }

    /** The directories of pins of all network namespaces. */
    public List<Path> allPins() throws IOException {
        if (!Files.isDirectory(pins)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(pins)) {
            return all.filter(path -> String.valueOf(path.getFileName()).startsWith(OF_NAMESPACE))
                    .sorted()
                    .toList();
        }
    }

    /** The directory of what a node knows of flows. */
    public Path memoryOf(String node) {
        return memory.resolve(node.replace('/', '_'));
    }
}
