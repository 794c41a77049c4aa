package dev.sluice.sdk;

import dev.sluice.wire.Checksum;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.EthernetHeader;
import dev.sluice.wire.GeneveHeader;
import dev.sluice.wire.GeneveOption;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv4Header;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Ipv6Header;
import dev.sluice.wire.Layouts;
import dev.sluice.wire.MacAddress;
import dev.sluice.wire.Nsh;
import dev.sluice.wire.NshContext;
import dev.sluice.wire.NshContextHeader;
import dev.sluice.wire.NshHeader;
import dev.sluice.wire.OverlayHeader;
import dev.sluice.wire.Tcp;
import dev.sluice.wire.TcpHeader;
import dev.sluice.wire.Udp;
import dev.sluice.wire.UdpHeader;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;

/** Frames, and what a switch makes of them for a node, as UDP payloads. */
public final class Samples {
    public static final int SVNI = 7000;
    public static final int SPI = 0x123456;
    public static final int SI = 254;
    public static final IpAddress CLIENT = address("192.0.2.1");
    public static final IpAddress SERVER = address("198.51.100.2");
    public static final IpAddress CLIENT6 = address("2001:db8::1");
    public static final IpAddress SERVER6 = address("2001:db8::2");

    private Samples() {}

    public static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    public static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    public static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    /** A TCP segment in an Ethernet frame, from client to server or back. */
    public static byte[] tcp(boolean reverse, int clientPort, long sequence, int flags, byte[] data) {
        return tcp(
                reverse ? SERVER : CLIENT,
                reverse ? CLIENT : SERVER,
                reverse ? 80 : clientPort,
                reverse ? clientPort : 80,
                sequence,
                flags,
                data);
    }

    public static byte[] tcp(
            IpAddress from, IpAddress to, int sourcePort, int destinationPort, long sequence, int flags, byte[] data) {
        byte[] frame = ip(from, to, IpProtocols.TCP, Tcp.BYTES + data.length);
        MemorySegment f = MemorySegment.ofArray(frame);
        int at = frame.length - Tcp.BYTES - data.length;
        new TcpHeader(sourcePort, destinationPort, sequence & 0xffff_ffffL, 1, Tcp.BYTES, flags, 8192, 0, 0)
                .write(f, at);
        System.arraycopy(data, 0, frame, at + Tcp.BYTES, data.length);
        Tcp.setChecksum(
                f,
                at,
                Checksum.layer4(
                        f,
                        pseudo(f, from, IpProtocols.TCP, frame.length - at),
                        at,
                        frame.length - at,
                        Tcp.CHECKSUM_OFFSET));
        return frame;
    }

    /** A UDP datagram in an Ethernet frame. */
    public static byte[] udp(IpAddress from, IpAddress to, int sourcePort, int destinationPort, byte[] data) {
        byte[] frame = ip(from, to, IpProtocols.UDP, Udp.BYTES + data.length);
        MemorySegment f = MemorySegment.ofArray(frame);
        int at = frame.length - Udp.BYTES - data.length;
        int bytes = Udp.BYTES + data.length;
        new UdpHeader(sourcePort, destinationPort, bytes, 0).write(f, at);
        System.arraycopy(data, 0, frame, at + Udp.BYTES, data.length);
        Udp.setChecksum(
                f,
                at,
                Checksum.notZero(
                        Checksum.layer4(f, pseudo(f, from, IpProtocols.UDP, bytes), at, bytes, Udp.CHECKSUM_OFFSET)));
        return frame;
    }

    private static byte[] ip(IpAddress from, IpAddress to, int protocol, int bytes) {
        boolean four = from.isIpv4();
        byte[] frame = new byte[Ethernet.BYTES + (four ? Ipv4.BYTES : Ipv6.BYTES) + bytes];
        MemorySegment f = MemorySegment.ofArray(frame);
        int at = new EthernetHeader(
                        new MacAddress(0x0200_0000_0002L),
                        new MacAddress(0x0200_0000_0001L),
                        four ? EtherTypes.IPV4 : EtherTypes.IPV6)
                .write(f, 0);
        if (four) {
            new Ipv4Header(0, Ipv4.BYTES + bytes, 1, 0, 0, 64, protocol, from, to).write(f, at);
        } else {
            new Ipv6Header(0, 0, bytes, protocol, 64, from, to).write(f, at);
        }
        return frame;
    }

    private static long pseudo(MemorySegment f, IpAddress from, int protocol, int bytes) {
        return from.isIpv4()
                ? Checksum.pseudoIpv4(f, Ethernet.BYTES, protocol, bytes)
                : Checksum.pseudoIpv6(f, Ethernet.BYTES, protocol, bytes);
    }

    /** The metadata that a switch of Sluice sends, with a policy and something that nobody knows. */
    public static List<NshContextHeader> contexts(long flow, int sluiceFlags) {
        return List.of(
                NshContextHeader.of32(NshContext.TENANT, 7),
                NshContextHeader.of32(NshContext.INGRESS_NODE, 3),
                NshContextHeader.of64(NshContext.FLOW_ID, flow),
                NshContextHeader.of32(NshContext.POLICY_ID, 11),
                NshContextHeader.sluice(sluiceFlags, 3000, 0, 0),
                new NshContextHeader(0x1234, 0x56, "abcdef"));
    }

    public static GeneveHeader geneve(GeneveOption... options) {
        return new GeneveHeader(false, EtherTypes.NSH, SVNI, List.of(options));
    }

    public static NshHeader nsh(long flow, int sluiceFlags) {
        return nsh(Nsh.NEXT_ETHERNET, contexts(flow, sluiceFlags));
    }

    public static NshHeader nsh(int nextProtocol, List<NshContextHeader> contexts) {
        return new NshHeader(false, 62, nextProtocol, SPI, SI, new NshHeader.Variable(contexts));
    }

    /** What a switch sends for a frame. */
    public static byte[] datagram(byte[] frame) {
        return datagram(geneve(), nsh(0x1111_2222_3333_4444L, 0), frame);
    }

    public static byte[] datagram(GeneveHeader geneve, NshHeader nsh, byte[] frame) {
        byte[] datagram = new byte[geneve.headerBytes() + nsh.headerBytes() + frame.length];
        MemorySegment f = MemorySegment.ofArray(datagram);
        int at = 0;
        for (OverlayHeader header : List.of(geneve, nsh)) {
            at += header.write(f, at);
        }
        System.arraycopy(frame, 0, datagram, at, frame.length);
        return datagram;
    }

    /** The same with one byte changed. */
    public static byte[] with(byte[] datagram, int offset, int value) {
        byte[] changed = datagram.clone();
        changed[offset] = (byte) value;
        return changed;
    }

    /** Where the service header begins in a datagram. */
    public static int nshOffset(byte[] datagram) {
        return GeneveHeader.read(MemorySegment.ofArray(datagram), 0).headerBytes();
    }

    public static NshHeader nshOf(byte[] datagram) {
        return NshHeader.read(MemorySegment.ofArray(datagram), nshOffset(datagram));
    }

    /** What follows the service header. */
    public static byte[] payloadOf(byte[] datagram) {
        int from = nshOffset(datagram) + nshOf(datagram).headerBytes();
        return MemorySegment.ofArray(datagram).asSlice(from).toArray(Layouts.U8);
    }
}
