package dev.sluice.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Checksum;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmp;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.IpProtocols;
import dev.sluice.wire.Ipv4;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.Probe;
import dev.sluice.wire.Udp;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class ProbeFrameTest {
    private static final long IN_MAC = 0x0200_0000_000aL;
    private static final long OUT_MAC = 0x0200_0000_000bL;
    private static final SipHash KEY = new SipHash(1, 2);

    private final MemorySegment memory = Arena.ofAuto().allocate(256);

    private static IpAddress v4(int bits) {
        return IpAddress.ofIpv4(bits);
    }

    private void write(ProbeFrame frame) {
        long payload = frame.payloadOffset();
        Probe.write(memory, payload, 1, 77, 0x1122_3344_5566_7788L, 9, 123_456);
        Probe.setTag(memory, payload, KEY.of(memory, payload, Probe.TAG_OFFSET));
        frame.writeAround(memory, 0, OUT_MAC, IN_MAC, 9);
    }

    @Test
    void udpProbeIsAsDocumented() {
        ProbeFrame frame = ProbeFrame.of(0, 0, v4(0xa9fe_534c), v4(0xa9fe_534d), 54_863);
        write(frame);
        assertThat(frame.bytes()).isEqualTo(90);
        assertThat(Ethernet.destination(memory, 0)).isEqualTo(OUT_MAC);
        assertThat(Ethernet.source(memory, 0)).isEqualTo(IN_MAC);
        assertThat(Ethernet.etherType(memory, 0)).isEqualTo(EtherTypes.IPV4);
        assertThat(Ipv4.check(memory, 14, 76)).isEqualTo(20);
        assertThat(Ipv4.checksumOk(memory, 14)).isTrue();
        assertThat(Ipv4.protocol(memory, 14)).isEqualTo(IpProtocols.UDP);
        assertThat(Ipv4.ttl(memory, 14)).isEqualTo(64);
        assertThat(Udp.check(memory, 34, 56)).isEqualTo(8);
        assertThat(Udp.destinationPort(memory, 34)).isEqualTo(54_863);
        assertThat(Checksum.verify(memory, Checksum.pseudoIpv4(memory, 14, 17, 56), 34, 56))
                .isTrue();
        assertThat(Probe.hasMagic(memory, 42)).isTrue();
        assertThat(Probe.version(memory, 42)).isEqualTo(1);
        assertThat(Probe.direction(memory, 42)).isEqualTo(1);
        assertThat(Probe.instance(memory, 42)).isEqualTo(77);
        assertThat(Probe.session(memory, 42)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(Probe.sequence(memory, 42)).isEqualTo(9);
        assertThat(Probe.sentNs(memory, 42)).isEqualTo(123_456);
        assertThat(Probe.tag(memory, 42)).isEqualTo(KEY.of(memory, 42, 40));
    }

    @Test
    void tagsStandOuterFirst() {
        ProbeFrame frame = ProbeFrame.of(0x88a8 << 16 | 200, 0x8100 << 16 | 7, v4(1), v4(2), 3);
        write(frame);
        assertThat(frame.bytes()).isEqualTo(98);
        assertThat(VlanTag.tpid(memory, 12)).isEqualTo(0x88a8);
        assertThat(VlanTag.vid(memory, 12)).isEqualTo(200);
        assertThat(VlanTag.tpid(memory, 16)).isEqualTo(0x8100);
        assertThat(VlanTag.vid(memory, 16)).isEqualTo(7);
        assertThat(Ipv4.check(memory, 22, 76)).isEqualTo(20);
    }

    @Test
    void echoProbeIsAnEchoRequest() {
        ProbeFrame frame = ProbeFrame.of(0, 0, v4(0x0a01_0001), v4(0x0a01_0002), -1);
        write(frame);
        assertThat(Ipv4.protocol(memory, 14)).isEqualTo(IpProtocols.ICMP);
        assertThat(Icmp.type(memory, 34)).isEqualTo(Icmp.ECHO_REQUEST);
        assertThat(Icmp.checksumOk(memory, 34, 56)).isTrue();
        assertThat(Probe.hasMagic(memory, 42)).isTrue();
    }

    @Test
    void probesOfBothKindsAreIpv6BetweenSuchAddresses() {
        IpAddress source = IpAddress.parse("fd01::1").orElseThrow();
        IpAddress destination = IpAddress.parse("fd01::2").orElseThrow();
        for (int port : new int[] {54_863, -1}) {
            ProbeFrame frame = ProbeFrame.of(0x8100 << 16 | 7, 0, source, destination, port);
            write(frame);
            int protocol = port < 0 ? IpProtocols.ICMPV6 : IpProtocols.UDP;
            assertThat(frame.bytes()).isEqualTo(114).isLessThanOrEqualTo(ProbeFrame.BYTES_MAX);
            assertThat(Ethernet.etherType(memory, 4)).isEqualTo(EtherTypes.IPV6);
            assertThat(Ipv6.check(memory, 18, 96)).isEqualTo(40);
            assertThat(Ipv6.nextHeader(memory, 18)).isEqualTo(protocol);
            assertThat(Checksum.verify(memory, Checksum.pseudoIpv6(memory, 18, protocol, 56), 58, 56))
                    .isTrue();
            assertThat(Probe.hasMagic(memory, 66)).isTrue();
        }
    }
}
