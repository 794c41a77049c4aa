package dev.sluice.lab.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.wire.Bfd;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Switches that watch each other, in memory (V14, F1, F2, S1). */
class PeersTest {
    private static final int FLOWS = 8;
    private static final int OUTAGE_MS_MAX = 200;
    private static final int ROUNDS = Integer.getInteger("sluice.deaths.memory", 30);

    /** Sends a packet of each flow every 5 ms for so long; their ids by flow. */
    private static Map<Integer, List<Integer>> traffic(PeersWorld world, int firstFlow, int flows, int ms) {
        Map<Integer, List<Integer>> ids = new HashMap<>();
        for (int i = 0; i < ms; i++) {
            if (i % 5 == 0) {
                for (int flow = firstFlow; flow < firstFlow + flows; flow++) {
                    ids.computeIfAbsent(flow, _ -> new ArrayList<>()).add(world.send(flow));
                }
            }
            world.step();
        }
        world.run(2);
        return ids;
    }

    private static PeersWorld started(long seed, String bfd, String onFailure) {
        PeersWorld world = new PeersWorld(seed, bfd, onFailure);
        world.run(2_000);
        for (PeersWorld.Host host : world.hosts.values()) {
            assertThat(host.watch.report().peers())
                    .allMatch(peer -> peer.state().equals("up"));
            assertThat(host.sees("fw-1")).isTrue();
            assertThat(host.sees("fw-2")).isTrue();
        }
        return world;
    }

    private static String hostOf(PeersWorld world, int id) {
        return String.join(",", world.inspected.getOrDefault(id, Set.of()));
    }

    @Test
    void flowsLeaveADeadNodeOrHostWithin200MsAndOnlyNewOnesComeBack() {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        Random random = new Random(seed);
        int worstMs = 0;
        try (PeersWorld world = started(seed, "", "closed")) {
            int flow = 0;
            for (int round = 0; round < ROUNDS; round++) {
                PeersWorld.Host victim = world.host(random.nextBoolean() ? "b" : "c");
                int way = random.nextInt(3);
                String what = "seed " + seed + " round " + round + " way " + way + " of " + victim.name;
                Map<Integer, List<Integer>> before = traffic(world, flow, FLOWS, 30);
                fail(victim, way);
                Map<Integer, List<Integer>> during = traffic(world, flow, FLOWS, 400);
                int moved = 0;
                for (int each = flow; each < flow + FLOWS; each++) {
                    String was =
                            hostOf(world, before.getOrDefault(each, List.of()).getLast());
                    List<Integer> sent = during.getOrDefault(each, List.of());
                    int lost = (int) sent.stream()
                            .filter(id -> !world.arrived.containsKey(id))
                            .count();
                    if (was.equals(victim.name)) {
                        moved++;
                        worstMs = Math.max(worstMs, lost * 5);
                        assertThat(world.arrived).as(what).containsKey(sent.getLast());
                    } else {
                        assertThat(lost).as(what).isZero();
                    }
                    assertThat(hostOf(world, sent.getLast())).as(what).isNotEqualTo(victim.name);
                }
                assertThat(moved).as(what).isBetween(1, FLOWS - 1);
                assertThat(worstMs).as(what).isLessThanOrEqualTo(OUTAGE_MS_MAX);
                revive(victim, way);
                world.run(2_500);
                assertThat(world.host("a").sees("fw-1") && world.host("a").sees("fw-2"))
                        .as(what)
                        .isTrue();
                Map<Integer, List<Integer>> after = traffic(world, flow, FLOWS, 20);
                after.values()
                        .forEach(ids -> assertThat(ids)
                                .as(what)
                                .allMatch(id -> world.arrived.containsKey(id)
                                        && !hostOf(world, id).equals(victim.name)));
                flow += FLOWS;
            }
            assertThat(world.inspected.keySet()).as("seed " + seed).containsAll(world.arrived.keySet());
        }
        System.out.println(
                ROUNDS + " deaths of nodes and hosts in memory, seed " + seed + ": outage at worst " + worstMs + " ms");
    }

    private static void fail(PeersWorld.Host victim, int way) {
        switch (way) {
            case 0 -> {
                victim.nodeWorks = false;
                victim.plane.liveness().setInstance(victim.instance(fw(victim)), false);
            }
            case 1 -> victim.kill();
            default -> victim.cut = true;
        }
    }

    private static void revive(PeersWorld.Host victim, int way) {
        switch (way) {
            case 0 -> {
                victim.nodeWorks = true;
                victim.plane.liveness().setInstance(victim.instance(fw(victim)), true);
            }
            case 1 -> victim.startAgain();
            default -> victim.cut = false;
        }
    }

    private static String fw(PeersWorld.Host host) {
        return host.name.equals("b") ? "fw-1" : "fw-2";
    }

    @Test
    void newFlowsUseAHostThatCameBack() {
        try (PeersWorld world = started(1, "", "closed")) {
            world.host("b").kill();
            world.run(300);
            assertThat(world.host("a").sees("fw-1")).isFalse();
            assertThat(world.host("a").watch.reason(world.host("a").instance("fw-1")))
                    .isEqualTo("node b does not answer");
            world.host("b").startAgain();
            world.run(2_500);
            Map<Integer, List<Integer>> fresh = traffic(world, 100, FLOWS, 10);
            assertThat(fresh.values().stream().map(ids -> hostOf(world, ids.getLast())))
                    .contains("b", "c");
        }
    }

    @Test
    void whatAHostSaidBeforeItDiedDoesNotCountWhenItIsBack() {
        try (PeersWorld world = started(11, "", "closed")) {
            PeersWorld.Host a = world.host("a");
            PeersWorld.Host b = world.host("b");
            // Longer than what is new counts as alive without a word.
            world.run(1_000);
            b.kill();
            world.run(200);
            b.startAgain();
            b.plane.liveness().setInstance(b.instance("fw-1"), false);
            b.mute = true;
            int ms = 0;
            while (!a.peer("b").state().equals("up") && ms++ < 2_500) {
                world.step();
                assertThat(a.sees("fw-1")).isFalse();
            }
            assertThat(a.peer("b").state()).isEqualTo("up");
            world.run(50);
            assertThat(a.sees("fw-1")).isFalse();
            b.mute = false;
            b.plane.liveness().setInstance(b.instance("fw-1"), true);
            world.run(50);
            assertThat(a.sees("fw-1")).isTrue();
        }
    }

    @Test
    void anInstanceWithoutAVerdictAtItsOwnHostIsNotSpokenOf() {
        try (PeersWorld world = new PeersWorld(12, "", "closed")) {
            PeersWorld.Host a = world.host("a");
            PeersWorld.Host b = world.host("b");
            b.plane.liveness().setJudged(b.instance("fw-1"), false);
            world.run(2_000);
            assertThat(a.watch.words(a.instance("fw-1"))).isEqualTo("nothing");
            assertThat(a.watch.words(a.instance("fw-2"))).isEqualTo("alive");
            b.plane.liveness().setJudged(b.instance("fw-1"), true);
            world.run(5);
            assertThat(a.watch.words(a.instance("fw-1"))).isEqualTo("alive");
        }
    }

    /** A key is given, changed and taken away; hosts follow one after the other, each time in another order. */
    @Test
    void noHostIsLostWhileAKeyChangesInWhateverOrderHostsFollow() {
        List<String> keys = List.of(
                "",
                ", bfd: {key: {id: 1, secret: one}}",
                ", bfd: {key: {id: 2, secret: two}}",
                ", bfd: {intervalMs: 40}");
        List<List<String>> orders = List.of(List.of("a", "b", "c"), List.of("b", "a", "c"), List.of("c", "b", "a"));
        for (List<String> order : orders) {
            try (PeersWorld world = started(13, keys.getFirst(), "closed")) {
                for (String key : keys) {
                    world.change(key, "closed", "");
                    for (String name : order) {
                        world.host(name).reload();
                        for (int ms = 0; ms < 600; ms++) {
                            world.step();
                            assertAllSeeEachOther(world, order + " " + key + " at " + name + " " + ms);
                        }
                    }
                    world.run(1_000);
                    assertAllSeeEachOther(world, order + key);
                }
            }
        }
    }

    private static void assertAllSeeEachOther(PeersWorld world, String when) {
        for (PeersWorld.Host host : world.hosts.values()) {
            assertThat(host.sees("fw-1") && host.sees("fw-2")).as(when).isTrue();
            assertThat(host.watch.report().peers())
                    .as(when)
                    .allMatch(peer -> peer.state().equals("up") && peer.downs() == 0);
        }
    }

    @Test
    void withoutAnyNodeLeftAClosedChainDropsAndAnOpenOneCountsAsUninspected() {
        for (String onFailure : List.of("closed", "open")) {
            try (PeersWorld world = started(2, "", onFailure)) {
                world.host("b").kill();
                world.host("c").cut = true;
                world.run(300);
                Map<Integer, List<Integer>> ids = traffic(world, 0, 1, 20);
                boolean open = onFailure.equals("open");
                assertThat(ids.getOrDefault(0, List.of())).allMatch(id -> world.arrived.containsKey(id) == open);
                int packets = ids.getOrDefault(0, List.of()).size();
                assertThat(world.host("a").plane.datapath().counters().uninspected)
                        .isEqualTo(open ? packets : 0);
                assertThat(drops(world, DropReason.SERVICE_DOWN)).isEqualTo(open ? 0 : packets);
            }
        }
    }

    @Test
    void aHostThatNeverCameUpIsUsedForASecondIfThereIsNothingBetterAndThenIsDead() {
        PeersWorld world = new PeersWorld(3, "", "closed");
        try (world) {
            world.host("b").kill();
            world.host("c").kill();
            world.run(500);
            assertThat(world.host("a").sees("fw-1")).isTrue();
            world.run(600);
            assertThat(world.host("a").sees("fw-1")).isFalse();
            world.host("b").startAgain();
            world.run(2_000);
            assertThat(world.host("a").sees("fw-1")).isTrue();
            assertThat(world.host("a").sees("fw-2")).isFalse();
        }
    }

    @Test
    void flowsPreferPathsOfHostsThatAreUpOverThoseNotHeardYet() {
        try (PeersWorld world = new PeersWorld(4, "", "closed")) {
            world.host("b").kill();
            int ms = 0;
            while (!world.host("a").peer("c").state().equals("up") && ms++ < 990) {
                world.step();
            }
            // Until it has said of its own what it does.
            world.run(5);
            assertThat(world.host("a").sees("fw-1")).isTrue();
            Map<Integer, List<Integer>> ids = traffic(world, 0, FLOWS, 1);
            world.run(3);
            assertThat(ids.values())
                    .allMatch(sent -> hostOf(world, sent.getLast()).equals("c"));
        }
    }

    @Test
    void aDrainAtItsOwnHostIsHeardByTheOthers() {
        try (PeersWorld world = started(5, "", "closed")) {
            world.change("", "closed", "drain");
            world.host("b").reload();
            world.run(5);
            assertThat(world.host("a").watch.toldStates())
                    .containsOnly(Map.entry("fw-1", dev.sluice.model.ServiceInstance.AdminState.DRAIN));
            assertThat(world.host("a").watch.words(world.host("a").instance("fw-1")))
                    .isEqualTo("alive, drain");
            world.change("", "closed", "");
            world.host("b").reload();
            world.run(5);
            assertThat(world.host("a").watch.toldStates()).isEmpty();
        }
    }

    @Test
    void aHostThatEndsInOrderSaysSo() {
        try (PeersWorld world = started(6, "", "closed")) {
            world.host("b").watch.close(world.nowNs);
            world.run(3);
            assertThat(world.host("a").sees("fw-1")).isFalse();
            assertThat(world.host("a").peer("b").remoteState()).isEqualTo("admin-down");
        }
    }

    // S1: what is forged changes nothing and is counted.

    /** The newest frame of the underlay from one host to another that has a destination port of UDP. */
    private static byte[] captured(PeersWorld world, String from, String to, int port) {
        for (int i = world.carried.size() - 1; i >= 0; i--) {
            byte[] f = world.carried.get(i);
            boolean fits = f[12] == 8
                    && f[13] == 0
                    && f[29] == from.charAt(0) - 'a' + 1
                    && f[33] == to.charAt(0) - 'a' + 1
                    && (((f[36] & 0xff) << 8) | (f[37] & 0xff)) == port;
            if (fits) {
                return f.clone();
            }
        }
        throw new AssertionError("no such frame");
    }

    private static void inject(PeersWorld world, byte[] frame) {
        PeersWorld.Host a = world.host("a");
        a.plane.receive(a.port("eth0"), frame);
    }

    /** Mends the header checksum and leaves out that of UDP. */
    private static byte[] mended(byte[] frame) {
        java.lang.foreign.MemorySegment f = java.lang.foreign.MemorySegment.ofArray(frame);
        dev.sluice.wire.Ipv4.updateChecksum(f, 14);
        dev.sluice.wire.Udp.setChecksum(f, 34, 0);
        return frame;
    }

    private static long drops(PeersWorld world, DropReason reason) {
        return world.host("a").plane.drops().getOrDefault(reason, 0L);
    }

    @Test
    void forgedBfdChangesNothingAndIsCounted() {
        try (PeersWorld world = started(7, "", "closed")) {
            byte[] real = captured(world, "b", "a", Bfd.PORT_SINGLE_HOP);
            byte[] farAway = real.clone();
            farAway[22] = (byte) 254;
            inject(world, mended(farAway));
            byte[] stranger = real.clone();
            stranger[29] = 77;
            inject(world, mended(stranger));
            byte[] wrongSession = real.clone();
            wrongSession[42 + 8] = (byte) (wrongSession[42 + 8] ^ 1);
            wrongSession[42 + 1] = (byte) (Bfd.ADMIN_DOWN << 6);
            inject(world, mended(wrongSession));
            byte[] ofOther = real.clone();
            ofOther[29] = 3;
            ofOther[42 + 1] = (byte) (Bfd.DOWN << 6);
            inject(world, mended(ofOther));
            byte[] damaged = real.clone();
            damaged[60] = (byte) (damaged[60] ^ 1);
            inject(world, damaged);
            byte[] multihop = real.clone();
            multihop[36] = (byte) (Bfd.PORT_MULTIHOP >>> 8);
            multihop[37] = (byte) Bfd.PORT_MULTIHOP;
            inject(world, mended(multihop));
            assertThat(drops(world, DropReason.BFD_REFUSED)).isEqualTo(4);
            assertThat(drops(world, DropReason.OVERLAY_PEER_UNKNOWN)).isEqualTo(1);
            assertThat(drops(world, DropReason.OVERLAY_CHECKSUM)).isEqualTo(1);
            assertThat(world.host("a").watch.report().refused())
                    .containsOnly(
                            Map.entry("bfd wrong-ttl", 1L),
                            Map.entry("bfd unknown-discriminator", 1L),
                            Map.entry("bfd wrong-path", 2L));
            assertThat(world.host("a").watch.report().peers())
                    .hasSize(2)
                    .allMatch(peer -> peer.state().equals("up") && peer.downs() == 0);
        }
    }

    @Test
    void withAKeyWhatIsNotSignedOrIsReplayedIsRefused() {
        try (PeersWorld world = started(8, ", bfd: {key: {id: 7, secret: gate}}", "closed")) {
            byte[] old = captured(world, "b", "a", Bfd.PORT_SINGLE_HOP);
            world.run(100);
            inject(world, old);
            byte[] changed = captured(world, "b", "a", Bfd.PORT_SINGLE_HOP);
            changed[42 + 1] = (byte) ((changed[42 + 1] & 0x3f) | (Bfd.ADMIN_DOWN << 6));
            changed[42 + 31] = (byte) (changed[42 + 31] + 3);
            inject(world, mended(changed));
            byte[] unsigned = changed.clone();
            unsigned[42 + 1] = (byte) (unsigned[42 + 1] & ~Bfd.AUTHENTICATION);
            unsigned[42 + 3] = Bfd.BYTES;
            inject(world, mended(unsigned));
            byte[] countsNot = changed.clone();
            countsNot[42 + Bfd.BYTES] = Bfd.KEYED_SHA1;
            inject(world, mended(countsNot));
            byte[] otherKey = changed.clone();
            otherKey[42 + Bfd.BYTES + 2] = 8;
            inject(world, mended(otherKey));
            byte[] ours = captured(world, "a", "b", Bfd.PORT_SINGLE_HOP);
            byte[] reflected = ours.clone();
            System.arraycopy(ours, 0, reflected, 6, 6);
            System.arraycopy(ours, 6, reflected, 0, 6);
            System.arraycopy(ours, 26, reflected, 30, 4);
            System.arraycopy(ours, 30, reflected, 26, 4);
            inject(world, mended(reflected));
            assertThat(world.host("a").watch.report().refused())
                    .containsOnly(
                            Map.entry("bfd wrong-sequence", 1L),
                            Map.entry("bfd wrong-hash", 1L),
                            Map.entry("bfd authentication-missing", 1L),
                            Map.entry("bfd authentication-type", 1L),
                            Map.entry("bfd unknown-key", 1L),
                            Map.entry("bfd reflected", 1L));
            world.run(200);
            assertThat(world.host("a").peer("b").state()).isEqualTo("up");
            assertThat(world.host("a").peer("b").signed()).isTrue();
        }
    }

    @Test
    void forgedReplayedAndForeignStatesChangeNothingAndAreCounted() {
        try (PeersWorld world = started(9, "", "closed")) {
            // Outer headers 42 bytes, Geneve 8, service header 8, context header 4: the value begins at 62.
            int value = 62;
            int alive = value + 20 + 4;
            byte[] real = captured(world, "b", "a", 6081);
            assertThat(real[alive]).isEqualTo((byte) 1);
            inject(world, real);
            byte[] otherSession = real.clone();
            otherSession[value + 8] = (byte) (otherSession[value + 8] ^ 1);
            otherSession[alive] = 0;
            inject(world, mended(otherSession));
            byte[] malformed = real.clone();
            malformed[alive] = 2;
            inject(world, mended(malformed));
            byte[] ofOtherHost = real.clone();
            ofOtherHost[29] = 3;
            ofOtherHost[alive] = 0;
            inject(world, mended(ofOtherHost));
            byte[] withNetwork = real.clone();
            withNetwork[42 + 6] = 1;
            inject(world, mended(withNetwork));
            assertThat(drops(world, DropReason.STATES_REFUSED)).isEqualTo(4);
            assertThat(drops(world, DropReason.OVERLAY_PAYLOAD_UNKNOWN)).isEqualTo(1);
            // Even a peer with a session of its own cannot speak for another one's instance.
            byte[] foreign = captured(world, "c", "a", 6081);
            System.arraycopy(real, value + 20, foreign, value + 20, 4);
            foreign[alive] = 0;
            foreign[value + 19] = (byte) (foreign[value + 19] + 100);
            inject(world, mended(foreign));
            assertThat(world.host("a").watch.report().refused())
                    .containsOnly(
                            Map.entry("states old", 1L),
                            Map.entry("states not of this session", 2L),
                            Map.entry("states malformed", 1L),
                            Map.entry("states of instances of others", 1L));
            assertThat(world.host("a").sees("fw-1")).isTrue();
            assertThat(world.host("a").sees("fw-2")).isTrue();
        }
    }
}
