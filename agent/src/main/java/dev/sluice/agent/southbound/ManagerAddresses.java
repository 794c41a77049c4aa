package dev.sluice.agent.southbound;

import java.util.List;
import java.util.stream.Collectors;

/** Where the managers of a network are reached by agents, of which one serves them, and which one is tried. One user: the stream's thread; names of all for any. */
public final class ManagerAddresses {
    private final List<ManagerAddress> all;
    private int current;

    /**
     * At least one, the first is tried first.
     *
     * @throws IllegalArgumentException if there is none
     */
    public ManagerAddresses(List<ManagerAddress> all) {
        if (all.isEmpty()) {
            throw new IllegalArgumentException("no manager");
        }
        this.all = List.copyOf(all);
    }

    /** Just one. */
    public static ManagerAddresses of(ManagerAddress one) {
        return new ManagerAddresses(List.of(one));
    }

    /** The one that is tried. */
    public ManagerAddress current() {
        return all.get(current);
    }

    /** All of them. */
    public List<ManagerAddress> all() {
        return all;
    }

    /** Goes on to the next one. */
    void next() {
        current = (current + 1) % all.size();
    }

    @Override
    public String toString() {
        return all.stream().map(ManagerAddress::toString).collect(Collectors.joining(","));
    }
}
