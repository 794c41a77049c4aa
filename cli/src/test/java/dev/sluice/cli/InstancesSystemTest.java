package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.model.Kind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Instances that a manager has made by the agents of two hosts, as many as the load asks for (C15, V28). */
@Tag("system")
class InstancesSystemTest {
    private static final int FLOWS_OF_ONE = 2;

    @Test
    void instancesFollowTheLoadAndEstablishedFlowsLoseNothing() throws IOException {
        try (InstancesLab lab = new InstancesLab()) {
            lab.deploy(
                    "fw",
                    "placement: {spread: hosts}, autoscale: {max: 2, flows: " + FLOWS_OF_ONE
                            + ", tolerancePercent: 0, upCooldown: 0s, downCooldown: 0s}");
            lab.awaitState("fw", "fw-1", "Ready");
            EchoFlow first = flowThrough(lab, "fw-1").goOn();

            // More flows than one is to have: another, on the other host.
            List<EchoFlow> more = new ArrayList<>();
            for (int i = 0; i < FLOWS_OF_ONE; i++) {
                more.add(EchoFlow.open(lab.client, "10.0.0.2", 7777).goOn());
            }
            lab.awaitState("fw", "fw-2", "Ready");
            assertThat(lab.host("fw-2")).isNotEqualTo(lab.host("fw-1"));
            assertThat(lab.status("fw").path("autoscaler").path("lastChangeWhy").asString(""))
                    .contains("from 1 to 2");
            EchoFlow second = flowThrough(lab, "fw-2").goOn();

            // Fewer: of two alike the younger one is to go, and does not before its flow has ended.
            more.forEach(flow -> assertThat(flow.end())
                    .as("lost by flows that made the load")
                    .isZero());
            lab.awaitState("fw", "fw-2", "Draining");
            long sent = second.sent();
            lab.await("the flow goes on", "fw", _ -> second.sent() > sent + 100);
            assertThat(lab.instance("fw-2")).isPresent();
            assertThat(lab.instance("fw-1").orElseThrow().tree().path("spec").has("adminState"))
                    .isFalse();

            assertThat(second.end())
                    .as("lost by the flow of the instance that is drained")
                    .isZero();
            assertThat(first.end()).as("lost by the other flow").isZero();
            assertThat(first.sent()).isGreaterThan(100);

            // With the deployment goes what is left of it, and nothing of it stays.
            lab.inventory.change(
                    List.of(new Edit.Remove(Kind.SERVICE_DEPLOYMENT, "fw", 0)), new Caller("test", "test"), false);
            lab.awaitGone("fw-2");
            lab.awaitGone("fw-1");
            lab.awaitNoNamespaces();
        }
    }

    /** A new flow that goes through an instance: the host takes a while until it gives flows to a new one. */
    private static EchoFlow flowThrough(InstancesLab lab, String instance) {
        for (int tries = 0; tries < 200; tries++) {
            EchoFlow flow = EchoFlow.open(lab.client, "10.0.0.2", 7777);
            long before = lab.flows(instance);
            if (flow.exchange(200) && lab.flows(instance) > before) {
                return flow;
            }
            flow.close();
        }
        throw new AssertionError("no flow goes through " + instance);
    }
}
