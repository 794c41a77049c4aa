package dev.sluice.agent.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.PlaneNumbers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PathIdentifiersTest {
    /** Two names whose search begins at the same number. */
    private static List<String> meeting() {
        Map<Integer, String> seen = new HashMap<>();
        for (int i = 0; ; i++) {
            String name = "chain-" + i + "[fw]";
            String other = seen.putIfAbsent(PlaneNumbers.path(name), name);
            if (other != null) {
                return List.of(other, name);
            }
        }
    }

    @Test
    void numbersAreThoseOfTheSpecification() {
        // Computed by another program from docs/reference/service-plane-ids.md.
        assertThat(PlaneNumbers.path("inspect[fw-1,ips-1]")).isEqualTo(284_192);
        assertThat(Integer.toUnsignedLong(PlaneNumbers.node("a"))).isEqualTo(3_336_594_343L);
        assertThat(PlaneNumbers.pair("a", "right", "left")).isEqualTo(PlaneNumbers.pair("a", "left", "right"));
        assertThat(PlaneNumbers.pair("b", "left", "right")).isNotEqualTo(PlaneNumbers.pair("a", "left", "right"));
    }

    @Test
    void secondOfTwoNamesThatMeetGetsTheNextNumber() {
        List<String> names = meeting();
        PathIdentifiers ids = PathIdentifiers.ofPaths(names);
        assertThat(ids.of(names.get(0))).isEqualTo(PlaneNumbers.path(names.get(0)));
        assertThat(ids.of(names.get(1))).isEqualTo(ids.of(names.get(0)) + 1);
        assertThat(ids.of("other[fw]")).isZero();
    }

    @Test
    void numbersOfTenThousandPathsAreDifferentAndFitTheirBits() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 10_000; i++) {
            names.add("chain-" + i / 100 + "[fw-" + i % 10 + ",ips-" + i / 10 % 10 + "]");
        }
        PathIdentifiers ids = PathIdentifiers.ofPaths(names);
        assertThat(names.stream().map(ids::of)).doesNotHaveDuplicates().allMatch(id -> id > 0 && id <= 0x7f_ffff);
    }
}
