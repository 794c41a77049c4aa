package dev.sluice.model;

import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * One way in which the nodes of a service are used (V16, V17): chains name it in place of the service. Nodes are told of it by their service manager; packets do not say it.
 *
 * @param metadata the name is the one that chains use; no Service has it
 * @param spec what is different from how the service is used otherwise
 */
public record ServiceProfile(Metadata metadata, Spec spec) implements Resource {
    /** Most parameters of one profile. */
    public static final int PARAMETERS_MAX = 64;

    /** Longest value of a parameter, in characters. */
    public static final int VALUE_LENGTH_MAX = 1_024;

    @Override
    public Kind kind() {
        return Kind.SERVICE_PROFILE;
    }

    /**
     * What is different.
     *
     * @param service name of the Service; of a profile with a template empty until a {@link Configuration} has looked
     * @param template name of the VendorTemplate; empty: none, parameters are anything
     * @param parameters what its nodes are to know, by name, in alphabetical order: 0..{@value #PARAMETERS_MAX}
     * @param action overrides the service's action; a chain's hop may override it
     * @param onFailure overrides the chain's failure action; a chain's hop may override it
     */
    public record Spec(
            Optional<String> service,
            Optional<String> template,
            Map<String, String> parameters,
            Optional<ServiceAction> action,
            Optional<FailureAction> onFailure) {
        /** Copies the map and checks how much there is of it. */
        public Spec {
            parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
            Checks.requireRange("number of parameters", parameters.size(), 0, PARAMETERS_MAX);
        }

        /** With the service, the default values and the usual action of its template; without values that the template does not have. */
        Spec by(VendorTemplate.Spec of) {
            Map<String, String> whole = new TreeMap<>();
            for (VendorTemplate.Parameter each : of.parameters()) {
                Optional.ofNullable(parameters.get(each.name()))
                        .or(each::fallback)
                        .ifPresent(value -> whole.put(each.name(), value));
            }
            return new Spec(
                    Optional.of(of.service()),
                    template,
                    whole,
                    action.or(() -> of.actions().stream().findFirst()),
                    onFailure);
        }
    }
}
