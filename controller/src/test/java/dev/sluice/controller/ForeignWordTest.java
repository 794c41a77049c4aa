package dev.sluice.controller;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.southbound.Answer;
import dev.sluice.southbound.Fault;
import dev.sluice.southbound.FromController;
import dev.sluice.southbound.Hello;
import dev.sluice.southbound.InstanceLoad;
import dev.sluice.southbound.InstanceState;
import dev.sluice.southbound.Loads;
import dev.sluice.southbound.PortState;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an agent says of objects of other hosts counts for nothing, and what it says is kept no longer than people read (S1). */
class ForeignWordTest {
    private static final String OBJECTS = """
        {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: a-left}, spec: {node: a, interface: left}}
        ---
        {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: firewall}, spec: {transport: raw}}
        ---
        {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-1}, spec: {service: firewall, node: a, interfaces: {in: a1, out: b1}}}
        ---
        {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-2}, spec: {service: firewall, node: b, interfaces: {in: a2, out: b2}}}
        ---
        {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [firewall], selection: least-load}}
        """;

    private final Distribution distribution = new Distribution(0, 0);
    private final List<String> heard = new ArrayList<>();
    private final List<Loads> loads = new ArrayList<>();
    private long nonce;
    private final AgentStream b = new AgentStream() {
        @Override
        public void send(FromController message) {
            if (message.hasLoads()) {
                loads.add(message.getLoads());
            }
            if (message.hasUpdate()) {
                nonce = message.getUpdate().getNonce();
            }
        }

        @Override
        public void end() {}
    };

    @BeforeEach
    void start() {
        distribution.watch(new AgentWatcher() {
            @Override
            public void health(String key, Health now) {
                heard.add(key + " " + now.good() + " " + now.message());
            }

            @Override
            public void refused(String node, String object, String message) {
                heard.add(node + " refuses [" + object + "] " + message);
            }
        });
        distribution.change(Objects.of(OBJECTS, 1), List.of(), Optional.empty(), 0);
        distribution.hello(
                b, Hello.newBuilder().setNode("b").setProtocol(Protocol.NUMBER).build(), 0);
    }

    private static InstanceState instance(String name, boolean alive, String reason) {
        return InstanceState.newBuilder()
                .setName(name)
                .setAlive(alive)
                .setReason(reason)
                .build();
    }

    @Test
    void deathsAndDeadPortsOfOtherHostsAreNotHeardOf() {
        distribution.report(
                b,
                Report.newBuilder()
                        .addInstances(instance("fw-1", false, "forged"))
                        .addInstances(instance("nobodys", false, "forged"))
                        .addInstances(instance("fw-2", false, "true"))
                        .addPorts(PortState.newBuilder().setName("a-left").setDescription("forged"))
                        .build(),
                0);
        assertThat(heard).containsExactly("serviceinstances/fw-2 false true");
    }

    @Test
    void loadsOfInstancesOfOtherHostsDoNotMoveFlows() {
        for (int second = 1; second <= 60; second++) {
            Report.Builder report = Report.newBuilder();
            for (String name : List.of("fw-1", "fw-2")) {
                report.addInstances(instance(name, true, ""));
                report.addLoads(InstanceLoad.newBuilder()
                        .setName(name)
                        .setHere(true)
                        .setPackets(second * (name.equals("fw-1") ? 1_000L : 9_000L)));
            }
            distribution.report(b, report.build(), second * 1_000_000_000L);
            distribution.tick(second * 1_000_000_000L);
        }
        assertThat(loads).isNotEmpty().allMatch(told -> told.getLevelsMap().isEmpty());
    }

    @Test
    void faultsOfObjectsThatTheHostDoesNotHaveAreOfTheHostItself() {
        distribution.answer(
                b,
                Answer.newBuilder()
                        .setNonce(nonce)
                        .addFaults(Fault.newBuilder().setObject("Port/a-left").setMessage("forged"))
                        .addFaults(Fault.newBuilder()
                                .setObject("ServiceInstance/fw-2")
                                .setMessage("true"))
                        .build(),
                0);
        assertThat(heard).containsExactly("b refuses [] Port/a-left: forged", "b refuses [ServiceInstance/fw-2] true");
    }

    @Test
    void wordsAreCut() {
        String endless = "x".repeat(100_000);
        distribution.report(
                b,
                Report.newBuilder()
                        .addInstances(instance("fw-2", false, endless))
                        .build(),
                0);
        distribution.answer(
                b,
                Answer.newBuilder()
                        .setNonce(nonce)
                        .addFaults(Fault.newBuilder().setObject(endless).setMessage(endless))
                        .build(),
                0);
        assertThat(heard).hasSize(2).allMatch(text -> text.length() < 1_100);
    }
}
