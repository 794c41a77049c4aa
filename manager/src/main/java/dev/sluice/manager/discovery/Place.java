package dev.sluice.manager.discovery;

import java.util.Comparator;
import java.util.Optional;

/**
 * Where something was found.
 *
 * @param node host
 * @param in its interface; of a service node, of side in
 * @param out of a service node with two interfaces, that of side out
 */
record Place(String node, String in, Optional<String> out) implements Comparable<Place> {
    private static final Comparator<Place> ORDER = Comparator.comparing(Place::node)
            .thenComparing(Place::in)
            .thenComparing(place -> place.out().orElse(""));

    /** One interface. */
    static Place of(String node, String interfaceName) {
        return new Place(node, interfaceName, Optional.empty());
    }

    @Override
    public int compareTo(Place other) {
        return ORDER.compare(this, other);
    }

    /** {@code node/interface}, as people see it. */
    @Override
    public String toString() {
        return node + "/" + in
                + out.filter(name -> !name.equals(in))
                        .map(name -> " and " + name)
                        .orElse("");
    }
}
