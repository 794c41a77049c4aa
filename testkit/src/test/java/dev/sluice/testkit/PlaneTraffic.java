package dev.sluice.testkit;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.DropReason;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.track.FlowPrograms;
import dev.sluice.datapath.track.InstructedFlow;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.PlaneHosts.Node;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Packets of random flows between client and server, each with the number of its journey in its last bytes, and how they have to look anywhere. One user: the test. */
final class PlaneTraffic {
    private static final int FLOWS = 3;

    /** Number of the journey in 4 bytes, and its complement, so that checksums hold whatever the number is. */
    private static final int MARK_BYTES = 8;

    private static final int GSO_SIZE_BYTES = 1200;
    private static final String[] TRANSLATED = {"198.51.100.7", "2001:db8:7::1"};

    /** Two endpoints and how they talk. */
    static final class Flow {
        final int number;
        final int version;
        final int protocol;
        final int vlan;
        boolean hasPassed;

        Flow(int number, int version, int protocol, int vlan) {
            this.number = number;
            this.version = version;
            this.protocol = protocol;
            this.vlan = vlan;
        }

        private String client(boolean translated) {
            String address = translated ? TRANSLATED[version / 6] : PlaneHosts.client(version);
            int port = translated ? 20_000 + number : 4000 + number;
            return version == 4 ? address + ":" + port : "[" + address + "]:" + port;
        }

        private String server() {
            return version == 4 ? PlaneHosts.server(4) + ":80" : "[" + PlaneHosts.server(6) + "]:80";
        }

        TestPacket packet(boolean reverse, boolean translated, int tcpFlags) {
            TestPacket forward = protocol == 6
                    ? TestPacket.tcp(client(translated), server(), tcpFlags)
                    : protocol == 17
                            ? TestPacket.udp(client(translated), server())
                            : TestPacket.ping(PlaneHosts.client(version), PlaneHosts.server(version), 100 + number);
            TestPacket packet = reverse ? forward.reply() : forward;
            return vlan == 0 ? packet : packet.vlan(vlan);
        }
    }

    /**
     * One packet.
     *
     * @param offset of a fragment
     * @param more of a fragment
     * @param error about a forward packet of the flow
     * @param needs a flow that has to have passed before
     */
    record Packet(
            Flow flow,
            boolean reverse,
            int tcpFlags,
            int payloadBytes,
            int offset,
            boolean more,
            int identification,
            boolean error,
            boolean isSuper,
            @Nullable Flow needs,
            @Nullable Node translator) {
        boolean isError() {
            return error;
        }

        /** Whether it has the translated addresses after these visits. */
        boolean isTranslated(List<Node> visits) {
            return translator != null && visits.contains(translator) != reverse;
        }

        @Override
        public String toString() {
            return (reverse ? "reverse" : "forward") + " of flow " + flow.number + " IPv" + flow.version + " protocol "
                    + flow.protocol + " vlan " + flow.vlan + " " + payloadBytes + " bytes"
                    + (offset > 0 || more ? " fragment at " + offset : "") + (error ? " error" : "")
                    + (isSuper ? " super" : "");
        }
    }

    /** A frame in the hands of the test. */
    record Sent(MemoryFrame frame) {
        byte[] bytes() {
            return frame.bytes();
        }

        static Sent of(MemoryFrame frame) {
            return new Sent(frame);
        }

        static Sent of(byte[] bytes) {
            return of(MemoryFrame.plain(bytes));
        }

        Sent with(byte[] other) {
            int grown = other.length - bytes().length;
            return of(new MemoryFrame(
                    other,
                    frame.offload(),
                    frame.gsoType(),
                    frame.gsoSizeBytes(),
                    frame.gsoHeaderBytes() == 0 ? 0 : frame.gsoHeaderBytes() + grown,
                    frame.csumStart() == 0 ? 0 : frame.csumStart() + grown,
                    frame.csumOffset()));
        }

        MemoryFrame asMemoryFrame() {
            return frame;
        }

        Sent withoutTag(int tag) {
            if (tag == 0) {
                return this;
            }
            ByteBuffer b = ByteBuffer.wrap(bytes());
            if (b.getInt(12) != tag) {
                return this;
            }
            byte[] bare = new byte[bytes().length - 4];
            System.arraycopy(bytes(), 0, bare, 0, 12);
            System.arraycopy(bytes(), 16, bare, 12, bare.length - 12);
            return with(bare);
        }

        Sent withTag(int tag) {
            if (tag == 0) {
                return this;
            }
            ByteBuffer b = ByteBuffer.allocate(bytes().length + 4);
            b.put(bytes(), 0, 12).putInt(tag).put(bytes(), 12, bytes().length - 12);
            return with(b.array());
        }

        @Override
        public String toString() {
            return java.util.HexFormat.of().formatHex(bytes(), 0, Math.min(bytes().length, 120));
        }
    }

    private final Random random;
    private final PlaneHosts.Plan plan;
    private final @Nullable Node translator;
    private final List<Flow> flows = new ArrayList<>();
    private boolean fragments;
    private int identification = 1;

    PlaneTraffic(Random random, PlaneHosts.Plan plan, @Nullable Node translator) {
        this.random = random;
        this.plan = plan;
        this.translator = translator;
        for (int i = 0; i < FLOWS; i++) {
            int version = random.nextInt(3) == 0 ? 6 : 4;
            int[] protocols = translator != null ? new int[] {6, 17} : new int[] {6, 17, 17, version == 4 ? 1 : 58};
            int protocol = protocols[random.nextInt(protocols.length)];
            int vlan = plan.routed() || random.nextInt(3) != 0 ? 0 : 10 + i;
            flows.add(new Flow(i, version, protocol, vlan));
        }
    }

    boolean hasFragments() {
        return fragments;
    }

    /** Reasons for which packets that overtake each other may be dropped, besides fragments. */
    Set<DropReason> ofDisorder() {
        return translator == null
                ? EnumSet.noneOf(DropReason.class)
                : EnumSet.of(DropReason.RETURN_NO_FLOW, DropReason.OVERLAY_FLOW_UNKNOWN);
    }

    /** What happens next on the flows. */
    List<Packet> packets(boolean withErrors) {
        List<Packet> packets = new ArrayList<>();
        for (Flow flow : flows) {
            packets.add(packet(flow, false, flow.protocol == 6 && !flow.hasPassed ? 2 : 0x10, 40));
            packets.add(answer(flow));
            int kind = random.nextInt(6);
            if (kind == 0 && flow.protocol == 17 && translator == null) {
                fragments = true;
                identification++;
                packets.add(new Packet(flow, false, 0, 56, 0, true, identification, false, false, null, translator));
                packets.add(new Packet(flow, false, 0, 48, 64, false, identification, false, false, null, translator));
            } else if (kind == 1 && flow.protocol == 6) {
                packets.add(new Packet(
                        flow, false, 0x10, 4 * GSO_SIZE_BYTES - 80, 0, false, 0, false, true, flow, translator));
            } else if (kind == 2 && translator == null && withErrors) {
                packets.add(new Packet(flow, true, 0, 0, 0, false, 0, true, false, flow, null));
            } else {
                packets.add(packet(flow, false, 0x10, 8 + 8 * random.nextInt(100)));
            }
        }
        return packets;
    }

    private Packet packet(Flow flow, boolean reverse, int tcpFlags, int payloadBytes) {
        return new Packet(
                flow, reverse, tcpFlags, payloadBytes, 0, false, 0, false, false, reverse ? flow : null, translator);
    }

    private Packet answer(Flow flow) {
        return packet(flow, true, flow.hasPassed ? 0x10 : 0x12, 16);
    }

    private static byte[] marks(int bytes, int journey) {
        ByteBuffer b = ByteBuffer.allocate(bytes);
        while (b.remaining() >= MARK_BYTES) {
            b.putInt(journey).putInt(~journey);
        }
        return b.array();
    }

    /** The packet as it comes in. */
    Sent frame(Packet packet, int journey) {
        return frame(packet, journey, packet.reverse() && translator != null);
    }

    private Sent frame(Packet packet, int journey, boolean translated) {
        byte[] bytes = ethernet(packet, body(packet, journey, translated).bytes());
        if (!packet.isSuper()) {
            return Sent.of(bytes);
        }
        int network = 14 + (packet.flow().vlan == 0 ? 0 : 4);
        int transport = network + (packet.flow().version == 4 ? 20 : 40);
        byte type = packet.flow().version == 4 ? Batch.GSO_TCPV4 : Batch.GSO_TCPV6;
        return Sent.of(MemoryFrame.superFrame(bytes, type, GSO_SIZE_BYTES, transport + 20, transport, 16));
    }

    private TestPacket body(Packet packet, int journey, boolean translated) {
        Flow flow = packet.flow();
        if (packet.error()) {
            byte[] about = flow.packet(false, false, 0x10).bytes();
            int from = 14 + (flow.vlan == 0 ? 0 : 4);
            int quote = flow.version == 4 ? 28 : 48;
            ByteBuffer b = ByteBuffer.allocate(quote + MARK_BYTES);
            b.put(about, from, quote).put(marks(MARK_BYTES, journey));
            TestPacket error = TestPacket.ping(
                            flow.version == 4 ? "10.0.2.9" : "fd02::9", PlaneHosts.client(flow.version), 0)
                    .icmpType(flow.version == 4 ? 3 : 1)
                    .payload(b.array());
            return flow.vlan == 0 ? error : error.vlan(flow.vlan);
        }
        TestPacket plain = flow.packet(packet.reverse(), translated, packet.tcpFlags())
                .payload(marks(packet.payloadBytes(), journey));
        return packet.more() || packet.offset() > 0
                ? plain.identification(packet.identification()).fragment(packet.offset(), packet.more())
                : plain;
    }

    /** As the hosts' Ethernet addresses are. */
    private byte[] ethernet(Packet packet, byte[] frame) {
        long source = packet.reverse() ? PlaneHosts.SERVER_MAC : PlaneHosts.CLIENT_MAC;
        long destination = plan.routed()
                ? PlaneHosts.PORT_MAC + (packet.reverse() ? PlaneHosts.SERVER : PlaneHosts.CLIENT)
                : packet.reverse() ? PlaneHosts.CLIENT_MAC : PlaneHosts.SERVER_MAC;
        return addressed(frame, source, destination);
    }

    private static byte[] addressed(byte[] frame, long source, long destination) {
        ByteBuffer b = ByteBuffer.wrap(frame.clone());
        b.putShort((short) (destination >>> 32)).putInt((int) destination);
        b.putShort((short) (source >>> 32)).putInt((int) source);
        return b.array();
    }

    /** What the translating node makes of a packet: other addresses, the Ethernet header it came with. */
    Sent translate(Packet packet, Sent in, int journey) {
        if (packet.isSuper()) {
            return translatedSegment(packet, in);
        }
        byte[] out = frame(packet, journey, !packet.reverse()).bytes().clone();
        System.arraycopy(in.bytes(), 0, out, 0, 12);
        int ttlAt = 14 + (packet.flow().vlan == 0 ? 0 : 4) + (packet.flow().version == 4 ? 8 : 7);
        out[ttlAt] = in.bytes()[ttlAt];
        if (packet.flow().version == 4) {
            Sums.fixIpv4(out, 14 + (packet.flow().vlan == 0 ? 0 : 4));
        }
        return Sent.of(out);
    }

    /** Addresses and port changed in place; nobody looks at the checksum behind. */
    private static Sent translatedSegment(Packet packet, Sent in) {
        Flow flow = packet.flow();
        int network = 14 + (flow.vlan == 0 ? 0 : 4);
        byte[] model = flow.packet(packet.reverse(), true, 0x10).bytes();
        byte[] out = in.bytes().clone();
        if (flow.version == 4) {
            System.arraycopy(model, network + 12, out, network + 12, 8);
            System.arraycopy(model, network + 20, out, network + 20, 4);
            Sums.fixIpv4(out, network);
        } else {
            System.arraycopy(model, network + 8, out, network + 8, 32);
            System.arraycopy(model, network + 40, out, network + 40, 4);
        }
        return in.with(out);
    }

    // How it has to look.

    /** What is wrong with a frame that a node gets, null if nothing is. */
    @Nullable
    String comparedAtNode(Packet packet, Sent seen, Node node, List<Node> before, boolean copy) {
        boolean reverse = packet.reverse();
        boolean translated = packet.isTranslated(before);
        int journey = journey(seen.bytes());
        byte[] expected = frame(packet, journey, translated).bytes();
        // Between transparent ports nodes that bridge see what the one before them made of it.
        Node writer = node;
        for (int i = before.size(); i > 0 && !plan.routed() && writer.kind() == Attachment.Kind.BRIDGE; i--) {
            writer = before.get(i - 1);
        }
        if (plan.routed() || writer.kind() != Attachment.Kind.BRIDGE) {
            int entered = reverse ? 1 : 0;
            expected =
                    addressed(expected, PlaneHosts.nodeMac(writer, entered), PlaneHosts.nodeMac(writer, 1 - entered));
        }
        if (plan.routed() && plan.atServer() && !reverse) {
            expected = aged(expected);
        }
        if (copy && !plan.routed() && node.kind() == Attachment.Kind.BRIDGE) {
            // It may come late: before has more than it had.
            System.arraycopy(seen.bytes(), 0, expected, 0, 12);
        }
        // Segments of one packet may be at different nodes, so which node wrote their addresses is not known.
        return difference(packet, expected, seen.bytes(), false);
    }

    /** What is wrong with a frame that leaves, null if nothing is. */
    @Nullable
    String comparedLeaving(Packet packet, Sent seen, boolean translated) {
        byte[] expected = frame(packet, journey(seen.bytes()), translated).bytes();
        if (plan.routed()) {
            long port = PlaneHosts.PORT_MAC + (packet.reverse() ? PlaneHosts.CLIENT : PlaneHosts.SERVER);
            expected =
                    addressed(aged(expected), port, packet.reverse() ? PlaneHosts.CLIENT_MAC : PlaneHosts.SERVER_MAC);
        }
        return difference(packet, expected, seen.bytes(), true);
    }

    private static byte[] aged(byte[] frame) {
        byte[] f = frame.clone();
        boolean four = f[12] == 8;
        f[four ? 22 : 21]--;
        if (four) {
            Sums.fixIpv4(f, 14);
        }
        return f;
    }

    private static @Nullable String difference(Packet packet, byte[] expected, byte[] seen, boolean addressed) {
        if (packet.isSuper()) {
            // Its segments are compared in tests of their own; here that they are of it.
            int network = 14 + (packet.flow().vlan == 0 ? 0 : 4);
            return Arrays.equals(expected, addressed ? 0 : 12, network, seen, addressed ? 0 : 12, network)
                    ? null
                    : "another Ethernet header " + java.util.HexFormat.of().formatHex(seen, 0, 20);
        }
        if (Arrays.equals(expected, seen)) {
            return null;
        }
        return "\n  " + java.util.HexFormat.of().formatHex(seen) + "\ninstead of\n  "
                + java.util.HexFormat.of().formatHex(expected);
    }

    /** Number of the journey of a packet, tunnelled or not. */
    static int journey(byte[] frame) {
        return ByteBuffer.wrap(frame).getInt(frame.length - MARK_BYTES);
    }

    /** A tunnelled packet as one of another journey; its checksum still holds. */
    static byte[] renumbered(byte[] frame, int journey) {
        int old = journey(frame);
        byte[] f = frame.clone();
        ByteBuffer b = ByteBuffer.wrap(f);
        for (int at = f.length - MARK_BYTES;
                at >= 0 && b.getInt(at) == old && b.getInt(at + 4) == ~old;
                at -= MARK_BYTES) {
            b.putInt(at, journey).putInt(at + 4, ~journey);
        }
        return f;
    }

    private static int udp(byte[] frame) {
        return frame[12] == 8 ? 34 : 54;
    }

    static boolean isTunnel(byte[] frame) {
        ByteBuffer b = ByteBuffer.wrap(frame);
        int udp = udp(frame);
        return frame.length > udp + 24 && b.getShort(udp + 2) == 6081 && frame[udp - (frame[12] == 8 ? 11 : 34)] == 17;
    }

    /** Whether a tunnelled packet says it is a copy. */
    static boolean isCopy(byte[] frame) {
        ByteBuffer b = ByteBuffer.wrap(frame);
        int nsh = udp(frame) + 16;
        int end = nsh + 4 * (frame[nsh + 1] & 0x3f);
        for (int at = nsh + 8; at < end; at += 4 + ((frame[at + 3] + 3) & ~3)) {
            if (b.getShort(at) == (short) 0xfff6 && frame[at + 2] == 1) {
                return (frame[at + 5] & 0x08) != 0;
            }
        }
        return false;
    }

    static boolean isNeighborTalk(byte[] frame) {
        boolean arp = frame[12] == 8 && frame[13] == 6;
        boolean discovery =
                frame[12] == (byte) 0x86 && frame[20] == 58 && (frame[54] & 0xff) >= 133 && (frame[54] & 0xff) <= 137;
        return arp || discovery;
    }

    /** Tells the classifying switch that no flow needs a node any more. */
    void skip(MemorySwitch classifier, Node node) {
        for (Flow flow : flows) {
            boolean ports = flow.protocol == 6 || flow.protocol == 17;
            InstructedFlow told = new InstructedFlow(
                    classifier.datapath().zone(1, flow.vlan, 0),
                    flow.protocol,
                    PlaneHosts.address(PlaneHosts.client(flow.version)),
                    ports ? 4000 + flow.number : 100 + flow.number,
                    PlaneHosts.address(PlaneHosts.server(flow.version)),
                    ports ? 80 : 100 + flow.number);
            long now = classifier.nowNs();
            classifier
                    .datapath()
                    .programs()
                    .put(told, FlowPrograms.Action.SKIP, node.id(), false, now + 3_600_000_000_000L, now);
        }
    }
}
