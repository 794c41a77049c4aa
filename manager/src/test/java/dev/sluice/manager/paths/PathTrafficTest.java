package dev.sluice.manager.paths;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.controller.AgentAsker;
import dev.sluice.fuzz.LaterVersion;
import dev.sluice.manager.objects.ManagedObject;
import dev.sluice.manager.objects.Trees;
import dev.sluice.model.Kind;
import dev.sluice.southbound.Carried;
import dev.sluice.southbound.HopCount;
import dev.sluice.southbound.PathCount;
import dev.sluice.southbound.Question;
import dev.sluice.southbound.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.node.ObjectNode;

/** What a path carries, of all its hosts together, asked no more often than it may be. */
@Timeout(60)
class PathTrafficTest {
    private long nowNs = 1;
    private final PathTraffic traffic = new PathTraffic(() -> nowNs);
    private final List<String> asked = new ArrayList<>();

    /** What hosts answer; those that are not in it are not connected. */
    private final Map<String, PathCount> hosts = new HashMap<>();

    private final AgentAsker asker = this::ask;

    private void ask(String node, String word, Question question, Consumer<String> problem) {
        assertThat(word).isEqualTo("count-path");
        assertThat(question.getCountPath().getName()).isEqualTo("c[fw-1]");
        asked.add(node);
        PathCount count = hosts.get(node);
        problem.accept(count == null ? "its agent is not connected" : "");
        if (count != null) {
            // An answer to somebody else's question does not count.
            traffic.reply(
                    node,
                    Reply.newBuilder()
                            .setId(question.getId() + 1)
                            .setPathCount(count)
                            .build());
            traffic.reply(
                    node,
                    LaterVersion.of(Reply.newBuilder()
                            .setId(question.getId())
                            .setPathCount(LaterVersion.of(count))
                            .build()));
        }
    }

    private static PathCount count(long flows, long packets, boolean here, long sent, long returned) {
        return PathCount.newBuilder()
                .setFlows(flows)
                .setForward(Carried.newBuilder().setPackets(packets).setBytes(100 * packets))
                .setReverse(Carried.newBuilder().setPackets(packets / 2).setBytes(50 * packets))
                .setUninspected(1)
                .addHops(HopCount.newBuilder()
                        .setInstance("fw-1")
                        .setHere(here)
                        .setSentForward(sent)
                        .setSentReverse(sent / 2)
                        .setReturnedForward(returned)
                        .setReturnedReverse(returned / 2))
                .build();
    }

    private static ManagedObject path() {
        ObjectNode tree = Trees.object();
        ObjectNode spec = tree.putObject("spec");
        spec.put("chain", "c");
        spec.put("path", "c[fw-1]");
        spec.putArray("hops").addObject().put("instance", "fw-1").put("node", "b");
        for (String node : List.of("a", "gone")) {
            tree.withObject("status").withArray("nodes").addObject().put("name", node);
        }
        return new ManagedObject(Kind.SERVICE_PATH, "c-0123456789", 7, tree);
    }

    @BeforeEach
    void begin() {
        hosts.put("a", count(3, 10, false, 10, 0));
        hosts.put("b", count(1, 4, true, 14, 12));
    }

    private ObjectNode carried() throws InterruptedException {
        return traffic.of(path()).orElseThrow();
    }

    @Test
    void hostsAreAddedUpAndBothSidesOfANodeAreThoseOfItsOwnHost() throws Exception {
        assertThat(traffic.of(path())).as("it serves no agents").isEmpty();
        traffic.begin(asker);
        ObjectNode carried = carried();
        assertThat(carried.path("flows").asLong()).isEqualTo(4);
        assertThat(carried.at("/forward/packets").asLong()).isEqualTo(14);
        assertThat(carried.at("/forward/bytes").asLong()).isEqualTo(1_400);
        assertThat(carried.at("/reverse/packets").asLong()).isEqualTo(7);
        assertThat(carried.path("uninspected").asLong()).isEqualTo(2);
        assertThat(carried.at("/hops/0/sent/forward").asLong()).isEqualTo(14);
        assertThat(carried.at("/hops/0/returned/forward").asLong()).isEqualTo(12);
        assertThat(carried.path("nodes").valueStream())
                .extracting(node -> node.path("name").asString() + " "
                        + node.path("problem").asString(""))
                .containsExactly("a ", "b ", "gone its agent is not connected");
        assertThat(asked).containsExactlyInAnyOrder("a", "b", "gone");
    }

    @Test
    void whoAsksAgainSoonGetsTheSameAndHostsAreNotAsked() throws Exception {
        traffic.begin(asker);
        ObjectNode first = carried();
        hosts.put("a", count(9, 90, false, 90, 0));
        nowNs += PathTraffic.FRESH_NS - 1;
        assertThat(carried()).isEqualTo(first);
        assertThat(asked).hasSize(3);
        nowNs++;
        assertThat(carried().path("flows").asLong()).isEqualTo(10);
        assertThat(asked).hasSize(6);
    }

    @Test
    void hostThatGoesWhileItIsAskedIsSaidToHaveGone() throws Exception {
        traffic.begin((node, _, _, problem) -> {
            problem.accept("");
            traffic.lost(node);
        });
        ObjectNode carried = carried();
        assertThat(carried.path("nodes").valueStream())
                .extracting(node -> node.path("problem").asString(""))
                .containsOnly("its agent has gone");
        assertThat(carried.at("/hops/0").has("sent")).isFalse();
    }

    @Test
    void whoNoLongerLeadsAsksNobody() throws Exception {
        traffic.begin(asker);
        AgentAsker other = (_, _, _, problem) -> problem.accept("no");
        traffic.end(other);
        assertThat(traffic.of(path())).isPresent();
        traffic.end(asker);
        assertThat(traffic.of(path())).isEmpty();
    }
}
