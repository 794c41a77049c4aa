package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.model.Kind;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Instances that a manager has made by the agents of two hosts, under traffic (C15, V28). */
@Tag("system")
class InstancesSystemTest {
    private static final String SPREAD = "placement: {spread: hosts}, ";

    @Test
    void instancesComeAndGoWhileEstablishedFlowsLoseNothing() throws IOException {
        Set<String> before = new HashSet<>(InstancesLab.namespacesOfInstances());
        try (InstancesLab lab = new InstancesLab()) {
            lab.awaitAgents();
            lab.deploy("fw", SPREAD + "replicas: 1");
            lab.awaitState("fw", "fw-1", "Ready");
            EchoFlow first = flowThrough(lab, "fw-1").goOn();

            lab.deploy("fw", SPREAD + "replicas: 3");
            lab.awaitState("fw", "fw-2", "Ready");
            assertThat(lab.host("fw-2")).isNotEqualTo(lab.host("fw-1"));
            assertThat(lab.status("fw").path("conditions").toString())
                    .contains("1 of 3 instances find no place")
                    .contains("spread says one each");
            EchoFlow second = flowThrough(lab, "fw-2").goOn();

            // Both have a flow; of two alike the younger one goes, and not before its flow has ended.
            lab.deploy("fw", SPREAD + "replicas: 1");
            lab.awaitState("fw", "fw-2", "Draining");
            long sent = second.sent();
            lab.await("the flow goes on", "fw", _ -> second.sent() > sent + 200);
            assertThat(lab.instance("fw-2")).isPresent();
            assertThat(second.end())
                    .as("lost by the flow of the instance that was drained")
                    .isZero();
            lab.awaitGone("fw-2");
            lab.await(
                    "that is said",
                    "fw",
                    status -> status.path("gone").toString().contains("no flow is left"));
            assertThat(first.end()).as("lost by the other flow").isZero();
            assertThat(first.sent()).isGreaterThan(200);

            lab.inventory.change(
                    List.of(new Edit.Remove(Kind.SERVICE_DEPLOYMENT, "fw", 0)), new Caller("test", "test"), false);
            lab.awaitGone("fw-1");
            InstancesLab.awaitNoNamespaces(before);
        }
    }

    /** A new flow that goes through an instance: the host takes a while until it gives flows to a new one. */
    private static EchoFlow flowThrough(InstancesLab lab, String instance) {
        for (int tries = 0; tries < 200; tries++) {
            EchoFlow flow = EchoFlow.open(lab.client, "10.0.0.2", 7777);
            long before = lab.flows(instance);
            if (flow.exchange() && lab.flows(instance) > before) {
                return flow;
            }
            flow.close();
        }
        throw new AssertionError("no flow goes through " + instance);
    }
}
