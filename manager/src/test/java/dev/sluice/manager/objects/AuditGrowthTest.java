package dev.sluice.manager.objects;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.store.Store.Put;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** How much the record of changes grows, as docs/guides/manager.md says: entries are kept for good. */
class AuditGrowthTest {
    private static final Audit.Head HEAD = new Audit.Head(1_233, "a".repeat(64), 1_233, 0, 0);
    private static final String TIME = "2026-11-22T23:00:00.123456789Z";
    private static final Caller CALLER = new Caller("alice", "sluice");

    private static int bytes(List<String> objects, List<String> changes) {
        Put entry = Audit.next(HEAD, TIME, CALLER, objects, changes, OptionalLong.empty())
                .entry();
        return entry.key().getBytes(StandardCharsets.UTF_8).length + entry.value().length;
    }

    @Test
    void aChangeOfOneFieldTakesLessThanHalfAKilobyte() {
        assertThat(bytes(
                        List.of("changed Service/firewall"),
                        List.of("changed Service/firewall spec.action: (not set) -> copy")))
                .isBetween(380, 400);
    }

    @Test
    void aChangeOfVeryMuchListsTwoHundredLinesAtMost() {
        int bytes = bytes(List.of("created Service/firewall"), Collections.nCopies(5_000, "x".repeat(4_000)));
        assertThat(bytes).isBetween(200 * 4_000, 200 * 4_000 + 2_000);
    }
}
