package dev.sluice.model;

import dev.sluice.model.ServiceChain.Hop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts what service profiles say into the hops of the chains that name them, so that nobody behind has to look: each hop then has the name of a Service. Stateless.
 *
 * <p>What a hop itself says overrides its profile, which overrides service and chain.
 */
final class AppliedProfiles {
    private AppliedProfiles() {}

    /** The same objects with such chains; a chain to which this was done already is left as it is. */
    static List<Resource> in(List<? extends Resource> resources) {
        Map<String, ServiceProfile> profiles = new HashMap<>();
        for (Resource resource : resources) {
            if (resource instanceof ServiceProfile profile) {
                profiles.put(profile.name(), profile);
            }
        }
        if (profiles.isEmpty()) {
            return List.copyOf(resources);
        }
        List<Resource> applied = new ArrayList<>(resources.size());
        for (Resource resource : resources) {
            applied.add(resource instanceof ServiceChain chain ? applied(chain, profiles) : resource);
        }
        return List.copyOf(applied);
    }

    private static ServiceChain applied(ServiceChain chain, Map<String, ServiceProfile> profiles) {
        return new ServiceChain(
                chain.metadata(),
                chain.spec()
                        .withHops(
                                applied(chain.spec().hops(), profiles),
                                chain.spec().reverse().map(hops -> applied(hops, profiles))));
    }

    private static List<Hop> applied(List<Hop> hops, Map<String, ServiceProfile> profiles) {
        return hops.stream().map(hop -> applied(hop, profiles)).toList();
    }

    private static Hop applied(Hop hop, Map<String, ServiceProfile> profiles) {
        ServiceProfile profile = hop.profile().isPresent() ? null : profiles.get(hop.service());
        return profile == null ? hop : hop.by(profile);
    }
}
