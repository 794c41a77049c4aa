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
