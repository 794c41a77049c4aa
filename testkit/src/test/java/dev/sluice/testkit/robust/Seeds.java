package dev.sluice.testkit.robust;

import static dev.sluice.testkit.robust.RawFrames.hex;
import static dev.sluice.testkit.robust.RawFrames.padded;
import static dev.sluice.testkit.robust.RawFrames.withExtension;
import static dev.sluice.testkit.robust.RawFrames.withOptions;
import static dev.sluice.testkit.robust.RawFrames.withProtocol;

import dev.sluice.datapath.packet.Batch;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.testkit.TestPacket;
import java.util.ArrayList;
import java.util.List;

/** Valid frames of every protocol that the data path reads, and of some that it does not. */
final class Seeds {
    /** MAC address of every host of the tests. */
    static final long HOST = 0x0200_0000_0009L;

    private static final String V6_1 = "fd01" + "0".repeat(24) + "0009";
    private static final String V6_2 = "fd02" + "0".repeat(24) + "0009";
    private static final String V6_GATE = "fd01" + "0".repeat(24) + "0001";
    private static final String V6_ALL = "ff02" + "0".repeat(24) + "0001";

    private Seeds() {}

    static List<MemoryFrame> all() {
        List<byte[]> plain = new ArrayList<>();
        ipv4(plain);
        ipv6(plain);
        control(plain);
        List<MemoryFrame> frames = new ArrayList<>();
        plain.forEach(f -> frames.add(MemoryFrame.plain(f)));
        offloads(frames);
        return List.copyOf(frames);
    }

    private static TestPacket at(TestPacket packet) {
        return packet.ethernet(HOST, Worlds.mac(Worlds.LEFT));
    }

    private static void ipv4(List<byte[]> all) {
        for (int port = 79; port <= 87; port++) {
            TestPacket tcp =
                    at(TestPacket.tcp("10.0.1.9:4000", "10.0.2.9:" + port, 2)).payload("hello");
            all.add(tcp.bytes());
            all.add(tcp.reply().bytes());
        }
        TestPacket udp = at(TestPacket.udp("10.0.1.9:4000", "10.0.3.9:5500")).payload("datagram of some length");
        all.add(udp.bytes());
        all.add(udp.vlan(10).bytes());
        all.add(udp.tag(0x88a8, 20).vlan(10).bytes());
        all.add(udp.tag(0x9100, 20).vlan(10).bytes());
        all.add(udp.vlan(0).vlan(0).vlan(0).bytes());
        all.add(padded(udp.bytes(), 18));
        all.add(udp.fragment(0, true).payload(new byte[16]).bytes());
        all.add(udp.fragment(1480, false).payload(new byte[33]).bytes());
        all.add(withOptions(udp.bytes(), "0101070a 05000000 00000000".replace("070a", "0707")));
        all.add(withOptions(udp.bytes(), "940400 00 00000000 00000000"));
        all.add(at(TestPacket.udp("10.0.1.9:4000", "10.0.2.9:53")).bytes());
        all.add(at(TestPacket.ping("10.0.1.9", "10.0.2.9", 7)).payload("ping").bytes());
        all.add(at(TestPacket.ping("10.0.1.9", "10.0.1.1", 7)).payload("ping").bytes());
        all.add(at(TestPacket.udp("10.0.1.9:5353", "224.0.0.251:5353"))
                .ethernet(HOST, 0x0100_5e00_00fbL)
                .bytes());
        all.add(at(TestPacket.udp("10.0.1.9:68", "255.255.255.255:67"))
                .ethernet(HOST, 0xffff_ffff_ffffL)
                .bytes());
        byte[] long20 = udp.payload(new byte[40]).bytes();
        for (int protocol : new int[] {0, 2, 4, 41, 47, 50, 51, 89, 132, 136, 255}) {
            all.add(withProtocol(long20, protocol));
        }
        all.add(at(TestPacket.tcp("10.0.1.9:4000", "8.8.8.8:80", 16)).bytes());
        all.add(at(TestPacket.tcp("10.0.1.9:4000", "192.0.2.1:80", 16)).bytes());
        all.add(at(TestPacket.udp("10.0.1.9:4000", "10.0.2.9:7"))
                .payload(new byte[3000])
                .bytes());
    }

    private static void ipv6(List<byte[]> all) {
        TestPacket tcp = at(TestPacket.tcp("[fd01::9]:4000", "[fd02::9]:80", 2)).payload("hello");
        byte[] plain = tcp.bytes();
        all.add(plain);
        all.add(tcp.reply().bytes());
        all.add(tcp.vlan(10).bytes());
        all.add(at(TestPacket.udp("[fd01::9]:4000", "[fd03::9]:5001"))
                .payload("six")
                .bytes());
        all.add(at(TestPacket.udp("[fd01::9]:4000", "[fd02::9]:9"))
                .fragment(0, true)
                .payload(new byte[16])
                .bytes());
        all.add(at(TestPacket.udp("[fd01::9]:4000", "[fd02::9]:9"))
                .fragment(64, false)
                .payload(new byte[11])
                .bytes());
        all.add(at(TestPacket.ping("fd01::9", "fd02::9", 7)).payload("ping").bytes());
        all.add(at(TestPacket.ping("fd01::9", "fd01::1", 7)).payload("ping").bytes());
        String options = "00000104 00000000";
        all.add(withExtension(plain, 0, options));
        all.add(withExtension(plain, 43, "00000400 00000000"));
        all.add(withExtension(plain, 60, options));
        all.add(withExtension(plain, 44, "00000000 00000001"));
        all.add(withExtension(withExtension(plain, 60, options), 44, "00000001 00000001"));
        all.add(withExtension(plain, 51, "00040000 00000001 00000001 000000000000000000000000"));
        all.add(withExtension(plain, 135, options));
        all.add(withExtension(plain, 139, options));
        all.add(withExtension(plain, 140, options));
        all.add(withExtension(withExtension(withExtension(plain, 60, options), 43, "00000400 00000000"), 0, options));
    }

    private static void control(List<byte[]> all) {
        all.add(RawFrames.arp(1, HOST, "0a000109", "0a000101"));
        all.add(RawFrames.arp(2, HOST, "0a000109", "0a000101"));
        all.add(RawFrames.arp(1, HOST, "0a000109", "0a000109"));
        all.add(RawFrames.discovery(135, HOST, V6_1, V6_GATE, V6_GATE));
        all.add(RawFrames.discovery(136, HOST, V6_1, V6_ALL, V6_1));
        all.add(RawFrames.discovery(135, HOST, V6_1, V6_2, V6_2));
        all.add(RawFrames.discovery(133, HOST, V6_1, V6_ALL, V6_1));
        all.add(RawFrames.discovery(134, HOST, V6_1, V6_ALL, V6_1));
        all.add(hex("0180c200000e 020000000009 88cc 0207040200000000 09"));
        all.add(hex("0180c2000000 020000000009 0026 424203000000000000000000"));
        all.add(hex("020000001000 020000000009 0026 aaaa03000000 0800 45000014"));
    }

    private static void offloads(List<MemoryFrame> all) {
        byte[] tcp4 = at(TestPacket.tcp("10.0.1.9:4000", "10.0.2.9:80", 16))
                .payload(new byte[4000])
                .bytes();
        all.add(MemoryFrame.superFrame(tcp4, Batch.GSO_TCPV4, 1448, 54, 34, 16));
        byte[] tcp6 = at(TestPacket.tcp("[fd01::9]:4000", "[fd02::9]:82", 16))
                .payload(new byte[4000])
                .bytes();
        all.add(MemoryFrame.superFrame(tcp6, Batch.GSO_TCPV6, 1428, 74, 54, 16));
        byte[] udp = at(TestPacket.udp("10.0.1.9:4000", "10.0.2.9:5500"))
                .payload(new byte[4000])
                .bytes();
        all.add(MemoryFrame.superFrame(udp, Batch.GSO_UDP_L4, 1000, 42, 34, 6));
        byte[] large = at(TestPacket.tcp("10.0.1.9:4000", "10.0.2.9:84", 16))
                .payload(new byte[60_000])
                .bytes();
        all.add(MemoryFrame.superFrame(large, Batch.GSO_TCPV4, 1448, 54, 34, 16));
        all.add(MemoryFrame.partial(
                at(TestPacket.udp("10.0.1.9:4000", "10.0.2.9:7"))
                        .payload("partial")
                        .bytes(),
                34,
                6));
    }
}
