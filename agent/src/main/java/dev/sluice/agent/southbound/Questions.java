package dev.sluice.agent.southbound;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.node.NodeRunner;
import dev.sluice.agent.report.ForetellReport;
import dev.sluice.agent.report.TraceReport.PacketReport;
import dev.sluice.southbound.Foretell;
import dev.sluice.southbound.Foretold;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.Leg;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Reply;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a manager asks of a running node once, and the answers: those of the node's administration socket. Stateless; what takes its time goes to {@link AskedCaptures} and {@link CountedPaths}. */
final class Questions {
    /** What is answered, for the manager to know before it asks. */
    static final List<String> ANSWERED = List.of("foretell", "capture", "count-path");

    private Questions() {}

    /**
     * The answer, or why there is none.
     *
     * @param captures take on those questions that are answered later
     * @param counts likewise
     * @return empty: the answer comes later, or there is none
     */
    static Optional<FromAgent> answer(
            Question question, @Nullable NodeRunner runner, AskedCaptures captures, CountedPaths counts) {
        if (question.hasEndCapture()) {
            captures.end(question.getEndCapture().getId());
            return Optional.empty();
        }
        Reply.Builder reply = Reply.newBuilder().setId(question.getId());
        if (question.getWhatCase() == Question.WhatCase.WHAT_NOT_SET) {
            reply.setProblem("the agent does not know this question: upgrade it");
        } else if (runner == null || runner.hasEnded()) {
            reply.setProblem("the node does not run yet");
        } else if (question.hasCapture()) {
            captures.begin(question.getId(), question.getCapture(), runner.requests());
            return Optional.empty();
        } else if (question.hasCountPath()) {
            counts.begin(question.getId(), question.getCountPath(), runner.requests());
            return Optional.empty();
        } else {
            foretell(question.getForetell(), runner, reply);
        }
        return Optional.of(FromAgent.newBuilder().setReply(reply).build());
    }

    private static void foretell(Foretell asked, NodeRunner runner, Reply.Builder reply) {
        try {
            reply.setForetold(foretold(runner.requests().ask("foretell", fields(asked), ForetellReport.class)));
        } catch (NodeException e) {
            reply.setProblem(String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Object> fields(Foretell asked) {
        Map<String, Object> fields = new LinkedHashMap<>();
        if (!asked.getPort().isEmpty()) {
            fields.put("port", asked.getPort());
        }
        if (!asked.getPacket().isEmpty()) {
            fields.put("packet", asked.getPacket());
        }
        if (!asked.getHex().isEmpty()) {
            fields.put("hex", asked.getHex());
        }
        fields.put("session", asked.getSession());
        fields.put("tunnel", asked.getTunnel());
        return fields;
    }

    private static Foretold foretold(ForetellReport report) {
        Foretold.Builder foretold = Foretold.newBuilder()
                .setEnd(report.end())
                .setWords(report.words())
                .setReason(report.reason())
                .addAllAssumptions(report.assumptions())
                .setPeer(report.peer())
                .setFrame(report.frame());
        for (PacketReport leg : report.legs()) {
            foretold.addLegs(Leg.newBuilder().setReceived(leg.received()).addAllSteps(leg.steps()));
        }
        return foretold.build();
    }
}
