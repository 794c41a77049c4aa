package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Outer headers byte by byte, and what changes from packet to packet. */
class OverlayTemplateTest {
    private static final MacAddress TO = new MacAddress(0x0200_0000_0002L);
    private static final MacAddress FROM = new MacAddress(0x0200_0000_0001L);
    private static final Underlay V4 = new Underlay(
            TO,
            FROM,
            Underlay.UNTAGGED,
            IpAddress.ofIpv4(0xc000_0201),
            IpAddress.ofIpv4(0xc000_0202),
            64,
            46,
            true,
            false);
    private static final Underlay V6 = new Underlay(
            TO,
            FROM,
            0xa064,
            new IpAddress(0x2001_0db8_0000_0000L, 1),
            new IpAddress(0x2001_0db8_0000_0000L, 2),
            64,
            Underlay.INHERIT,
            true,
            true);
    private static final NshHeader NSH = new NshHeader(
            false,
            62,
            Nsh.NEXT_ETHERNET,
            0x123456,
            254,
            new NshHeader.Variable(List.of(
                    NshContextHeader.of32(NshContext.TENANT, 7),
                    NshContextHeader.groups(1, 2),
                    NshContextHeader.sluice(
                            SluiceContext.REVERSE | SluiceContext.TRACED,
                            3000,
                            SluiceContext.ACCEPT << 24,
                            0x1111_1111_1111_1111L),
                    new NshContextHeader(0x0102, 3, "6162636465"))));

    @Test
    void writesTheSameBytesAsAnotherImplementation() {
        MemorySegment sample = SampleFrames.segment(SampleFrames.GENEVE4_NSH);
        OverlayTemplate template =
                OverlayTemplate.tunnel(V4, new GeneveHeader(false, EtherTypes.NSH, 0xabcd, List.of()), NSH);
        assertThat(template.headerBytes()).isEqualTo(14 + 20 + 8 + 8 + 64);
        MemorySegment f = withoutHeaders(sample, template);
        int innerBytes = (int) f.byteSize() - template.headerBytes();
        // The sample has ECT(1) outside and ECT(0) inside, which no tunnel entry writes: its ECN is given here.
        long start = template.push(f, template.headerBytes(), innerBytes, 0, 1, 77);
        assertThat(start).isZero();
        assertThat(OuterUdp.sourcePort(0)).isEqualTo(Udp.sourcePort(f, template.udpOffset()));
        Udp.setSourcePort(f, template.udpOffset(), 50001);
        assertThat(SampleFrames.hex(f)).isEqualTo(SampleFrames.hex(sample));
    }

    private static MemorySegment withoutHeaders(MemorySegment sample, OverlayTemplate template) {
        MemorySegment f = SampleFrames.zeros((int) sample.byteSize());
        f.asSlice(0, template.headerBytes()).fill((byte) 0xee);
        MemorySegment.copy(
                sample, template.headerBytes(), f, template.headerBytes(), sample.byteSize() - template.headerBytes());
        return f;
    }

    @Test
    void writesNshOnEthernetAsAnotherImplementation() {
        MemorySegment sample = SampleFrames.segment(SampleFrames.NSH_ETHERNET);
        OverlayTemplate template = OverlayTemplate.nshOnEthernet(TO, FROM, Underlay.UNTAGGED, NSH);
        MemorySegment f = withoutHeaders(sample, template);
        assertThat(template.push(f, template.headerBytes(), 49, 1, 2, 3)).isZero();
        Nsh.setOam(f, template.nshOffset(), true);
        assertThat(SampleFrames.hex(f)).isEqualTo(SampleFrames.hex(sample));
        assertThat(template.ipOffset()).isEqualTo(-1);
        assertThat(template.udpOffset()).isEqualTo(-1);
        assertThat(template.tunnelOffset()).isEqualTo(-1);
    }

    @Test
    void checksumOverIpv6AndVlanTagAreRight() {
        OverlayTemplate template = OverlayTemplate.tunnel(
                V6, new VxlanGpeHeader(false, VxlanGpe.NEXT_NSH, 5001), NSH, new EthernetHeader(TO, FROM, 0x0800));
        assertThat(template.headerBytes()).isEqualTo(18 + 40 + 8 + 8 + 64 + 14);
        MemorySegment f = SampleFrames.zeros(template.headerBytes() + 33);
        assertThat(template.push(f, template.headerBytes(), 33, 99, 0xb9, 0)).isZero();
        assertThat(VlanTag.tci(f, 12)).isEqualTo(0xa064);
        assertThat(VlanTag.innerEtherType(f, 12)).isEqualTo(EtherTypes.IPV6);
        assertThat(template.ipOffset()).isEqualTo(18);
        assertThat(Ipv6.check(f, 18, (int) f.byteSize() - 18)).isEqualTo(40);
        assertThat(Ipv6.trafficClass(f, 18)).as("inherited").isEqualTo(0xb9);
        assertThat(Ipv6.flowLabel(f, 18)).isEqualTo(OuterUdp.flowLabel(99));
        assertThat(Ipv6.payloadLength(f, 18)).isEqualTo((int) f.byteSize() - 58);
        assertThat(Udp.sourcePort(f, 58)).isEqualTo(OuterUdp.sourcePort(99));
        assertThat(Udp.check(f, 58, (int) f.byteSize() - 58)).isEqualTo(8);
        assertThat(OuterUdp.checkIpv6(f, 18, 58, false)).isZero();
        assertThat(template.tunnelOffset()).isEqualTo(66);
        assertThat(template.nshOffset()).isEqualTo(74);
        assertThat(Ethernet.etherType(f, template.headerBytes() - 14L)).isEqualTo(0x0800);
    }

    @Test
    void greStandsRightBehindIp() {
        OverlayTemplate template = OverlayTemplate.tunnel(V4, new GreHeader(EtherTypes.IPV4, 0xdead_beefL, -1));
        MemorySegment f = SampleFrames.zeros(template.headerBytes() + 20);
        template.push(f, template.headerBytes(), 20, 5, 3, 0xffff);
        assertThat(template.udpOffset()).isEqualTo(-1);
        assertThat(Ipv4.check(f, 14, 48)).isEqualTo(20);
        assertThat(Ipv4.protocol(f, 14)).isEqualTo(IpProtocols.GRE);
        assertThat(Ipv4.tos(f, 14)).as("DSCP given, ECN from inside").isEqualTo(46 << 2 | 3);
        assertThat(Ipv4.identification(f, 14)).isEqualTo(0xffff);
        assertThat(Ipv4.dontFragment(f, 14)).isTrue();
        assertThat(Ipv4.checksumOk(f, 14)).isTrue();
        assertThat(GreHeader.read(f, 34)).isEqualTo(new GreHeader(EtherTypes.IPV4, 0xdead_beefL, -1));
    }

    @Test
    void metadataOfSinglePacketsAreFoundByKind() {
        GeneveOption mark = new GeneveOption(0xff53, 1, "00000001");
        OverlayTemplate template =
                OverlayTemplate.tunnel(V4, new GeneveHeader(false, EtherTypes.NSH, 1, List.of(mark)), NSH);
        assertThat(template.optionOffset(GeneveOptions.SERVICED)).isEqualTo(14 + 20 + 8 + 8 + 4);
        assertThat(template.optionOffset(GwlbOptions.COOKIE)).isEqualTo(-1);
        assertThat(template.contextOffset(NshContext.TENANT)).isEqualTo(template.nshOffset() + 12);
        assertThat(template.contextOffset(NshContext.SLUICE)).isEqualTo(template.nshOffset() + 8 + 8 + 12 + 4);
        assertThat(template.contextOffset(NshContext.POLICY_ID)).isEqualTo(-1);
        OverlayTemplate plain = OverlayTemplate.tunnel(V4, new VxlanHeader(1));
        assertThat(plain.contextOffset(NshContext.TENANT)).isEqualTo(-1);
        assertThat(plain.optionOffset(GeneveOptions.SERVICED)).isEqualTo(-1);
    }

    @Test
    void refusesPacketsThatAreTooLongForTheLengthFields() {
        for (Underlay underlay : new Underlay[] {V4, V6}) {
            OverlayTemplate template = OverlayTemplate.tunnel(underlay, new VxlanHeader(1));
            int max = underlay.from().isIpv4() ? 65535 - 36 : 65535 - 16;
            assertThat(template.innerBytesMax()).isEqualTo(max);
            MemorySegment f = SampleFrames.zeros(template.headerBytes() + max + 1);
            assertThat(template.push(f, template.headerBytes(), max + 1, 0, 0, 0))
                    .isEqualTo(Malformed.OVERLAY_LENGTH);
            assertThat(f.asSlice(0, template.headerBytes()).mismatch(SampleFrames.zeros(template.headerBytes())))
                    .isEqualTo(-1);
            assertThat(template.push(f, template.headerBytes(), max, 0, 0, 0)).isZero();
            assertThat(Udp.length(f, template.udpOffset())).isEqualTo(max + 16);
        }
    }

    @Test
    void headersThatDoNotAnnounceEachOtherCannotBeMade() {
        assertThatThrownBy(() -> OverlayTemplate.tunnel(V4, new VxlanHeader(1), NSH))
                .hasMessageContaining("announces");
        assertThatThrownBy(() -> OverlayTemplate.tunnel(
                        V4,
                        new GeneveHeader(false, EtherTypes.IPV4, 1, List.of()),
                        new EthernetHeader(TO, FROM, EtherTypes.IPV4)))
                .hasMessageContaining("announces");
        assertThatThrownBy(() -> new Underlay(TO, FROM, -1, V4.from(), V6.to(), 64, Underlay.INHERIT, false, false))
                .hasMessageContaining("not of one IP version");
        assertThatThrownBy(() -> new Underlay(TO, FROM, -1, V4.from(), V4.to(), 0, Underlay.INHERIT, false, false))
                .hasMessageContaining("TTL 0 is outside 1..255");
    }

    @Test
    void pushAndReadAllocateNothing() {
        OverlayTemplate[] templates = {
            OverlayTemplate.tunnel(V4, new GeneveHeader(false, EtherTypes.NSH, 0xabcd, List.of()), NSH),
            OverlayTemplate.tunnel(V6, new VxlanGpeHeader(false, VxlanGpe.NEXT_NSH, 5001), NSH),
            OverlayTemplate.nshOnEthernet(TO, FROM, 5, NSH)
        };
        MemorySegment f = SampleFrames.zeros(400);
        ServiceMetadata metadata = new ServiceMetadata();
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = Long.MAX_VALUE;
        for (int attempt = 0; attempt < 200 && allocated > 0; attempt++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            long sum = 0;
            for (int i = 0; i < 2_000; i++) {
                OverlayTemplate template = templates[i % templates.length];
                long start = template.push(f, 200, 100, i, i, i);
                long nsh = start + template.nshOffset();
                sum += metadata.read(f, nsh) + Nsh.decrementTtl(f, nsh) + Nsh.decrementSi(f, nsh);
                sum += metadata.traceId() + metadata.tenant();
            }
            allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
            assertThat(sum).isNotEqualTo(1);
        }
        assertThat(allocated).as("bytes in 2,000 packets").isZero();
    }
}
