package dev.sluice.lab.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.compile.PathDraft.Use;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.model.Configuration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hosts apply a change at different moments, packets in between, in memory (ADR 14): none is lost unless its node is dead, none passes uninspected. */
class MovingTest {
    private static final int FLOWS = 3;
    private static final int ROUND_MS = 4_500;
    private static final int LATEST_MS = 1_800;
    private static final int SETTLE_MS = 80;

    private static MovingWorld started(long seed, Configuration objects) {
        MovingWorld world = new MovingWorld(seed, objects);
        world.run(2_500);
        return world;
    }

    /** Packets of old and new flows all the time; hosts apply the objects when their time comes. */
    private static List<Integer> round(MovingWorld world, Configuration next, Map<String, Integer> whenMs, int fresh) {
        List<Integer> ids = new ArrayList<>();
        for (int ms = 0; ms < ROUND_MS; ms++) {
            int now = ms;
            whenMs.forEach((host, at) -> {
                if (at == now) {
                    world.host(host).reload(next);
                }
            });
            if (ms % 2 == 0) {
                ids.add(world.send(ms / 2 % FLOWS));
            }
            if (ms % 30 == 0) {
                ids.add(world.send(fresh + ms / 30));
            }
            world.step();
        }
        world.run(SETTLE_MS);
        return ids;
    }

    private static Map<String, Integer> moments(Random random) {
        Map<String, Integer> moments = new HashMap<>();
        for (String host : List.of("a", "b", "c")) {
            // Sometimes all at once.
            moments.put(host, random.nextInt(4) == 0 ? 700 : random.nextInt(LATEST_MS));
        }
        return moments;
    }

    private static String story(MovingWorld world, List<Integer> ids) {
        List<String> lost = new ArrayList<>();
        for (int id : ids) {
            if (!world.answered.contains(id)) {
                lost.add(id + ": " + world.inspected.get(id + " forward")
                        + (world.arrived.contains(id) ? " arrived, " + world.inspected.get(id + " reverse") : ""));
            }
        }
        StringBuilder text = new StringBuilder(
                "lost " + lost.size() + " of " + ids.size() + ": " + lost.subList(0, Math.min(5, lost.size())));
        world.hosts.forEach((name, host) -> text.append("; ").append(name).append(host.plane.drops()));
        return text.toString();
    }

    private static long lost(MovingWorld world, List<Integer> ids) {
        return ids.stream().filter(id -> !world.answered.contains(id)).count();
    }

    private static int times(MovingWorld world, int id, String direction, String service) {
        return (int) world.inspected.getOrDefault(id + direction, List.of()).stream()
                .filter(node -> node.startsWith(service))
                .count();
    }

    /** @param second name of the instance at its second place */
    @ParameterizedTest
    @ValueSource(strings = {"fw-2", "fw-1"})
    void aNodeThatMovesLosesNothingInWhateverOrderHostsApplyIt(String second) {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        Random random = new Random(seed);
        int packets = 0;
        int rounds = Integer.getInteger("sluice.moves", 8);
        for (String mode : List.of("direct", "hub")) {
            Configuration onB = MovingWorld.objects(mode, "[fw, ips]", "fw-1 fw b", "ips-1 ips c");
            Configuration onC = MovingWorld.objects(mode, "[fw, ips]", second + " fw c", "ips-1 ips c");
            try (MovingWorld world = started(random.nextLong(), onB)) {
                for (int round = 0; round < rounds; round++) {
                    Configuration next = round % 2 == 0 ? onC : onB;
                    Map<String, Integer> moments = moments(random);
                    String what = "seed " + seed + " mode " + mode + " round " + round + " " + moments;
                    List<Integer> ids = round(world, next, moments, 1_000 + round * 200);
                    assertThat(lost(world, ids))
                            .as(() -> what + " " + story(world, ids))
                            .isZero();
                    for (int id : ids) {
                        for (String direction : List.of(" forward", " reverse")) {
                            assertThat(times(world, id, direction, "fw"))
                                    .as(what)
                                    .isEqualTo(1);
                            assertThat(times(world, id, direction, "ips"))
                                    .as(what)
                                    .isEqualTo(1);
                        }
                    }
                    int last = ids.getLast();
                    assertThat(world.inspected.get(last + " forward"))
                            .as(what)
                            .contains(round % 2 == 0 ? second : "fw-1");
                    assertThat(world.host("a").node.instances())
                            .as(what)
                            .filteredOn(entry -> entry.service().equals("fw") && !entry.lingers())
                            .extracting(InstanceEntry::host)
                            .containsExactly(round % 2 == 0 ? "c" : "b");
                    packets += ids.size();
                }
            }
        }
        System.out.println(
                2 * rounds + " moves in memory, seed " + seed + ": none of " + packets + " packets and answers lost");
    }

    @Test
    void aPathThatAHostNeverGetsIsAwaitedForAMinuteAndInstancesThatAreGoneServeHalfAMinuteLonger() {
        Configuration onB = MovingWorld.objects("direct", "[fw, ips]", "fw-1 fw b", "ips-1 ips c");
        Configuration onC = MovingWorld.objects("direct", "[fw, ips]", "fw-2 fw c", "ips-1 ips c");
        try (MovingWorld world = started(7, onB)) {
            MovingWorld.Host a = world.host("a");
            a.reload(onC);
            world.host("b").reload(onC);
            world.run(50_000);
            assertThat(a.paths(Use.AWAITED)).containsExactly("inspect[fw-2,ips-1]");
            assertThat(a.compiler.missing().values()).containsExactly("node c has not said that it serves it");
            assertThat(a.paths(Use.KEPT)).containsExactly("inspect[fw-1,ips-1]");
            int id = world.send(1);
            world.run(SETTLE_MS);
            assertThat(world.answered).contains(id);
            assertThat(world.inspected.get(id + " forward")).containsExactly("fw-1", "ips-1");
            world.run(11_000);
            assertThat(a.paths(Use.AWAITED)).isEmpty();
            assertThat(a.paths(Use.OFFERED)).containsExactly("inspect[fw-2,ips-1]");
            assertThat(a.paths(Use.GONE)).containsExactly("inspect[fw-1,ips-1]");
            world.run(30_000);
            for (String host : List.of("a", "b")) {
                assertThat(world.host(host).node.instances())
                        .noneMatch(entry -> entry.name().equals("fw-1"));
                assertThat(world.host(host).paths(Use.GONE)).isEmpty();
            }
            // The late host comes at last: the chain works again.
            world.host("c").reload(onC);
            world.run(2_500);
            int late = world.send(2);
            world.run(SETTLE_MS);
            assertThat(world.answered).contains(late);
        }
    }

    @Test
    void aNodeThatDiesWhileItsPathIsKeptIsTheOnlyThingThatLosesPackets() {
        Configuration onB = MovingWorld.objects("direct", "[fw, ips]", "fw-1 fw b", "ips-1 ips c");
        Configuration onC = MovingWorld.objects("direct", "[fw, ips]", "fw-2 fw c", "ips-1 ips c");
        try (MovingWorld world = started(8, onB)) {
            world.host("a").reload(onC);
            world.run(500);
            world.kill("fw-1", "b");
            world.run(20);
            int lost = world.send(1);
            world.run(SETTLE_MS);
            assertThat(world.arrived).doesNotContain(lost);
            world.host("c").reload(onC);
            world.run(1_200);
            int id = world.send(1);
            world.run(SETTLE_MS);
            assertThat(world.answered).contains(id);
            assertThat(world.inspected.get(id + " forward")).containsExactly("fw-2", "ips-1");
            assertThat(world.host("a").plane.datapath().counters().uninspected).isZero();
        }
    }

    @Test
    void aChainThatGrowsAndShrinksLosesNothingInWhateverOrderHostsApplyIt() {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        Random random = new Random(seed);
        List<String> chains = new ArrayList<>(List.of("[fw]", "[fw, ips]", "[ips, fw]"));
        String before = "[fw]";
        try (MovingWorld world =
                started(random.nextLong(), MovingWorld.objects("direct", before, "fw-1 fw b", "ips-1 ips c"))) {
            for (int round = 0; round < 12; round++) {
                Collections.shuffle(chains, random);
                String next = chains.getFirst().equals(before) ? chains.getLast() : chains.getFirst();
                Map<String, Integer> moments = moments(random);
                String what = "seed " + seed + " round " + round + " from " + before + " to " + next + " " + moments;
                Configuration objects = MovingWorld.objects("direct", next, "fw-1 fw b", "ips-1 ips c");
                List<Integer> ids = round(world, objects, moments, 1_000 + round * 200);
                assertThat(lost(world, ids))
                        .as(() -> what + " " + story(world, ids))
                        .isZero();
                for (int id : ids) {
                    assertThat(times(world, id, " forward", "fw")).as(what).isEqualTo(1);
                }
                int last = ids.getLast();
                assertThat(world.host("a").paths(Use.AWAITED)).as(what + last).isEmpty();
                before = next;
            }
        }
    }
}
