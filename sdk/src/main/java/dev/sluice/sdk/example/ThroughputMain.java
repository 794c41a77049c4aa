package dev.sluice.sdk.example;

import dev.sluice.sdk.ServiceNode;
import dev.sluice.sdk.Verdict;
import dev.sluice.sdk.stream.FlowInspector;
import dev.sluice.sdk.stream.Signatures;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.EthernetHeader;
import dev.sluice.wire.GeneveHeader;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv4Header;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshContext;
import dev.sluice.wire.NshContextHeader;
import dev.sluice.wire.NshHeader;
import dev.sluice.wire.Udp;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;

/**
 * How many packets per second a node returns on this machine: {@code [seconds [frame bytes]]}, 5 and 1024 unless given. Sender and node share the machine and the loopback
 * interface; 64 packets are under way at any time. One line for a handler that passes everything, one for {@link IntrusionPrevention} that never clears.
 */
public final class ThroughputMain {
    private static final int WINDOW = 64;
    private static final long LOST_NS = 100_000_000L;

    private ThroughputMain() {}

    /** Entry of the program. */
    public static void main(String[] arguments) throws IOException {
        int seconds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 5;
        int frameBytes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1024;
        IntrusionPrevention prevention = new IntrusionPrevention(
                Signatures.of(List.of(Signatures.text("never to be found"))),
                FlowInspector.Limits.USUAL,
                new IntrusionPrevention.Policy(0, false),
                line -> {});
        byte[] packet = packet(frameBytes);
        measure("pass", ServiceNode.builder().handler(one -> Verdict.PASS), packet, seconds);
        measure("inspect", ServiceNode.builder().handler(prevention), packet, seconds);
    }

    private static void measure(String name, ServiceNode.Builder builder, byte[] packet, int seconds)
            throws IOException {
        try (DatagramChannel channel =
                DatagramChannel.open().bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0))) {
            int port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
            try (ServiceNode node = builder.listen("127.0.0.1", 0)
                    .allow("127.0.0.1")
                    .returnPort(port)
                    .start()) {
                channel.configureBlocking(false);
                exchange(channel, node.address(), packet, 1);
                long begin = System.nanoTime();
                long count = exchange(channel, node.address(), packet, seconds);
                double perSecond = count * 1e9 / (System.nanoTime() - begin);
                System.out.printf(
                        "%-8s %,10.0f packets/s %8.2f Gbit/s with %d bytes of UDP payload%n",
                        name, perSecond, perSecond * packet.length * 8 / 1e9, packet.length);
            }
        }
    }

    /** Keeps some packets under way; how many came back. */
    private static long exchange(DatagramChannel channel, InetSocketAddress node, byte[] packet, int seconds)
            throws IOException {
        ByteBuffer out = ByteBuffer.allocateDirect(packet.length).put(packet).flip();
        ByteBuffer in = ByteBuffer.allocateDirect(1 << 16);
        long count = 0;
        int underWay = 0;
        long now = System.nanoTime();
        long heardNs = now;
        long end = now + seconds * 1_000_000_000L;
        while (now < end) {
            for (; underWay < WINDOW && channel.send(out.rewind(), node) > 0; underWay++) {}
            if (channel.receive(in.clear()) != null) {
                count++;
                underWay--;
                heardNs = now;
            } else if (now - heardNs > LOST_NS) {
                underWay = 0;
                heardNs = now;
            } else {
                Thread.onSpinWait();
            }
            now = System.nanoTime();
        }
        return count;
    }

    private static byte[] packet(int frameBytes) {
        GeneveHeader geneve = new GeneveHeader(false, EtherTypes.NSH, 7000, List.of());
        NshHeader nsh = new NshHeader(
                false,
                Nsh.TTL_INITIAL,
                Nsh.NEXT_ETHERNET,
                0x200,
                Nsh.SI_INITIAL,
                new NshHeader.Variable(
                        List.of(NshContextHeader.of64(NshContext.FLOW_ID, 42), NshContextHeader.sluice(0, 1, 0, 0))));
        byte[] packet = new byte[geneve.headerBytes() + nsh.headerBytes() + frameBytes];
        MemorySegment f = MemorySegment.ofArray(packet);
        int at = geneve.write(f, 0);
        at += nsh.write(f, at);
        at += new EthernetHeader(new MacAddress(2), new MacAddress(4), EtherTypes.IPV4).write(f, at);
        int udpBytes = packet.length - at - Ipv4.BYTES;
        IpAddress from = IpAddress.ofIpv4(0xc000_0201);
        IpAddress to = IpAddress.ofIpv4(0xc000_0202);
        at += new Ipv4Header(0, packet.length - at, 0, 0, 0, 64, IpProtocols.UDP, from, to).write(f, at);
        Udp.setSourcePort(f, at, 1024);
        Udp.setDestinationPort(f, at, 1025);
        Udp.setLength(f, at, udpBytes);
        return packet;
    }
}
