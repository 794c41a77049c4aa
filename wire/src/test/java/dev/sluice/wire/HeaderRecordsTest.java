package dev.sluice.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeaderRecordsTest {
    private static final long SEED = 7;
    private static final int ROUNDS = 2_000;

    private static MacAddress mac(Random r) {
        return new MacAddress(r.nextLong() >>> 16);
    }

    private static IpAddress ip4(Random r) {
        return IpAddress.ofIpv4(r.nextInt());
    }

    private static IpAddress ip6(Random r) {
        return new IpAddress(r.nextLong(), r.nextLong());
    }

    private static int bits(Random r, int count) {
        return r.nextInt() >>> (32 - count);
    }

    @Test
    void everyHeaderReadsBackWhatItWrote() {
        Random r = new Random(SEED);
        MemorySegment f = SampleFrames.zeros(100);
        for (int round = 0; round < ROUNDS; round++) {
            long base = r.nextInt(8);
            EthernetHeader ethernet = new EthernetHeader(mac(r), mac(r), bits(r, 16));
            ethernet.write(f, base);
            assertThat(EthernetHeader.read(f, base)).as("seed %d", SEED).isEqualTo(ethernet);
            ArpPacket arp = new ArpPacket(bits(r, 16), mac(r), ip4(r), mac(r), ip4(r));
            arp.write(f, base);
            assertThat(ArpPacket.read(f, base)).as("seed %d", SEED).isEqualTo(arp);
            Ipv4Header ipv4 = new Ipv4Header(
                    bits(r, 8),
                    20 + bits(r, 15),
                    bits(r, 16),
                    bits(r, 3),
                    bits(r, 13) << 3,
                    bits(r, 8),
                    bits(r, 8),
                    ip4(r),
                    ip4(r));
            ipv4.write(f, base);
            assertThat(Ipv4Header.read(f, base)).as("seed %d", SEED).isEqualTo(ipv4);
            assertThat(Ipv4.checksumOk(f, base)).isTrue();
            Ipv6Header ipv6 =
                    new Ipv6Header(bits(r, 8), bits(r, 20), bits(r, 16), bits(r, 8), bits(r, 8), ip6(r), ip6(r));
            ipv6.write(f, base);
            assertThat(Ipv6Header.read(f, base)).as("seed %d", SEED).isEqualTo(ipv6);
            TcpHeader tcp = new TcpHeader(
                    bits(r, 16),
                    bits(r, 16),
                    r.nextLong() >>> 32,
                    r.nextLong() >>> 32,
                    20 + 4 * r.nextInt(11),
                    bits(r, 8),
                    bits(r, 16),
                    bits(r, 16),
                    bits(r, 16));
            tcp.write(f, base);
            assertThat(TcpHeader.read(f, base)).as("seed %d", SEED).isEqualTo(tcp);
            UdpHeader udp = new UdpHeader(bits(r, 16), bits(r, 16), 8 + bits(r, 15), bits(r, 16));
            udp.write(f, base);
            assertThat(UdpHeader.read(f, base)).as("seed %d", SEED).isEqualTo(udp);
        }
    }

    @Test
    void rewritesTheHeadersOfAnotherImplementationUnchanged() {
        MemorySegment f = SampleFrames.segment(SampleFrames.TCP4);
        MemorySegment own = SampleFrames.segment(SampleFrames.TCP4);
        own.asSlice(0, 54).fill((byte) 0);
        EthernetHeader.read(f, 0).write(own, 0);
        Ipv4Header.read(f, 14).write(own, 14);
        TcpHeader.read(f, 34).write(own, 34);
        assertThat(SampleFrames.hex(own)).isEqualTo(SampleFrames.TCP4);
    }

    @Test
    void refusesValuesThatHaveNoPlaceInTheHeader() {
        assertThatThrownBy(() -> new UdpHeader(65536, 1, 8, 0))
                .hasMessage("source port 65536 is outside 0..65535 (16 bits, RFC 768)");
        assertThatThrownBy(() -> new UdpHeader(1, -1, 8, 0)).hasMessageContaining("destination port -1");
        assertThatThrownBy(() -> new UdpHeader(1, 1, 7, 0)).hasMessageContaining("8..65535");
        assertThatThrownBy(() -> new TcpHeader(1, 1, 1L << 32, 0, 20, 0, 0, 0, 0))
                .hasMessageContaining("sequence number 4294967296");
        assertThatThrownBy(() -> new TcpHeader(1, 1, 0, 0, 22, 0, 0, 0, 0)).hasMessageContaining("multiple of 4");
        IpAddress v4 = IpAddress.ANY_V4;
        IpAddress v6 = IpAddress.ANY_V6;
        assertThatThrownBy(() -> new Ipv4Header(0, 20, 0, 0, 0, 0, 0, v4, v6)).hasMessageContaining("Ipv6Header");
        assertThatThrownBy(() -> new Ipv4Header(0, 20, 0, 0, 4, 0, 0, v4, v4)).hasMessageContaining("multiple of 8");
        assertThatThrownBy(() -> new Ipv4Header(0, 19, 0, 0, 0, 0, 0, v4, v4)).hasMessageContaining("20..65535");
        MacAddress mac = new MacAddress(1);
        assertThatThrownBy(() -> new ArpPacket(1, mac, v4, mac, v6)).hasMessageContaining("neighbour discovery");
    }
}
