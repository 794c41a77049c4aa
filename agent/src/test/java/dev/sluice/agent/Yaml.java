package dev.sluice.agent;

import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;

/** Short ways to write objects. */
public final class Yaml {
    private Yaml() {}

    public static Configuration parse(String... documents) {
        LoadResult result = ConfigurationLoader.parse("test.yaml", text(documents));
        return result.configuration().orElseThrow(() -> new AssertionError(result.problems()));
    }

    public static String text(String... documents) {
        return String.join("---\n", documents);
    }

    public static String object(String kind, String name, String spec) {
        return "apiVersion: sluice.dev/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec + "\n";
    }

    public static String firewall() {
        return object("Service", "firewall", "{transport: raw}");
    }

    public static String instance(String name, String more) {
        return object(
                "ServiceInstance",
                name,
                "{service: firewall, interfaces: {in: " + name + "-in, out: " + name + "-out}" + more + "}");
    }

    public static String chain(String onFailure) {
        return object("ServiceChain", "inspect", "{profiles: [firewall], onFailure: " + onFailure + "}");
    }

    public static String policy(String rules) {
        return object("ServicePolicy", "web", "{appliedTo: [edge/left, edge/right], rules: [" + rules + "]}");
    }

    public static String inspectAll() {
        return policy("{name: all, match: {}, action: {chain: inspect}}");
    }

    /** One bridge firewall between two ports of one subnet. */
    public static String bridge() {
        return text(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
    }
}
