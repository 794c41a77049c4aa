package dev.sluice.testkit.robust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.rules.Rule.Action;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.MemorySwitch;
import dev.sluice.testkit.TestPacket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A transparent pair whose every packet has to pass one bridge, and that bridge misbehaves: only what it gave back may leave, as it gave it. */
class BypassTest {
    private static final int EVENTS = 200_000;
    private static final long WEEK_NS = 7L * 24 * 3600 * 1_000_000_000L;
    private static final TestPacket PACKET =
            TestPacket.udp("10.0.1.9:4000", "10.0.2.9:53").payload("question");

    @Test
    void onlyWhatTheNodeGaveBackLeaves() {
        run(11, EVENTS);
    }

    @Test
    @Tag("campaign")
    void onlyWhatTheNodeGaveBackLeavesWithManySeeds() {
        new FuzzTarget(
                        "bypass, frames of hosts and nodes",
                        "BypassTest#onlyWhatTheNodeGaveBackLeavesWithManySeeds",
                        seed -> {
                            run(seed, EVENTS);
                            return EVENTS;
                        })
                .run();
    }

    private static void run(long seed, int events) {
        Random random = new Random(seed);
        Mutator mutator = new Mutator(random);
        List<MemoryFrame> seeds = Seeds.all();
        List<MemoryFrame> atNode = new ArrayList<>();
        int left = 0;
        try (MemorySwitch sluice = new MemorySwitch(Worlds.pair(1, Action.SERVICE), 512)) {
            int free = sluice.freeFrames();
            for (int i = 0; i < events; i++) {
                boolean fromNode = !atNode.isEmpty() && random.nextInt(100) < 60;
                MemoryFrame frame =
                        fromNode ? atNode.get(random.nextInt(atNode.size())) : seeds.get(random.nextInt(seeds.size()));
                if (random.nextInt(3) == 0) {
                    frame = mutator.mutate(frame);
                }
                int port = (fromNode ? Worlds.NODE_IN : Worlds.CLIENT) + random.nextInt(2);
                sluice.receive(port, frame);
                Map<Integer, List<MemoryFrame>> sent = sluice.sentAnywhere();
                left += check(seed, i, port, frame, sent);
                remember(atNode, sent);
                if (random.nextInt(2000) == 0) {
                    sluice.advance(random.nextInt(3) * WEEK_NS / 2);
                }
            }
            // Fragments that wait for their first.
            sluice.advance(WEEK_NS);
            assertThat(sluice.freeFrames()).as("seed " + seed + ": free frames").isEqualTo(free);
        }
        assertThat(left).as("seed " + seed + ": packets that passed the node").isGreaterThan(events / 100);
    }

    /** How many unicast packets left the pair, all of them rightly. */
    private static int check(long seed, int i, int port, MemoryFrame in, Map<Integer, List<MemoryFrame>> sent) {
        String what = "seed " + seed + ", event " + i + ": port " + port + " "
                + HexFormat.of().formatHex(in.bytes(), 0, Math.min(200, in.bytes().length));
        boolean fromNode = port >= Worlds.NODE_IN;
        int left = 0;
        for (Map.Entry<Integer, List<MemoryFrame>> entry : sent.entrySet()) {
            int out = entry.getKey();
            assertThat(fromNode && out >= Worlds.NODE_IN).as(what + ": loop").isFalse();
            for (int k = 0; k < entry.getValue().size(); k++) {
                byte[] bytes = entry.getValue().get(k).bytes();
                // A first fragment takes those with it that waited for it.
                assertThat(k == 0 || isFragment(bytes)).as(what).isTrue();
                if (out < Worlds.NODE_IN && RawFrames.isUnicastIp(bytes)) {
                    assertThat(fromNode).as(what + ": not inspected").isTrue();
                    // Padding behind the packet is cut; all else is as the node sent it.
                    assertThat(k > 0 || Arrays.equals(bytes, 0, bytes.length, in.bytes(), 0, bytes.length))
                            .as(what)
                            .isTrue();
                    left++;
                }
            }
        }
        return left;
    }

    /** Whether the frame, with up to two tags, is a later fragment. */
    private static boolean isFragment(byte[] bytes) {
        int at = 12;
        while (at < bytes.length - 8
                && (bytes[at] == (byte) 0x81 || bytes[at] == (byte) 0x88 || bytes[at] == (byte) 0x91)) {
            at += 4;
        }
        boolean v4 = bytes[at] == 8;
        return v4 ? (bytes[at + 8] & 0x1f) != 0 || bytes[at + 9] != 0 : bytes.length > at + 50;
    }

    private static void remember(List<MemoryFrame> atNode, Map<Integer, List<MemoryFrame>> sent) {
        for (int port : new int[] {Worlds.NODE_IN, Worlds.NODE_OUT}) {
            atNode.addAll(sent.getOrDefault(port, List.of()));
        }
        while (atNode.size() > 200) {
            atNode.removeFirst();
        }
    }

    @Test
    void whatTheNodeKeptUntilTheFlowWasForgottenIsDropped() {
        try (MemorySwitch sluice = new MemorySwitch(Worlds.pair(1, Action.SERVICE), 512)) {
            sluice.receive(Worlds.CLIENT, PACKET.bytes());
            sluice.advance(WEEK_NS);
            sluice.sentAnywhere();
            sluice.receive(Worlds.NODE_OUT, PACKET.bytes());
            assertThat(sluice.sentAnywhere()).isEmpty();
            assertThat(sluice.drops()).containsOnlyKeys(DropReason.RETURN_NO_FLOW);
        }
    }

    @Test
    void theSameFrameGivenBackTwiceLeavesTwiceAndNeverTurnsRound() {
        try (MemorySwitch sluice = new MemorySwitch(Worlds.pair(1, Action.SERVICE), 512)) {
            sluice.receive(Worlds.CLIENT, PACKET.bytes());
            sluice.sentAnywhere();
            for (int i = 0; i < 1000; i++) {
                sluice.receive(Worlds.NODE_OUT, PACKET.bytes());
                sluice.receive(Worlds.NODE_IN, PACKET.bytes());
            }
            Map<Integer, List<MemoryFrame>> sent = sluice.sentAnywhere();
            assertThat(sent).containsOnlyKeys(Worlds.SERVER);
            assertThat(sent.get(Worlds.SERVER)).hasSize(1000);
            assertThat(sluice.drops()).containsEntry(DropReason.SERVICE_WRONG_SIDE, 1000L);
        }
    }
}
