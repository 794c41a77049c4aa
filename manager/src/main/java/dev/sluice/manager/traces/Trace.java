package dev.sluice.manager.traces;

import dev.sluice.manager.objects.Conditions;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import dev.sluice.southbound.Foretell;
import dev.sluice.southbound.Foretold;
import dev.sluice.southbound.Leg;
import dev.sluice.southbound.Question;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** One trace on its way over hosts: what was asked of whom, and what came back. One user. */
final class Trace {
    /** More visits of hosts are a packet that goes round. */
    static final int VISITS_MAX = 16;

    /** How long a host may take. */
    static final long ANSWER_NS = 15_000_000_000L;

    private static final int LEGS_MAX = 64;
    private static final int STEPS_MAX = 200;
    private static final int TEXT_MAX = 300;

    private final ManagedObject object;
    private final List<Told> legs = new ArrayList<>();
    private final Set<String> assumptions = new LinkedHashSet<>();
    private String node;
    private long askedId;
    private long askedNs;
    private int visits;

    private record Told(String node, Leg leg) {}

    Trace(ManagedObject object, String node) {
        this.object = object;
        this.node = node;
    }

    ManagedObject object() {
        return object;
    }

    /** Who is asked. */
    String node() {
        return node;
    }

    /** Whether it waits for this answer. */
    boolean awaits(String from, long id) {
        return from.equals(node) && id == askedId;
    }

    boolean isLate(long nowNs) {
        return nowNs - askedNs >= ANSWER_NS;
    }

    /** The first question. */
    Question begin(long id, long nowNs) {
        var spec = object.tree().path("spec");
        return ask(
                id,
                nowNs,
                Foretell.newBuilder()
                        .setPort(spec.path("port").asString(""))
                        .setPacket(spec.path("packet").asString("")));
    }

    private Question ask(long id, long nowNs, Foretell.Builder question) {
        askedId = id;
        askedNs = nowNs;
        return Question.newBuilder()
                .setId(id)
                .setForetell(question.setSession(session()))
                .build();
    }

    /** The same for all hosts on the way, another for another trace. */
    private String session() {
        String uid = object.tree().path("metadata").path("uid").asString("").replace("-", "");
        return uid.substring(0, Math.min(uid.length(), 16)) + object.generation() % 1_000;
    }

    /** Takes an answer in; whether a tunnel takes the packet on, to {@link #goOn}. */
    boolean take(Foretold told) {
        visits++;
        told.getLegsList().stream()
                .limit(Math.max(0, LEGS_MAX - legs.size()))
                .forEach(leg -> legs.add(new Told(node, leg)));
        told.getAssumptionsList().stream().limit(STEPS_MAX).forEach(each -> assumptions.add(shorten(each)));
        return !told.getPeer().isEmpty() && visits < VISITS_MAX;
    }

    /** The question to the host that a tunnel takes the packet to. */
    Question goOn(Foretold told, long id, long nowNs) {
        node = told.getPeer();
        return ask(id, nowNs, Foretell.newBuilder().setHex(told.getFrame()).setTunnel(true));
    }

    /** The status with the packet's end. */
    ObjectNode ended(Foretold last, String more, Instant now) {
        ObjectNode status = status("True", "Answered", shorten(last.getWords()) + more, now);
        status.put("end", shorten(last.getEnd()));
        if (!last.getReason().isEmpty()) {
            status.put("reason", shorten(last.getReason()));
        }
        return status;
    }

    /** The status without an end: what is known until there, and why there is no more. */
    ObjectNode failed(String reason, String why, Instant now) {
        return status("False", reason, (node.isEmpty() ? "" : node + ": ") + shorten(why), now);
    }

    private ObjectNode status(String truth, String reason, String message, Instant now) {
        ObjectNode status = Trees.object();
        status.put("observedGeneration", object.generation());
        Conditions.add(status, 0, Conditions.of("Answered", truth, reason, message, null, now));
        if (!node.isEmpty()) {
            status.put("node", node);
        }
        ArrayNode steps = status.putArray("legs");
        for (Told told : legs) {
            ObjectNode leg = steps.addObject();
            leg.put("node", told.node);
            leg.put("received", shorten(told.leg.getReceived()));
            ArrayNode lines = leg.putArray("steps");
            told.leg.getStepsList().stream().limit(STEPS_MAX).forEach(step -> lines.add(shorten(step)));
        }
        ArrayNode taken = status.putArray("assumptions");
        assumptions.forEach(taken::add);
        return status;
    }

    private static String shorten(String text) {
        return Trees.shorten(text, TEXT_MAX);
    }
}
