package dev.sluice.fastpath;

import dev.sluice.ports.LinkInfo;
import dev.sluice.ports.LinkMonitor;
import dev.sluice.ports.PortException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a process that has ended left in the kernel, to be removed. Immutable; for control threads.
 *
 * @param directory of its pins
 */
public record Leftovers(Path directory) {
    /** What there is, in words. */
    public String describe() throws PortException {
        return "attached to " + String.join(", ", interfaceNames());
    }

    /** The interfaces at which there are programs, sorted; none if there is no such directory. */
    public SortedSet<String> interfaceNames() throws PortException {
        return Files.isDirectory(directory)
                ? new TreeSet<>(new Pins(directory).numbers().keySet())
                : new TreeSet<>();
    }

    /** Takes the programs at an interface away, which somebody is about to use without them; whether there were some. */
    public boolean release(String interfaceName) throws PortException {
        return Files.isDirectory(directory) && new Pins(directory).forgetLinksOf(interfaceName);
    }

    /**
     * Removes all of it.
     *
     * @param here whether it belongs to the network namespace of the calling thread, whose devices go too
     * @return what was removed, in words
     */
    public List<String> remove(boolean here) throws PortException {
        if (here) {
            new Pins(directory).undoSettings(_ -> true);
        }
        List<String> said = removeFiles();
        if (here) {
            said.addAll(removeDevices());
        } else {
            said.add("what is left in the network namespace " + directory.getFileName()
                    + " but for the interfaces " + PuntDevice.FROM + " and " + PuntDevice.TO
                    + ", which go with it, or with: ip link del " + PuntDevice.FROM);
        }
        return said;
    }

    /** Removes the directory and what is in it: programs and maps, unless something else holds them; what that was, in words. */
    public List<String> removeFiles() throws PortException {
        List<String> said = new ArrayList<>();
        Pins pins = new Pins(directory);
        pins.numbers().keySet().forEach(name -> said.add("the program at interface " + name));
        if (pins.isThere()) {
            said.add("the maps in " + directory);
        }
        pins.remove();
        if (Files.exists(directory)) {
            throw new PortException("it cannot be removed; as root: rm -r " + directory);
        }
        return said;
    }

    /**
     * Whether something is left in the network namespace of the calling thread that no directory tells of: devices, programs.
     *
     * @throws PortException if interfaces cannot be listed
     */
    public static boolean areUnnamed() throws PortException {
        return LinkMonitor.read(PuntDevice.FROM).isPresent()
                || !programs(FastPath.library()).isEmpty();
    }

    /**
     * Removes that; to be called by who has the fast path of the namespace, so that no running process has it.
     *
     * @return what was removed, in words
     */
    public static List<String> removeUnnamed() throws PortException {
        List<String> said = new ArrayList<>();
        Libbpf bpf = FastPath.library();
        for (Map.Entry<LinkInfo, List<AttachedPrograms.Found>> each :
                programs(bpf).entrySet()) {
            for (AttachedPrograms.Found found : each.getValue()) {
                AttachedPrograms.detach(
                        Objects.requireNonNull(bpf),
                        found,
                        each.getKey().name(),
                        each.getKey().index());
                said.add("the program " + found.words() + " at interface "
                        + each.getKey().name());
            }
        }
        said.addAll(removeDevices());
        return said;
    }

    /** Takes those programs at an interface away that no directory tells of; what they were, in words. */
    public static List<String> releaseUnnamed(String interfaceName) throws PortException {
        List<String> said = new ArrayList<>();
        Libbpf bpf = FastPath.library();
        Optional<LinkInfo> link = LinkMonitor.read(interfaceName);
        if (bpf != null && link.isPresent()) {
            for (AttachedPrograms.Found found :
                    AttachedPrograms.oursAt(bpf, link.get().index())) {
                AttachedPrograms.detach(bpf, found, interfaceName, link.get().index());
                said.add(found.words());
            }
        }
        return said;
    }

    /** Ours, by interface; none without the library, which nobody can have left programs without. */
    private static Map<LinkInfo, List<AttachedPrograms.Found>> programs(@Nullable Libbpf bpf) throws PortException {
        Map<LinkInfo, List<AttachedPrograms.Found>> all = new LinkedHashMap<>();
        if (bpf == null) {
            return all;
        }
        try (LinkMonitor monitor = LinkMonitor.open()) {
            for (LinkInfo link : monitor.links()) {
                List<AttachedPrograms.Found> ours = AttachedPrograms.oursAt(bpf, link.index());
                if (!ours.isEmpty()) {
                    all.put(link, ours);
                }
            }
        }
        return all;
    }

    private static List<String> removeDevices() throws PortException {
        if (LinkMonitor.read(PuntDevice.FROM).isEmpty()) {
            return List.of();
        }
        int answer = PuntDevice.make().remove();
        if (answer < 0) {
            throw Program.trouble("removing " + PuntDevice.FROM, answer);
        }
        return List.of("the interfaces " + PuntDevice.FROM + " and " + PuntDevice.TO);
    }
}
