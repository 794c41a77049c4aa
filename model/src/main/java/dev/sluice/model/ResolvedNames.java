package dev.sluice.model;

import dev.sluice.model.ServiceChain.Hop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Puts what vendor templates say into their service profiles, and what these say into the hops of the chains that name them, and the number of their plane into chains with an attachment, so that nobody behind has to look: each profile and each hop then
 * has the name of a Service. Stateless.
 *
 * <p>What a hop itself says overrides its profile, which overrides template, service and chain.
 */
final class ResolvedNames {
    private ResolvedNames() {}

    /** The same objects with such profiles and chains; those to which this was done already are left as they are. */
    static List<Resource> in(List<? extends Resource> resources) {
        Map<String, VendorTemplate> templates = new HashMap<>();
        for (Resource resource : resources) {
            if (resource instanceof VendorTemplate template) {
                templates.put(template.name(), template);
            }
        }
        Map<String, ServiceProfile> profiles = new HashMap<>();
        for (Resource resource : resources) {
            if (resource instanceof ServiceProfile profile) {
                profiles.put(profile.name(), applied(profile, templates));
            }
        }
        Map<String, ServiceAttachment> attachments = new HashMap<>();
        for (Resource resource : resources) {
            if (resource instanceof ServiceAttachment attachment) {
                attachments.put(attachment.name(), attachment);
            }
        }
        if (profiles.isEmpty() && attachments.isEmpty()) {
            return List.copyOf(resources);
        }
        List<Resource> applied = new ArrayList<>(resources.size());
        for (Resource resource : resources) {
            applied.add(
                    switch (resource) {
                        case ServiceProfile profile -> applied(profile, templates);
                        case ServiceChain chain -> applied(on(chain, attachments), profiles);
                        default -> resource;
                    });
        }
        return List.copyOf(applied);
    }

    private static ServiceProfile applied(ServiceProfile profile, Map<String, VendorTemplate> templates) {
        return profile.spec()
                .template()
                .map(templates::get)
                .map(template ->
                        new ServiceProfile(profile.metadata(), profile.spec().by(template.spec())))
                .orElse(profile);
    }

    private static ServiceChain on(ServiceChain chain, Map<String, ServiceAttachment> attachments) {
        return chain.spec()
                .attachment()
                .map(attachments::get)
                .map(attachment ->
                        new ServiceChain(chain.metadata(), chain.spec().on(attachment.spec())))
                .orElse(chain);
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
        return profile == null || profile.spec().service().isEmpty() ? hop : hop.by(profile);
    }
}
