package dev.sluice.testkit.robust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.Batch;
import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.fastpath.Hook;
import dev.sluice.fastpath.ProgramRun;
import dev.sluice.fastpath.PuntReason;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.MemoryOffload;
import dev.sluice.testkit.TestPacket;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The kernel's program and the records executed in Java, over the same packets: same verdict, same bytes, same counters. Needs the right to load programs; touches no interface.
 */
@Tag("system")
class KernelReplayTest {
    private static final int FRAMES = Integer.getInteger("sluice.replay.frames", 1_000_000);
    private static final int FRAMES_PER_WORLD = 500;
    private static final int INGRESS = 3;
    private static final int EGRESS = 4;
    private static final int EGRESS_INTERFACE = 77;
    private static final int PATHS = 16;
    private static final int[] TPIDS = {0x8100, 0x88a8};

    private final MemorySegment key = Arena.ofAuto().allocate(OffloadKey.BYTES, 8);
    private final MemorySegment action = Arena.ofAuto().allocate(OffloadAction.BYTES, 8);
    private final MemorySegment fromKernel = Arena.ofAuto().allocate(OffloadAction.BYTES, 8);
    private final MemorySegment fromMemory = Arena.ofAuto().allocate(OffloadAction.BYTES, 8);
    private final Map<PuntReason, Integer> seen = new EnumMap<>(PuntReason.class);
    private Hook hook = Hook.TC;

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

    private Random random = new Random(0);

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
            all.add(MemoryFrame.plain(partial(p.bytes())));
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
        if (hook == Hook.XDP) {
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

    /** With the checksum that a stack leaves to hardware: the sum of the pseudo-header. */
    private static byte[] partial(byte[] f) {
        int at = checksumAt(f);
        if (at > 0) {
            int sum = pseudoHeaderSum(f);
            f[at] = (byte) (sum >>> 8);
            f[at + 1] = (byte) sum;
        }
        return f;
    }

    /** As {@link #partial}, where 0 and 0xffff are the same sum; 0 in UDP is none. */
    private static boolean looksPartial(byte[] f) {
        int at = checksumAt(f);
        if (at < 0) {
            return false;
        }
        int found = RawFrames.u16(f, at);
        boolean none = RawFrames.u8(f, RawFrames.network(f) + (isSix(f) ? 6 : 9)) == 17 && found == 0;
        return !none && found % 0xffff == pseudoHeaderSum(f) % 0xffff;
    }

    private static boolean isSix(byte[] f) {
        return RawFrames.u16(f, RawFrames.network(f) - 2) == 0x86dd;
    }

    /** Negative if there is none that could be partial. */
    private static int checksumAt(byte[] f) {
        int l3 = RawFrames.network(f);
        int l4 = l3 + (isSix(f) ? 40 : 20);
        return switch (RawFrames.u8(f, l3 + (isSix(f) ? 6 : 9))) {
            case 6 -> l4 + 16;
            case 17 -> l4 + 6;
            default -> -1;
        };
    }

    private static int pseudoHeaderSum(byte[] f) {
        int l3 = RawFrames.network(f);
        boolean six = isSix(f);
        int bytes = six ? RawFrames.u16(f, l3 + 4) : RawFrames.u16(f, l3 + 2) - 20;
        int sum = bytes + RawFrames.u8(f, l3 + (six ? 6 : 9));
        for (int at = l3 + (six ? 8 : 12); at < l3 + (six ? 40 : 20); at += 2) {
            sum += RawFrames.u16(f, at);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }

    private void writeKey(byte[] f) {
        OffloadKey.clear(key, 0);
        int l3 = RawFrames.network(f);
        int tags = (l3 - 14) / 4;
        OffloadKey.setTags(key, 0, tags > 0 ? tag(f, 12) : 0, tags > 1 ? tag(f, 16) : 0);
        boolean six = RawFrames.u16(f, l3 - 2) == 0x86dd;
        int l4 = l3 + (six ? 40 : 20);
        int protocol = RawFrames.u8(f, l3 + (six ? 6 : 9));
        boolean echo = protocol == 1 || protocol == 58;
        OffloadKey.setTransport(
                key, 0, protocol, RawFrames.u16(f, echo ? l4 + 4 : l4), RawFrames.u16(f, echo ? l4 + 4 : l4 + 2));
        if (six) {
            OffloadKey.setSource(key, 0, u64(f, l3 + 8), u64(f, l3 + 16));
            OffloadKey.setDestination(key, 0, u64(f, l3 + 24), u64(f, l3 + 32));
        } else {
            OffloadKey.setSource(key, 0, 0, 0xffff_0000_0000L | (u64(f, l3 + 8) & 0xffff_ffffL));
            OffloadKey.setDestination(key, 0, 0, 0xffff_0000_0000L | (u64(f, l3 + 12) & 0xffff_ffffL));
        }
        OffloadKey.setIngress(key, 0, INGRESS);
    }

    private static int tag(byte[] f, int at) {
        return RawFrames.u16(f, at) << 16 | RawFrames.u16(f, at + 2);
    }

    private static long u64(byte[] f, int at) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | RawFrames.u8(f, at + i);
        }
        return value;
    }

    private void writeAction(byte[] f) {
        OffloadAction.clear(action, 0);
        OffloadAction.setExpectedMacs(action, 0, u64(f, 0) >>> 16, u64(f, 6) >>> 16);
        OffloadAction.setNewMacs(action, 0, random.nextLong() >>> 16, random.nextLong() >>> 16);
        int outer = OffloadKey.outerTag(key, 0);
        int inner = OffloadKey.innerTag(key, 0);
        switch (random.nextInt(4)) {
            case 0 -> OffloadAction.setNewTags(action, 0, outer, inner);
            case 1 -> OffloadAction.setNewTags(action, 0, 0, 0);
            case 2 -> OffloadAction.setNewTags(action, 0, newTag(), 0);
            default -> OffloadAction.setNewTags(action, 0, newTag(), newTag());
        }
        OffloadAction.setTtlDecrement(action, 0, random.nextInt(3));
        OffloadAction.setIpBytesMax(action, 0, random.nextInt(4) == 0 ? random.nextInt(1500) : 65_535);
        OffloadAction.setEgress(action, 0, EGRESS, rarely());
        OffloadAction.setConfigGeneration(action, 0, rarely());
        OffloadAction.setPath(action, 0, random.nextInt(PATHS), rarely());
        OffloadAction.setCookie(action, 0, random.nextLong());
    }

    private int newTag() {
        return TPIDS[random.nextInt(2)] << 16 | random.nextInt(65_536);
    }

    /** A generation, mostly 0, which is the one that holds. */
    private int rarely() {
        return random.nextInt(12) == 0 ? 1 : 0;
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
        assertThat(seen)
                .as("each reason was met")
                .containsKeys(EnumSet.complementOf(without(PuntReason.PARTIAL)).toArray(PuntReason[]::new));
    }

    /** The same source for the other hook: no super-frames, tags always in the frame, and checksums that are partial are told by their value. */
    @Test
    void xdpAndRecordsAgreeOverEveryPacket() throws Exception {
        compare(Hook.XDP, FRAMES / 2);
        assertThat(seen)
                .as("each reason was met")
                .containsKeys(EnumSet.complementOf(without(PuntReason.NOT_ABLE)).toArray(PuntReason[]::new));
    }

    private static EnumSet<PuntReason> without(PuntReason one) {
        EnumSet<PuntReason> all = EnumSet.copyOf(ELSEWHERE);
        all.add(one);
        return all;
    }

    private void compare(Hook at, int count) throws Exception {
        hook = at;
        seen.clear();
        long seed = Long.getLong("sluice.seed", 1);
        long began = System.nanoTime();
        try (ProgramRun kernel = ProgramRun.open(4096, at)) {
            kernel.port(EGRESS, EGRESS_INTERFACE);
            for (int frames = 0; frames < count; frames += FRAMES_PER_WORLD) {
                random = new Random(seed);
                world(kernel, "seed " + seed);
                seed++;
            }
        }
        System.out.printf("%s: %d frames in %.1f s: %s%n", at, count, (System.nanoTime() - began) / 1e9, seen);
    }

    private void world(ProgramRun kernel, String which) {
        List<MemoryFrame> bases = bases();
        Mutator mutator = new Mutator(random);
        MemoryOffload memory = new MemoryOffload(100_000, port -> true);
        List<MemorySegment> keys = new ArrayList<>();
        for (MemoryFrame base : bases) {
            writeKey(base.bytes());
            writeAction(base.bytes());
            if (random.nextInt(8) > 0 && kernel.offload().install(key, action) == 0) {
                assertThat(memory.install(key, action)).isZero();
                MemorySegment installed = MemorySegment.ofArray(key.toArray(ValueLayout.JAVA_BYTE));
                if (keys.stream().allMatch(other -> other.mismatch(installed) >= 0)) {
                    keys.add(installed);
                }
            }
        }
        for (int i = 0; i < FRAMES_PER_WORLD; i++) {
            MemoryFrame frame = packet(bases.get(random.nextInt(bases.size())), mutator);
            int length = frame.bytes().length;
            if (length >= ProgramRun.FRAME_BYTES_MIN && length <= ProgramRun.FRAME_BYTES_MAX) {
                compare(kernel, memory, frame, which + ", frame " + i);
            }
        }
        for (MemorySegment installed : keys) {
            compareCounters(kernel, memory, installed, which);
            kernel.offload().remove(copy(installed));
        }
    }

    private void compare(ProgramRun kernel, MemoryOffload memory, MemoryFrame frame, String which) {
        ProgramRun.Result done = kernel.run(frame.bytes(), INGRESS, frame.gsoSizeBytes());
        if (done == null) {
            assertThat(frame.bytes().length).as(which).isLessThan(14 + 8 + 40);
            assertThat(memory.repeat(INGRESS - 1, frame, 0)).as(which).isNull();
            return;
        }
        seen.merge(done.why(), 1, Integer::sum);
        if (hook == Hook.XDP && (done.why() == PuntReason.PARTIAL || done.why() == PuntReason.REPLAYED)) {
            assertThat(looksPartial(frame.bytes())).as(which).isEqualTo(done.why() == PuntReason.PARTIAL);
            if (done.why() == PuntReason.PARTIAL) {
                return;
            }
        }
        // A super-frame with padding is one that no stack makes: the kernel cannot cut it without losing what makes it
        // one.
        if (done.why() == PuntReason.NOT_ABLE && frame.gsoType() != Batch.GSO_NONE) {
            return;
        }
        MemoryOffload.Sent sent = memory.repeat(INGRESS - 1, frame, System.nanoTime());
        byte[] expected = sent == null ? null : sent.frame().bytes();
        boolean there = done.frame() == null || done.interfaceIndex() == EGRESS_INTERFACE;
        if (!there || !Arrays.equals(done.frame(), expected)) {
            throw new AssertionError(which + ": " + done.why() + ", interface " + done.interfaceIndex()
                    + ", super-frame "
                    + frame.gsoType() + "/" + frame.gsoSizeBytes() + "\n   frame " + hex(frame.bytes()) + "\n  kernel "
                    + hex(done.frame()) + "\n records " + hex(expected));
        }
    }

    private static String hex(byte @Nullable [] bytes) {
        return bytes == null ? "left to the data path" : HexFormat.of().formatHex(bytes);
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
