package dev.sluice.manager.rest;

import java.util.Locale;
import java.util.Set;

/** What a client says of the formats that it takes (RFC 9110 12.4.2, 12.5.1). Stateless. */
final class AcceptHeader {
    private static final Set<String> JSON = Set.of("application/json");
    private static final Set<String> YAML = Set.of("application/yaml", "application/x-yaml", "text/yaml");

    /** Which of several ranges counts: the one that says most. */
    private static final int NONE = 0;

    private static final int ANYTHING = 1;
    private static final int ANY_OF_KIND = 2;
    private static final int EXACTLY = 3;

    private AcceptHeader() {}

    /** Whether it would rather have YAML than JSON; who wants both alike gets JSON. */
    static boolean prefersYaml(String header) {
        return weight(header, YAML) > weight(header, JSON);
    }

    /** In thousandths, 0..1000; 0: not wanted. */
    private static int weight(String header, Set<String> types) {
        int best = NONE;
        int weight = 0;
        for (String range : header.toLowerCase(Locale.ROOT).split(",", -1)) {
            String[] parts = range.split(";", -1);
            int fit = fit(parts[0].strip(), types);
            if (fit > best) {
                best = fit;
                weight = weight(parts);
            } else if (fit == best && fit != NONE) {
                weight = Math.max(weight, weight(parts));
            }
        }
        return weight;
    }

    private static int fit(String range, Set<String> types) {
        if (types.contains(range)) {
            return EXACTLY;
        }
        if (range.equals("*/*")) {
            return ANYTHING;
        }
        return range.endsWith("/*")
                        && types.stream().anyMatch(type -> type.startsWith(range.substring(0, range.length() - 1)))
                ? ANY_OF_KIND
                : NONE;
    }

    /** Of the parameters of a range; one that cannot be read counts as not wanted. */
    private static int weight(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip();
            if (parameter.startsWith("q=")) {
                String value = parameter.substring(2);
                return value.matches("0(\\.[0-9]{0,3})?|1(\\.0{0,3})?")
                        ? (int) Math.round(Double.parseDouble(value) * 1_000)
                        : 0;
            }
        }
        return 1_000;
    }
}
