package dev.sluice.model;

import dev.sluice.model.ServiceChain.Hop;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What has to hold between service profiles, services and the chains that name either. */
final class ServiceProfileChecks {
    private final Set<String> services;

    /** @param declared names by kind, also of objects that have problems of their own */
    ServiceProfileChecks(Map<Kind, Map<String, Document>> declared) {
        services = declared.getOrDefault(Kind.SERVICE, Map.of()).keySet();
    }

    void check(ServiceProfile profile, Document at) {
        if (services.contains(profile.name())) {
            at.error(
                    "metadata.name",
                    "is the name of Service/" + profile.name()
                            + " too, so chains that name it would not say which of both they mean",
                    "a name that no Service has");
        }
    }

    /** A direction passes each service once, in one way. */
    static void check(ServiceChain chain, Document at) {
        check("spec.profiles", chain.spec().hops(), at);
        check("spec.reverse", chain.spec().reverse().orElse(List.of()), at);
    }

    private static void check(String list, List<Hop> hops, Document at) {
        List<String> services = hops.stream().map(Hop::service).toList();
        for (int i = 0; i < services.size(); i++) {
            if (services.indexOf(services.get(i)) < i) {
                at.error(
                        list + "[" + i + "]",
                        "leads to Service/" + services.get(i) + ", which the list has already",
                        "each service once, itself or by one of its profiles");
            }
        }
    }
}
