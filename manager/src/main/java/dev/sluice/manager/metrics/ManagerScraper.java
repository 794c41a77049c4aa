package dev.sluice.manager.metrics;

import dev.sluice.controller.AgentFigures;
import dev.sluice.controller.Controller;
import dev.sluice.manager.enrolment.Enrolments;
import dev.sluice.manager.metrics.ManagerScrape.Expiry;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.store.Election.Standing;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Asks the parts of a manager what a scrape is to say. Any thread. */
public final class ManagerScraper {
    private static final double NS_PER_S = 1e9;
    private static final long CONTROLLER_S = 2;

    private final long startNs = System.nanoTime();
    private final Inventory inventory;
    private final Supplier<Standing> standing;
    private final LongSupplier storeBytes;
    private final Supplier<Optional<Controller>> controller;
    private final Optional<Enrolments> enrolments;
    private final List<Expiry> shown;

    /**
     * What it asks.
     *
     * @param standing whether it leads
     * @param storeBytes what the store takes on disk
     * @param controller of the agents that this manager serves now; empty: it serves none
     * @param enrolments of hosts; empty: it enrols none
     * @param shown when certificates expire that were made elsewhere, and what they are of
     */
    public ManagerScraper(
            Inventory inventory,
            Supplier<Standing> standing,
            LongSupplier storeBytes,
            Supplier<Optional<Controller>> controller,
            Optional<Enrolments> enrolments,
            List<Expiry> shown) {
        this.inventory = inventory;
        this.standing = standing;
        this.storeBytes = storeBytes;
        this.controller = controller;
        this.enrolments = enrolments;
        this.shown = List.copyOf(shown);
    }

    /** What there is to say now. */
    public ManagerScrape scrape(RequestFigures requests) throws InterruptedException {
        Inventory.All all = inventory.all();
        Standing now = standing.get();
        Map<String, Long> objects = new HashMap<>();
        for (ManagedObject object : all.objects()) {
            objects.merge(object.kind().word(), 1L, Long::sum);
        }
        return new ManagerScrape(
                (System.nanoTime() - startNs) / NS_PER_S,
                now.leads(),
                now.term(),
                all.revision(),
                storeBytes.getAsLong(),
                objects,
                inventory.checks(),
                agents(),
                certificates(),
                requests);
    }

    /** A controller that is busy for long is left out: a scrape does not wait for it. */
    private List<AgentFigures> agents() throws InterruptedException {
        Optional<Controller> asked = controller.get();
        if (asked.isEmpty()) {
            return List.of();
        }
        CompletableFuture<List<AgentFigures>> answer = new CompletableFuture<>();
        asked.get().ask(distribution -> answer.complete(distribution.agents()));
        try {
            return answer.get(CONTROLLER_S, TimeUnit.SECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return List.of();
        }
    }

    private List<Expiry> certificates() {
        List<Expiry> all = new ArrayList<>(shown);
        enrolments.ifPresent(hosts -> {
            all.add(new Expiry(
                    "authority",
                    "",
                    hosts.authority().certificate().getNotAfter().toInstant()));
            hosts.list().stream()
                    .filter(each ->
                            each.state().equals("enrolled") || each.state().equals("expired"))
                    .forEach(each -> all.add(new Expiry("node", each.node(), each.until())));
        });
        return all;
    }
}
