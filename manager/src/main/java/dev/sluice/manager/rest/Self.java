package dev.sluice.manager.rest;

import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.Election.Standing;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a manager knows of itself. Any thread.
 *
 * @param store how people name where objects are kept
 * @param standing asked whether it leads
 * @param storeBytes asked how much the store takes on disk
 */
public record Self(String store, Supplier<Standing> standing, LongSupplier storeBytes) {
    /** Of a manager that has its store for itself. */
    public static Self alone(String store) {
        return new Self(store, () -> new Standing("", true, "", 0), () -> 0);
    }

    /** One line for people. */
    String words() {
        Standing now = standing.get();
        return "store: " + store + "\nrole: "
                + switch (role(now)) {
                    case "only" -> "the only manager";
                    case "leader" -> "leader, " + now.manager() + ", in term " + now.term();
                    default ->
                        now.manager() + " stands by; "
                                + (now.leader().isEmpty() ? "nobody leads" : now.leader() + " leads");
                }
                + "\n";
    }

    private static String role(Standing now) {
        return now.manager().isEmpty() ? "only" : now.leads() ? "leader" : "standby";
    }

    /** The same for programs. */
    ObjectNode tree() {
        Standing now = standing.get();
        ObjectNode tree = Trees.object();
        tree.put("role", role(now));
        if (!now.manager().isEmpty()) {
            tree.put("name", now.manager());
            tree.put("leader", now.leader());
            tree.put("term", now.term());
        }
        return tree.put("store", store);
    }

    /** In the Prometheus text format 0.0.4. */
    String metrics(long revision) {
        Standing now = standing.get();
        return metric(
                        "sluice_manager_leads",
                        "gauge",
                        "1 if this manager leads, 0 if it stands by.",
                        now.leads() ? 1 : 0)
                + metric(
                        "sluice_manager_term",
                        "gauge",
                        "Number of the term of whoever leads; 0 if there is one manager, or nobody leads.",
                        now.term())
                + metric("sluice_manager_store_revision", "counter", "The newest version of all objects.", revision)
                + metric(
                        "sluice_manager_store_bytes",
                        "gauge",
                        "What the store takes on disk; of a cluster, on one member.",
                        storeBytes.getAsLong());
    }

    private static String metric(String name, String type, String help, long value) {
        return "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n" + name + " " + value + "\n";
    }
}
