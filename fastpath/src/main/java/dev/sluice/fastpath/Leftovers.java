package dev.sluice.fastpath;

import dev.sluice.ports.LinkMonitor;
import dev.sluice.ports.PortException;
import dev.sluice.ports.VethPair;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

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
        if (here && LinkMonitor.read(FastPath.PUNT_FROM).isPresent()) {
            int answer = VethPair.make(FastPath.PUNT_FROM, FastPath.PUNT_TO, VethPair.MTU_MAX)
                    .remove();
            if (answer < 0) {
                throw Program.trouble("removing " + FastPath.PUNT_FROM, answer);
            }
            said.add("the interfaces " + FastPath.PUNT_FROM + " and " + FastPath.PUNT_TO);
        } else if (!here) {
            said.add("what is left in the network namespace " + directory.getFileName()
                    + " but for the interfaces " + FastPath.PUNT_FROM + " and " + FastPath.PUNT_TO
                    + ", which go with it, or with: ip link del " + FastPath.PUNT_FROM);
        }
        return said;
    }
}
