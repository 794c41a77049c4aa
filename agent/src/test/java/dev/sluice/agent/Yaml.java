package dev.sluice.agent;

import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;

/** Short ways to write objects. */
final class Yaml {
    private Yaml() {}

    static Configuration parse(String... documents) {
        LoadResult result = ConfigurationLoader.parse("test.yaml", text(documents));
        return result.configuration().orElseThrow(() -> new AssertionError(result.problems()));
    }

    static String text(String... documents) {
        return String.join("---\n", documents);
    }

    static String object(String kind, String name, String spec) {
        return "apiVersion: sluice.dev/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec + "\n";
    }

    static String firewall() {
        return object("Service", "firewall", "{transport: raw}");
    }

    static String instance(String name, String more) {
        return object(
                "ServiceInstance",
                name,
                "{service: firewall, interfaces: {in: " + name + "-in, out: " + name + "-out}" + more + "}");
    }

    static String chain(String onFailure) {
        return object("ServiceChain", "inspect", "{profiles: [firewall], onFailure: " + onFailure + "}");
    }

    static String policy(String rules) {
        return object("ServicePolicy", "web", "{appliedTo: [edge/left, edge/right], rules: [" + rules + "]}");
    }

    static String inspectAll() {
        return policy("{name: all, match: {}, action: {chain: inspect}}");
    }

    /** One bridge firewall between two ports of one subnet. */
    static String bridge() {
        return text(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
    }
}
