package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PortOpenerTest {
    @Test
    void keepsSuperFramesWhereSoftwareIsOnTheOtherSide() {
        assertThat(PortOpener.softwareReason(link("veth", 0, 1))).isEqualTo("veth, keeps GSO");
        assertThat(PortOpener.softwareReason(link("tun", 0, 1))).isEqualTo("tun, keeps GSO");
        assertThat(PortOpener.softwareReason(link("", 5, 1))).isEqualTo("member of a bridge or bond, keeps GSO");
        assertThat(PortOpener.softwareReason(link("", 0, 0))).isEqualTo("not an Ethernet card");
    }

    @Test
    void triesAfXdpOnPhysicalCards() {
        assertThat(PortOpener.softwareReason(link("", 0, 1))).isEmpty();
    }

    @Test
    void saysObjectErrorAndRemedy() {
        assertThat(PortException.of("AF_PACKET on eth5", "socket", -1, "CAP_NET_RAW"))
                .hasMessage("AF_PACKET on eth5: socket: EPERM: needs CAP_NET_RAW; run as root or grant CAP_NET_RAW");
    }

    private static LinkInfo link(String kind, int master, long mac) {
        return new LinkInfo("p0", 2, mac, 1500, true, true, kind, master);
    }

    @Test
    void interfaceWithAddressesOfTheHostIsLeftToTheKernelToo() {
        assertThat(PortOpener.hostReason("lo")).isEqualTo("the host has addresses there");
        assertThat(PortOpener.hostReason("no-such-one")).isEmpty();
    }
}
