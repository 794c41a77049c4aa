package dev.sluice.manager.discovery;

import dev.sluice.manager.discovery.Found.FoundPort;
import dev.sluice.model.PortProfile;
import dev.sluice.southbound.Lookout;
import dev.sluice.southbound.Selector;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What objects say about discovery: whom to find, and what is found already.
 *
 * @param profiles those that interfaces get by themselves, by name
 * @param nodes service nodes to be found, by name of their instance
 * @param ports ports that discovery made, by name
 * @param revisions of the objects of these ports, by name
 * @param taken interfaces that others have written down, as {@code node/interface}, or {@code /interface} for any node
 * @param foreign names of ports that others have written
 * @param ownSegment names of discovered ports whose segment somebody else has chosen
 */
record Sought(
        List<Profile> profiles,
        Map<String, Instance> nodes,
        Map<String, FoundPort> ports,
        Map<String, Long> revisions,
        Set<String> taken,
        Set<String> foreign,
        Set<String> ownSegment) {
    /** Nothing. */
    static final Sought NOTHING = new Sought(List.of(), Map.of(), Map.of(), Map.of(), Set.of(), Set.of(), Set.of());

    /**
     * A profile.
     *
     * @param tenant that it belongs to; empty: all share it
     */
    record Profile(String name, String tenant, PortProfile.Spec spec, PortProfile.Discover discover) {}

    /**
     * A service node.
     *
     * @param tenant that it belongs to; empty: all share it
     * @param uid of its object, which another one of the same name does not have
     * @param identifier what it calls itself
     * @param only the host that somebody wants it on
     * @param twoSided whether somebody wrote something about its side out
     * @param found where it was found
     */
    record Instance(
            String name,
            String tenant,
            String uid,
            String identifier,
            Optional<String> only,
            boolean twoSided,
            Optional<Place> found) {
        /** Whether a profile of this tenant may say which interfaces lead to it: one that those wrote who run the network for all, or one of its own. */
        boolean isFoundBy(String profileTenant) {
            return profileTenant.isEmpty() || profileTenant.equals(tenant);
        }
    }

    /** Whether an interface is somebody's already. */
    boolean isTaken(String node, String interfaceName) {
        return taken.contains(node + "/" + interfaceName) || taken.contains("/" + interfaceName);
    }

    /** What agents are to look for. */
    Lookout lookout() {
        Lookout.Builder lookout = Lookout.newBuilder().setMarks(!nodes.isEmpty());
        Set<String> said = new TreeSet<>();
        for (Profile profile : profiles) {
            var selector = profile.discover().selector();
            if (said.add(selector.toString())) {
                lookout.addSelectors(Selector.newBuilder()
                        .addAllInterfaces(selector.interfaces())
                        .addAllMacs(selector.macs())
                        .addAllAliases(selector.aliases()));
            }
        }
        return lookout.build();
    }
}
