package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.PortCounters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class PacketSocketPortSystemTest {
    private Namespace client = Namespace.make("c");
    private Namespace middle = Namespace.make("m");
    private Namespace server = Namespace.make("s");

    @BeforeEach
    void wire() {
        Namespace.veth(client, "c0", middle, "left");
        Namespace.veth(server, "s0", middle, "right");
        client.ip("addr add 10.9.0.1/24 dev c0");
        server.ip("addr add 10.9.0.2/24 dev s0");
        client.ip("addr add fd09::1/64 dev c0 nodad");
        server.ip("addr add fd09::2/64 dev s0 nodad");
    }

    @AfterEach
    void remove() {
        client.close();
        middle.close();
        server.close();
    }

    @Test
    void carriesTcpWithSuperFramesWhole() throws Exception {
        for (String address : new String[] {"10.9.0.2", "fd09::2"}) {
            Forwarder forwarder = forwarder(256);
            double gbits = TcpTransfer.run(client, server, address, 1L << 30);
            forwarder.stop();
            System.out.printf("AF_PACKET ring, TCP to %s: %.1f Gbit/s, %s%n", address, gbits, forwarder.counters);
            assertThat(forwarder.frameBytesMax).isGreaterThan(1514);
            assertThat(forwarder.superFrames).isPositive();
            assertThat(forwarder.partialChecksums).isPositive();
            assertThat(forwarder.leaked).isFalse();
        }
    }

    @Test
    void carriesTcpWithoutRing() throws Exception {
        Forwarder forwarder = forwarder(0);
        double gbits = TcpTransfer.run(client, server, "10.9.0.2", 256L << 20);
        forwarder.stop();
        System.out.printf("AF_PACKET recvmmsg, TCP: %.1f Gbit/s, %s%n", gbits, forwarder.counters);
        assertThat(forwarder.frameBytesMax).isGreaterThan(1514);
        assertThat(forwarder.leaked).isFalse();
    }

    private Forwarder forwarder(int ringSlots) throws Exception {
        return new Forwarder(
                middle,
                (index, pool) -> PacketSocketPort.open("left", index, pool, new PortCounters(), ringSlots, "test"),
                (index, pool) -> PacketSocketPort.open("right", index, pool, new PortCounters(), ringSlots, "test"));
    }
}
