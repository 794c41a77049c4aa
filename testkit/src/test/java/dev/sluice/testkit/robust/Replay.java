package dev.sluice.testkit.robust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.fastpath.Hook;
import dev.sluice.fastpath.ProgramRun;
import dev.sluice.fastpath.PuntReason;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.ports.PortException;
import dev.sluice.testkit.MemoryOffload;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The kernel's program and the records executed in Java, side by side, over the same frames of random worlds. One user: the test. */
final class Replay {
    static final int FRAMES_PER_WORLD = 500;

    /** Number of the port that frames come in at. */
    static final int INGRESS = 3;

    /** Number of the port that they leave by. */
    static final int EGRESS = 4;

    static final int[] TPIDS = {0x8100, 0x88a8};

    private static final int EGRESS_INTERFACE = 77;

    /** Frames shorter than their headers: the kernel does not run programs over them. */
    private static final int HEADERS_BYTES = 14 + 8 + 40;

    final MemorySegment key = Arena.ofAuto().allocate(OffloadKey.BYTES, 8);
    final MemorySegment action = Arena.ofAuto().allocate(OffloadAction.BYTES, 8);
    final MemorySegment fromKernel = Arena.ofAuto().allocate(OffloadAction.BYTES, 8);
    final MemorySegment fromMemory = Arena.ofAuto().allocate(OffloadAction.BYTES, 8);

    /** How often the kernel gave each reason. */
    final Map<PuntReason, Integer> seen = new EnumMap<>(PuntReason.class);

    /** Of the world in hand. */
    final Random random = new Random();

    /** Where the program in hand hangs. */
    private Hook hook = Hook.TC;

    private final boolean tunnels;

    /** Frames of tunnels have more than one checksum, so whether one of them is partial is not looked at. */
    Replay(boolean tunnels) {
        this.tunnels = tunnels;
    }

    Hook hook() {
        return hook;
    }

    /** A world of its own: records in both, and frames for them. */
    @FunctionalInterface
    interface World {
        void play(ProgramRun kernel, String seed);
    }

    /** Plays so many worlds that there are that many frames, from the seed that is asked for. */
    void overWorlds(Hook at, int frames, World world) throws PortException {
        hook = at;
        seen.clear();
        long seed = Long.getLong("sluice.seed", 1);
        try (ProgramRun kernel = ProgramRun.open(4096, at)) {
            kernel.port(EGRESS, EGRESS_INTERFACE);
            for (int done = 0; done < frames; done += FRAMES_PER_WORLD) {
                random.setSeed(seed);
                world.play(kernel, "seed " + seed);
                seed++;
            }
        }
    }

    /** A generation, or what is added to a value: 0, but for one time in so many. */
    int rarely(int times) {
        return random.nextInt(times) == 0 ? 1 : 0;
    }

    int newTag() {
        return TPIDS[random.nextInt(2)] << 16 | random.nextInt(65_536);
    }

    static long u64(byte[] f, int at) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | RawFrames.u8(f, at + i);
        }
        return value;
    }

    static long u48(byte[] f, int at) {
        return (long) RawFrames.u16(f, at) << 32
                | (RawFrames.u16(f, at + 2) & 0xffffL) << 16
                | RawFrames.u16(f, at + 4);
    }

    private static int tag(byte[] f, int at) {
        return RawFrames.u16(f, at) << 16 | RawFrames.u16(f, at + 2);
    }

    /** Writes the key that a frame has at {@link #INGRESS}. */
    void writeKey(byte[] f) {
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

    static boolean canRun(byte[] frame) {
        return frame.length >= ProgramRun.FRAME_BYTES_MIN && frame.length <= ProgramRun.FRAME_BYTES_MAX;
    }

    /** Lets both have a frame, and demands the same verdict and bytes; whether it was repeated. */
    boolean compare(ProgramRun kernel, MemoryOffload memory, MemoryFrame frame, String which) {
        ProgramRun.Result done = kernel.run(frame.bytes(), INGRESS, frame.gsoSizeBytes());
        if (done == null) {
            assertThat(frame.bytes().length).as(which).isLessThan(HEADERS_BYTES);
            assertThat(memory.repeat(INGRESS - 1, frame, 0)).as(which).isNull();
            return false;
        }
        seen.merge(done.why(), 1, Integer::sum);
        if (hook == Hook.XDP && !tunnels && (done.why() == PuntReason.PARTIAL || done.why() == PuntReason.REPLAYED)) {
            assertThat(PartialChecksum.looksPartial(frame.bytes()))
                    .as(which)
                    .isEqualTo(done.why() == PuntReason.PARTIAL);
        }
        if (done.why() == PuntReason.PARTIAL) {
            return false;
        }
        // A super-frame with padding is one that no stack makes: the kernel cannot cut it without losing what makes it
        // one.
        if (done.why() == PuntReason.NOT_ABLE && frame.gsoType() != Batch.GSO_NONE) {
            return false;
        }
        MemoryOffload.Sent sent = memory.repeat(INGRESS - 1, frame, System.nanoTime());
        byte[] expected = sent == null ? null : sent.frame().bytes();
        boolean there = done.frame() == null || done.interfaceIndex() == EGRESS_INTERFACE;
        if (!there || !Arrays.equals(done.frame(), expected)) {
            throw new AssertionError(which + ": " + done.why() + ", interface " + done.interfaceIndex()
                    + ", super-frame " + frame.gsoType() + "/" + frame.gsoSizeBytes() + "\n   frame "
                    + hex(frame.bytes()) + "\n  kernel " + hex(done.frame()) + "\n records " + hex(expected) + "\n"
                    + memory.misses());
        }
        return expected != null;
    }

    private static String hex(byte @Nullable [] bytes) {
        return bytes == null ? "left to the data path" : HexFormat.of().formatHex(bytes);
    }
}
