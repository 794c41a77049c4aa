package dev.sluice.agent.compile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
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
        assertThat(PlaneNumbers.path("inspect[fw-1@b,ips-1@c]")).isEqualTo(3_266_968);
        assertThat(Integer.toUnsignedLong(PlaneNumbers.node("a"))).isEqualTo(3_336_594_343L);
        assertThat(PlaneNumbers.pair("a", "right", "left")).isEqualTo(PlaneNumbers.pair("a", "left", "right"));
        assertThat(PlaneNumbers.pair("b", "left", "right")).isNotEqualTo(PlaneNumbers.pair("a", "left", "right"));
    }

    @Test
    void digestIsThatOfTheSpecificationAndTellsObjectsApart() {
        // Computed by another program from docs/reference/service-plane-ids.md.
        assertThat(digest("b", "direct")).isEqualTo(-8_361_918_539_096_733_188L);
        assertThat(digest("b", "direct")).isNotIn(digest("c", "direct"), digest("b", "hub"));
    }

    private static long digest(String host, String mode) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= 3; i++) {
            String node = List.of("a", "b", "c").get(i - 1);
            String address = "10.0.0." + i;
            text.append(object("Node", node, "{underlay: {address: " + address + "}}"))
                    .append(object("Port", "up-" + node, "{node: " + node + ", interface: eth0}"))
                    .append(object(
                            "LogicalRouter",
                            "underlay-" + node,
                            "{node: " + node + ", interfaces: [{port: up-" + node + ", addresses: [" + address
                                    + "/24]}]}"));
        }
        text.append(object("Service", "fw", "{transport: raw}"))
                .append(object("Service", "ips", "{transport: raw}"))
                .append(object("ServiceInstance", "ips-1", "{service: ips, node: c, interfaces: {in: i, out: o}}"))
                .append(object(
                        "ServiceInstance", "fw-1", "{service: fw, node: " + host + ", interfaces: {in: x, out: y}}"))
                .append(object("ServiceChain", "inspect", "{profiles: [fw, ips], mode: " + mode + "}"));
        LoadResult result = ConfigurationLoader.parse("test.yaml", text.toString());
        Configuration objects = result.configuration().orElseThrow(() -> new AssertionError(result.problems()));
        return PathIdentifiers.of(objects).digest(objects);
    }

    private static String object(String kind, String name, String spec) {
        return "---\napiVersion: sluice.dev/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec
                + "\n";
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
