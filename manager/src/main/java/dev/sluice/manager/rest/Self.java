package dev.sluice.manager.rest;

import dev.sluice.manager.metrics.ManagerMetric;
import dev.sluice.manager.metrics.ManagerScrape;
import dev.sluice.manager.metrics.RequestFigures;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.Election;
import dev.sluice.manager.store.Election.Member;
import dev.sluice.manager.store.Election.Standing;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a manager knows of itself. Any thread.
 *
 * @param store how people name where objects are kept
 * @param standing asked whether it leads
 * @param members asked for all managers of its store
 * @param scraping asked for what is measured
 */
public record Self(String store, Supplier<Standing> standing, Supplier<List<Member>> members, Scraping scraping) {
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
                () -> List.of(new Member("", "", Election.SOFTWARE, "")),
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

    /** All managers of its store: those that were heard of lately, and whoever leads. */
    ObjectNode managers() {
        Standing now = standing.get();
        Map<String, Member> all = new TreeMap<>();
        members.get().forEach(member -> all.put(member.name(), member));
        if (!now.leader().isEmpty()) {
            all.putIfAbsent(now.leader(), new Member(now.leader(), "", "", ""));
        }
        all.putIfAbsent(now.manager(), new Member(now.manager(), "", Election.SOFTWARE, ""));
        ObjectNode tree = Trees.object();
        ArrayNode items = tree.putArray("items");
        for (Member member : all.values()) {
            boolean leads = now.manager().isEmpty() || member.name().equals(now.leader());
            ObjectNode item = items.addObject();
            item.put("name", member.name());
            item.put("role", now.manager().isEmpty() ? "only" : leads ? "leader" : "standby");
            item.put("address", member.address());
            item.put("software", member.software());
            item.put("since", member.since());
            item.put("self", member.name().equals(now.manager()));
        }
        tree.put("term", now.term());
        return tree;
    }

    /** Who knows what happened, if this manager does not: only the one that leads sees it. */
    Optional<String> elsewhere() {
        Standing now = standing.get();
        if (now.leads()) {
            return Optional.empty();
        }
        if (now.leader().isEmpty()) {
            return Optional.of("nobody leads now: ask again in a few seconds");
        }
        String address = members.get().stream()
                .filter(member -> member.name().equals(now.leader()))
                .map(member -> member.address().isEmpty() ? "" : ", at " + member.address())
                .findFirst()
                .orElse("");
        return Optional.of("ask the one that leads, " + now.leader() + address);
    }

    /** In the Prometheus text format 0.0.4. */
    String metrics(RequestFigures requests) throws InterruptedException {
        return ManagerMetric.text(scraping.scrape(requests));
    }
}
