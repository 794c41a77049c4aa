package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.rules.Rule.FailureAction;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.testkit.PlaneHosts.Node;
import dev.sluice.testkit.PlaneHosts.Service;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Frames between hosts, cut and with bytes changed: none makes a switch throw or lose a frame of its pool, and none whose headers say what no peer may say comes to a node
 * or to the client and server (S1, overlay-formats.md). What the headers have to be is written here once more, plainly.
 */
class TunnelMutationTest {
    private static final int EXECUTIONS = 50_000;
    private static final int GENEVE_PORT = 6081;
    private static final long SECOND_NS = 1_000_000_000L;

    private static final Node FIREWALL = new Node(1, 1, 0, false, Attachment.Kind.BRIDGE, Attachment.Translation.NONE);
    private static final Node WATCHER = new Node(2, 2, 0, false, Attachment.Kind.BRIDGE, Attachment.Translation.NONE);
    private static final Node GATE =
            new Node(3, 2, 0x8100_0064, true, Attachment.Kind.WIRE, Attachment.Translation.NONE);
    private static final List<Service> CHAIN = List.of(
            new Service("firewall", false, FailureAction.CLOSED, List.of(FIREWALL)),
            new Service("watcher", true, FailureAction.OPEN, List.of(WATCHER)),
            new Service("gate", false, FailureAction.OPEN, List.of(GATE)));

    /** A tunnelled frame and the host that it is for. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Carried(int to, byte[] frame) {}

    private static PlaneHosts hosts(int underlayVersion, boolean hub) {
        return new PlaneHosts(
                new PlaneHosts.Plan(3, hub, underlayVersion, false, false, 0, List.of(FIREWALL, WATCHER, GATE)), CHAIN);
    }

    /** Lets packets of both families and directions pass all nodes; what went over the underlay. */
    private static List<Carried> carried(PlaneHosts net) {
        List<Carried> all = new ArrayList<>();
        List<TestPacket> packets = new ArrayList<>();
        for (String[] ends : new String[][] {{"10.0.1.2:4000", "10.0.2.2:80"}, {"[fd01::2]:4000", "[fd02::2]:80"}}) {
            packets.add(TestPacket.tcp(ends[0], ends[1], 2).payload("hello"));
            packets.add(TestPacket.udp(ends[0], ends[1]).payload(new byte[33]));
            packets.add(TestPacket.udp(ends[0], ends[1]).vlan(7).payload(new byte[64]));
        }
        for (TestPacket packet : packets) {
            pass(net, PlaneHosts.CLIENT, packet, all);
            pass(net, PlaneHosts.SERVER, packet.reply(), all);
        }
        return all;
    }

    private static void pass(PlaneHosts net, int port, TestPacket packet, List<Carried> all) {
        TestPacket frame = port == PlaneHosts.CLIENT
                ? packet.ethernet(PlaneHosts.CLIENT_MAC, PlaneHosts.SERVER_MAC)
                : packet.ethernet(PlaneHosts.SERVER_MAC, PlaneHosts.CLIENT_MAC);
        net.hosts.getFirst().receive(port, frame.bytes());
        for (int rounds = 0; rounds < 20; rounds++) {
            for (int from = 0; from < net.hosts.size(); from++) {
                for (var sent : net.hosts.get(from).sentAnywhere().entrySet()) {
                    for (var one : sent.getValue()) {
                        forward(net, from, sent.getKey(), one.bytes(), all);
                    }
                }
            }
        }
    }

    private static void forward(PlaneHosts net, int from, int port, byte[] frame, List<Carried> all) {
        if (port == PlaneHosts.UNDERLAY) {
            int to = (frame[5] & 0xff) >> 4;
            all.add(new Carried(to, frame));
            net.hosts.get(to).receive(PlaneHosts.UNDERLAY, frame);
            return;
        }
        for (Node node : net.plan.nodes()) {
            if (node.host() == from && node.id() != WATCHER.id()) {
                if (port == net.port(node, 0)) {
                    net.hosts.get(from).receive(net.port(node, 1), frame);
                } else if (port == net.port(node, 1)) {
                    net.hosts.get(from).receive(net.port(node, 0), frame);
                }
            }
        }
    }

    /** Null, or what went wrong. */
    private static @Nullable String run(long seed, int executions) {
        Random random = new Random(seed);
        try (PlaneHosts net = hosts(seed % 2 == 0 ? 4 : 6, seed % 4 < 2)) {
            List<Carried> seeds = carried(net);
            long[] free = net.hosts.stream().mapToLong(MemorySwitch::freeFrames).toArray();
            for (int i = 0; i < executions; i++) {
                Carried one = seeds.get(random.nextInt(seeds.size()));
                byte[] damaged = damaged(random, one.frame());
                String broken = take(net, one.to(), damaged);
                if (broken != null) {
                    return "[seed " + seed + ", execution " + i + "] " + broken + "\n"
                            + HexFormat.of().formatHex(damaged) + "\nfrom\n"
                            + HexFormat.of().formatHex(one.frame());
                }
                if (i % 1000 == 999 || i == executions - 1) {
                    for (int host = 0; host < net.hosts.size(); host++) {
                        // Until nobody waits for a neighbour or a first fragment any more.
                        for (int second = 0; second < 12; second++) {
                            net.hosts.get(host).advance(SECOND_NS);
                        }
                        net.hosts.get(host).sentAnywhere();
                        if (net.hosts.get(host).freeFrames() != free[host]) {
                            return "[seed " + seed + ", execution " + i + "] host " + host + " has "
                                    + net.hosts.get(host).freeFrames() + " free frames, had " + free[host];
                        }
                    }
                    net.teach();
                }
            }
        }
        return null;
    }

    private static @Nullable String take(PlaneHosts net, int to, byte[] frame) {
        MemorySwitch host = net.hosts.get(to);
        try {
            host.receive(PlaneHosts.UNDERLAY, frame);
        } catch (RuntimeException | AssertionError e) {
            return e + " at " + Arrays.toString(e.getStackTrace());
        }
        for (int port : host.sentAnywhere().keySet()) {
            String refused = refused(net, to, frame);
            if (port != PlaneHosts.UNDERLAY && refused != null) {
                return refused + ", but it was sent to port " + port + " of host " + to;
            }
        }
        return null;
    }

    /** Some bytes changed, often of the service header; sometimes cut. The checksum of an outer IPv4 header is mostly made right. */
    private static byte[] damaged(Random random, byte[] frame) {
        byte[] f = frame.clone();
        if (random.nextInt(5) == 0) {
            f = Arrays.copyOf(f, random.nextInt(f.length + 20));
        }
        int outer = frame[12] == 8 ? 42 : 62;
        int[] from = {0, 14, outer, outer + 8, outer + 68};
        int[] to = {frame.length, outer, outer + 8, outer + 68, frame.length};
        for (int i = 1 + random.nextInt(4); i > 0; i--) {
            int part = random.nextInt(from.length);
            int at = from[part] + random.nextInt(to[part] - from[part]);
            if (at < f.length) {
                f[at] = (byte) (random.nextBoolean() ? f[at] ^ (1 << random.nextInt(8)) : random.nextInt(256));
            }
        }
        if (random.nextInt(5) != 0 && f.length >= 34 && f[12] == 8 && f[14] == 0x45) {
            if (random.nextBoolean() && f.length < frame.length) {
                ByteBuffer.wrap(f).putShort(16, (short) (f.length - 14));
            }
            Sums.fixIpv4(f, 14);
        }
        return f;
    }

    /** Why a node of this host, or a host behind it, may not see anything of a frame; null if it may. */
    private static @Nullable String refused(PlaneHosts net, int to, byte[] f) {
        boolean four = net.plan.underlayVersion() == 4;
        ByteBuffer b = ByteBuffer.wrap(f);
        int ip = 14;
        int udp = four ? ip + 4 * (f[ip] & 0xf) : ip + 40;
        if (f.length < udp + 16 + 8) {
            return "too short";
        }
        byte[] source = four ? Arrays.copyOfRange(f, 26, 30) : Arrays.copyOfRange(f, 22, 38);
        byte[] destination = four ? Arrays.copyOfRange(f, 30, 34) : Arrays.copyOfRange(f, 38, 54);
        boolean fromPeer = false;
        for (int other = 0; other < net.hosts.size(); other++) {
            fromPeer |= other != to && Arrays.equals(source, bytes(net.endpoint(other)));
        }
        if (!fromPeer || !Arrays.equals(destination, bytes(net.endpoint(to)))) {
            return "from nobody, or for somebody else";
        }
        if (four && (b.getShort(ip + 6) & 0x3fff) != 0) {
            return "a fragment";
        }
        if ((four ? f[ip + 9] : f[ip + 6]) != 17 || (b.getShort(udp + 2) & 0xffff) != GENEVE_PORT) {
            return "no tunnel";
        }
        int geneve = udp + 8;
        if ((f[geneve] & 0xc0) != 0 || (f[geneve + 1] & 0x80) != 0 || b.getShort(geneve + 2) != (short) 0x894f) {
            return "Geneve header";
        }
        if ((b.getInt(geneve + 4) >>> 8) != PlaneHosts.SVNI) {
            return "virtual network";
        }
        int nsh = geneve + 8 + 4 * (f[geneve] & 0x3f);
        for (int at = geneve + 8; at < nsh && at + 4 <= f.length; at += 4 + 4 * (f[at + 3] & 0x1f)) {
            if ((f[at + 2] & 0x80) != 0) {
                return "critical option";
            }
        }
        return refusedService(b, nsh);
    }

    private static @Nullable String refusedService(ByteBuffer b, int nsh) {
        if (b.limit() < nsh + 8) {
            return "no service header";
        }
        int first = b.getShort(nsh);
        int words = first & 0x3f;
        int ttl = (first >> 6) & 0x3f;
        if ((first & 0xe000) != 0 || words < 2 || b.limit() < nsh + 4 * words) {
            return "service header";
        }
        if ((b.get(nsh + 2) & 0xf) != 2 || b.get(nsh + 3) != 3) {
            return "kind of metadata or payload";
        }
        if (ttl == 1) {
            return "at the end of its life";
        }
        int spi = b.getInt(nsh + 4) >>> 8;
        int index = b.get(nsh + 7) & 0xff;
        return (spi != 102 && spi != 103) || index < 255 - CHAIN.size() ? "path" : null;
    }

    private static byte[] bytes(String address) {
        var ip = PlaneHosts.address(address);
        return ip.isIpv4()
                ? ByteBuffer.allocate(4).putInt(ip.ipv4Bits()).array()
                : ByteBuffer.allocate(16).putLong(ip.hi()).putLong(ip.lo()).array();
    }

    @ParameterizedTest
    @CsvSource({"4, false", "4, true", "6, false", "6, true"})
    void whatIsDamagedIsMadeFromPacketsThatPass(int underlayVersion, boolean hub) {
        try (PlaneHosts net = hosts(underlayVersion, hub)) {
            List<Carried> all = carried(net);
            assertThat(all)
                    .hasSizeGreaterThan(40)
                    .allSatisfy(one ->
                            assertThat(refused(net, one.to(), one.frame())).isNull());
            net.hosts.forEach(host -> assertThat(host.drops()).isEmpty());
        }
    }

    @Test
    void damagedTunnelFramesAreServedOrDropped() {
        for (long seed = 0; seed < 4; seed++) {
            assertThat(run(seed, EXECUTIONS / 2)).isNull();
        }
    }

    @Test
    @Tag("campaign")
    void damagedTunnelFramesOfManySeeds() {
        new FuzzTarget("tunnel frames between hosts", "TunnelMutationTest#damagedTunnelFramesOfManySeeds", seed -> {
                    assertThat(run(seed, EXECUTIONS)).isNull();
                    return EXECUTIONS;
                })
                .run();
    }
}
