package dev.sluice.manager.traces;

import dev.sluice.controller.AgentAsker;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.store.Store.Condition;
import dev.sluice.manager.traces.RunningCapture.Host;
import dev.sluice.model.Capture;
import dev.sluice.model.Kind;
import dev.sluice.southbound.EndCapture;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Reply;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Has packets captured by hosts, keeps their files as long as the objects are there, and writes into the status what became of each host. */
public final class CaptureService extends AskingService {
    private static final String WORD = "capture";

    private final CaptureFiles files;
    private final long number;
    private final Map<String, RunningCapture> underWay = new HashMap<>();

    private CaptureService(
            Inventory inventory, List<Condition> fence, InstantSource clock, AgentAsker asker, CaptureFiles files) {
        super(Kind.CAPTURE, "captures", inventory, fence, clock, asker);
        this.files = files;
        number = files.begin();
    }

    /**
     * Starts.
     *
     * @param fence what has to hold in the store for what it writes
     * @param files where packets are for who reads them; empty again when it is closed
     */
    public static CaptureService start(
            Inventory inventory, List<Condition> fence, InstantSource clock, AgentAsker asker, CaptureFiles files) {
        CaptureService service = new CaptureService(inventory, fence, clock, asker, files);
        service.start();
        return service;
    }

    @Override
    public void reply(String node, Reply reply) {
        later(() -> heard(node, reply));
    }

    @Override
    public void lost(String node) {
        later(() -> underWay.values()
                .forEach(capture -> capture.hosts().stream()
                        .filter(host -> host.node.equals(node) && !host.isDone())
                        .forEach(host -> host.fail("NoAnswer", "its agent has gone"))));
    }

    // The thread.

    @Override
    void tick(long nowNs) {
        for (RunningCapture capture : List.copyOf(underWay.values())) {
            if (capture.isLate(nowNs)) {
                capture.hosts().stream()
                        .filter(host -> !host.isDone())
                        .forEach(host -> host.fail("NoAnswer", "no answer in time"));
            }
            if (capture.isDone()) {
                end(capture);
            }
        }
    }

    private void end(RunningCapture capture) {
        byte[] file = capture.file();
        if (file.length > 0) {
            files.keep(number, capture.object(), capture.tenant(), file);
        }
        write(capture.object(), capture.ended(now()));
        underWay.remove(capture.object().name(), capture);
    }

    @Override
    void keep(List<ManagedObject> there) {
        files.retain(there);
        underWay.values().removeIf(capture -> {
            boolean over = there.stream().noneMatch(capture::isOf);
            if (over) {
                stop(capture);
            }
            return over;
        });
    }

    /** Nobody wants its packets any more, so its hosts need not be slowed down. */
    private void stop(RunningCapture capture) {
        capture.hosts().stream().filter(host -> !host.isDone()).forEach(host -> {
            EndCapture end = EndCapture.newBuilder().setId(host.id()).build();
            Question question =
                    Question.newBuilder().setId(nextId()).setEndCapture(end).build();
            // A host that cannot be told ends by itself.
            ask(host.node, WORD, question, _ -> {});
        });
    }

    @Override
    void begin(ManagedObject object) {
        if (underWay.containsKey(object.name())) {
            return;
        }
        JsonNode status = object.tree().path("status");
        if (status.path("observedGeneration").asLong(0) == object.generation()) {
            missed(object, status);
            return;
        }
        Optional<Capture.Spec> spec = read(object).map(resource -> ((Capture) resource).spec());
        if (spec.isEmpty()) {
            refuse(object, "Refused", "this manager cannot read it");
            return;
        }
        begin(object, spec.get());
    }

    private void begin(ManagedObject object, Capture.Spec spec) {
        String tenant = inventory().tenants().of(object.name());
        String port = spec.port().orElse("");
        boolean own = tenant.isEmpty()
                || (port.startsWith(tenant + ".") && spec.nodes().isEmpty());
        if (!own) {
            // The tenant is younger than what was written.
            refuse(object, "Refused", "it is not about one Port of tenant " + tenant + "; write it anew");
            return;
        }
        List<String> nodes = spec.nodes();
        if (nodes.isEmpty()) {
            String node = nodeOf(port);
            if (node.isEmpty()) {
                String why = "there is no Port " + port + " with a node; name a Port, or write nodes too";
                refuse(object, "NoSuchPort", why);
                return;
            }
            nodes = List.of(node);
        }
        List<Host> hosts = new ArrayList<>();
        nodes.forEach(node -> hosts.add(new Host(node, nextId())));
        RunningCapture capture = new RunningCapture(object, spec, tenant, hosts, System.nanoTime());
        if (!write(object, capture.begun(now()))) {
            return;
        }
        underWay.put(object.name(), capture);
        for (Host host : hosts) {
            ask(host.node, WORD, capture.question(host), problem -> {
                if (!host.isDone()) {
                    host.fail("NotAsked", problem);
                }
            });
        }
    }

    private void refuse(ManagedObject object, String reason, String why) {
        write(object, RunningCapture.status(object, "False", reason, why, now()));
    }

    /** Of what the manager that led before has begun: nothing is asked again by itself, and its packets went with it. */
    private void missed(ManagedObject object, JsonNode status) {
        boolean running = RunningCapture.RUNNING.equals(
                status.path("conditions").path(0).path("reason").asString(""));
        boolean gone = status.has("file") && !files.has(object);
        if (running || gone) {
            ObjectNode now = RunningCapture.status(
                    object,
                    "False",
                    running ? "Interrupted" : "Lost",
                    "the manager that had " + (running ? "begun it" : "its packets")
                            + " ended, or leads no longer; change its spec, or delete it and write it anew",
                    now());
            now.set("hosts", status.path("hosts").deepCopy());
            write(object, now);
        }
    }

    private void heard(String node, Reply reply) {
        for (RunningCapture capture : underWay.values()) {
            Optional<Host> waiting = capture.waiting(node, reply.getId());
            if (waiting.isPresent()) {
                Host host = waiting.get();
                if (reply.hasCaptured()) {
                    capture.take(host, reply.getCaptured());
                } else {
                    host.fail(
                            "Refused",
                            reply.getProblem().isEmpty()
                                    ? "an answer that this manager does not know"
                                    : reply.getProblem());
                }
                return;
            }
        }
    }

    @Override
    public void close() {
        super.close();
        files.end(number);
    }
}
