package dev.sluice.testkit.robust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadHeaders;
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
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Journeys into, out of and through tunnels: the kernel's program and the records executed in Java, over the same random and damaged packets. Needs the right to load programs; touches no
 * interface. Super-frames are not here, because the kernel runs programs over none that a stack would make; {@code TunnelSuperFramesSystemTest} in {@code fastpath} has them.
 */
@Tag("system")
class TunnelReplayTest {
    private static final int FRAMES = Integer.getInteger("sluice.replay.frames", 200_000);

    private final Replay replay = new Replay(true);
    private final Random random = replay.random;
    private final MemorySegment key = replay.key;
    private final MemorySegment action = replay.action;
    private final MemorySegment fromKernel = replay.fromKernel;
    private final MemorySegment fromMemory = replay.fromMemory;
    private final MemorySegment headers = Arena.ofAuto().allocate(OffloadHeaders.BYTES, 8);
    private final Map<String, Integer> repeated = new TreeMap<>();

    /** A frame that a record is for. */
    private record Base(MemoryFrame frame, String kind) {}

    private byte[] inside() {
        TestPacket packet = switch (random.nextInt(8)) {
            case 0 -> TestPacket.udp("10.0.1.9:" + port(), "10.0.3.9:5500").payload(text());
            case 1 -> TestPacket.tcp("10.0.1.9:" + port(), "10.0.2.9:80", 16).payload(text());
            case 2 ->
                TestPacket.ping("10.0.1.9", "10.0.2.9", 1 + random.nextInt(3)).payload(text());
            case 3 -> TestPacket.udp("[fd01::9]:" + port(), "[fd03::9]:5001").payload(text());
            case 4 -> TestPacket.tcp("[fd01::9]:" + port(), "[fd02::9]:82", 16).payload(text());
            case 5 -> TestPacket.tcp("10.0.1.9:" + port(), "10.0.2.9:81", random.nextInt(4) == 0 ? 17 : 24);
            case 6 -> TestPacket.udp("10.0.1.9:" + port(), "10.0.3.9:6081").payload(text());
            default -> TestPacket.ping("fd01::9", "fd02::9", 7).payload(text());
        };
        TestPacket p = packet.ethernet(0x0200_0000_0001L, 0x0200_0000_0002L).ttl(1 + random.nextInt(4) * 60);
        for (int tags = Math.max(0, random.nextInt(6) - 3); tags > 0; tags--) {
            p = p.tag(Replay.TPIDS[random.nextInt(2)], random.nextInt(65_536));
        }
        byte[] bytes = p.bytes();
        int l3 = RawFrames.network(bytes);
        int ecn = random.nextInt(4);
        if (bytes[l3] == 0x45) {
            bytes[l3 + 1] = (byte) (random.nextInt(64) << 2 | ecn);
            bytes = RawFrames.summed(bytes);
        } else {
            bytes[l3 + 1] = (byte) (ecn << 4);
        }
        return bytes;
    }

    private int port() {
        return 4000 + random.nextInt(4);
    }

    private byte[] text() {
        return new byte[8 + random.nextInt(600)];
    }

    /** Outer headers up to the frame inside, random where anything is allowed. */
    private byte[] outer(boolean six, int serviceBytes) {
        ByteBuffer b = ByteBuffer.allocate(14 + (six ? 40 : 20) + 16 + serviceBytes);
        byte[] noise = new byte[b.capacity()];
        random.nextBytes(noise);
        b.put(noise).clear();
        b.putShort((short) 0x0200).putInt(9).putShort((short) 0x0200).putInt(8).putShort((short)
                (six ? 0x86dd : 0x0800));
        if (six) {
            b.putInt(0x6000_0000 | random.nextInt(1 << 20))
                    .putShort((short) 0)
                    .put((byte) 17)
                    .put((byte) 64);
            b.putLong(0x2001_0db8L << 32)
                    .putLong(1 + random.nextInt(2))
                    .putLong(0x2001_0db8L << 32)
                    .putLong(9);
        } else {
            b.putInt(0x4500_0000).putInt(0x4000).put((byte) 64).put((byte) 17).putShort((short) 0);
            b.putInt(0xc000_0201 + random.nextInt(2)).putInt(0xc000_0209);
        }
        b.putShort((short) 50_000).putShort((short) 6081).putInt(0);
        b.putInt(0x0000_894f).putInt(4711 << 8);
        b.putInt(0x0fc0_0203 | (serviceBytes / 4) << 16).putInt((100 + random.nextInt(2)) << 8 | 255);
        return b.array();
    }

    private static byte[] carry(byte[] outer, byte[] inside, int tos) {
        ByteBuffer b = ByteBuffer.allocate(outer.length + inside.length);
        b.put(outer).put(inside);
        int bytes = b.capacity() - 14;
        boolean six = outer[12] == (byte) 0x86;
        if (six) {
            b.putShort(14, (short) (0x6000 | tos << 4 | (b.getShort(14) & 0x0f)))
                    .putShort(18, (short) (bytes - 40));
        } else {
            b.put(15, (byte) tos).putShort(16, (short) bytes);
        }
        b.putShort(six ? 58 : 38, (short) (bytes - (six ? 40 : 20)));
        return RawFrames.summed(b.array());
    }

    private static int linkBytes(byte[] frame) {
        return RawFrames.network(frame);
    }

    /** A frame and the record for it, in key, action and headers. */
    private Base base(int number) {
        byte[] inside = inside();
        int flags = 1 + random.nextInt(3);
        boolean pops = (flags & 1) != 0;
        boolean pushes = (flags & 2) != 0;
        byte[] frame = inside;
        replay.writeKey(inside);
        OffloadAction.clear(action, 0);
        OffloadHeaders.clear(headers, 0);
        int serviceBytes = 8 + 4 * random.nextInt(random.nextInt(8) == 0 ? 35 : 28);
        boolean six = random.nextBoolean();
        if (pops) {
            byte[] outer = outer(six, serviceBytes);
            frame = carry(outer, inside, random.nextInt(256));
            int geneve = six ? 62 : 42;
            int expected = Math.min(outer.length - geneve, OffloadHeaders.EXPECTED_BYTES_MAX);
            OffloadHeaders.setExpectedBytes(headers, 0, expected);
            MemorySegment.copy(MemorySegment.ofArray(outer), geneve, headers, OffloadHeaders.EXPECTED, expected);
            ByteBuffer o = ByteBuffer.wrap(outer);
            OffloadHeaders.setSource(
                    headers,
                    0,
                    six ? o.getLong(22) : 0,
                    six ? o.getLong(30) : 0xffff_0000_0000L | (o.getInt(26) & 0xffff_ffffL));
            OffloadHeaders.setDestination(
                    headers,
                    0,
                    six ? o.getLong(38) : 0,
                    six ? o.getLong(46) : 0xffff_0000_0000L | (o.getInt(30) & 0xffff_ffffL));
            OffloadHeaders.setInnerMacs(headers, 0, Replay.u48(inside, 0) + replay.rarely(20), Replay.u48(inside, 6));
            OffloadKey.setKind(key, 0, OffloadKey.SERVICE_HEADER);
            OffloadKey.setServicePath(key, 0, o.getInt(geneve + 12), 4711);
        }
        if (pushes) {
            boolean otherLength = !pops || random.nextInt(5) == 0;
            int newService = otherLength ? 8 + 4 * random.nextInt(28) : Math.min(serviceBytes, 120);
            byte[] pushed = carry(outer(otherLength ? random.nextBoolean() : six, newService), linkOf(inside, pops), 0);
            int linkBytes = pops ? linkBytes(inside) : pushed.length - (pushed[12] == 8 ? 50 : 70) - newService;
            OffloadHeaders.setPushedBytes(headers, 0, pushed.length, linkBytes);
            MemorySegment.copy(MemorySegment.ofArray(pushed), 0, headers, OffloadHeaders.PUSHED, pushed.length);
        } else {
            int outerTag = random.nextInt(3) == 0 ? replay.newTag() : 0;
            OffloadAction.setNewTags(action, 0, outerTag, outerTag != 0 && random.nextBoolean() ? replay.newTag() : 0);
        }
        OffloadAction.setFlags(action, 0, (pops ? OffloadAction.POP : 0) | (pushes ? OffloadAction.PUSH : 0));
        OffloadAction.setExpectedMacs(action, 0, Replay.u48(frame, 0), Replay.u48(frame, 6) + replay.rarely(20));
        OffloadAction.setNewMacs(action, 0, random.nextLong() >>> 16, random.nextLong() >>> 16);
        OffloadAction.setTtlDecrement(action, 0, pops && pushes ? replay.rarely(20) : random.nextInt(2));
        OffloadAction.setIpBytesMax(action, 0, random.nextInt(6) == 0 ? random.nextInt(700) : 65_535);
        OffloadAction.setEgress(action, 0, Replay.EGRESS, replay.rarely(20));
        OffloadAction.setConfigGeneration(action, 0, replay.rarely(20));
        OffloadAction.setPath(action, 0, random.nextInt(16), replay.rarely(20));
        OffloadAction.setCookie(action, 0, number);
        OffloadHeaders.setCookie(headers, 0, number);
        OffloadAction.setEncapsulation(action, 0, number);
        return new Base(MemoryFrame.plain(frame), pops ? pushes ? "through" : "out of a tunnel" : "into a tunnel");
    }

    /** The Ethernet header of the frame inside as it will be: with other addresses, and of a frame that comes in plain with other tags. */
    private byte[] linkOf(byte[] inside, boolean sameLength) {
        int bytes = sameLength ? linkBytes(inside) : 14 + 4 * random.nextInt(3);
        byte[] link = Arrays.copyOf(inside, bytes);
        byte[] macs = new byte[12];
        random.nextBytes(macs);
        System.arraycopy(macs, 0, link, 0, 12);
        System.arraycopy(inside, linkBytes(inside) - 2, link, bytes - 2, 2);
        return link;
    }

    @Test
    void kernelAndRecordsAgreeAboutTunnels() throws Exception {
        compare(Hook.TC, FRAMES);
    }

    @Test
    void xdpAndRecordsAgreeAboutTunnels() throws Exception {
        compare(Hook.XDP, FRAMES / 4);
    }

    private void compare(Hook hook, int count) throws Exception {
        long began = System.nanoTime();
        replay.overWorlds(hook, count, this::world);
        System.out.printf(
                "%s: %d frames in %.1f s: %s, %s%n",
                hook, count, (System.nanoTime() - began) / 1e9, repeated, replay.seen);
        assertThat(repeated).containsOnlyKeys("into a tunnel", "out of a tunnel", "through");
        assertThat(replay.seen)
                .containsKeys(
                        PuntReason.OTHER_HEADERS, PuntReason.CONGESTED, PuntReason.OTHER_MACS, PuntReason.NOT_ABLE);
    }

    private void world(ProgramRun kernel, String which) {
        Mutator mutator = new Mutator(random);
        MemoryOffload memory = new MemoryOffload(100_000, port -> true);
        List<Base> bases = new ArrayList<>();
        List<byte[]> keys = new ArrayList<>();
        for (int i = 1; i <= 40; i++) {
            bases.add(base(i));
            byte[] own = key.toArray(ValueLayout.JAVA_BYTE);
            boolean fresh = keys.stream().noneMatch(other -> Arrays.equals(other, own));
            if (fresh && random.nextInt(10) > 0 && kernel.offload().install(key, action, headers) == 0) {
                assertThat(memory.install(key, action, headers)).isZero();
                keys.add(own);
            }
        }
        for (int i = 0; i < Replay.FRAMES_PER_WORLD; i++) {
            Base base = bases.get(random.nextInt(bases.size()));
            boolean damaged = random.nextInt(3) == 0;
            byte[] frame = damaged
                    ? mutator.mutate(base.frame()).bytes()
                    : base.frame().bytes();
            if (!damaged && random.nextInt(10) == 0) {
                frame = RawFrames.padded(frame, 1 + random.nextInt(20));
            }
            String where = which + ", frame " + i + ", " + base.kind();
            if (Replay.canRun(frame) && replay.compare(kernel, memory, MemoryFrame.plain(frame), where)) {
                repeated.merge(base.kind(), 1, Integer::sum);
            }
        }
        for (byte[] installed : keys) {
            key.copyFrom(MemorySegment.ofArray(installed));
            assertThat(kernel.offload().take(key, fromKernel)).isZero();
            assertThat(memory.take(key, fromMemory)).isZero();
            OffloadAction.setCounters(
                    fromKernel,
                    0,
                    OffloadAction.packets(fromKernel, 0),
                    OffloadAction.bytes(fromKernel, 0),
                    OffloadAction.lastSeenMs(fromMemory, 0));
            assertThat(fromKernel.mismatch(fromMemory)).as(which).isEqualTo(-1);
        }
    }
}
