package dev.sluice.manager.paths;

import dev.sluice.controller.AgentAsker;
import dev.sluice.controller.AgentWatcher;
import dev.sluice.controller.QuestionIds;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import dev.sluice.southbound.Carried;
import dev.sluice.southbound.CountPath;
import dev.sluice.southbound.HopCount;
import dev.sluice.southbound.PathCount;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What paths carry: asked of their hosts when somebody wants to know, added up, and stored nowhere. Who asks for the same path within {@link #FRESH_NS} gets the same answer, so that hosts
 * count the flows of a path at most that often. Any thread; only {@link #of} waits.
 */
public final class PathTraffic implements AgentWatcher {
    /** What was heard is told again for so long. */
    static final long FRESH_NS = 2_000_000_000L;

    /** Hosts need up to two seconds to look at all their flows. */
    static final long WAIT_MS = 3_000;

    private static final String WORD = "count-path";
    private static final int PROBLEM_MAX = 300;

    private final LongSupplier nowNs;
    private final Map<String, Count> counts = new HashMap<>();
    private @Nullable AgentAsker asker;

    /**
     * Asks nobody yet.
     *
     * @param nowNs a clock that only goes forward
     */
    public PathTraffic(LongSupplier nowNs) {
        this.nowNs = nowNs;
    }

    /** Hosts can be asked from now on. */
    public synchronized void begin(AgentAsker hosts) {
        asker = hosts;
        counts.clear();
    }

    /** Hosts can be asked no longer, unless somebody else has begun meanwhile. */
    public synchronized void end(AgentAsker hosts) {
        if (hosts.equals(asker)) {
            asker = null;
            counts.clear();
        }
    }

    /** One path being counted. One lock: that of its service. */
    private static final class Count {
        final long beganNs;
        final Map<String, Long> awaited = new TreeMap<>();
        final Map<String, Reply> heard = new TreeMap<>();
        final CompletableFuture<Boolean> done = new CompletableFuture<>();

        Count(long beganNs) {
            this.beganNs = beganNs;
        }

        void take(String node, Reply reply) {
            if (awaited.remove(node, reply.getId())) {
                heard.put(node, reply);
                end();
            }
        }

        void end() {
            if (awaited.isEmpty()) {
                done.complete(true);
            }
        }
    }

    @Override
    public synchronized void reply(String node, Reply reply) {
        counts.values().forEach(count -> count.take(node, reply));
    }

    @Override
    public synchronized void lost(String node) {
        counts.values().forEach(count -> {
            Long id = count.awaited.get(node);
            if (id != null) {
                count.take(node, problem(id, "its agent has gone"));
            }
        });
    }

    private static Reply problem(long id, String why) {
        return Reply.newBuilder().setId(id).setProblem(why).build();
    }

    /**
     * What a ServicePath carries, as the hosts say it that have its service nodes and those that its status names.
     *
     * @return empty: this manager serves no agents
     */
    public Optional<ObjectNode> of(ManagedObject path) throws InterruptedException {
        Count count = begin(path);
        if (count == null) {
            return Optional.empty();
        }
        try {
            count.done.get(WAIT_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // Whoever has not answered is said not to have.
        } catch (ExecutionException e) {
            throw new IllegalStateException("nothing fails there", e);
        }
        synchronized (this) {
            return Optional.of(tree(path, count));
        }
    }

    private @Nullable Count begin(ManagedObject path) {
        Count count;
        Map<String, Long> asked;
        AgentAsker hosts;
        synchronized (this) {
            hosts = asker;
            if (hosts == null) {
                return null;
            }
            long now = nowNs.getAsLong();
            counts.values().removeIf(each -> now - each.beganNs >= FRESH_NS + WAIT_MS * 1_000_000);
            Count before = counts.get(path.name());
            if (before != null && now - before.beganNs < FRESH_NS) {
                return before;
            }
            count = new Count(now);
            for (String node : hosts(path)) {
                count.awaited.put(node, QuestionIds.next());
            }
            counts.put(path.name(), count);
            count.end();
            asked = Map.copyOf(count.awaited);
        }
        JsonNode spec = path.tree().path("spec");
        CountPath question = CountPath.newBuilder()
                .setChain(spec.path("chain").asString(""))
                .setName(spec.path("path").asString(""))
                .build();
        asked.forEach((node, id) -> hosts.ask(
                node,
                WORD,
                Question.newBuilder().setId(id).setCountPath(question).build(),
                why -> {
                    if (!why.isEmpty()) {
                        reply(node, problem(id, why));
                    }
                }));
        return count;
    }

    /** Those of its service nodes, and those that the status lists; it lists the first {@link PathTable#NODES_MAX}. */
    private static Set<String> hosts(ManagedObject path) {
        Set<String> hosts = new HashSet<>();
        path.tree()
                .path("spec")
                .path("hops")
                .forEach(hop -> hosts.add(hop.path("node").asString("")));
        path.tree()
                .path("status")
                .path("nodes")
                .forEach(node -> hosts.add(node.path("name").asString("")));
        hosts.remove("");
        return hosts;
    }

    private static ObjectNode tree(ManagedObject path, Count count) {
        ObjectNode traffic = Trees.object();
        long flows = 0;
        long uninspected = 0;
        Carried[] sums = {Carried.getDefaultInstance(), Carried.getDefaultInstance()};
        List<ObjectNode> nodes = new ArrayList<>();
        for (Map.Entry<String, Reply> each : count.heard.entrySet()) {
            ObjectNode node = Trees.object();
            node.put("name", each.getKey());
            nodes.add(node);
            Reply reply = each.getValue();
            if (!reply.hasPathCount()) {
                String why =
                        reply.getProblem().isEmpty() ? "an answer that this manager does not know" : reply.getProblem();
                node.put("problem", Trees.shorten(why, PROBLEM_MAX));
                continue;
            }
            PathCount said = reply.getPathCount();
            if (said.getFlowsUnknown()) {
                node.put("problem", "its flows could not be counted in time");
            }
            flows += said.getFlows();
            uninspected += said.getUninspected();
            sums[0] = plus(sums[0], said.getForward());
            sums[1] = plus(sums[1], said.getReverse());
            put(node, said.getFlows(), said.getForward(), said.getReverse(), said.getUninspected());
        }
        count.awaited
                .keySet()
                .forEach(name -> nodes.add(Trees.object().put("name", name).put("problem", "no answer in time")));
        put(traffic, flows, sums[0], sums[1], uninspected);
        traffic.set("hops", hops(path, count.heard));
        traffic.set("nodes", Trees.tree(nodes));
        return traffic;
    }

    private static Carried plus(Carried one, Carried other) {
        return Carried.newBuilder()
                .setPackets(one.getPackets() + other.getPackets())
                .setBytes(one.getBytes() + other.getBytes())
                .build();
    }

    private static void put(ObjectNode tree, long flows, Carried forward, Carried reverse, long uninspected) {
        tree.put("flows", flows);
        tree.putObject("forward").put("packets", forward.getPackets()).put("bytes", forward.getBytes());
        tree.putObject("reverse").put("packets", reverse.getPackets()).put("bytes", reverse.getBytes());
        tree.put("uninspected", uninspected);
    }

    /** Both sides of each service node, as its own host counts them: what is lost inside it is the difference. */
    private static ArrayNode hops(ManagedObject path, Map<String, Reply> heard) {
        ArrayNode hops = Trees.array();
        int place = 0;
        for (JsonNode hop : path.tree().path("spec").path("hops")) {
            ObjectNode each = hops.addObject();
            each.put("instance", hop.path("instance").asString(""));
            each.put("node", hop.path("node").asString(""));
            Reply reply = heard.get(hop.path("node").asString(""));
            HopCount count = reply == null || reply.getPathCount().getHopsCount() <= place
                    ? HopCount.getDefaultInstance()
                    : reply.getPathCount().getHops(place);
            if (count.getHere()) {
                each.putObject("sent").put("forward", count.getSentForward()).put("reverse", count.getSentReverse());
                each.putObject("returned")
                        .put("forward", count.getReturnedForward())
                        .put("reverse", count.getReturnedReverse());
            }
            place++;
        }
        return hops;
    }
}
