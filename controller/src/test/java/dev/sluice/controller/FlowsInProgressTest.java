package dev.sluice.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.ExistingFlows;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.Fault;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Resource;
import dev.sluice.southbound.Update;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What changes say of flows in progress reaches the agents that they are about, once. */
class FlowsInProgressTest {
    private static final Optional<ExistingFlows> KEEP = Optional.of(ExistingFlows.KEEP);
    private static final Optional<ExistingFlows> MIGRATE = Optional.of(ExistingFlows.MIGRATE);
    private static final Optional<ExistingFlows> AUTO = Optional.of(ExistingFlows.AUTO);

    private final Distribution distribution = new Distribution(0, 0);
    private final Agent agent = new Agent();
    private long generation;

    /** One that holds what it accepted. */
    private final class Agent implements AgentStream {
        final List<Update> sent = new ArrayList<>();
        final Map<String, String> held = new HashMap<>();

        @Override
        public void send(FromController message) {
            sent.add(message.getUpdate());
        }

        @Override
        public void end() {}

        void hello() {
            Hello hello = Hello.newBuilder()
                    .setNode("a")
                    .setProtocol(Protocol.NUMBER)
                    .putAllHeld(held)
                    .build();
            distribution.hello(this, hello, 0);
        }

        void takes() {
            sent.getLast().getResourcesList().forEach((Resource each) -> held.put(each.getName(), each.getVersion()));
        }

        void accepts() {
            Update update = sent.getLast();
            takes();
            distribution.answer(
                    this,
                    Answer.newBuilder()
                            .setNonce(update.getNonce())
                            .setAccepted(true)
                            .build(),
                    0);
        }

        void refuses() {
            Answer.Builder answer = Answer.newBuilder().setNonce(sent.getLast().getNonce());
            distribution.answer(
                    this, answer.addFaults(Fault.newBuilder().setMessage("no")).build(), 0);
        }

        String said() {
            return sent.getLast().getExistingFlows();
        }
    }

    private void change(Optional<ExistingFlows> flows) {
        generation++;
        String port = "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {node: a, interface: i"
                + generation + "}}";
        distribution.change(Objects.of(port, generation), List.of(), flows, 0);
    }

    @BeforeEach
    void begin() {
        change(Optional.empty());
        agent.hello();
        agent.accepts();
    }

    @Test
    void oneChangeSaysItOnce() {
        assertThat(agent.said()).isEmpty();
        change(KEEP);
        assertThat(agent.said()).isEqualTo("keep");
        agent.accepts();
        change(Optional.empty());
        assertThat(agent.said()).isEmpty();
        agent.accepts();
        change(AUTO);
        assertThat(agent.said()).isEqualTo("auto");
    }

    @Test
    void ofChangesThatComeAsOneMigrateGoesFirstAndKeepIsKeptIfAllSaySo() {
        for (List<Optional<ExistingFlows>> together : List.of(
                List.of(KEEP, KEEP),
                List.of(KEEP, Optional.<ExistingFlows>empty()),
                List.of(KEEP, MIGRATE),
                List.of(AUTO, KEEP),
                List.of(AUTO, MIGRATE))) {
            change(Optional.empty());
            together.forEach(this::change);
            agent.accepts();
            boolean all = together.getFirst().equals(together.getLast());
            String others = together.contains(AUTO) ? "auto" : "";
            assertThat(agent.said()).isEqualTo(all ? "keep" : together.contains(MIGRATE) ? "migrate" : others);
            agent.accepts();
        }
    }

    /** Its answer gets lost, but it says what it has. */
    @Test
    void whatAnAgentHasIsNotSaidWithTheNextChange() {
        change(MIGRATE);
        agent.takes();
        distribution.gone(agent);
        agent.hello();
        change(KEEP);
        assertThat(agent.said()).isEqualTo("keep");
    }

    @Test
    void whatWasRefusedOrNeverAnsweredIsSaidAgainWithWhatComesNext() {
        change(MIGRATE);
        agent.refuses();
        change(KEEP);
        assertThat(agent.said()).isEqualTo("migrate");
        distribution.gone(agent);
        change(KEEP);
        agent.hello();
        assertThat(agent.said()).isEqualTo("migrate");
        agent.accepts();
        change(KEEP);
        assertThat(agent.said()).isEqualTo("keep");
    }
}
