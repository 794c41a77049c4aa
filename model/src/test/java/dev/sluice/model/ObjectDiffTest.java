package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ObjectDiffTest {
    private static String chain(String profiles) {
        return "kind: ServiceChain\nmetadata: {name: inspect}\nspec: {profiles: " + profiles + "}\n";
    }

    private static String policy(String rules) {
        return "kind: ServicePolicy\nmetadata: {name: web}\nspec: {rules: [" + rules + "]}\n";
    }

    private static List<String> diff(String before, String after) {
        return ObjectDiff.between(Map.of("a.yaml", before), Map.of("other.yaml", after)).stream()
                .map(ObjectDiff.Change::toString)
                .toList();
    }

    /** The record of changes and terminals are read by more people than may read what is secret. */
    @Test
    void thatASecretIsAnotherIsSaidAndNotWhatItIs() {
        String key = "kind: Node\nmetadata: {name: a}\nspec: {underlay: {bfd: {key: {id: 1, secret: %s}}}}\n";
        Map<String, String> old = Map.of("", key.formatted("hush"));
        Map<String, String> now = Map.of("", key.formatted("still"));
        Map<String, String> none = Map.of("", "kind: Node\nmetadata: {name: a}\nspec: {underlay: {mtu: 1500}}\n");
        assertThat(ObjectDiff.between(old, now))
                .extracting(ObjectDiff.Change::toString)
                .containsExactly("changed Node/a spec.underlay.bfd.key.secret: (not shown) -> (not shown)");
        assertThat(ObjectDiff.between(none, now))
                .extracting(ObjectDiff.Change::toString)
                .contains("changed Node/a spec.underlay.bfd: (not set) -> {key: {id: 1, secret: (not shown)}}");
        for (Map<String, String> other : List.of(none, old, Map.<String, String>of())) {
            assertThat(ObjectDiff.recorded(other, now).toString() + ObjectDiff.recorded(now, other))
                    .doesNotContain("hush")
                    .doesNotContain("still");
        }
    }

    /** Who deletes an object and makes it anew must not get around the record. */
    @Test
    void recordHoldsWhatObjectsWereThatAreGoneAndSaysWhereItIsCut() {
        String policy = "kind: ServicePolicy\nmetadata: {name: web}\nspec: {rules: [{name: r, action: {%s}}]}\n";
        assertThat(ObjectDiff.recorded(Map.of("", policy.formatted("chain: inspect")), Map.of()))
                .extracting(ObjectDiff.Change::toString)
                .containsExactly("removed ServicePolicy/web: {kind: ServicePolicy, metadata: {name: web}, spec: {rules:"
                        + " [{action: {chain: inspect}, name: r}]}}");
        assertThat(ObjectDiff.recorded(Map.of(), Map.of("", policy.formatted("drop: true")))
                        .getFirst()
                        .toString())
                .startsWith("added   ServicePolicy/web: {")
                .contains("drop: true");
        assertThat(ObjectDiff.recorded(Map.of(), Map.of("", policy.formatted("chain: " + "x".repeat(9_000))))
                        .getFirst()
                        .after())
                .hasSizeLessThan(4_100)
                .matches(".*\\.\\.\\. \\(cut, 90[0-9]{2} characters\\)");
    }

    @Test
    void commentsFilesAndTheWayOfWritingAreNoDifference() {
        assertThat(diff(
                        chain("[fw]"),
                        "# new\n---\nmetadata:\n  name: inspect\nkind: ServiceChain\nspec:\n  profiles: ['fw']\n"))
                .isEmpty();
    }

    @Test
    void objectsThatComeAndGoAreNamed() {
        assertThat(diff(chain("[fw]"), policy("")))
                .containsExactly("removed ServiceChain/inspect", "added   ServicePolicy/web");
    }

    @Test
    void changedFieldShowsOldAndNewValue() {
        assertThat(diff(chain("[fw]"), chain("[fw, ips]")))
                .containsExactly("changed ServiceChain/inspect spec.profiles: [fw] -> [fw, ips]");
        assertThat(diff(chain("[fw]"), chain("[fw], onFailure: open")))
                .containsExactly("changed ServiceChain/inspect spec.onFailure: (not set) -> open");
    }

    @Test
    void rulesAreComparedByNameAndTheirOrderIsADifferenceOfItsOwn() {
        String a = "{name: a, match: {protocol: udp}}";
        String b = "{name: b, match: {protocol: tcp}}";
        assertThat(diff(policy(a + ", " + b), policy(b + ", " + a)))
                .containsExactly("changed ServicePolicy/web spec.rules (order): a, b -> b, a");
        assertThat(diff(policy(a), policy(b + ", " + a.replace("udp", "sctp"))))
                .containsExactly(
                        "changed ServicePolicy/web spec.rules[a].match.protocol: udp -> sctp",
                        "changed ServicePolicy/web spec.rules[b]: (not set) -> {match: {protocol: tcp}, name: b}");
    }

    @Test
    void longAndUnprintableValuesStayOnOneLine() {
        assertThat(diff(chain("\"a\\nb\""), chain("'" + "x".repeat(1000) + "'")))
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .hasSizeLessThan(300)
                        .contains("a b -> xxx")
                        .endsWith("..."));
    }

    @Test
    void textThatIsNoYamlIsLeftOut() {
        assertThat(diff("spec: [unclosed", chain("[fw]"))).containsExactly("added   ServiceChain/inspect");
    }
}
