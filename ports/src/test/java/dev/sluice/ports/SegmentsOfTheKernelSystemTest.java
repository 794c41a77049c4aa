package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.fuzz.network.Namespace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The worker's segments are those of the kernel, byte by byte: super-frames go over a bridge whose second port can do no offload, so that the kernel has to cut them
 * there.
 */
@Tag("system")
class SegmentsOfTheKernelSystemTest {
    private static final int ROUNDS = 400;
    private static final int GSO_SIZE_MAX = 1399;

    /** The longest segments, with all options, are longer than 1,500 bytes; a veth drops what does not fit the other end. */
    private static final int MTU = 1600;

    private static final long DEADLINE_NS = 30_000_000_000L;
    private static final int LOOK_MS = 100;
    private static final int MACS = 12;
    private static final short MARK = (short) 0x88b5;

    private final long seed = Long.getLong("sluice.seed", System.nanoTime());
    private final Random random = new Random(seed);
    private final Namespace sender = Namespace.make("c");
    private final Namespace bridge = Namespace.make("b");
    private final Namespace receiver = Namespace.make("s");
    private final FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(2048, 64), 4096), 2048, 64);
    private final WorkersView segmenter = new WorkersView(pool);
    private final Batch batch = new Batch();
    private final Batch pieces = new Batch();

    @BeforeEach
    void wire() {
        Namespace.veth(sender, "c0", bridge, "left");
        Namespace.veth(receiver, "s0", bridge, "right");
        bridge.ip("link set right mtu " + MTU);
        receiver.ip("link set s0 mtu " + MTU);
        bridge.ip("link add br0 type bridge mcast_snooping 0");
        bridge.ip("link set left master br0");
        bridge.ip("link set right master br0");
        bridge.exec("ethtool -K right tso off gso off tx-udp-segmentation off tx off");
        receiver.exec("ethtool -K s0 gro off");
        bridge.ip("link set br0 up");
    }

    @AfterEach
    void remove() {
        sender.close();
        bridge.close();
        receiver.close();
    }

    @Test
    void areTheSame() throws Exception {
        try (PacketSocketPort from = sender.in(() -> PacketSocketPort.open("c0", 0, pool));
                PacketSocketPort to = receiver.in(() -> PacketSocketPort.open("s0", 1, pool))) {
            awaitForwarding(from, to);
            for (int round = 0; round < ROUNDS; round++) {
                boolean tcp = random.nextInt(3) > 0;
                boolean ipv4 = random.nextBoolean();
                int gsoSizeBytes = random.nextInt(4) == 0 ? GSO_SIZE_MAX : 100 + random.nextInt(GSO_SIZE_MAX - 100);
                byte[] frame = superFrame(ipv4, tcp, gsoSizeBytes + 1 + random.nextInt(20 * gsoSizeBytes));
                List<String> ours = ours(frame, ipv4, tcp, gsoSizeBytes);
                put(frame, ipv4, tcp, gsoSizeBytes);
                from.send(batch, 0);
                sendMark(from, frame);
                List<String> theirs = theirs(to, frame, ours.size());
                String which = String.format(
                        "%s over %s, gso size %d, round %d, seed %d; lost by the kernel %d, by the port %d, unsent %d",
                        tcp ? "TCP" : "UDP",
                        ipv4 ? "IPv4" : "IPv6",
                        gsoSizeBytes,
                        round,
                        seed,
                        to.counters().kernelDropped,
                        to.counters().receiveDropped,
                        from.counters().sendDropped);
                assertThat(lengths(theirs)).as(which).isEqualTo(lengths(ours));
                for (int k = 0; k < ours.size(); k++) {
                    assertThat(ours.get(k)).as("segment %d, %s", k, which).isEqualTo(theirs.get(k));
                }
            }
        }
    }

    private static List<Integer> lengths(List<String> frames) {
        return frames.stream().map(frame -> frame.length() / 2).toList();
    }

    /** A bridge passes nothing on until the kernel has worked out that its ports have a carrier. */
    private void awaitForwarding(PacketSocketPort from, PacketSocketPort to) {
        byte[] probe = new byte[60];
        System.arraycopy(macs(), 0, probe, 0, MACS);
        Arrived arrived = new Arrived(probe);
        long end = System.nanoTime() + DEADLINE_NS;
        while (!arrived.mark) {
            assertThat(System.nanoTime()).as("the bridge forwards").isLessThan(end);
            sendMark(from, probe);
            receive(to, arrived);
        }
    }

    private List<String> ours(byte[] frame, boolean ipv4, boolean tcp, int gsoSizeBytes) {
        put(frame, ipv4, tcp, gsoSizeBytes);
        assertThat(segmenter.split(batch, 0, pieces)).as("seed %d", seed).isTrue();
        Arrived all = new Arrived(frame);
        take(pieces, all);
        return all.segments;
    }

    /** What has come for a super-frame: its segments, and the mark that was sent behind it. Others say things too: interfaces, and marks of before. */
    private static final class Arrived {
        final byte[] of;
        final List<String> segments = new ArrayList<>();
        boolean mark;

        /** @param of the frame whose addresses all that belongs to it has */
        Arrived(byte[] of) {
            this.of = of;
        }

        boolean isMine(byte[] frame) {
            return Arrays.equals(frame, 0, MACS, of, 0, MACS);
        }

        void add(byte[] frame) {
            if (ByteBuffer.wrap(frame).getShort(MACS) == MARK) {
                mark = true;
            } else {
                segments.add(HexFormat.of().formatHex(frame));
            }
        }
    }

    /** All that comes until the mark, which may overtake segments where the sender changes the processor. */
    private List<String> theirs(PacketSocketPort port, byte[] frame, int count) {
        Arrived arrived = new Arrived(frame);
        long end = System.nanoTime() + DEADLINE_NS;
        while ((!arrived.mark || arrived.segments.size() < count) && System.nanoTime() < end) {
            receive(port, arrived);
        }
        return arrived.segments;
    }

    private void receive(PacketSocketPort port, Arrived arrived) {
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment entry = scratch.allocate(KernelLayouts.POLLFD);
            entry.set(ValueLayout.JAVA_INT, 0, port.pollDescriptor());
            entry.set(ValueLayout.JAVA_SHORT, 4, KernelConstants.POLLIN);
            assertThat(Linux.poll(entry, 1, LOOK_MS)).isNotNegative();
        }
        batch.count = 0;
        port.receive(batch);
        take(batch, arrived);
    }

    /** Takes the bytes of the test's frames, all of which must be complete, and gives back all. */
    private void take(Batch from, Arrived to) {
        for (int k = 0; k < from.count; k++) {
            byte[] bytes = pool.memory().asSlice(from.start[k], from.length[k]).toArray(ValueLayout.JAVA_BYTE);
            if (to.isMine(bytes)) {
                assertThat(from.offload[k] & Batch.CHECKSUM_PARTIAL).isZero();
                assertThat(from.gsoType[k]).isZero();
                to.add(bytes);
            }
            pool.give(from.start[k]);
        }
    }

    /** A short frame behind a super-frame, with its addresses. */
    private void sendMark(PacketSocketPort from, byte[] frame) {
        byte[] mark = new byte[60];
        System.arraycopy(frame, 0, mark, 0, MACS);
        ByteBuffer.wrap(mark).putShort(MACS, MARK);
        batch.count = 0;
        int slot = batch.append(pool.take(mark.length), mark.length, 0);
        MemorySegment.copy(mark, 0, pool.memory(), ValueLayout.JAVA_BYTE, batch.start[slot], mark.length);
        from.send(batch, slot);
        from.flush();
    }

    private byte[] macs() {
        byte[] macs = bytes(MACS);
        macs[0] = 2;
        macs[6] = 2;
        return macs;
    }

    private void put(byte[] frame, boolean ipv4, boolean tcp, int gsoSizeBytes) {
        long start = pool.takeLarge();
        MemorySegment.copy(frame, 0, pool.memory(), ValueLayout.JAVA_BYTE, start, frame.length);
        batch.count = 0;
        batch.append(start, frame.length, 0);
        batch.offload[0] = Batch.CHECKSUM_PARTIAL;
        batch.gsoType[0] = !tcp ? Batch.GSO_UDP_L4 : ipv4 ? Batch.GSO_TCPV4 : Batch.GSO_TCPV6;
        batch.gsoSizeBytes[0] = gsoSizeBytes;
        batch.csumStart[0] = transportAt(frame);
        batch.csumOffset[0] = tcp ? 16 : 6;
    }

    /** The first eight bytes of the ports and numbers are known, so that the transport header is found by them. */
    private static int transportAt(byte[] frame) {
        ByteBuffer f = ByteBuffer.wrap(frame);
        int at = 14;
        while (f.getInt(at) != 0x2710_4e20) {
            at += 2;
        }
        return at;
    }

    private byte[] superFrame(boolean ipv4, boolean tcp, int payloadBytes) {
        ByteBuffer f = ByteBuffer.allocate(200 + payloadBytes);
        f.put(macs());
        if (random.nextInt(3) == 0) {
            f.putShort((short) 0x8100).putShort((short) 100);
        }
        f.putShort((short) (ipv4 ? 0x0800 : 0x86dd));
        int l3 = f.position();
        int protocol = tcp ? 6 : 17;
        if (ipv4) {
            putIpv4(f, protocol);
        } else {
            putIpv6(f, protocol);
        }
        int l4 = f.position();
        f.putShort((short) 10_000).putShort((short) 20_000);
        if (tcp) {
            int options = 4 * random.nextInt(11);
            f.put(bytes(8)).put((byte) ((20 + options) << 2)).put((byte) random.nextInt());
            f.put(bytes(6)).put(bytes(options));
        } else {
            f.putShort((short) (8 + payloadBytes)).putShort((short) 0);
        }
        f.put(bytes(payloadBytes));
        byte[] frame = new byte[f.position()];
        f.get(0, frame);
        finish(ByteBuffer.wrap(frame), ipv4, protocol, l3, l4);
        return frame;
    }

    private void putIpv4(ByteBuffer f, int protocol) {
        int optionBytes = random.nextInt(3) > 0 ? 0 : 4 * (1 + random.nextInt(10));
        f.put((byte) (0x45 + optionBytes / 4)).put((byte) random.nextInt()).putShort((short) 0);
        f.putShort((short) random.nextInt()).putShort((short) (random.nextBoolean() ? 0x4000 : 0));
        f.put((byte) 64).put((byte) protocol).putShort((short) 0);
        f.put(new byte[] {10, 1}).put(bytes(2)).put(new byte[] {10, 2}).put(bytes(2));
        if (optionBytes > 0) {
            f.put(new byte[optionBytes - 1]).put((byte) 0);
            f.put(f.position() - optionBytes, (byte) 1);
        }
    }

    private void putIpv6(ByteBuffer f, int protocol) {
        boolean options = random.nextInt(3) == 0;
        f.putInt(0x6000_0000 | random.nextInt() >>> 4).putShort((short) 0);
        f.put((byte) (options ? 60 : protocol)).put((byte) 64);
        f.put((byte) 0x20).put(bytes(15)).put((byte) 0x20).put(bytes(15));
        if (options) {
            f.put((byte) protocol).put((byte) 0).put(new byte[] {1, 4, 0, 0, 0, 0});
        }
    }

    private static void finish(ByteBuffer f, boolean ipv4, int protocol, int l3, int l4) {
        int l4Bytes = f.capacity() - l4;
        int addresses = ipv4 ? l3 + 12 : l3 + 8;
        long pseudo = words(f, addresses, ipv4 ? addresses + 8 : addresses + 32) + protocol + l4Bytes;
        f.putShort(l4 + (protocol == 6 ? 16 : 6), (short) fold(pseudo));
        if (ipv4) {
            f.putShort(l3 + 2, (short) (f.capacity() - l3));
            f.putShort(l3 + 10, (short) ~fold(words(f, l3, l4)));
        } else {
            f.putShort(l3 + 4, (short) (f.capacity() - l3 - 40));
        }
    }

    private static long words(ByteBuffer f, int from, int to) {
        long sum = 0;
        for (int at = from; at < to; at += 2) {
            sum += f.getShort(at) & 0xffff;
        }
        return sum;
    }

    private static int fold(long sum) {
        long folded = (sum & 0xffff) + (sum >>> 16);
        return (int) ((folded & 0xffff) + (folded >>> 16));
    }

    private byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }
}
