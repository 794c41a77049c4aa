package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.sluice.fuzz.FuzzTarget;
import dev.sluice.wire.OverlayPacket.Format;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Random packets of every format: what was built is read; cut and damaged ones give a code, never an exception or a read too far. */
class OverlayPropertyTest {
    private static final List<Format> FORMATS = List.of(Format.values());
    private static final long SEED = 7;
    private static final int PACKETS = 4_000;
    private static final int DAMAGED = 60_000;

    @Test
    void whatIsBuiltIsRead() {
        roundTrips(SEED, PACKETS);
    }

    @Test
    void damagedPacketsGiveACodeOrALength() {
        int malformed = damage(SEED, DAMAGED);
        // Both outcomes must be common, or the mutations test nothing.
        assertThat(malformed).isBetween(DAMAGED / 10, DAMAGED * 9 / 10);
    }

    @Test
    @Tag("campaign")
    void overlayPacketsOfManySeeds() {
        new FuzzTarget(
                        "overlay headers, built, cut and damaged",
                        "OverlayPropertyTest#overlayPacketsOfManySeeds",
                        seed -> {
                            roundTrips(seed, 1_000);
                            damage(seed, 20_000);
                            return 21_000;
                        })
                .run();
    }

    private static void roundTrips(long seed, int packets) {
        Random random = new Random(seed);
        for (int round = 0; round < packets; round++) {
            Format format = FORMATS.get(round % FORMATS.size());
            OverlayPacket packet = OverlayPacket.random(random, format);
            String name = "seed " + seed + ", round " + round + ", " + format + ": " + SampleFrames.hex(packet.frame());
            assertThatCode(() -> isRead(packet)).as(name).doesNotThrowAnyException();
        }
    }

    private static void isRead(OverlayPacket packet) {
        MemorySegment f = packet.frame();
        int bytes = (int) f.byteSize();
        int at = 12;
        if (packet.vlanTci() >= 0) {
            assertThat(VlanTag.tpid(f, at)).isEqualTo(EtherTypes.VLAN);
            assertThat(VlanTag.tci(f, at)).isEqualTo(packet.vlanTci());
            at += 4;
        }
        int type = Layouts.u16(f, at);
        at += 2;
        Underlay underlay = packet.underlay();
        TunnelHeader tunnel = packet.tunnel();
        if (underlay != null && tunnel != null) {
            at = underlayIsRead(packet, underlay, tunnel, type, at);
            at += tunnelIsRead(f, tunnel, at, bytes - at);
            type = tunnel.payloadType();
        }
        NshHeader nsh = packet.nsh();
        if (nsh != null) {
            assertThat(type).isEqualTo(EtherTypes.NSH);
            assertThat(at).isEqualTo(packet.template().nshOffset());
            int header = Nsh.check(f, at, bytes - at);
            assertThat(header).isEqualTo(nsh.headerBytes());
            assertThat(NshContext.check(f, at)).isNotNegative();
            assertThat(NshHeader.read(f, at)).isEqualTo(nsh);
            at += header;
            type = Nsh.etherTypeOf(nsh.nextProtocol());
        }
        assertThat(type).isEqualTo(packet.innerType());
        assertThat(f.asSlice(at).mismatch(packet.inner())).isEqualTo(-1);
    }

    private static int underlayIsRead(OverlayPacket packet, Underlay underlay, TunnelHeader tunnel, int type, int ip) {
        MemorySegment f = packet.frame();
        int bytes = (int) f.byteSize() - ip;
        int header;
        if (underlay.from().isIpv4()) {
            assertThat(type).isEqualTo(EtherTypes.IPV4);
            Ipv4Header expected = new Ipv4Header(
                    packet.outerTos(),
                    bytes,
                    packet.identification(),
                    underlay.dontFragment() ? Ipv4.DONT_FRAGMENT : 0,
                    0,
                    underlay.ttl(),
                    tunnel.ipProtocol(),
                    underlay.from(),
                    underlay.to());
            header = Ipv4.check(f, ip, bytes);
            assertThat(Ipv4Header.read(f, ip)).isEqualTo(expected);
            assertThat(Ipv4.checksumOk(f, ip)).isTrue();
        } else {
            assertThat(type).isEqualTo(EtherTypes.IPV6);
            Ipv6Header expected = new Ipv6Header(
                    packet.outerTos(),
                    OuterUdp.flowLabel(packet.flowHash()),
                    bytes - Ipv6.BYTES,
                    tunnel.ipProtocol(),
                    underlay.ttl(),
                    underlay.from(),
                    underlay.to());
            header = Ipv6.check(f, ip, bytes);
            assertThat(Ipv6Header.read(f, ip)).isEqualTo(expected);
        }
        int udp = ip + header;
        if (tunnel.port() == 0) {
            return udp;
        }
        assertThat(udp).isEqualTo(packet.template().udpOffset());
        assertThat(Udp.check(f, udp, bytes - header)).isEqualTo(8);
        assertThat(Udp.length(f, udp)).isEqualTo(bytes - header);
        assertThat(Udp.sourcePort(f, udp)).isEqualTo(OuterUdp.sourcePort(packet.flowHash()));
        assertThat(Udp.destinationPort(f, udp)).isEqualTo(tunnel.port());
        assertThat(Udp.checksum(f, udp) != 0).isEqualTo(underlay.checksum());
        assertThat(underlay.from().isIpv4() ? OuterUdp.checkIpv4(f, ip, udp) : OuterUdp.checkIpv6(f, ip, udp, true))
                .isZero();
        return udp + 8;
    }

    private static int tunnelIsRead(MemorySegment f, TunnelHeader tunnel, int at, int bytes) {
        int header;
        TunnelHeader read;
        switch (tunnel) {
            case GeneveHeader geneve -> {
                header = Geneve.check(f, at, bytes);
                assertThat(GeneveOptions.check(f, at))
                        .isEqualTo(geneve.options().size());
                assertThat(Geneve.saysCritical(f, at))
                        .isEqualTo(geneve.options().stream().anyMatch(GeneveOption::isCritical));
                assertThat(GeneveOptions.checkCritical(f, at, new int[0]) < 0).isEqualTo(Geneve.saysCritical(f, at));
                read = GeneveHeader.read(f, at);
            }
            case VxlanHeader vxlan -> {
                header = Vxlan.check(f, at, bytes);
                read = VxlanHeader.read(f, at);
            }
            case VxlanGpeHeader gpe -> {
                header = VxlanGpe.check(f, at, bytes);
                read = VxlanGpeHeader.read(f, at);
            }
            case GreHeader gre -> {
                header = Gre.check(f, at, bytes);
                read = GreHeader.read(f, at);
            }
        }
        assertThat(read).isEqualTo(tunnel);
        assertThat(header).isEqualTo(tunnel.headerBytes());
        return header;
    }

    /** How many of the damaged packets were refused. */
    private static int damage(long seed, int rounds) {
        Random random = new Random(seed);
        int malformed = 0;
        for (int round = 0; round < rounds; round++) {
            Format format = FORMATS.get(round % FORMATS.size());
            MemorySegment f = damaged(random, OverlayPacket.random(random, format));
            int bytes = (int) f.byteSize();
            int[] result = new int[1];
            int number = round;
            assertThatCode(() -> result[0] = Dissection.of(f, bytes))
                    .as(() -> "seed " + seed + ", round " + number + ": " + SampleFrames.hex(f))
                    .doesNotThrowAnyException();
            assertThat(result[0]).isBetween(-Malformed.COUNT, bytes);
            malformed += result[0] < 0 ? 1 : 0;
        }
        return malformed;
    }

    private static MemorySegment damaged(Random random, OverlayPacket packet) {
        // No checksum in the way of what lies behind it.
        int udp = packet.template().udpOffset();
        if (udp >= 0 && random.nextInt(4) != 0) {
            Udp.setChecksum(packet.frame(), udp, 0);
        }
        MemorySegment f = packet.frame();
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            int headers = Math.min(packet.template().headerBytes() + 8, (int) f.byteSize());
            int at = 12 + random.nextInt(headers - 12);
            int value = switch (random.nextInt(4)) {
                case 0 -> 0;
                case 1 -> 0xff;
                case 2 -> Layouts.u8(f, at) ^ 1 << random.nextInt(8);
                default -> random.nextInt(256);
            };
            Layouts.putU8(f, at, value);
        }
        if (random.nextInt(3) != 0) {
            return f;
        }
        // Cut, and lengths of the outer headers made to agree, so that inner lengths have to be caught.
        MemorySegment cut = MemorySegment.ofArray(
                f.asSlice(0, random.nextInt((int) f.byteSize() + 1)).toArray(Layouts.U8));
        int bytes = (int) cut.byteSize();
        int ip = packet.template().ipOffset();
        if (ip >= 0 && udp >= 0 && bytes >= udp + 8) {
            if (udp - ip == Ipv4.BYTES) {
                Ipv4.setTotalLength(cut, ip, bytes - ip);
            } else {
                Ipv6.setPayloadLength(cut, ip, bytes - ip - Ipv6.BYTES);
            }
            Udp.setLength(cut, udp, bytes - udp);
        }
        return cut;
    }
}
