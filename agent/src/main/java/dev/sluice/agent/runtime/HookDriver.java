package dev.sluice.agent.runtime;

import dev.sluice.model.InstanceRuntime.Hook;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whatever a program of the host's owner makes: called with {@code create}, {@code status} or {@code delete}, and with the instance as JSON on its standard input. One user: the thread of the instance.
 *
 * <p>That the program was asked to create something is on disk before it is asked, so what it may have made is deleted even if the agent ended meanwhile.
 */
final class HookDriver implements RunDriver {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final long STATUS_NS = 5_000_000_000L;

    private final WantedRuntime wanted;
    private final Hook hook;
    private final Permits permits;
    private final String node;
    private final HookRecords records;
    private long askedNs = System.nanoTime() - STATUS_NS;
    private OptionalInt cpuPermille = OptionalInt.empty();

    /** For one instance of this host. */
    HookDriver(WantedRuntime wanted, Hook hook, Permits permits, String node, HookRecords records) {
        this.wanted = wanted;
        this.hook = hook;
        this.permits = permits;
        this.node = node;
        this.records = records;
    }

    @Override
    public void make() throws RuntimeFailure, InterruptedException {
        refuse();
        records.write(wanted, hook);
        require("create");
        askedNs = System.nanoTime();
    }

    private void refuse() throws RuntimeFailure {
        Optional<String> refusal = permits.refuses(hook);
        if (refusal.isPresent()) {
            throw new RuntimeFailure(refusal.get());
        }
    }

    @Override
    public Optional<String> look() throws InterruptedException {
        if (System.nanoTime() - askedNs < STATUS_NS) {
            return Optional.empty();
        }
        askedNs = System.nanoTime();
        try {
            refuse();
            JsonNode said = require("status");
            JsonNode cpu = said.path("cpuPermille");
            cpuPermille = cpu.isInt() && cpu.asInt() >= 0 ? OptionalInt.of(cpu.asInt()) : OptionalInt.empty();
            String state = said.path("state").asString("running");
            String message = said.path("message").asString("");
            return state.equals("running")
                    ? Optional.empty()
                    : Optional.of("its hook says " + state + (message.isEmpty() ? "" : ": " + message));
        } catch (RuntimeFailure e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public OptionalInt cpuPermille() {
        return cpuPermille;
    }

    @Override
    public void remove() throws RuntimeFailure, InterruptedException {
        if (!records.has(wanted.name())) {
            return;
        }
        refuse();
        require("delete");
        records.delete(wanted.name());
    }

    /** What the program says; it need not say anything. */
    private JsonNode require(String verb) throws RuntimeFailure, InterruptedException {
        ShortCommand.Result result = ShortCommand.run(
                List.of(hook.executable(), verb), question(verb), wanted.environment(), hook.timeoutNs());
        if (result.status() != 0) {
            throw new RuntimeFailure(hook.executable() + " " + verb + " failed: " + result.words());
        }
        if (result.output().isBlank()) {
            return JSON.createObjectNode();
        }
        try {
            return JSON.readTree(result.output());
        } catch (JacksonException e) {
            throw new RuntimeFailure(hook.executable() + " " + verb
                    + " says something that is no JSON; let it say an object with state and message, or nothing");
        }
    }

    private String question(String verb) {
        ObjectNode question = JSON.createObjectNode();
        question.put("action", verb);
        question.put("instance", wanted.name());
        question.put("service", wanted.service());
        question.put("node", node);
        question.put("in", wanted.in());
        wanted.out().ifPresent(out -> question.put("out", out));
        wanted.image().ifPresent(image -> question.put("image", image));
        ObjectNode parameters = question.putObject("parameters");
        hook.parameters().forEach(parameters::put);
        return question.toString();
    }
}
