package dev.sluice.manager.metrics;

import dev.sluice.controller.AgentFigures;
import dev.sluice.manager.objects.Inventory;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What one scrape of a manager sees.
 *
 * @param uptimeS since it started, s
 * @param leads whether it is the manager that serves agents
 * @param term number of the term of whoever leads; 0: there is one manager, or nobody leads
 * @param objects how many there are of each kind
 * @param checks as {@code /readyz} does them
 * @param agents of the nodes that this manager serves; none if it serves no agents
 * @param certificates when each expires
 * @param requests what it was asked
 */
public record ManagerScrape(
        double uptimeS,
        boolean leads,
        long term,
        long revision,
        long storeBytes,
        Map<String, Long> objects,
        List<Inventory.Check> checks,
        List<AgentFigures> agents,
        List<Expiry> certificates,
        RequestFigures requests) {
    /**
     * When a certificate expires.
     *
     * @param of {@code authority}, {@code rest}, {@code callbacks} or {@code node}
     * @param node name of the node; empty for the others
     */
    public record Expiry(String of, String node, Instant at) {}

    /** Copies what could change. */
    public ManagerScrape {
        objects = Map.copyOf(objects);
        checks = List.copyOf(checks);
        agents = List.copyOf(agents);
        certificates = List.copyOf(certificates);
    }
}
