package dev.sluice.testkit.robust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.fastpath.Hook;
import dev.sluice.fastpath.ProgramRun;
import dev.sluice.fastpath.PuntReason;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.MemoryOffload;
import dev.sluice.testkit.TestPacket;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The kernel's program and the records executed in Java, over the same packets: same verdict, same bytes, same counters. Needs the right to load programs; touches no interface.
 */
@Tag("system")
class KernelReplayTest {
    private static final int FRAMES = Integer.getInteger("sluice.replay.frames", 400_000);
    private static final int PATHS = 16;
    /** Needs a machine without memory; is met in {@link TunnelReplayTest}; needs a time in which nobody listens, as in the system tests of restarts. */
    private static final Set<PuntReason> ELSEWHERE = EnumSet.of(
            PuntReason.LOST,
            PuntReason.OTHER_HEADERS,
            PuntReason.CONGESTED,
            PuntReason.ABSENT_DROPPED,
            PuntReason.ABSENT_PASSED,
            PuntReason.NO_XDP_OUT,
            PuntReason.XDP_REPEATED,
            PuntReason.XDP_LEFT);

    private final Replay replay = new Replay(false);
    private final Random random = replay.random;
    private final MemorySegment key = replay.key;
    private final MemorySegment action = replay.action;
    private final MemorySegment fromKernel = replay.fromKernel;
    private final MemorySegment fromMemory = replay.fromMemory;

    /** Packets of established flows, of every kind that is repeated, and a few that are not. */
    private List<MemoryFrame> bases() {
        List<TestPacket> packets = List.of(
                TestPacket.udp("10.0.1.9:4000", "10.0.3.9:5500").payload("datagram of some length"),
                TestPacket.udp("10.0.1.9:1", "10.0.3.9:2"),
                TestPacket.tcp("10.0.1.9:4000", "10.0.2.9:80", 16).payload("hello"),
                TestPacket.tcp("10.0.1.9:4000", "10.0.2.9:81", 24),
                TestPacket.ping("10.0.1.9", "10.0.2.9", 7).payload("ping"),
                TestPacket.ping("10.0.1.9", "10.0.2.9", 0).payload("ping"),
                TestPacket.ping("10.0.1.9", "10.0.2.9", 9).reply(),
                TestPacket.udp("10.0.1.9:9", "10.0.3.9:9").payload("SLUICEPR" + "x".repeat(40)),
                TestPacket.udp("[fd01::9]:4000", "[fd03::9]:5001").payload("six"),
                TestPacket.tcp("[fd01::9]:4000", "[fd02::9]:82", 16).payload(new byte[700]),
                TestPacket.ping("fd01::9", "fd02::9", 7).payload("ping"),
                TestPacket.tcp("10.0.1.9:4000", "10.0.2.9:83", 17));
        List<MemoryFrame> all = new ArrayList<>();
        for (TestPacket packet : packets) {
            TestPacket p = packet.ethernet(0x0200_0000_0001L, 0x0200_0000_0002L).ttl(1 + random.nextInt(4) * 60);
            all.add(MemoryFrame.plain(p.bytes()));
            all.add(MemoryFrame.plain(p.vlan(random.nextInt(65_536)).bytes()));
            all.add(MemoryFrame.plain(PartialChecksum.partial(p.bytes())));
            all.add(MemoryFrame.plain(
                    p.tag(0x88a8, random.nextInt(4096)).vlan(9).bytes()));
            all.add(MemoryFrame.plain(p.tag(0x9100, 20).vlan(10).bytes()));
            all.add(MemoryFrame.plain(RawFrames.padded(p.bytes(), 1 + random.nextInt(40))));
            all.add(MemoryFrame.plain(RawFrames.padded(p.vlan(5).bytes(), 1 + random.nextInt(40))));
            all.add(superFrame(p.payload(new byte[2000]).bytes()));
            all.add(superFrame(
                    p.vlan(5).payload(new byte[1 + random.nextInt(900)]).bytes()));
        }
        Seeds.all().stream()
                .filter(f -> f.bytes().length <= ProgramRun.FRAME_BYTES_MAX)
                .forEach(f -> all.add(MemoryFrame.plain(f.bytes())));
        return all;
    }

    /** With the metadata that a kernel would give: of its own protocol. */
    private MemoryFrame superFrame(byte[] bytes) {
        if (replay.hook() == Hook.XDP) {
            return MemoryFrame.plain(bytes);
        }
        int l3 = RawFrames.network(bytes);
        boolean ipv4 = RawFrames.u16(bytes, l3 - 2) == 0x0800;
        boolean ipv6 = RawFrames.u16(bytes, l3 - 2) == 0x86dd;
        int protocol = RawFrames.u8(bytes, l3 + (ipv4 ? 9 : 6));
        byte type = Batch.GSO_NONE;
        if (ipv4 || ipv6) {
            type = protocol == 17
                    ? Batch.GSO_UDP_L4
                    : protocol != 6 ? Batch.GSO_NONE : ipv4 ? Batch.GSO_TCPV4 : Batch.GSO_TCPV6;
        }
        return type == Batch.GSO_NONE
                ? MemoryFrame.plain(bytes)
                : MemoryFrame.superFrame(bytes, type, 100 + random.nextInt(1400), 0, 0, 0);
    }

    private void writeAction(byte[] f) {
        OffloadAction.clear(action, 0);
        OffloadAction.setExpectedMacs(action, 0, Replay.u64(f, 0) >>> 16, Replay.u64(f, 6) >>> 16);
        OffloadAction.setNewMacs(action, 0, random.nextLong() >>> 16, random.nextLong() >>> 16);
        int outer = OffloadKey.outerTag(key, 0);
        int inner = OffloadKey.innerTag(key, 0);
        switch (random.nextInt(4)) {
            case 0 -> OffloadAction.setNewTags(action, 0, outer, inner);
            case 1 -> OffloadAction.setNewTags(action, 0, 0, 0);
            case 2 -> OffloadAction.setNewTags(action, 0, replay.newTag(), 0);
            default -> OffloadAction.setNewTags(action, 0, replay.newTag(), replay.newTag());
        }
        OffloadAction.setTtlDecrement(action, 0, random.nextInt(3));
        OffloadAction.setIpBytesMax(action, 0, random.nextInt(4) == 0 ? random.nextInt(1500) : 65_535);
        OffloadAction.setEgress(action, 0, Replay.EGRESS, replay.rarely(12));
        OffloadAction.setConfigGeneration(action, 0, replay.rarely(12));
        OffloadAction.setPath(action, 0, random.nextInt(PATHS), replay.rarely(12));
        OffloadAction.setCookie(action, 0, random.nextLong());
    }

    private MemoryFrame packet(MemoryFrame base, Mutator mutator) {
        if (random.nextBoolean()) {
            return base;
        }
        byte[] bytes = mutator.mutate(MemoryFrame.plain(base.bytes())).bytes();
        return base.gsoType() == Batch.GSO_NONE ? MemoryFrame.plain(bytes) : superFrame(bytes);
    }

    @Test
    void kernelAndRecordsAgreeOverEveryPacket() throws Exception {
        compare(Hook.TC, FRAMES);
        assertThat(replay.seen)
                .as("each reason was met")
                .containsKeys(EnumSet.complementOf(without(PuntReason.PARTIAL)).toArray(PuntReason[]::new));
    }

    /** The same source for the other hook: no super-frames, tags always in the frame, and checksums that are partial are told by their value. */
    @Test
    void xdpAndRecordsAgreeOverEveryPacket() throws Exception {
        compare(Hook.XDP, FRAMES / 2);
        assertThat(replay.seen)
                .as("each reason was met")
                .containsKeys(EnumSet.complementOf(without(PuntReason.NOT_ABLE)).toArray(PuntReason[]::new));
    }

    private static EnumSet<PuntReason> without(PuntReason one) {
        EnumSet<PuntReason> all = EnumSet.copyOf(ELSEWHERE);
        all.add(one);
        return all;
    }

    private void compare(Hook hook, int count) throws Exception {
        long began = System.nanoTime();
        replay.overWorlds(hook, count, this::world);
        System.out.printf("%s: %d frames in %.1f s: %s%n", hook, count, (System.nanoTime() - began) / 1e9, replay.seen);
    }

    private void world(ProgramRun kernel, String which) {
        List<MemoryFrame> bases = bases();
        Mutator mutator = new Mutator(random);
        MemoryOffload memory = new MemoryOffload(100_000, port -> true);
        List<MemorySegment> keys = new ArrayList<>();
        for (MemoryFrame base : bases) {
            replay.writeKey(base.bytes());
            writeAction(base.bytes());
            if (random.nextInt(8) > 0 && kernel.offload().install(key, action) == 0) {
                assertThat(memory.install(key, action)).isZero();
                MemorySegment installed = MemorySegment.ofArray(key.toArray(ValueLayout.JAVA_BYTE));
                if (keys.stream().allMatch(other -> other.mismatch(installed) >= 0)) {
                    keys.add(installed);
                }
            }
        }
        for (int i = 0; i < Replay.FRAMES_PER_WORLD; i++) {
            MemoryFrame frame = packet(bases.get(random.nextInt(bases.size())), mutator);
            if (Replay.canRun(frame.bytes())) {
                replay.compare(kernel, memory, frame, which + ", frame " + i);
            }
        }
        for (MemorySegment installed : keys) {
            compareCounters(kernel, memory, installed, which);
            kernel.offload().remove(copy(installed));
        }
    }

    /** The C library reads from memory outside of the heap. */
    private MemorySegment copy(MemorySegment installed) {
        return key.copyFrom(installed);
    }

    private void compareCounters(ProgramRun kernel, MemoryOffload memory, MemorySegment installed, String which) {
        assertThat(kernel.offload().get(copy(installed), fromKernel)).isZero();
        assertThat(memory.get(key, fromMemory)).isZero();
        assertThat(OffloadAction.packets(fromKernel, 0)).as(which).isEqualTo(OffloadAction.packets(fromMemory, 0));
        assertThat(OffloadAction.frames(fromKernel, 0)).as(which).isEqualTo(OffloadAction.frames(fromMemory, 0));
        assertThat(OffloadAction.bytes(fromKernel, 0)).as(which).isEqualTo(OffloadAction.bytes(fromMemory, 0));
        assertThat(Math.abs(OffloadAction.lastSeenMs(fromKernel, 0) - OffloadAction.lastSeenMs(fromMemory, 0)))
                .as(which + ": clocks of kernel and Java, in ms")
                .isLessThan(2000);
        // Everything else is as it was installed.
        OffloadAction.setCounters(fromKernel, 0, 0, 0, 0);
        OffloadAction.setFrames(fromKernel, 0, 0);
        OffloadAction.setCounters(fromMemory, 0, 0, 0, 0);
        OffloadAction.setFrames(fromMemory, 0, 0);
        assertThat(fromKernel.mismatch(fromMemory)).as(which).isEqualTo(-1);
    }
}
