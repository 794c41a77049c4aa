package dev.sluice.model;

import dev.sluice.model.ServiceChain.Hop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of paths: {@code chain[fw-1,ips-2]}, with a list of its own for the reverse direction {@code chain[fw-1,ips-2;fw-1]}, and whether there is such a path. Stateless.
 */
final class PathNames {
    /** Largest service path identifier: 24 bits (RFC 8300 2.3). */
    static final int IDENTIFIER_MAX = (1 << 24) - 1;

    private static final Pattern NAME = Pattern.compile("([^\\[]+)\\[([^;\\]]*)(;[^;\\]]*)?]");

    private PathNames() {}

    /** Whether a text has the form of a name. */
    static boolean isName(String text) {
        Matcher parts = NAME.matcher(text);
        if (!parts.matches() || !Checks.isName(parts.group(1))) {
            return false;
        }
        List<String> all = new ArrayList<>(instances(parts.group(2)));
        Optional.ofNullable(parts.group(3)).ifPresent(reverse -> all.addAll(instances(reverse.substring(1))));
        return !all.isEmpty() && all.stream().allMatch(Checks::isName);
    }

    private static List<String> instances(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(",", -1));
    }

    /** Why there is no such path of a chain; empty if there is. */
    static Optional<String> wrong(String name, ServiceChain chain, Configuration all) {
        Matcher parts = NAME.matcher(name);
        if (!parts.matches()) {
            return Optional.of("is not the name of a path");
        }
        boolean ownReverse = parts.group(3) != null;
        if (ownReverse != chain.spec().reverse().isPresent()) {
            return Optional.of(chain.title()
                    + (ownReverse
                            ? " has no list of its own for the reverse direction, so no ';' belongs there"
                            : " has a list of its own for the reverse direction, which belongs behind a ';'"));
        }
        Map<String, String> ofService = new HashMap<>();
        Optional<String> wrong = wrong(instances(parts.group(2)), chain.spec().hops(), ofService, all);
        if (wrong.isPresent() || !ownReverse) {
            return wrong;
        }
        return wrong(
                instances(parts.group(3).substring(1)), chain.spec().reverse().orElseThrow(), ofService, all);
    }

    private static Optional<String> wrong(
            List<String> instances, List<Hop> hops, Map<String, String> ofService, Configuration all) {
        if (instances.size() != hops.size()) {
            return Optional.of("names " + instances.size() + " instances in a direction for which the chain has "
                    + hops.size() + " services");
        }
        for (int i = 0; i < hops.size(); i++) {
            String name = instances.get(i);
            String service = hops.get(i).service();
            boolean fits = all.instancesOf(service).stream()
                    .anyMatch(instance -> instance.name().equals(name));
            if (!fits) {
                return Optional.of(name + " is no ServiceInstance of Service/" + service + ", which stands there");
            }
            if (!ofService.computeIfAbsent(service, _ -> name).equals(name)) {
                return Optional.of("has two instances of Service/" + service + "; both directions have the same one");
            }
        }
        return Optional.empty();
    }
}
