package dev.sluice.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.controller.NodeState.Progress;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.Fault;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.InstanceLoad;
import dev.sluice.southbound.InstanceState;
import dev.sluice.southbound.Loads;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Report;
import dev.sluice.southbound.Resource;
import dev.sluice.southbound.Update;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Who is told what, and what is known of it. */
class DistributionTest {
    private static final String PORTS = """
        {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: a-left}, spec: {node: a, interface: left}}
        ---
        {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: b-left}, spec: {node: b, interface: left}}
        """;

    private static final String INSPECTION = """
        {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
        ---
        {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, node: a, interfaces: {in: a1, out: b1}}}
        ---
        {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-2}, spec: {service: firewall, node: a, interfaces: {in: a2, out: b2}}}
        ---
        {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [firewall], selection: %s}}
        """;

    private final Distribution distribution = new Distribution(0, 0);
    private long nowNs;

    /** An agent that takes what it is told when the test says so. */
    private final class Agent implements AgentStream {
        final String node;
        final Map<String, String> held = new TreeMap<>();
        final List<Update> unanswered = new ArrayList<>();
        final List<Loads> loads = new ArrayList<>();
        long first;
        long second;
        String refusal = "";
        boolean ended;

        Agent(String node) {
            this.node = node;
        }

        Agent hello() {
            distribution.hello(
                    this,
                    Hello.newBuilder()
                            .setNode(node)
                            .setProtocol(Protocol.NUMBER)
                            .putAllHeld(held)
                            .build(),
                    nowNs);
            return this;
        }

        @Override
        public void send(FromController message) {
            if (message.hasRefusal()) {
                refusal = message.getRefusal();
            } else if (message.hasLoads()) {
                loads.add(message.getLoads());
            } else {
                unanswered.add(message.getUpdate());
            }
        }

        @Override
        public void end() {
            ended = true;
        }

        /** Takes what was sent, checking that it leads to what it says. */
        Agent takes() {
            List<Update> parts = List.copyOf(unanswered);
            unanswered.clear();
            assertThat(parts).as("something was sent").isNotEmpty();
            assertThat(parts.getLast().getMore()).isFalse();
            for (Update part : parts) {
                part.getRemovedList().forEach(held::remove);
                part.getResourcesList().forEach(each -> held.put(each.getName(), each.getVersion()));
            }
            assertThat(Protocol.fingerprint(held)).isEqualTo(parts.getLast().getFingerprint());
            answer(Answer.newBuilder().setNonce(parts.getLast().getNonce()).setAccepted(true));
            return this;
        }

        void refuses(String object, String message) {
            Update last = unanswered.getLast();
            unanswered.clear();
            answer(Answer.newBuilder()
                    .setNonce(last.getNonce())
                    .addFaults(Fault.newBuilder().setObject(object).setMessage(message)));
        }

        void answer(Answer.Builder answer) {
            distribution.answer(this, answer.build(), nowNs);
        }

        List<String> sent() {
            return unanswered.stream()
                    .flatMap(update -> update.getResourcesList().stream())
                    .map(Resource::getName)
                    .toList();
        }
    }

    private void change(String yaml, long generation) {
        distribution.change(Objects.of(yaml, generation), List.of(), Optional.empty(), nowNs);
    }

    private static String rule(String name, String place, String action) {
        return "{apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: " + name + "}, spec: {appliedTo: ["
                + place + "], rules: [{name: r, action: {" + action + "}}]}}";
    }

    private NodeState state(String key, String node) {
        ObjectState state = Objects.requireThere(distribution.state(key));
        return state.nodes().stream()
                .filter(each -> each.node().equals(node))
                .findFirst()
                .orElseThrow();
    }

    private static InstanceLoad load(String name, long packets) {
        return InstanceLoad.newBuilder()
                .setName(name)
                .setPackets(packets)
                .setHere(true)
                .build();
    }

    /** Lets time pass; each second the agent says how many packets its two instances got. */
    private void pass(Agent agent, int seconds, long ofFirst, long ofSecond) {
        for (int i = 0; i < seconds; i++) {
            nowNs += 1_000_000_000L;
            agent.first += ofFirst;
            agent.second += ofSecond;
            Report.Builder report = Report.newBuilder().addLoads(load("fw-1", agent.first));
            report.addLoads(load("fw-2", agent.second));
            for (String name : List.of("fw-1", "fw-2")) {
                report.addInstances(
                        InstanceState.newBuilder().setName(name).setAlive(true).build());
            }
            distribution.report(agent, report.build(), nowNs);
            distribution.tick(nowNs);
        }
    }

    @Test
    void agentsAreAskedOnlyWhatTheySayThatTheyAnswer() {
        Question question = Question.newBuilder().setId(7).build();
        assertThat(distribution.question("a", "foretell", question)).isEqualTo("no agent of this name has connected");
        Agent old = new Agent("a");
        distribution.hello(
                old,
                Hello.newBuilder()
                        .setNode("a")
                        .setProtocol(Protocol.NUMBER)
                        .setSoftware("0.9")
                        .build(),
                0);
        assertThat(distribution.question("a", "foretell", question))
                .isEqualTo(
                        "its agent (version 0.9) does not answer such questions: upgrade it, or ask on the host itself");
        List<FromController> sent = new ArrayList<>();
        AgentStream stream = new AgentStream() {
            @Override
            public void send(FromController message) {
                sent.add(message);
            }

            @Override
            public void end() {}
        };
        Hello.Builder hello =
                Hello.newBuilder().setNode("a").setProtocol(Protocol.NUMBER).addAnswers("foretell");
        distribution.hello(stream, hello.build(), 0);
        assertThat(distribution.question("a", "foretell", question)).isEmpty();
        assertThat(sent.getLast().getQuestion()).isEqualTo(question);
        distribution.gone(stream);
        assertThat(distribution.question("a", "foretell", question)).isEqualTo("its agent is not connected");
    }

    @Test
    void loadsAreToldToThoseThatHaveTheInstancesWhenTheyAreOthers() {
        change(PORTS + "\n---\n" + INSPECTION.formatted("least-load"), 1);
        Agent a = new Agent("a").hello().takes();
        Agent b = new Agent("b").hello().takes();
        pass(a, 30, 9_000, 1_000);
        assertThat(a.loads).as("what the manager before told still holds").isEmpty();
        pass(a, 15, 9_000, 1_000);
        assertThat(a.loads.getLast().getLevelsMap()).isEqualTo(Map.of("fw-1", 1));
        assertThat(a.loads.getLast().getSerializedSize()).as("bytes").isLessThan(16);
        assertThat(b.loads).as("it has none of them").containsExactly(Loads.getDefaultInstance());
        int told = a.loads.size();
        pass(a, 60, 2_000, 2_000);
        assertThat(a.loads).hasSize(told);
        a.hello();
        assertThat(a.loads.getLast().getLevelsMap()).isEqualTo(Map.of("fw-1", 1));
        pass(a, 60, 1_200, 2_000);
        assertThat(a.loads.getLast().getLevelsMap()).isEmpty();
        assertThat(a.loads).hasSize(told + 2);
        assertThat(a.unanswered).as("no object is another").isEmpty();
    }

    @Test
    void ofARefusalWithManyFaultsAStateTellsTheFirst() {
        change(PORTS + "\n---\n" + rule("web", "a/left", "drop: true"), 1);
        Agent a = new Agent("a").hello();
        Answer.Builder answer =
                Answer.newBuilder().setNonce(a.unanswered.getLast().getNonce());
        for (int i = 0; i < 10_000; i++) {
            answer.addFaults(Fault.newBuilder()
                    .setObject("ServicePolicy/web")
                    .setMessage("no room for" + "\uD83D\uDE00".repeat(600)));
        }
        a.answer(answer);
        NodeState state = state("servicepolicies/web", "a");
        assertThat(state.progress()).isEqualTo(Progress.REFUSED);
        assertThat(state.message().length()).isLessThan(2_000);
        assertThat(state.message()).startsWith("no room for").endsWith("...; and 9995 more");
        assertThat(state.message().getBytes(StandardCharsets.UTF_8))
                .as("no half characters")
                .doesNotContain('?');
        String other = state("ports/a-left", "a").message();
        assertThat(other.length()).isLessThan(2_000);
        assertThat(other).startsWith("came together with").endsWith("; and 9995 more");
    }

    @Test
    void aNodeThatIsNotToHaveAnythingAnyMoreIsInNoState() {
        change(PORTS + "\n---\n" + INSPECTION.formatted("round-robin").replace("node: a, ", ""), 1);
        String key = "serviceinstances/fw-1";
        assertThat(Objects.requireThere(distribution.state(key)).nodes())
                .extracting(NodeState::node)
                .containsExactly("a", "b");
        distribution.news(nowNs);
        distribution.change(List.of(), List.of("ports/b-left"), Optional.empty(), nowNs);
        ObjectState said = distribution.news(nowNs).stream()
                .filter(state -> state.key().equals(key))
                .findFirst()
                .orElseThrow();
        assertThat(said.nodes()).extracting(NodeState::node).containsExactly("a");
    }

    @Test
    void whatIsChangedAndChangedBackAtOnceIsInForceAsItIsNow() {
        String web = rule("web", "a/left", "drop: true");
        change(PORTS + "\n---\n" + web, 1);
        Agent a = new Agent("a").hello().takes();
        change(web, 3);
        assertThat(a.unanswered).isEmpty();
        assertThat(state("servicepolicies/web", "a").generation()).isEqualTo(3);
    }

    @Test
    void whatTheFormerHostOfAnInstanceStillSaysOfItDoesNotCount() {
        change(INSPECTION.formatted("round-robin"), 1);
        Agent a = new Agent("a").hello();
        Report alive = Report.newBuilder()
                .addInstances(InstanceState.newBuilder().setName("fw-1").setAlive(true))
                .build();
        distribution.report(a, alive, nowNs);
        String key = "serviceinstances/fw-1";
        assertThat(Objects.requireThere(distribution.state(key)).health()).hasSize(1);
        change(
                "{apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, node: b, interfaces: {in: a1, out: b1}}}",
                2);
        assertThat(Objects.requireThere(distribution.state(key)).health()).isEmpty();
        distribution.report(new Agent("b").hello(), alive, nowNs);
        assertThat(Objects.requireThere(distribution.state(key)).health())
                .extracting(Health::node)
                .containsExactly("b");
    }

    @Test
    void nobodyIsToldOfLoadsThatNoChainLooksAt() {
        change(PORTS + "\n---\n" + INSPECTION.formatted("round-robin"), 1);
        Agent a = new Agent("a").hello().takes();
        pass(a, 120, 9_000, 1_000);
        assertThat(a.loads).isEmpty();
        change(INSPECTION.formatted("least-load"), 2);
        pass(a, 60, 9_000, 1_000);
        assertThat(a.loads.getLast().getLevelsMap()).isEqualTo(Map.of("fw-1", 1));
        change(INSPECTION.formatted("round-robin"), 3);
        pass(a, 5, 9_000, 1_000);
        assertThat(a.loads.getLast().getLevelsMap()).isEmpty();
    }

    @Test
    void chainsThatNameProfilesLookAtTheLoadsOfTheirServices() {
        String ofProfile = INSPECTION.formatted("least-load").replace("profiles: [firewall]", "profiles: [strict]");
        assertThat(ofProfile).contains("strict");
        change(
                PORTS + "\n---\n" + ofProfile
                        + "\n---\n{apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: strict}, spec: {service: firewall}}",
                1);
        Agent a = new Agent("a").hello().takes();
        pass(a, 60, 9_000, 1_000);
        assertThat(a.loads.getLast().getLevelsMap()).isEqualTo(Map.of("fw-1", 1));
    }

    @Test
    void agentGetsItsPartAndThenOnlyWhatIsNew() {
        change(PORTS, 1);
        Agent a = new Agent("a").hello().takes();
        Agent b = new Agent("b").hello().takes();
        assertThat(a.held.keySet()).containsExactly("nodes/a", "ports/a-left");
        change(rule("web", "a/left", "drop: true"), 1);
        assertThat(a.sent()).containsExactly("servicepolicies/web");
        assertThat(b.unanswered).isEmpty();
        a.takes();
        distribution.change(List.of(), List.of("servicepolicies/web"), Optional.empty(), nowNs);
        assertThat(a.unanswered.getFirst().getRemovedList()).containsExactly("servicepolicies/web");
        a.takes();
        assertThat(a.held.keySet()).containsExactly("nodes/a", "ports/a-left");
    }

    @Test
    void agentThatComesBackGoesOnFromWhatItHolds() {
        change(PORTS, 1);
        Agent a = new Agent("a").hello().takes();
        distribution.gone(a);
        assertThat(state("ports/a-left", "a").progress()).isEqualTo(Progress.APPLIED);
        change(rule("web", "a/left", "drop: true"), 1);
        assertThat(state("servicepolicies/web", "a").progress()).isEqualTo(Progress.NOT_CONNECTED);
        a.hello();
        assertThat(a.sent()).containsExactly("servicepolicies/web");
        a.takes();
        Agent other = new Agent("a");
        other.held.putAll(a.held);
        other.hello();
        assertThat(other.unanswered).isEmpty();
        assertThat(a.ended).isTrue();
        distribution.gone(a);
        assertThat(state("ports/a-left", "a").progress()).isEqualTo(Progress.APPLIED);
        assertThat(distribution.connected()).isEqualTo(1);
    }

    @Test
    void changesPileUpWhileAnAgentWorks() {
        change(PORTS, 1);
        Agent a = new Agent("a").hello();
        change(rule("web", "a/left", "drop: true"), 1);
        change(rule("web", "a/left", "noService: true"), 2);
        change(rule("more", "a/left", "drop: true"), 1);
        assertThat(a.unanswered).hasSize(1);
        assertThat(state("servicepolicies/web", "a").progress()).isEqualTo(Progress.UNDER_WAY);
        a.takes();
        assertThat(a.sent()).containsExactly("servicepolicies/more", "servicepolicies/web");
        a.takes();
        assertThat(a.unanswered).isEmpty();
        assertThat(state("servicepolicies/web", "a").generation()).isEqualTo(2);
    }

    @Test
    void refusalIsSaidOfTheObjectAndWhatCameWithItIsHeldUp() {
        change(PORTS, 1);
        Agent a = new Agent("a").hello().takes();
        change(rule("web", "a/left", "drop: true") + "\n---\n" + rule("more", "a/left", "drop: true"), 1);
        a.refuses("ServicePolicy/web", "no room");
        assertThat(state("servicepolicies/web", "a").progress()).isEqualTo(Progress.REFUSED);
        assertThat(state("servicepolicies/web", "a").message()).isEqualTo("no room");
        assertThat(state("servicepolicies/more", "a").progress()).isEqualTo(Progress.HELD_UP);
        assertThat(state("servicepolicies/more", "a").message()).contains("ServicePolicy/web no room");
        assertThat(state("ports/a-left", "a").progress()).isEqualTo(Progress.APPLIED);
        assertThat(a.unanswered).isEmpty();
        nowNs += AgentRecord.RETRY_NS - 1;
        distribution.tick(nowNs);
        assertThat(a.unanswered).isEmpty();
        nowNs += 1;
        distribution.tick(nowNs);
        assertThat(a.sent()).hasSize(2);
        a.refuses("ServicePolicy/web", "no room");
        change(rule("web", "a/left", "noService: true"), 2);
        assertThat(a.sent()).hasSize(2);
        a.takes();
        assertThat(state("servicepolicies/web", "a").progress()).isEqualTo(Progress.APPLIED);
        assertThat(state("servicepolicies/more", "a").progress()).isEqualTo(Progress.APPLIED);
    }

    @Test
    void takingBackWhatWasRefusedEndsTheRefusal() {
        change(PORTS, 1);
        Agent a = new Agent("a").hello().takes();
        change(rule("web", "a/left", "drop: true"), 1);
        a.refuses("ServicePolicy/web", "no room");
        distribution.change(List.of(), List.of("servicepolicies/web"), Optional.empty(), nowNs);
        assertThat(distribution.state("servicepolicies/web")).isNull();
        assertThat(state("ports/a-left", "a").progress()).isEqualTo(Progress.APPLIED);
        // The node has to hear of it: it still says that something is not in force.
        assertThat(a.unanswered).hasSize(1);
        assertThat(a.sent()).isEmpty();
        assertThat(distribution.agents().getFirst().refuses()).isTrue();
        a.takes();
        assertThat(a.unanswered).isEmpty();
        assertThat(distribution.agents().getFirst().refuses()).isFalse();
        nowNs += AgentRecord.RETRY_NS;
        distribution.tick(nowNs);
        assertThat(a.unanswered).isEmpty();
    }

    @Test
    void nodeThatCannotGoBackToWhatItHoldsIsNotAskedAllTheTime() {
        change(PORTS, 1);
        Agent a = new Agent("a").hello().takes();
        change(rule("web", "a/left", "drop: true"), 1);
        a.refuses("ServicePolicy/web", "no room");
        distribution.change(List.of(), List.of("servicepolicies/web"), Optional.empty(), nowNs);
        a.refuses("", "revision 2 waits for its confirmation");
        assertThat(a.unanswered).isEmpty();
        nowNs += AgentRecord.RETRY_NS;
        distribution.tick(nowNs);
        a.takes();
        assertThat(distribution.agents().getFirst().refuses()).isFalse();
    }

    @Test
    void answersToOldUpdatesCountForNothing() {
        change(PORTS, 1);
        Agent a = new Agent("a").hello();
        a.answer(Answer.newBuilder().setNonce(99).setAccepted(true));
        assertThat(state("ports/a-left", "a").progress()).isEqualTo(Progress.UNDER_WAY);
        Agent stranger = new Agent("x");
        stranger.answer(Answer.newBuilder().setNonce(1).setAccepted(true));
        assertThat(state("ports/a-left", "a").progress()).isEqualTo(Progress.UNDER_WAY);
    }

    @Test
    void largePartsComeInPieces() {
        String big = "x".repeat(700_000);
        for (int i = 0; i < 5; i++) {
            change(
                    "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: p" + i + ", annotations: {note: " + big
                            + "}}, spec: {node: a, interface: eth" + i + "}}",
                    1);
        }
        Agent a = new Agent("a").hello();
        assertThat(a.unanswered.size()).isGreaterThan(2);
        assertThat(a.unanswered)
                .allMatch(update -> update.getSerializedSize() < Protocol.MESSAGE_BYTES_MAX)
                .extracting(Update::getNonce)
                .containsOnly(1L);
        a.takes();
        assertThat(a.held).hasSize(6);
    }

    @Test
    void agentsOfAnotherTimeOrWithoutANameAreTurnedAway() {
        Agent a = new Agent("Not A Name").hello();
        assertThat(a.refusal).contains("no name that a node can have");
        assertThat(a.ended).isTrue();
        Agent old = new Agent("a");
        distribution.hello(
                old,
                Hello.newBuilder().setNode("a").setProtocol(Protocol.NUMBER + 2).build(),
                nowNs);
        assertThat(old.refusal).contains("version 3 of the protocol");
        assertThat(distribution.connected()).isZero();
    }

    @Test
    void nothingIsSaidOfNodesThatAreOnTheirWayAfterAStart() {
        Distribution starting = new Distribution(100, 1_000);
        starting.change(Objects.of(PORTS), List.of(), Optional.empty(), 100);
        assertThat(starting.news(1_099)).isEmpty();
        assertThat(starting.news(1_100))
                .extracting(ObjectState::key)
                .containsExactlyInAnyOrder("ports/a-left", "ports/b-left");
        assertThat(starting.news(1_101)).isEmpty();
    }

    @Test
    void sizeOfAChangeDoesNotFollowTheSizeOfTheConfiguration() {
        long few = bytesOfOneRule(10);
        long many = bytesOfOneRule(2_000);
        assertThat(many).isEqualTo(few);
    }

    private static long bytesOfOneRule(int nodes) {
        Distribution all = new Distribution(0, 0);
        StringBuilder yaml = new StringBuilder();
        for (int i = 0; i < nodes; i++) {
            yaml.append("{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: p")
                    .append(i)
                    .append("}, spec: {node: n")
                    .append(i)
                    .append(", interface: left}}\n---\n")
                    .append(rule("r" + i, "n" + i + "/left", "drop: true"))
                    .append("\n---\n");
        }
        all.change(Objects.of(yaml.toString()), List.of(), Optional.empty(), 0);
        List<Update> sent = new ArrayList<>();
        AgentStream stream = new AgentStream() {
            @Override
            public void send(FromController message) {
                sent.add(message.getUpdate());
            }

            @Override
            public void end() {}
        };
        all.hello(stream, Hello.newBuilder().setNode("n7").setProtocol(1).build(), 0);
        all.answer(
                stream,
                Answer.newBuilder()
                        .setNonce(sent.getLast().getNonce())
                        .setAccepted(true)
                        .build(),
                0);
        long before = all.bytesSent("n7");
        all.change(Objects.of(rule("r7", "n7/left", "noService: true"), 2), List.of(), Optional.empty(), 0);
        return all.bytesSent("n7") - before;
    }

    @Test
    void agentsConvergeWhateverHappensInWhichOrder() {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        Random random = new Random(seed);
        change(PORTS, 1);
        List<Agent> agents = List.of(new Agent("a"), new Agent("b"));
        long generation = 1;
        for (int step = 0; step < 2_000; step++) {
            Agent agent = agents.get(random.nextInt(2));
            switch (random.nextInt(6)) {
                case 0 -> {
                    agent.unanswered.clear();
                    agent.hello();
                }
                case 1 -> {
                    agent.unanswered.clear();
                    distribution.gone(agent);
                }
                case 2 -> {
                    if (!agent.unanswered.isEmpty()) {
                        agent.takes();
                    }
                }
                case 3 -> {
                    if (!agent.unanswered.isEmpty()) {
                        agent.refuses("", "not now");
                    }
                }
                case 4 ->
                    change(
                            rule("r" + random.nextInt(4), random.nextBoolean() ? "a/left" : "b/left", "drop: true"),
                            ++generation);
                default ->
                    distribution.change(
                            List.of(), List.of("servicepolicies/r" + random.nextInt(4)), Optional.empty(), nowNs);
            }
            nowNs += random.nextInt(1_000_000_000);
        }
        for (Agent agent : agents) {
            agent.unanswered.clear();
            agent.hello();
            if (!agent.unanswered.isEmpty()) {
                agent.takes();
            }
            Agent fresh = new Agent(agent.node).hello().takes();
            assertThat(agent.held).as("seed " + seed).isEqualTo(fresh.held);
        }
    }
}
