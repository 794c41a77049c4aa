package dev.sluice.fastpath;

import dev.sluice.ports.PortException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Names in a BPF file system by which maps and attached programs outlive the process. One user: the owner of the {@link FastPath}.
 *
 * <p>A file for each map, by its name, and {@code link-NUMBER-HEX} for each port, {@code xdp-NUMBER-HEX} if it has a program in XDP, HEX being the name of the interface: there are no dots in names of that file system.
 *
 * @param directory in a BPF file system; made if it is not there
 */
record Pins(Path directory) {
    private static final String LINK = "link-";
    private static final String XDP_LINK = "xdp-";
    private static final int ENOENT = 2;

    /** Where each map is, or is to be. */
    Map<String, String> maps() {
        Map<String, String> all = new LinkedHashMap<>();
        Program.MAPS.forEach(map -> all.put(map, directory.resolve(map).toString()));
        return all;
    }

    /** A descriptor of a map that was left there, or negative. */
    int openMap(Libbpf bpf, String map) {
        return bpf.pinned(directory.resolve(map).toString());
    }

    /** Entries that a map has room for that was left there; negative if there is none. */
    int maxEntries(Libbpf bpf, String map) {
        int fd = openMap(bpf, map);
        if (fd < 0) {
            return fd;
        }
        try {
            return bpf.maxEntries(fd);
        } finally {
            bpf.closeDescriptor(fd);
        }
    }

    /** From now on another map is there under this name. */
    void replaceMap(Libbpf bpf, String map, int fd) throws PortException {
        Path next = directory.resolve(map + "-next");
        delete(next);
        int answer = bpf.pin(fd, next.toString());
        if (answer < 0) {
            throw Program.trouble("keeping " + next, answer);
        }
        try {
            Files.move(next, directory.resolve(map), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new PortException("fast path: " + next + " cannot be put in the place of the map before: "
                    + e.getMessage() + "; remove all with: sluice uninstall");
        }
    }

    /** Whether somebody has left maps there. */
    boolean isThere() {
        return Files.exists(directory.resolve("globals"));
    }

    /** Makes the directory, and looks whether what is in it can be gone on with: why not, empty if it can or if there is nothing. */
    String examine(Libbpf bpf) throws PortException {
        try {
            Files.createDirectories(directory);
            if (!Files.getFileStore(directory).type().equals("bpf")) {
                throw new PortException(
                        "fast path: " + directory
                                + " is not in a BPF file system; mount one (mount -t bpf bpf DIRECTORY) or name a directory in /sys/fs/bpf");
            }
        } catch (PortException e) {
            throw e;
        } catch (IOException e) {
            throw new PortException("fast path: " + directory + " cannot be made: " + e.getMessage()
                    + "; name a directory in a BPF file system (mount -t bpf bpf DIRECTORY)");
        }
        if (!isThere()) {
            return "";
        }
        int found = layoutVersion(bpf);
        return found == KernelMaps.LAYOUT_VERSION
                ? ""
                : "the maps in " + directory + " have layout " + found + ", this version has "
                        + KernelMaps.LAYOUT_VERSION;
    }

    /** 0 if there is no such thing in the map. */
    private int layoutVersion(Libbpf bpf) {
        int fd = openMap(bpf, "globals");
        if (fd < 0) {
            return 0;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(KernelMaps.GLOBALS_BYTES_MAX, 8);
            int answer = bpf.mapLookup(fd, arena.allocateFrom(ValueLayout.JAVA_INT, 0), value);
            return answer < 0 ? 0 : value.get(ValueLayout.JAVA_INT, KernelMaps.GLOBALS_LAYOUT_VERSION);
        } finally {
            bpf.closeDescriptor(fd);
        }
    }

    private Path link(Hook hook, int number, String interfaceName) {
        String hex = HexFormat.of().formatHex(interfaceName.getBytes(StandardCharsets.UTF_8));
        return directory.resolve((hook == Hook.XDP ? XDP_LINK : LINK) + number + "-" + hex);
    }

    /** Numbers of ports by name, as they were when they were attached. */
    Map<String, Integer> numbers() throws PortException {
        Map<String, Integer> all = new LinkedHashMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                String[] parts = String.valueOf(file.getFileName()).split("-", -1);
                if (parts.length == 3 && (LINK.equals(parts[0] + "-") || XDP_LINK.equals(parts[0] + "-"))) {
                    byte[] name = HexFormat.of().parseHex(parts[2]);
                    all.put(new String(name, StandardCharsets.UTF_8), Integer.parseInt(parts[1]));
                }
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new PortException("fast path: " + directory + " cannot be read: " + e.getMessage()
                    + "; remove it with: sluice uninstall");
        }
        return all;
    }

    /** The program of a port goes on when the process ends. */
    void keepLink(Libbpf bpf, Hook hook, int fd, int number, String interfaceName) throws PortException {
        String file = link(hook, number, interfaceName).toString();
        int answer = bpf.pin(fd, file);
        if (answer < 0) {
            throw Program.trouble("keeping " + file, answer);
        }
    }

    /** A descriptor of the link that was left for a port, or negative. */
    int link(Libbpf bpf, Hook hook, int number, String interfaceName) {
        Path file = link(hook, number, interfaceName);
        return Files.exists(file) ? bpf.pinned(file.toString()) : -ENOENT;
    }

    void forgetLink(Hook hook, int number, String interfaceName) {
        delete(link(hook, number, interfaceName));
    }

    void forgetLinks(int number, String interfaceName) {
        forgetLink(Hook.TC, number, interfaceName);
        forgetLink(Hook.XDP, number, interfaceName);
    }

    /** Removes everything: programs that nobody else holds are detached. */
    void remove() {
        try (Stream<Path> files = Files.list(directory)) {
            files.toList().forEach(Pins::delete);
        } catch (IOException e) {
            return;
        }
        delete(directory);
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            // It stays; whoever looks there next says so.
            return;
        }
    }
}
