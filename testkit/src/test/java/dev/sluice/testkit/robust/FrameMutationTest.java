package dev.sluice.testkit.robust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.sluice.datapath.packet.DropReason;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.robust.Subject.Event;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Cut and damaged frames at every port: none makes the switch throw, lose or invent a frame, or let a packet around its service. */
class FrameMutationTest {
    private static final int EVENTS = 250_000;

    /** Frames are cut at every byte up to here, and in large steps behind: only payload lies there. */
    private static final int HEADERS_BYTES = 160;

    private static final int STEP_BYTES = 977;

    @Test
    void framesCutAtEveryByteAreSentOrDroppedAtEveryPort() {
        try (Subject subject = new Subject()) {
            for (MemoryFrame seed : Seeds.all()) {
                for (int port = 0; port < Worlds.PORTS; port++) {
                    if (!Hunt.isLink(port)) {
                        cutEverywhere(subject, port, seed);
                    }
                }
                take(subject, new Event.Quiet());
            }
            assertThat(subject.sluice().drops())
                    .containsKeys(
                            DropReason.FRAME_TRUNCATED,
                            DropReason.IPV4_HEADER_INVALID,
                            DropReason.IPV6_HEADER_INVALID,
                            DropReason.TRANSPORT_TRUNCATED,
                            DropReason.CONTROL_INVALID);
        }
    }

    private static void cutEverywhere(Subject subject, int port, MemoryFrame seed) {
        byte[] whole = RawFrames.withDestination(seed.bytes(), Worlds.mac(port));
        for (int bytes = 0; bytes <= whole.length; bytes += bytes < HEADERS_BYTES ? 1 : STEP_BYTES) {
            byte[] cut = Arrays.copyOf(whole, bytes);
            take(subject, new Event.Frame(port, Hunt.withBytes(seed, cut)));
            take(subject, new Event.Frame(port, Hunt.withBytes(seed, RawFrames.withLengths(cut))));
        }
        take(subject, new Event.Frame(port, seed));
    }

    private static void take(Subject subject, Event event) {
        String broken = subject.take(event);
        if (broken != null) {
            fail(broken + "\n" + Hunt.words(event));
        }
    }

    @Test
    void damagedFramesAreSentOrDroppedAtEveryPort() {
        assertThat(Hunt.run(1, EVENTS)).isNull();
    }

    @Test
    void aSeedGivesTheSameAgain() {
        assertThat(Hunt.digest(7, 8_000)).isEqualTo(Hunt.digest(7, 8_000)).isNotEqualTo(Hunt.digest(8, 8_000));
    }

    /** The whole way of the packets of this test world is really used: every node got and gave back packets. */
    @Test
    void validFramesReachEveryNode() {
        List<MemoryFrame> seeds = Seeds.all();
        try (Subject subject = new Subject()) {
            boolean[] reached = new boolean[Worlds.PORTS];
            for (MemoryFrame seed : seeds) {
                for (int port : new int[] {Worlds.LEFT, Worlds.ONE}) {
                    subject.take(new Event.Frame(port, seed));
                    for (Subject.Sent sent : subject.lastSent()) {
                        reached[sent.port()] = true;
                        subject.take(new Event.Frame(sent.port() + 1 - (sent.port() + 1) % 2, sent.frame()));
                    }
                }
            }
            for (int port : new int[] {
                Worlds.BRIDGE_IN,
                Worlds.ARM,
                Worlds.COPY,
                Worlds.WIRE_IN,
                Worlds.ROUTE_IN,
                Worlds.LEARNED_IN,
                Worlds.NEW_FLOW_IN,
                Worlds.SILENT_IN,
                Worlds.RIGHT
            }) {
                assertThat(reached[port]).as("port " + port).isTrue();
            }
        }
    }

    @Test
    @Tag("campaign")
    void damagedFramesOfManySeeds() {
        new FuzzTarget("frames, configurations of every kind", "FrameMutationTest#damagedFramesOfManySeeds", seed -> {
                    assertThat(Hunt.run(seed, EVENTS)).isNull();
                    return EVENTS;
                })
                .run();
    }
}
