package dev.sluice.manager.traces;

import dev.sluice.controller.AgentAsker;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.model.Kind;
import dev.sluice.southbound.Foretold;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Reply;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** Has traces answered by hosts, and writes what they say into their status. */
public final class TraceService extends AskingService {
    private static final String WORD = "foretell";

    private final Map<String, Trace> underWay = new HashMap<>();

    private TraceService(Inventory inventory, List<Condition> fence, InstantSource clock, AgentAsker asker) {
        super(Kind.TRACEFLOW, "traces", inventory, fence, clock, asker);
    }

    /**
     * Starts.
     *
     * @param fence what has to hold in the store for what it writes
     */
    public static TraceService start(
            Inventory inventory, List<Condition> fence, InstantSource clock, AgentAsker asker) {
        TraceService service = new TraceService(inventory, fence, clock, asker);
        service.start();
        return service;
    }

    @Override
    public void reply(String node, Reply reply) {
        later(() -> heard(node, reply));
    }

    @Override
    public void lost(String node) {
        later(() -> List.copyOf(underWay.values()).stream()
                .filter(trace -> trace.node().equals(node))
                .forEach(trace -> end(trace, trace.failed("NoAnswer", "its agent has gone", now()))));
    }

    // The thread.

    @Override
    void tick(long nowNs) {
        List.copyOf(underWay.values()).stream()
                .filter(trace -> trace.isLate(nowNs))
                .forEach(trace -> end(trace, trace.failed("NoAnswer", "no answer in time", now())));
    }

    @Override
    void keep(List<ManagedObject> there) {
        underWay.keySet().retainAll(there.stream().map(ManagedObject::name).collect(Collectors.toSet()));
    }

    @Override
    void begin(ManagedObject object) {
        long answered = object.tree().path("status").path("observedGeneration").asLong(0);
        Trace before = underWay.get(object.name());
        if (answered == object.generation() || (before != null && isSame(before.object(), object))) {
            return;
        }
        var spec = object.tree().path("spec");
        String port = spec.path("port").asString("");
        String said = spec.path("node").asString("");
        String node = said.isEmpty() ? nodeOf(port) : said;
        Trace trace = new Trace(object, node);
        underWay.put(object.name(), trace);
        if (node.isEmpty()) {
            String why = "there is no Port " + port + " with a node; name a Port, or write node too";
            end(trace, trace.failed("NoSuchPort", why, now()));
            return;
        }
        ask(trace, trace.begin(nextId(), System.nanoTime()));
    }

    private void ask(Trace trace, Question question) {
        ask(trace.node(), WORD, question, problem -> {
            if (trace.awaits(trace.node(), question.getId())) {
                end(trace, trace.failed("NotAsked", problem, now()));
            }
        });
    }

    private void heard(String node, Reply reply) {
        Optional<Trace> waiting = underWay.values().stream()
                .filter(trace -> trace.awaits(node, reply.getId()))
                .findFirst();
        if (waiting.isEmpty()) {
            // It came too late, is for somebody else, or the trace was deleted meanwhile.
            return;
        }
        Trace trace = waiting.get();
        if (!reply.hasForetold()) {
            String why =
                    reply.getProblem().isEmpty() ? "an answer that this manager does not know" : reply.getProblem();
            end(trace, trace.failed("Refused", why, now()));
            return;
        }
        Foretold told = reply.getForetold();
        if (trace.take(told)) {
            ask(trace, trace.goOn(told, nextId(), System.nanoTime()));
        } else {
            String more = told.getPeer().isEmpty() ? "" : ", without end";
            end(trace, trace.ended(told, more, now()));
        }
    }

    private void end(Trace trace, ObjectNode status) {
        write(trace.object(), status);
        underWay.remove(trace.object().name(), trace);
    }
}
