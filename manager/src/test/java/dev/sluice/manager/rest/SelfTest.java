package dev.sluice.manager.rest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.store.Election.Member;
import dev.sluice.manager.store.Election.Standing;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What a manager says of itself and of the others of its store. */
class SelfTest {
    private static final List<Member> BOTH = List.of(
            new Member("one", "https://192.0.2.1:9470", "1.2", "2026-01-01T00:00:00Z"),
            new Member("two", "https://192.0.2.2:9470", "1.1", "2026-01-02T00:00:00Z"));

    private static Self self(Standing standing, List<Member> members) {
        return new Self("etcd", () -> standing, () -> members, requests -> {
            throw new IllegalStateException("nobody scrapes here");
        });
    }

    private static List<String> roles(Self self) {
        return self.managers()
                .path("items")
                .valueStream()
                .map(each -> each.path("name").asString() + " "
                        + each.path("role").asString() + " " + each.path("self").asBoolean())
                .toList();
    }

    @Test
    void managersAreListedWithTheOneThatLeadsAndTheOneThatAnswers() {
        Self two = self(new Standing("two", false, "one", 7), BOTH);
        assertThat(roles(two)).containsExactly("one leader false", "two standby true");
        JsonNode tree = two.managers();
        assertThat(tree.path("term").asLong()).isEqualTo(7);
        assertThat(tree.at("/items/1/software").asString()).isEqualTo("1.1");
        assertThat(roles(self(new Standing("one", true, "one", 7), BOTH)))
                .containsExactly("one leader true", "two standby false");
    }

    /** Its word to etcd is late, or it is a version that says none. */
    @Test
    void whoLeadsOrAnswersIsListedEvenIfItIsNotAmongThoseHeardOf() {
        assertThat(roles(self(new Standing("two", false, "one", 7), List.of())))
                .containsExactly("one leader false", "two standby true");
        assertThat(roles(self(new Standing("two", false, "", 0), List.of()))).containsExactly("two standby true");
        assertThat(roles(Self.alone("memory"))).containsExactly(" only true");
    }

    @Test
    void managerThatStandsBySaysWhoSeesWhatHappens() {
        assertThat(self(new Standing("one", true, "one", 7), BOTH).elsewhere()).isEmpty();
        assertThat(Self.alone("memory").elsewhere()).isEmpty();
        assertThat(self(new Standing("two", false, "one", 7), BOTH).elsewhere())
                .contains("ask the one that leads, one, at https://192.0.2.1:9470");
        assertThat(self(new Standing("two", false, "three", 7), BOTH).elsewhere())
                .contains("ask the one that leads, three");
        assertThat(self(new Standing("two", false, "", 0), BOTH).elsewhere())
                .contains("nobody leads now: ask again in a few seconds");
    }
}
