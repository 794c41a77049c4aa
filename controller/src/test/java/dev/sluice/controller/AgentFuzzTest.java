package dev.sluice.controller;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.sluice.fuzz.Damage;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.Captured;
import dev.sluice.southbound.Fault;
import dev.sluice.southbound.FromAgent;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.InstanceState;
import dev.sluice.southbound.PortState;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Reply;
import dev.sluice.southbound.Report;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What agents say, damaged: a controller refuses it or goes on, says something of every object, and sends each agent nothing but what is for the node that it said it is.
 */
class AgentFuzzTest {
    private static final int MESSAGES = 3_000;
    private static final int MESSAGES_OF_CHECK = 1_000;
    private static final long MS = 1_000_000;

    private static final String OBJECTS = """
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: a-left}, spec: {node: a, interface: left}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: b-left}, spec: {node: b, interface: left}}
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
            ---
            apiVersion: sluice.dev/v1
            kind: ServiceInstance
            metadata: {name: fw-a}
            spec: {service: firewall, node: a, interfaces: {in: fw-i, out: fw-o}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [firewall]}}
            """;

    /** An agent that takes anything. */
    private static final class Agent implements AgentStream {
        final List<FromController> got = new ArrayList<>();
        boolean said;
        boolean ended;

        @Override
        public void send(FromController message) {
            assertThat(ended).as("sent behind the end").isFalse();
            got.add(message);
        }

        @Override
        public void end() {
            ended = true;
        }

        long lastNonce() {
            return got.isEmpty() ? 0 : got.getLast().getUpdate().getNonce();
        }
    }

    private static FromAgent sound(Random random, Agent agent) {
        FromAgent.Builder message = FromAgent.newBuilder();
        if (!agent.said) {
            return message.setHello(Hello.newBuilder()
                            .setNode(List.of("a", "b", "c").get(random.nextInt(3)))
                            .setProtocol(Protocol.NUMBER)
                            .setSoftware("1.0")
                            .putHeld("ports/a-left", Protocol.version("x")))
                    .build();
        }
        if (random.nextBoolean()) {
            return message.setAnswer(Answer.newBuilder()
                            .setNonce(agent.lastNonce())
                            .setAccepted(random.nextBoolean())
                            .addFaults(Fault.newBuilder()
                                    .setObject("Port/a-left")
                                    .setField("spec.peer")
                                    .setMessage("there is none"))
                            .setWarning("full"))
                    .build();
        }
        if (random.nextInt(4) == 0) {
            return message.setReply(Reply.newBuilder()
                            .setId(random.nextInt(4))
                            .setCaptured(Captured.newBuilder()
                                    .setPcapng(ByteString.copyFromUtf8("packets"))
                                    .setFrames(2)
                                    .setEnd("seconds")))
                    .build();
        }
        return message.setReport(Report.newBuilder()
                        .setGeneration(3)
                        .addPorts(PortState.newBuilder()
                                .setName("a-left")
                                .setUp(true)
                                .setReceivedFrames(7))
                        .addInstances(InstanceState.newBuilder()
                                .setName("fw-a")
                                .setAlive(false)
                                .setReason("no answer"))
                        .putDrops("NO_ROUTE", 5)
                        .setConnections(9))
                .build();
    }

    private static long run(long seed, int executions) {
        Random random = new Random(seed);
        Distribution distribution = new Distribution(0, 0);
        List<WantedObject> objects = Objects.of(OBJECTS);
        distribution.change(objects, List.of(), Optional.empty(), 0);
        List<Agent> agents = new ArrayList<>(List.of(new Agent(), new Agent(), new Agent(), new Agent()));
        for (int i = 0; i < executions; i++) {
            long nowNs = i * (50L * MS);
            int which = random.nextInt(agents.size());
            Agent agent = agents.get(which);
            FromAgent sound = sound(random, agent);
            byte[] bytes = random.nextInt(4) == 0 ? sound.toByteArray() : Damage.bytes(random, sound.toByteArray());
            try {
                say(distribution, agent, FromAgent.parseFrom(bytes), nowNs);
                if (agent.ended || random.nextInt(20) == 0) {
                    distribution.gone(agent);
                    agents.set(which, new Agent());
                }
                if (random.nextInt(30) == 0) {
                    WantedObject changed = objects.get(random.nextInt(objects.size()));
                    boolean removed = random.nextBoolean();
                    distribution.change(
                            removed ? List.of() : List.of(changed),
                            removed ? List.of(changed.key()) : List.of(),
                            Optional.empty(),
                            nowNs);
                }
                distribution.tick(nowNs);
                distribution
                        .news(nowNs)
                        .forEach(state -> assertThat(state.toString()).isNotEmpty());
                assertThat(distribution.connected()).isLessThanOrEqualTo(agents.size());
            } catch (InvalidProtocolBufferException e) {
                // gRPC ends a stream on which this comes, before anybody sees the message.
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("message " + i + ": " + HexFormat.of().formatHex(bytes), e);
            }
        }
        agents.forEach(distribution::gone);
        assertThat(distribution.connected()).isZero();
        assertThat(distribution.updates()).isPositive();
        return executions;
    }

    /** As the server does it: Hello first, and once. */
    private static void say(Distribution distribution, Agent agent, FromAgent message, long nowNs) {
        if (agent.said == message.hasHello()) {
            agent.end();
            return;
        }
        switch (message.getWhatCase()) {
            case HELLO -> {
                agent.said = true;
                distribution.hello(agent, message.getHello(), nowNs);
                String node = message.getHello().getNode();
                if (!node.equals("a")) {
                    assertThat(agent.got)
                            .as("told to %s", node)
                            .noneMatch(each -> each.getUpdate().getResourcesList().stream()
                                    .anyMatch(resource -> resource.getName().equals("ports/a-left")));
                }
            }
            case ANSWER -> distribution.answer(agent, message.getAnswer(), nowNs);
            case REPORT -> distribution.report(agent, message.getReport(), nowNs);
            case INTERFACES -> distribution.interfaces(agent, message.getInterfaces());
            case PATHS -> distribution.paths(agent, message.getPaths());
            case REPLY -> distribution.reply(agent, message.getReply());
            case RUNTIMES -> distribution.runtimes(agent, message.getRuntimes());
            case WHAT_NOT_SET -> {}
        }
    }

    private static FuzzTarget target(int executions) {
        return new FuzzTarget(
                "messages of agents", "AgentFuzzTest#damagedMessagesOfManySeeds", seed -> run(seed, executions));
    }

    @Test
    void damagedMessagesAreRefusedOrGoneOnWith() {
        target(MESSAGES_OF_CHECK).once(1);
    }

    @Test
    @Tag("campaign")
    void damagedMessagesOfManySeeds() {
        target(MESSAGES).run();
    }
}
