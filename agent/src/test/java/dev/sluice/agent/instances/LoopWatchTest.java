package dev.sluice.agent.instances;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Hosts;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.datapath.snapshot.AttachmentCounters;
import org.junit.jupiter.api.Test;

/** Nodes that send more than they are sent; time is the test's (F11). */
class LoopWatchTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private final CompiledNode node = new SnapshotCompiler("edge", new IdRegistry())
            .compile(Yaml.parse(Yaml.bridge()), name -> new InterfaceFacts(name.hashCode() & 0xff, 1500))
            .node()
            .orElseThrow();
    private final AttachmentCounters counters =
            node.snapshot().attachments().iterator().next().counters();
    private final LoopWatch watch = new LoopWatch();
    private long nowNs = Long.MAX_VALUE - 2 * SECOND_NS;

    /** Seconds in each of which so many packets are sent to the node and come from it. */
    private void seconds(int seconds, int sent, int returned) {
        for (int i = 0; i < seconds; i++) {
            counters.sent[0] += sent;
            counters.returned[0] += returned;
            nowNs += SECOND_NS;
            watch.tick(node, nowNs);
        }
    }

    @Test
    void nodeInALoopIsToldAfterThreeSecondsAndNotAnyMoreWhenItIsOver() {
        seconds(1, 0, 0);
        seconds(2, 10, 40_000);
        assertThat(watch.notices()).isEmpty();
        seconds(1, 10, 40_000);
        assertThat(watch.notices())
                .singleElement()
                .asString()
                .contains("fw-1 sends 40000 packets per second and is sent 10", "loop", "packetsPerSecondMax");
        seconds(1, 10, 10);
        assertThat(watch.notices()).isEmpty();
    }

    @Test
    void nodesThatPassWhatTheyGetOrAnswerSomeOfItAreNotTold() {
        seconds(1, 0, 0);
        seconds(5, 100_000, 100_000);
        seconds(5, 100_000, 0);
        seconds(5, 10_000, 70_000);
        seconds(5, 0, 900);
        assertThat(watch.notices()).isEmpty();
    }

    @Test
    void countersOfBeforeAreNoRate() {
        counters.returned[0] = 1_000_000_000L;
        seconds(10, 0, 0);
        assertThat(watch.notices()).isEmpty();
    }

    @Test
    void lookThatComesLateIsCountedForItsTime() {
        seconds(1, 0, 0);
        for (int i = 0; i < 4; i++) {
            nowNs += 9 * SECOND_NS;
            seconds(1, 0, 9_000);
        }
        assertThat(watch.notices()).as("900 per second").isEmpty();
    }

    /** Packets that go to nodes of two other hosts are sent to the first one and come back from the last one. */
    @Test
    void nodesOfOtherHostsAreNotJudgedByWhatComesBackFromThemHere() {
        CompiledNode edge = new SnapshotCompiler("edge", new IdRegistry())
                .compile(
                        Yaml.parse(
                                Hosts.host("edge", 1),
                                Hosts.host("other", 2),
                                Hosts.pair("edge"),
                                Yaml.object("Service", "firewall", "{transport: raw}"),
                                Yaml.object(
                                        "ServiceInstance",
                                        "fw-1",
                                        "{service: firewall, node: other, interfaces: {in: i, out: o}}"),
                                Yaml.object("ServiceChain", "inspect", "{profiles: [firewall]}")),
                        name -> new InterfaceFacts(name.hashCode() & 0xff, 1500))
                .node()
                .orElseThrow();
        AttachmentCounters elsewhere = edge.snapshot().attachments().getFirst().counters();
        for (int second = 0; second < 10; second++) {
            elsewhere.returned[0] += 100_000;
            nowNs += SECOND_NS;
            watch.tick(edge, nowNs);
        }
        assertThat(watch.notices()).isEmpty();
    }
}
