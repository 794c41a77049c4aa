package dev.sluice.liveness.bfd;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.wire.Bfd;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Damaged packets to sessions of every kind: a verdict, never an exception, and work that ends. */
class BfdFuzzTest {
    private static final int PER_LIFE = 2_000;

    private static long run(long seed, int executions) {
        Random random = new Random(seed);
        for (int done = 0; done < executions; done += PER_LIFE) {
            BfdSettings settings = BfdSettings.of(BfdTiming.ofMs(50, 3));
            BfdSettings signed = settings.with(new BfdAuthentication(false, List.of(BfdKey.ofText(1, "k"))));
            FakeLink link = FakeLink.of(random.nextBoolean() ? settings : signed, seed + done);
            link.live(random.nextInt(1_500));
            for (int i = 0; i < PER_LIFE; i++) {
                byte[] packet = damaged(random, link);
                int side = random.nextInt(2);
                MemorySegment exact = MemorySegment.ofArray(packet);
                BfdSessions sessions = link.end(side).sessions;
                int sent = link.record.size();
                try {
                    sessions.receive(
                            exact, 0, packet.length, arrival(random, side), link.nowNs + link.end(side).aheadNs);
                    sessions.poll(link.nowNs + link.end(side).aheadNs);
                } catch (RuntimeException e) {
                    throw new AssertionError(
                            "seed " + seed + ", execution " + (done + i) + ": "
                                    + HexFormat.of().formatHex(packet),
                            e);
                }
                assertThat(link.record.size() - sent)
                        .as("answers to one packet")
                        .isLessThanOrEqualTo(3);
                if (random.nextInt(50) == 0) {
                    link.live(random.nextInt(100));
                }
            }
            assertThat(link.left.sessions.all()).hasSize(1);
        }
        return executions;
    }

    private static BfdArrival arrival(Random random, int side) {
        BfdArrival arrival = FakeLink.arrivalAt(side);
        switch (random.nextInt(12)) {
            case 0 -> arrival.ttl = random.nextInt(256);
            case 1 -> arrival.multihop = true;
            case 2 -> arrival.sourceLo ^= 1L << random.nextInt(64);
            case 3 -> arrival.interfaceIndex = random.nextInt();
            default -> {}
        }
        return arrival;
    }

    private static byte[] damaged(Random random, FakeLink link) {
        byte[] packet;
        if (link.record.isEmpty() || random.nextInt(8) == 0) {
            packet = new byte[random.nextInt(80)];
            random.nextBytes(packet);
            if (packet.length > 3 && random.nextBoolean()) {
                packet[0] = (byte) (0x20 | random.nextInt(32));
                packet[3] = (byte) packet.length;
            }
        } else {
            packet = link.record.get(random.nextInt(link.record.size())).clone();
            for (int i = random.nextInt(4); i > 0; i--) {
                packet[random.nextInt(packet.length)] = switch (random.nextInt(3)) {
                    case 0 -> 0;
                    case 1 -> (byte) 0xff;
                    default -> (byte) random.nextInt();
                };
            }
            if (random.nextInt(5) == 0) {
                packet = java.util.Arrays.copyOf(packet, random.nextInt(packet.length + 10));
            }
        }
        if (packet.length >= Bfd.BYTES && random.nextBoolean()) {
            int yours = random.nextBoolean()
                    ? link.left.session.localDiscriminator()
                    : link.right.session.localDiscriminator();
            Bfd.setDiscriminators(MemorySegment.ofArray(packet), 0, random.nextInt(), yours);
        }
        return packet;
    }

    @Test
    void damagedPacketsGetAVerdict() {
        run(7, 40_000);
    }

    @Test
    @Tag("campaign")
    void damagedPacketsOfManySeeds() {
        new FuzzTarget("BFD control packets", "BfdFuzzTest#damagedPacketsOfManySeeds", seed -> run(seed, 20_000)).run();
    }
}
