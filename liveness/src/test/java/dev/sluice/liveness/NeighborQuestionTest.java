package dev.sluice.liveness;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.wire.Arp;
import dev.sluice.wire.EtherTypes;
import dev.sluice.wire.Ethernet;
import dev.sluice.wire.Icmpv6;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.Ipv6;
import dev.sluice.wire.NeighborDiscovery;
import dev.sluice.wire.VlanTag;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class NeighborQuestionTest {
    private static final long OWN_MAC = 0x0200_0000_000aL;
    private static final int TAG = 0x8100 << 16 | 7;

    private final MemorySegment memory = Arena.ofAuto().allocate(128).fill((byte) 0x55);

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    @Test
    void arpRequestAsksFromTheOwnAddressAndIsPaddedWithZeros() {
        NeighborQuestion question = new NeighborQuestion(0, 0, address("10.1.0.1"), address("10.1.0.2"));
        question.write(memory, 0, OWN_MAC);
        assertThat(question.bytes()).isEqualTo(60);
        assertThat(Ethernet.etherType(memory, 0)).isEqualTo(EtherTypes.ARP);
        assertThat(Arp.isEthernetIpv4(memory, 14, 46)).isTrue();
        assertThat(Arp.operation(memory, 14)).isEqualTo(Arp.REQUEST);
        assertThat(Arp.senderMac(memory, 14)).isEqualTo(OWN_MAC);
        assertThat(Arp.senderIp(memory, 14)).isEqualTo(0x0a01_0001);
        assertThat(Arp.targetMac(memory, 14)).isZero();
        assertThat(Arp.targetIp(memory, 14)).isEqualTo(0x0a01_0002);
        for (int i = 42; i < 60; i++) {
            assertThat(memory.get(ValueLayout.JAVA_BYTE, i)).isZero();
        }
        assertThat(memory.get(ValueLayout.JAVA_BYTE, 60)).isEqualTo((byte) 0x55);
    }

    @Test
    void tagsStandInFront() {
        NeighborQuestion question = new NeighborQuestion(TAG, 0, address("10.1.0.1"), address("10.1.0.2"));
        question.write(memory, 0, OWN_MAC);
        assertThat(question.bytes()).isEqualTo(60);
        assertThat(VlanTag.vid(memory, 12)).isEqualTo(7);
        assertThat(Ethernet.etherType(memory, 4)).isEqualTo(EtherTypes.ARP);
        assertThat(Arp.targetIp(memory, 18)).isEqualTo(0x0a01_0002);
    }

    @Test
    void solicitationGoesToTheNodeItself() {
        IpAddress own = address("fd01::1");
        IpAddress node = address("fd01::2");
        NeighborQuestion question = new NeighborQuestion(TAG, 0, own, node);
        question.write(memory, 0, OWN_MAC);
        assertThat(question.bytes()).isEqualTo(18 + 40 + 32);
        assertThat(Ethernet.etherType(memory, 4)).isEqualTo(EtherTypes.IPV6);
        assertThat(Ipv6.check(memory, 18, 72)).isEqualTo(40);
        assertThat(Ipv6.sourceLo(memory, 18)).isEqualTo(own.lo());
        assertThat(Ipv6.destinationHi(memory, 18)).isEqualTo(node.hi());
        assertThat(Ipv6.destinationLo(memory, 18)).isEqualTo(node.lo());
        assertThat(NeighborDiscovery.check(memory, 58, 32, Ipv6.hopLimit(memory, 18)))
                .isEqualTo(24);
        assertThat(Icmpv6.type(memory, 58)).isEqualTo(NeighborDiscovery.SOLICITATION);
        assertThat(Icmpv6.checksumOk(memory, 18, 58, 32)).isTrue();
        assertThat(NeighborDiscovery.targetLo(memory, 58)).isEqualTo(node.lo());
        assertThat(NeighborDiscovery.macOption(memory, 58, 32, NeighborDiscovery.OPTION_SOURCE_MAC))
                .isEqualTo(OWN_MAC);
    }
}
