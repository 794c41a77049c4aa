package dev.sluice.fastpath;

import dev.sluice.ports.PortException;
import dev.sluice.ports.PortOpener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Names in a BPF file system by which maps and attached programs outlive the process. One user: the owner of the {@link FastPath}.
 *
 * <p>A file for each map, by its name, directories for what interfaces were told ({@link Setting}), and {@code link-NUMBER-HEX} for each port, {@code xdp-NUMBER-HEX} if it has a program in XDP, HEX being the name of the interface: there are no dots in names of that file system.
 *
 * @param directory in a BPF file system; made if it is not there
 */
record Pins(Path directory) {
    private static final String LINK = "link-";
    private static final String XDP_LINK = "xdp-";
    private static final String NEXT = "-next";
    private static final int ENOENT = 2;

    /** What an interface was told that holds as long as its program does: an empty directory, PREFIX-HEX, where this was no setting of somebody else's before. */
    enum Setting {
        /** It takes frames for other MAC addresses too. */
        FRAMES_OF_OTHERS("promiscuous-"),
        /** Its driver leaves tags in frames. */
        TAGS_IN_FRAMES("tags-");

        private final String prefix;

        Setting(String prefix) {
            this.prefix = prefix;
        }

        private void undo(String interfaceName) {
            switch (this) {
                case FRAMES_OF_OTHERS -> PortOpener.leaveFramesOfOthers(interfaceName);
                case TAGS_IN_FRAMES -> PortOpener.takeTagsOut(interfaceName);
            }
        }

        /** The interface that a name is about; null: it is not the name of this setting. */
        @Nullable
        String interfaceName(String file) {
            if (!file.startsWith(prefix)) {
                return null;
            }
            try {
                return new String(HexFormat.of().parseHex(file.substring(prefix.length())), StandardCharsets.UTF_8);
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
    }

    /** Remembers that an interface was told something. */
    void note(Setting setting, String interfaceName) throws PortException {
        String hex = HexFormat.of().formatHex(interfaceName.getBytes(StandardCharsets.UTF_8));
        Path file = directory.resolve(setting.prefix + hex);
        try {
            Files.createDirectories(file);
        } catch (IOException e) {
            throw new PortException("fast path: " + file + " cannot be made: " + e.getMessage()
                    + "; remove all with: sluice uninstall");
        }
    }

    /** Interfaces of this network namespace are as they were before; those that a test says. */
    void undoSettings(Predicate<String> which) throws PortException {
        for (Path file : files()) {
            String name = String.valueOf(file.getFileName());
            for (Setting setting : Setting.values()) {
                String interfaceName = setting.interfaceName(name);
                if (interfaceName != null && which.test(interfaceName)) {
                    setting.undo(interfaceName);
                    delete(file);
                }
            }
        }
    }

    private static boolean isSetting(Path file) {
        String name = String.valueOf(file.getFileName());
        return Files.isDirectory(file)
                && Stream.of(Setting.values()).anyMatch(each -> each.interfaceName(name) != null);
    }

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
        Path next = directory.resolve(map + NEXT);
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
        return Program.MAPS.stream().anyMatch(map -> Files.exists(directory.resolve(map)));
    }

    /** Makes the directory, and looks whether the maps in it can be gone on with: why not, empty if they can or if there are none. */
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
        return isThere() ? PinExamination.trouble(bpf, this) : "";
    }

    /**
     * Removes what has no business there: other names than ours, and names of links that stand for something else; what it was, by its names.
     *
     * @throws PortException if something of it stays, which could pass for a port's
     */
    List<String> removeStrange(Libbpf bpf) throws PortException {
        List<Path> strange = new ArrayList<>();
        Set<Integer> numbers = new HashSet<>();
        for (Path file : files()) {
            String name = String.valueOf(file.getFileName());
            Known known = Known.of(name);
            boolean ours = Program.MAPS.contains(name)
                    || isSetting(file)
                    || (known != null
                            && isLink(bpf, file, known.hook)
                            && (numbers.add(known.number) || samePort(known)));
            if (!ours) {
                strange.add(file);
            }
        }
        deleteSurely(strange);
        return strange.stream()
                .map(file -> String.valueOf(file.getFileName()))
                .filter(name -> !isHalfMade(name))
                .toList();
    }

    /** Of a process that ended while it put a map in the place of another one. */
    private static boolean isHalfMade(String name) {
        return name.endsWith(NEXT) && Program.MAPS.contains(name.substring(0, name.length() - NEXT.length()));
    }

    private boolean samePort(Known link) {
        Hook other = link.hook == Hook.TC ? Hook.XDP : Hook.TC;
        return Files.exists(link(other, link.number, link.interfaceName));
    }

    private static boolean isLink(Libbpf bpf, Path file, Hook hook) {
        int fd = bpf.pinned(file.toString());
        if (fd < 0) {
            return false;
        }
        try {
            return PinExamination.isLink(fd, hook);
        } finally {
            bpf.closeDescriptor(fd);
        }
    }

    /** What the name of a link says. */
    private record Known(Hook hook, int number, String interfaceName) {
        /** Null: it is not the name of one. */
        static @Nullable Known of(String file) {
            String[] parts = file.split("-", -1);
            boolean tc = LINK.equals(parts[0] + "-");
            if (parts.length != 3 || !(tc || XDP_LINK.equals(parts[0] + "-"))) {
                return null;
            }
            try {
                int number = Integer.parseInt(parts[1]);
                String name = new String(HexFormat.of().parseHex(parts[2]), StandardCharsets.UTF_8);
                boolean possible = number > 0 && number < KernelMaps.PORTS && !name.isEmpty();
                return possible ? new Known(tc ? Hook.TC : Hook.XDP, number, name) : null;
            } catch (IllegalArgumentException e) {
                return null;
            }
        }
    }

    private List<Path> files() throws PortException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new PortException("fast path: " + directory + " cannot be read: " + e.getMessage()
                    + "; remove it with: sluice uninstall");
        }
    }

    private Path link(Hook hook, int number, String interfaceName) {
        String hex = HexFormat.of().formatHex(interfaceName.getBytes(StandardCharsets.UTF_8));
        return directory.resolve((hook == Hook.XDP ? XDP_LINK : LINK) + number + "-" + hex);
    }

    /** Numbers of ports by name, as they were when they were attached. */
    Map<String, Integer> numbers() throws PortException {
        Map<String, Integer> all = new LinkedHashMap<>();
        for (Path file : files()) {
            Known known = Known.of(String.valueOf(file.getFileName()));
            if (known != null) {
                all.put(known.interfaceName, known.number);
            }
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

    /** A descriptor of the link that was left for a port, if it is one to this interface; else negative. */
    int link(Libbpf bpf, Hook hook, int number, String interfaceName, int interfaceIndex) {
        Path file = link(hook, number, interfaceName);
        int fd = Files.exists(file) ? bpf.pinned(file.toString()) : -ENOENT;
        if (fd >= 0 && !PinExamination.isLink(fd, hook, interfaceIndex)) {
            bpf.closeDescriptor(fd);
            return -ENOENT;
        }
        return fd;
    }

    /** Identifier of the program that was left for a port at this interface; negative: there is none. */
    int linkedProgram(Libbpf bpf, Hook hook, int number, String interfaceName, int interfaceIndex) {
        int fd = link(bpf, hook, number, interfaceName, interfaceIndex);
        if (fd < 0) {
            return fd;
        }
        int id = PinExamination.number(PinExamination.said(fd), "prog_id");
        bpf.closeDescriptor(fd);
        return id;
    }

    void forgetLink(Hook hook, int number, String interfaceName) {
        delete(link(hook, number, interfaceName));
    }

    void forgetLinks(int number, String interfaceName) {
        forgetLink(Hook.TC, number, interfaceName);
        forgetLink(Hook.XDP, number, interfaceName);
    }

    /**
     * Removes the links of an interface, whatever its number; whether there were some.
     *
     * @throws PortException if one stays, whose program goes on
     */
    boolean forgetLinksOf(String interfaceName) throws PortException {
        List<Path> links = new ArrayList<>();
        for (Path file : files()) {
            Known known = Known.of(String.valueOf(file.getFileName()));
            if (known != null && known.interfaceName.equals(interfaceName)) {
                links.add(file);
            }
        }
        deleteSurely(links);
        undoSettings(interfaceName::equals);
        return !links.isEmpty();
    }

    /** Lets go of the maps by their names; programs that are attached go on with them until they are replaced. */
    void forgetMaps() {
        Program.MAPS.forEach(map -> delete(directory.resolve(map)));
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

    /** Removes all that can be removed, then tells of what cannot. */
    private static void deleteSurely(List<Path> files) throws PortException {
        List<String> staying = new ArrayList<>();
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                staying.add(file + " (" + e.getClass().getSimpleName() + ")");
            }
        }
        if (!staying.isEmpty()) {
            throw new PortException(
                    "fast path: what has to go cannot be removed: " + String.join(", ", staying) + "; as root: rm -r");
        }
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
