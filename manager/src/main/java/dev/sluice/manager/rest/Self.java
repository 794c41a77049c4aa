package dev.sluice.manager.rest;

import dev.sluice.manager.metrics.ManagerMetric;
import dev.sluice.manager.metrics.ManagerScrape;
import dev.sluice.manager.metrics.RequestFigures;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.Election.Standing;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a manager knows of itself. Any thread.
 *
 * @param store how people name where objects are kept
 * @param standing asked whether it leads
 * @param scraping asked for what is measured
 */
public record Self(String store, Supplier<Standing> standing, Scraping scraping) {
    /** Collects what is measured. */
    @FunctionalInterface
    public interface Scraping {
        /** What there is now, beside what was asked of the manager. */
        ManagerScrape scrape(RequestFigures requests) throws InterruptedException;
    }

    /** Of a manager that has its store for itself. */
    public static Self alone(String store) {
        return new Self(
                store,
                () -> new Standing("", true, "", 0),
                requests -> new ManagerScrape(0, true, 0, 0, 0, Map.of(), List.of(), List.of(), List.of(), requests));
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
    String metrics(RequestFigures requests) throws InterruptedException {
        return ManagerMetric.text(scraping.scrape(requests));
    }
}
