package dev.sluice.agent.southbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.NodeException;
import dev.sluice.southbound.Answer;
import dev.sluice.southbound.Protocol;
import dev.sluice.southbound.Report;
import dev.sluice.southbound.Resource;
import dev.sluice.southbound.Update;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What a node says to its manager, without a stream. */
class FollowingTest {
    private NavigableMap<String, Resource> kept = new TreeMap<>();
    private boolean refuses;
    private boolean saysSo;

    private Following following() {
        KeptObjects disk = new KeptObjects() {
            @Override
            public NavigableMap<String, Resource> read() {
                return kept;
            }

            @Override
            public void write(NavigableMap<String, Resource> resources) {
                kept = new TreeMap<>(resources);
            }
        };
        return new Following("the manager of the test", "a", disk, _ -> {
            saysSo = refuses;
            if (refuses) {
                throw new NodeException("the host says no");
            }
        });
    }

    private static Resource port(String name) {
        String text = "{apiVersion: sluice.dev/v1, kind: Port, metadata: {name: " + name
                + "}, spec: {node: a, interface: " + name + "}}";
        return Resource.newBuilder()
                .setName("ports/" + name)
                .setVersion(Protocol.version(text))
                .setText(text)
                .build();
    }

    /** An update from nothing to these. */
    private static Update all(Resource... resources) {
        Map<String, String> versions = new TreeMap<>();
        for (Resource resource : resources) {
            versions.put(resource.getName(), resource.getVersion());
        }
        return Update.newBuilder()
                .setNonce(1)
                .addAllResources(List.of(resources))
                .setFingerprint(Protocol.fingerprint(versions))
                .build();
    }

    private static Answer answer(Following following, Update update) {
        return following.take(update).orElseThrow().getAnswer();
    }

    @Test
    void aNodeThatRunsWhatItReceivedSaysSo() {
        kept.put("ports/left", port("left"));
        Following following = following();
        following.started();
        assertThat(following.begin().getHello().getHeldMap()).containsOnlyKeys("ports/left");
    }

    @Test
    void aNodeThatCouldNotStartSaysThatItHoldsNothingAndIsTriedAgain() {
        kept.put("ports/gone", port("gone"));
        kept.put("ports/left", port("left"));
        Following following = following();
        assertThat(following.begin().getHello().getHeldMap()).isEmpty();
        refuses = true;
        Answer refused = answer(following, all(port("left")));
        assertThat(refused.getAccepted()).isFalse();
        assertThat(refused.getFaults(0).getMessage()).isEqualTo("the host says no");
        assertThat(following.versions()).containsOnlyKeys("ports/gone", "ports/left");
        refuses = false;
        // From nothing again: what is gone meanwhile is not mentioned.
        assertThat(answer(following, all(port("left"))).getAccepted()).isTrue();
        assertThat(following.versions()).containsOnlyKeys("ports/left");
        assertThat(kept).containsOnlyKeys("ports/left");
        assertThat(following.begin().getHello().getHeldMap()).containsOnlyKeys("ports/left");
    }

    /** If it is still wanted it comes again; if it was taken back while there was no stream, nothing does. */
    @Test
    void aRefusalIsForgottenWithItsStream() {
        Following following = following();
        following.begin();
        answer(following, all(port("left")));
        refuses = true;
        assertThat(answer(following, all(port("left"), port("right"))).getAccepted())
                .isFalse();
        // As long as the node cannot, it tries again with each stream.
        following.begin();
        assertThat(saysSo).isTrue();
        refuses = false;
        following.begin();
        assertThat(saysSo).isFalse();
        saysSo = true;
        following.begin();
        assertThat(saysSo).as("of something else").isTrue();
        assertThat(following.versions()).containsOnlyKeys("ports/left");
    }

    @Test
    void whatWasHalfReceivedOverAStreamIsForgottenWithIt() {
        Following following = following();
        following.begin();
        assertThat(following.take(all(port("left")).toBuilder().setMore(true).build()))
                .isEmpty();
        following.begin();
        assertThat(answer(following, all(port("right"))).getAccepted()).isTrue();
        assertThat(following.versions()).containsOnlyKeys("ports/right");
    }

    @Test
    void whatANodeSeesIsSaidAgainNowAndThenThoughItIsTheSame() {
        Following following = following();
        following.begin();
        Report report = Report.newBuilder().setConnections(1).build();
        long secondNs = 1_000_000_000L;
        long nowNs = Long.MAX_VALUE - 3 * secondNs;
        assertThat(following.report(report, nowNs)).isPresent();
        assertThat(following.report(report, nowNs + secondNs)).isEmpty();
        assertThat(following.report(report, nowNs + 6 * secondNs)).isPresent();
        assertThat(following.report(report, nowNs + 7 * secondNs)).isEmpty();
        Report other = Report.newBuilder().setConnections(2).build();
        assertThat(following.report(other, nowNs + 7 * secondNs)).isPresent();
    }
}
