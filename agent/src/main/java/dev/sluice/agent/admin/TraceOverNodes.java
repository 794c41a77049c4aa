package dev.sluice.agent.admin;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.ForetellReport;
import dev.sluice.agent.report.JourneyReport;
import dev.sluice.agent.report.JourneyReport.Journey;
import dev.sluice.agent.report.JourneyReport.Leg;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.report.TraceReport.PacketReport;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Asks several nodes about the same packets and joins what they say. Any thread. */
public final class TraceOverNodes {
    /** Most nodes that can be asked together. */
    public static final int NODES_MAX = TraceSession.ORIGIN_MAX + 1;

    private static final int VISITS_MAX = 64;
    private static final String NOT_HEARD =
            "is not heard of again: lost in a node or on the way, changed by a node, or gone to a host that is not asked";

    private final Map<String, AdminClient> nodes;
    private final String first;
    private final String session = TraceSession.text(new SecureRandom().nextInt());

    /** @param nodes by their names; packets that are only described come in at the first */
    public TraceOverNodes(Map<String, AdminClient> nodes) throws NodeException {
        if (nodes.isEmpty() || nodes.size() > NODES_MAX) {
            throw new NodeException(nodes.size() + " nodes cannot be asked together; allowed: 1.." + NODES_MAX);
        }
        this.nodes = new LinkedHashMap<>(nodes);
        first = nodes.keySet().iterator().next();
    }

    /**
     * Follows packets from where they come in, on whichever node, through all of them.
     *
     * @param seconds longest time
     * @param fields as of {@link AdminClient#trace}
     */
    public JourneyReport trace(int seconds, Map<String, ?> fields) throws NodeException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CompletionService<Heard> answers = new ExecutorCompletionService<>(threads);
            int origin = 0;
            for (Map.Entry<String, AdminClient> node : nodes.entrySet()) {
                Map<String, Object> all = new LinkedHashMap<>(fields);
                all.put("session", session);
                all.put("origin", origin++);
                Future<Heard> _ = answers.submit(() -> heard(node.getKey(), node.getValue(), seconds, all));
            }
            return collect(answers);
        }
    }

    /** What a node says, or why it says nothing. */
    private record Heard(String node, TraceReport report, String trouble) {}

    private static Heard heard(String node, AdminClient client, int seconds, Map<String, ?> fields) {
        try {
            return new Heard(node, client.trace(seconds, fields), "");
        } catch (NodeException e) {
            return new Heard(node, new TraceReport(false, List.of()), "node " + node + ": " + e.getMessage());
        }
    }

    private JourneyReport collect(CompletionService<Heard> answers) throws NodeException {
        List<Heard> all = new ArrayList<>();
        Set<String> silent = new LinkedHashSet<>(nodes.keySet());
        boolean over = false;
        while (!silent.isEmpty()) {
            Heard heard = next(answers);
            all.add(heard);
            silent.remove(heard.node);
            if (!over && (heard.report.full() || !heard.trouble.isEmpty())) {
                over = true;
                for (String node : silent) {
                    end(node);
                }
            }
        }
        for (Heard heard : all) {
            if (!heard.trouble.isEmpty()) {
                throw new NodeException(heard.trouble);
            }
        }
        return join(all);
    }

    private static Heard next(CompletionService<Heard> answers) throws NodeException {
        try {
            return answers.take().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeException("interrupted", e);
        } catch (ExecutionException e) {
            throw new NodeException("the trace failed because of a defect of this program: " + e.getCause(), e);
        }
    }

    /** Ends the trace before its time: it answers with what came until then. From another thread. */
    public void end() {
        nodes.keySet().forEach(this::end);
    }

    private void end(String node) {
        AdminClient client = nodes.get(node);
        try {
            if (client != null) {
                client.endTrace(session);
            }
        } catch (NodeException _) {
            // What became of this node its own answer says.
        }
    }

    private record Told(String node, PacketReport packet) {}

    private static JourneyReport join(List<Heard> all) {
        Map<Integer, List<Told>> byStory = new TreeMap<>();
        boolean full = false;
        for (Heard heard : all) {
            full |= heard.report.full();
            for (PacketReport packet : heard.report.packets()) {
                byStory.computeIfAbsent(packet.story(), _ -> new ArrayList<>()).add(new Told(heard.node, packet));
            }
        }
        List<Journey> journeys = new ArrayList<>();
        for (List<Told> story : byStory.values()) {
            story.sort(Comparator.comparingInt(told -> told.packet.leg()));
            List<Leg> legs = story.stream()
                    .map(told -> new Leg(told.node, told.packet.received(), told.packet.steps()))
                    .toList();
            journeys.add(new Journey(legs, end(legs.getLast())));
        }
        return new JourneyReport(full, journeys);
    }

    private static String end(Leg last) {
        boolean goesOn = last.steps().stream()
                .anyMatch(step -> step.startsWith("steer ") || step.startsWith("into the overlay"));
        String step = last.steps().isEmpty() ? "" : last.steps().getLast();
        if (goesOn && step.startsWith("sent ")) {
            return NOT_HEARD;
        }
        return step.startsWith("sent ") ? "leaves " + last.node() : "ends at " + last.node() + ": " + step;
    }

    /**
     * Says what would happen to a packet that comes in at the first node, over all of them: what leaves one in a tunnel is foretold by the next.
     *
     * @param question as of {@link AdminClient#foretell}
     */
    public ForetoldOverNodes foretell(Map<String, ?> question) throws NodeException {
        Map<String, Object> asked = new LinkedHashMap<>(question);
        String session = TraceSession.text(new SecureRandom().nextInt());
        asked.put("session", session);
        String node = first;
        List<Leg> legs = new ArrayList<>();
        Set<String> assumptions = new LinkedHashSet<>();
        long micros = 0;
        for (int visit = 0; ; visit++) {
            ForetellReport report = ask(node, asked);
            for (PacketReport leg : report.legs()) {
                legs.add(new Leg(node, leg.received(), leg.steps()));
            }
            assumptions.addAll(report.assumptions());
            micros += report.workerMicros();
            boolean goesOn = nodes.containsKey(report.peer()) && visit < VISITS_MAX;
            if (!goesOn) {
                String words = report.words()
                        + (report.peer().isEmpty()
                                ? ""
                                : visit < VISITS_MAX ? ", which is not asked" : ", without end");
                return new ForetoldOverNodes(
                        new Journey(legs, words),
                        node,
                        report.end(),
                        report.reason(),
                        List.copyOf(assumptions),
                        micros);
            }
            node = report.peer();
            asked = Map.of("session", session, "tunnel", true, "hex", report.frame());
        }
    }

    private ForetellReport ask(String node, Map<String, Object> asked) throws NodeException {
        try {
            AdminClient client = nodes.get(node);
            if (client == null) {
                throw new NodeException("is not asked");
            }
            return client.foretell(asked);
        } catch (NodeException e) {
            throw new NodeException("node " + node + ": " + e.getMessage(), e);
        }
    }

    /**
     * What would happen to a packet on its way over several nodes.
     *
     * @param journey its way
     * @param node where it ends
     * @param end how, as in {@link ForetellReport}
     * @param reason why it would be dropped; empty if it would not
     * @param assumptions what the answer takes for granted
     * @param workerMicros how long the workers took for the answer, together
     */
    public record ForetoldOverNodes(
            Journey journey, String node, String end, String reason, List<String> assumptions, long workerMicros) {}
}
