package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.wire.Checksum;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random super-frames of TCP put into tunnels and taken out again by the program where it is attached: whole, byte by byte as the record says, with the metadata by which somebody cuts them later. Test runs
 * of the program have none: the kernel makes them of bytes, and does not believe that they are TCP.
 */
@Tag("system")
class TunnelSuperFramesSystemTest {
    private static final int FRAMES = 300;
    private static final int NETWORK = 4711;
    private static final int SERVICE_PATH = 100 << 8 | 255;
    private static final int SERVICE_BYTES = 24;
    private static final int NEXT_PORT = 4000;

    private final Namespace client = Namespace.make("gc");
    private final Namespace middle = Namespace.make("gm");
    private final Namespace server = Namespace.make("gs");
    private final long seed = Long.getLong("sluice.seed", 1);
    private final Random random = new Random(seed);
    private int tcpPort = NEXT_PORT;

    @BeforeEach
    void wire() {
        Namespace.veth(client, "c0", middle, "left");
        Namespace.veth(server, "s0", middle, "right");
        Namespace.veth(middle, "out", middle, "in");
    }

    @AfterEach
    void remove() {
        client.close();
        middle.close();
        server.close();
    }

    /** A super-frame and what is known of it. */
    private record Case(MemoryFrame frame, Journey key, boolean six, int l3, int ipBytes) {}

    private Case next() {
        boolean six = random.nextBoolean();
        int tag = random.nextInt(3) == 0 ? 0x8100 << 16 | random.nextInt(1, 4095) : 0;
        int payload = random.nextInt(4) == 0 ? random.nextInt(30_000, 60_000) : random.nextInt(1_500, 9_000);
        int segment = random.nextInt(500, 1_300);
        int port = tcpPort++;
        int l3 = tag == 0 ? 14 : 18;
        int l4 = l3 + (six ? 40 : 20);
        ByteBuffer b = ByteBuffer.allocate(l4 + 20 + payload);
        byte[] noise = new byte[payload];
        random.nextBytes(noise);
        b.put(l4 + 20, noise);
        b.putShort((short) 0x0200).putInt(2).putShort((short) 0x0200).putInt(1);
        if (tag != 0) {
            b.putInt(tag);
        }
        b.putShort((short) (six ? 0x86dd : 0x0800));
        int tos = random.nextInt(64) << 2 | random.nextInt(3);
        int sum = 6 + 20 + payload;
        if (six) {
            b.putInt(0x6000_0000 | tos << 20)
                    .putShort((short) (20 + payload))
                    .put((byte) 6)
                    .put((byte) 64);
            b.putLong(0xfd01L << 48).putLong(9).putLong(0xfd02L << 48).putLong(9);
            sum += Checksum.sum(MemorySegment.ofArray(b.array()), l3 + 8, 32);
        } else {
            b.put((byte) 0x45).put((byte) tos).putShort((short) (40 + payload)).putInt(0x4000);
            b.put((byte) 64)
                    .put((byte) 6)
                    .putShort((short) 0)
                    .putInt(0x0a00_0109)
                    .putInt(0x0a00_0209);
            putIpv4Sum(b, l3);
            sum += Checksum.sum(MemorySegment.ofArray(b.array()), l3 + 12, 8);
        }
        b.putShort((short) port).putShort((short) 80).putInt(random.nextInt()).putInt(random.nextInt());
        b.putShort((short) 0x5010).putShort((short) 1000);
        sum = (sum & 0xffff) + (sum >>> 16);
        b.putShort((short) ((sum & 0xffff) + (sum >>> 16)));
        MemoryFrame frame =
                MemoryFrame.superFrame(b.array(), six ? Batch.GSO_TCPV6 : Batch.GSO_TCPV4, segment, l4 + 20, l4, 16);
        Journey key = six
                ? Journey.between(1, 2, 6, "fd01::9", port, "fd02::9", 80)
                : Journey.between(1, 2, 6, "10.0.1.9", port, "10.0.2.9", 80);
        OffloadKey.setTags(key.key, 0, tag, 0);
        OffloadAction.setIpBytesMax(key.action, 0, 1500);
        return new Case(frame, key, six, l3, (six ? 40 : 20) + 20 + payload);
    }

    private static void putIpv4Sum(ByteBuffer b, int l3) {
        b.putShort(l3 + 10, (short) 0);
        b.putShort(l3 + 10, (short)
                ~Checksum.sum(MemorySegment.ofBuffer(b.duplicate().position(0)), l3, 20));
    }

    /** Outer headers with a service header and the Ethernet header inside: from Ethernet to Ethernet. */
    private byte[] outer(boolean outerSix, boolean six) {
        ByteBuffer b = ByteBuffer.allocate(14 + (outerSix ? 40 : 20) + 16 + SERVICE_BYTES + 14);
        byte[] noise = new byte[b.capacity()];
        random.nextBytes(noise);
        b.put(noise).clear();
        b.putShort((short) 0x0200).putInt(9).putShort((short) 0x0200).putInt(8);
        if (outerSix) {
            b.putShort((short) 0x86dd)
                    .putInt(0x6000_0000)
                    .putShort((short) 0)
                    .put((byte) 17)
                    .put((byte) 64);
            b.putLong(0x2001_0db8L << 32).putLong(1).putLong(0x2001_0db8L << 32).putLong(9);
        } else {
            b.putShort((short) 0x0800)
                    .putInt(0x4500_0000)
                    .putInt(0x4000)
                    .put((byte) 64)
                    .put((byte) 17);
            b.putShort((short) 0).putInt(0xc000_0201).putInt(0xc000_0209);
        }
        b.putShort((short) 50_000).putShort((short) 6081).putInt(0);
        b.putInt(0x0000_894f).putInt(NETWORK << 8).putInt(0x0fc0_0103 | (SERVICE_BYTES / 4) << 16);
        b.putInt(SERVICE_PATH);
        b.position(b.capacity() - 14);
        b.putShort((short) 0x0200).putInt(4).putShort((short) 0x0200).putInt(3);
        b.putShort((short) (six ? 0x86dd : 0x0800));
        return b.array();
    }

    /** What is to come out of the tunnel's beginning: lengths, outer checksum, DSCP and ECN put in. */
    private static byte[] pushed(Case c, byte[] outer, boolean outerSix) {
        byte[] in = c.frame.bytes();
        ByteBuffer b = ByteBuffer.allocate(outer.length + c.ipBytes);
        b.put(outer).put(in, c.l3, c.ipBytes);
        int tos = c.six ? (in[c.l3] & 0x0f) << 4 | (in[c.l3 + 1] & 0xf0) >>> 4 : in[c.l3 + 1] & 0xff;
        int ipBytes = b.capacity() - 14;
        if (outerSix) {
            b.putShort(14, (short) (0x6000 | tos << 4)).putShort(18, (short) (ipBytes - 40));
        } else {
            b.put(15, (byte) tos).putShort(16, (short) ipBytes);
            putIpv4Sum(b, 14);
        }
        b.putShort(outerSix ? 58 : 38, (short) (ipBytes - (outerSix ? 40 : 20)));
        return b.array();
    }

    private static MemorySegment headers(int cookie) {
        MemorySegment headers = Arena.ofAuto().allocate(OffloadHeaders.BYTES, 8);
        OffloadHeaders.clear(headers, 0);
        OffloadHeaders.setCookie(headers, 0, cookie);
        return headers;
    }

    private void push(FastPath path, Case c, byte[] outer, int egress, int cookie) {
        Journey journey = c.key.macs(0x0200_0000_0002L, 0x0200_0000_0001L);
        MemorySegment headers = headers(cookie);
        OffloadHeaders.setPushedBytes(headers, 0, outer.length, 14);
        MemorySegment.copy(MemorySegment.ofArray(outer), 0, headers, OffloadHeaders.PUSHED, outer.length);
        OffloadAction.setNewMacs(journey.action, 0, 0x0200_0000_0009L, 0x0200_0000_0008L);
        OffloadAction.setFlags(journey.action, 0, OffloadAction.PUSH);
        install(path, journey, headers, egress, cookie);
    }

    private void pop(FastPath path, Case c, byte[] outer, boolean outerSix, int ingress, int egress, int cookie) {
        Journey journey = new Journey();
        MemorySegment.copy(c.key.key, 0, journey.key, 0, OffloadKey.BYTES);
        OffloadKey.setTags(journey.key, 0, 0, 0);
        OffloadKey.setIngress(journey.key, 0, ingress);
        OffloadKey.setKind(journey.key, 0, OffloadKey.SERVICE_HEADER);
        OffloadKey.setServicePath(journey.key, 0, SERVICE_PATH, NETWORK);
        journey.macs(0x0200_0000_0009L, 0x0200_0000_0008L).newMacs(0x0200_0000_0006L, 0x0200_0000_0005L);
        OffloadAction.setIpBytesMax(journey.action, 0, 1500);
        OffloadAction.setFlags(journey.action, 0, OffloadAction.POP);
        MemorySegment headers = headers(cookie);
        int geneve = outerSix ? 62 : 42;
        int expected = outer.length - 14 - geneve;
        OffloadHeaders.setExpectedBytes(headers, 0, expected);
        MemorySegment.copy(MemorySegment.ofArray(outer), geneve, headers, OffloadHeaders.EXPECTED, expected);
        ByteBuffer o = ByteBuffer.wrap(outer);
        OffloadHeaders.setSource(headers, 0, outerSix ? o.getLong(22) : 0, outerSix ? o.getLong(30) : mapped(o, 26));
        OffloadHeaders.setDestination(
                headers, 0, outerSix ? o.getLong(38) : 0, outerSix ? o.getLong(46) : mapped(o, 30));
        OffloadHeaders.setInnerMacs(headers, 0, 0x0200_0000_0004L, 0x0200_0000_0003L);
        install(path, journey, headers, egress, cookie);
    }

    private static long mapped(ByteBuffer b, int at) {
        return 0xffff_0000_0000L | (b.getInt(at) & 0xffff_ffffL);
    }

    private static void install(FastPath path, Journey journey, MemorySegment headers, int egress, int cookie) {
        OffloadAction.setEgress(journey.action, 0, egress, 0);
        OffloadAction.setEncapsulation(journey.action, 0, cookie);
        OffloadAction.setCookie(journey.action, 0, cookie);
        assertThat(path.offload().install(journey.key, journey.action, headers)).isZero();
    }

    @Test
    void superFramesGoThroughTunnelsWhole() throws Exception {
        try (Outside from = Outside.open(client, "c0");
                Outside to = Outside.open(server, "s0")) {
            middle.in(() -> {
                FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(64, 8), 4096), 64, 8);
                try (FastPath path = FastPath.open(pool, 4 * FRAMES);
                        FastPort left = path.attach("left", 0);
                        FastPort right = path.attach("right", 1);
                        FastPort out = path.attach("out", 2);
                        FastPort in = path.attach("in", 3)) {
                    for (int i = 0; i < FRAMES; i++) {
                        Case c = next();
                        boolean outerSix = random.nextBoolean();
                        byte[] outer = outer(outerSix, c.six);
                        String which = "seed " + seed + ", frame " + i + (outerSix ? " in IPv6" : " in IPv4");
                        boolean through = random.nextBoolean();
                        push(path, c, outer, through ? out.number() : right.number(), 2 * i + 1);
                        if (through) {
                            pop(path, c, outer, outerSix, in.number(), right.number(), 2 * i + 2);
                        }
                        from.send(c.frame);
                        MemoryFrame got = to.receiveFrame(path);
                        byte[] expected = through ? popped(c) : pushed(c, outer, outerSix);
                        assertThat(Arrays.mismatch(got.bytes(), expected))
                                .as("%s, %d bytes", which, expected.length)
                                .isEqualTo(-1);
                        int moved = expected.length - c.frame.bytes().length;
                        assertThat(got.gsoType()).as(which).isEqualTo(c.frame.gsoType());
                        assertThat(got.gsoSizeBytes()).as(which).isEqualTo(c.frame.gsoSizeBytes());
                        assertThat(got.offload()).as(which).isEqualTo(Batch.CHECKSUM_PARTIAL);
                        assertThat(got.csumStart()).as(which).isEqualTo(c.frame.csumStart() + moved);
                        assertThat(got.csumOffset()).as(which).isEqualTo(c.frame.csumOffset());
                        int segments =
                                Math.ceilDiv(c.frame.bytes().length - c.frame.gsoHeaderBytes(), c.frame.gsoSizeBytes());
                        assertThat(c.key.counted(path.offload()))
                                .as(which)
                                .containsExactly(segments, c.frame.bytes().length);
                    }
                    assertThat(left.number()).isEqualTo(1);
                }
                return null;
            });
        }
    }

    private static byte[] popped(Case c) {
        ByteBuffer b = ByteBuffer.allocate(14 + c.ipBytes);
        b.putShort((short) 0x0200).putInt(6).putShort((short) 0x0200).putInt(5);
        b.putShort((short) (c.six ? 0x86dd : 0x0800)).put(c.frame.bytes(), c.l3, c.ipBytes);
        return b.array();
    }
}
