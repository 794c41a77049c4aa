package dev.sluice.model;

import dev.sluice.model.ServiceChain.Hop;
import dev.sluice.model.VendorTemplate.Parameter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What has to hold between service profiles, their templates, services and the chains that name either. */
final class ServiceProfileChecks {
    private final Configuration all;
    private final Set<String> services;

    /** @param declared names by kind, also of objects that have problems of their own */
    ServiceProfileChecks(Configuration all, Map<Kind, Map<String, Document>> declared) {
        this.all = all;
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
        template(profile).ifPresent(template -> check(profile.spec(), template, at));
    }

    private Optional<VendorTemplate> template(ServiceProfile profile) {
        return profile.spec()
                .template()
                .flatMap(name -> all.find(Kind.VENDOR_TEMPLATE, name))
                .map(VendorTemplate.class::cast);
    }

    private static void check(ServiceProfile.Spec profile, VendorTemplate template, Document at) {
        List<String> names =
                template.spec().parameters().stream().map(Parameter::name).toList();
        profile.parameters().forEach((name, value) -> {
            String path = "spec.parameters." + name;
            Optional<Parameter> parameter = template.spec().parameter(name);
            if (parameter.isEmpty()) {
                at.error(
                        path,
                        "is no parameter of " + template.title() + Spelling.hint(name, names),
                        names.isEmpty() ? "none" : String.join(", ", names));
            } else if (!parameter.get().allows(value)) {
                at.error(
                        path,
                        "is no value that " + template.title() + " allows",
                        parameter.get().allowed());
            }
        });
        for (Parameter parameter : template.spec().parameters()) {
            if (parameter.fallback().isEmpty() && !profile.parameters().containsKey(parameter.name())) {
                at.error(
                        "spec.parameters",
                        "lacks " + parameter.name() + ", for which " + template.title() + " has no default",
                        parameter.name() + ": " + parameter.allowed());
            }
        }
        profile.action().ifPresent(action -> check("spec.action", action, template, at));
    }

    private static void check(String path, ServiceAction action, VendorTemplate template, Document at) {
        List<ServiceAction> actions = template.spec().actions();
        if (!actions.isEmpty() && !actions.contains(action)) {
            at.error(
                    path,
                    "is " + action.word() + ", which " + template.title() + " does not have",
                    Types.join(actions));
        }
    }

    /** A direction passes each service once, in one way that its template has. */
    void check(ServiceChain chain, Document at) {
        check("spec.profiles", chain.spec().hops(), at);
        check("spec.reverse", chain.spec().reverse().orElse(List.of()), at);
    }

    private void check(String list, List<Hop> hops, Document at) {
        List<String> services = hops.stream().map(Hop::service).toList();
        for (int i = 0; i < services.size(); i++) {
            if (services.indexOf(services.get(i)) < i) {
                at.error(
                        list + "[" + i + "]",
                        "leads to Service/" + services.get(i) + ", which the list has already",
                        "each service once, itself or by one of its profiles");
            }
            String path = list + "[" + i + "].action";
            Hop hop = hops.get(i);
            Optional<VendorTemplate> template = hop.profile()
                    .flatMap(name -> all.find(Kind.SERVICE_PROFILE, name))
                    .flatMap(profile -> template((ServiceProfile) profile));
            if (template.isPresent() && at.name(path) != null) {
                hop.action().ifPresent(action -> check(path, action, template.get(), at));
            }
        }
    }
}
