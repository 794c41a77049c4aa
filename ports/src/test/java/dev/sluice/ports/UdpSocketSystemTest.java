package dev.sluice.ports;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.fuzz.network.Namespace;
import dev.sluice.wire.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.net.NetworkInterface;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("system")
class UdpSocketSystemTest {
    private final Namespace near = Namespace.make("un");
    private final Namespace far = Namespace.make("uf");
    private final MemorySegment hello = Arena.ofAuto().allocateFrom("hello");

    UdpSocketSystemTest() {
        Namespace.veth(near, "n0", far, "f0");
        Namespace.veth(near, "n1", far, "f1");
        near.ip("addr add 10.5.0.1/24 dev n0");
        far.ip("addr add 10.5.0.2/24 dev f0");
        near.ip("addr add fd05::1/64 dev n0 nodad");
        far.ip("addr add fd05::2/64 dev f0 nodad");
        near.ip("addr add 10.6.0.1/24 dev n1");
        far.ip("addr add 10.6.0.2/24 dev f1");
    }

    @AfterEach
    void remove() {
        near.close();
        far.close();
    }

    private static IpAddress address(String text) {
        return IpAddress.parse(text).orElseThrow();
    }

    private static UdpSocket open(Namespace in, String local, int port, String device, int ttl) throws Exception {
        return in.in(() -> UdpSocket.open(new UdpSocket.Options(address(local), port, 0, device, ttl, 0xc0)));
    }

    private static void awaitOne(UdpSocket socket) throws PortException {
        try (UdpPoller poller = UdpPoller.open(1)) {
            poller.watch(List.of(socket));
            long deadline = System.nanoTime() + 10_000_000_000L;
            while (socket.receive() == 0) {
                assertThat(System.nanoTime()).isLessThan(deadline);
                poller.await(1_000_000_000);
            }
        }
    }

    @Test
    void tellsTtlInterfaceAndAddressesOfWhatItReceives() throws Exception {
        for (boolean six : new boolean[] {false, true}) {
            String from = six ? "fd05::2" : "10.5.0.2";
            String to = six ? "fd05::1" : "10.5.0.1";
            for (int ttl : new int[] {255, 254, 1}) {
                try (UdpSocket receiver = open(near, six ? "::" : "0.0.0.0", 3784, "", 255);
                        UdpSocket sender = open(far, from, 50_000, "", ttl)) {
                    assertThat(sender.send(hello, 5, UdpTarget.of(address(to), 3784, 0)))
                            .isTrue();
                    awaitOne(receiver);
                    assertThat(receiver.bytes(0)).isEqualTo(5);
                    assertThat(receiver.memory().getString(receiver.offset(0)).substring(0, 5))
                            .isEqualTo("hello");
                    assertThat(receiver.ttl(0)).isEqualTo(ttl);
                    assertThat(receiver.sourcePort(0)).isEqualTo(50_000);
                    assertThat(new IpAddress(receiver.sourceHi(0), receiver.sourceLo(0)))
                            .isEqualTo(address(from));
                    assertThat(new IpAddress(receiver.destinationHi(0), receiver.destinationLo(0)))
                            .isEqualTo(address(to));
                    int index = near.in(() -> NetworkInterface.getByName("n0").getIndex());
                    assertThat(receiver.interfaceIndex(0)).isEqualTo(index);
                }
            }
        }
    }

    @Test
    void socketOfADeviceTakesNothingFromOthers() throws Exception {
        try (UdpSocket receiver = open(near, "0.0.0.0", 3784, "n1", 255);
                UdpSocket sender = open(far, "0.0.0.0", 50_000, "", 255)) {
            sender.send(hello, 5, UdpTarget.of(address("10.5.0.1"), 3784, 0));
            sender.send(hello, 4, UdpTarget.of(address("10.6.0.1"), 3784, 0));
            awaitOne(receiver);
            assertThat(receiver.bytes(0)).isEqualTo(4);
            assertThat(receiver.receive()).isZero();
        }
    }

    @Test
    void refusalsSayWhatToDo() throws Exception {
        try (UdpSocket first = open(near, "0.0.0.0", 3784, "", 255)) {
            assertThat(first.port()).isEqualTo(3784);
            assertThatThrownBy(() -> open(near, "10.5.0.1", 3784, "", 255))
                    .hasRootCauseMessage(
                            "UDP 10.5.0.1:3784: bind: EADDRINUSE: another program has this port and address; stop it or use another address");
            assertThatThrownBy(() -> open(near, "10.5.0.77", 3785, "", 255))
                    .hasStackTraceContaining("EADDRNOTAVAIL: no interface of this network namespace has this address");
            assertThatThrownBy(() -> open(near, "10.5.0.1", 3785, "nothere", 255))
                    .hasStackTraceContaining("SO_BINDTODEVICE nothere: ENODEV");
        }
        assertThatThrownBy(() -> new UdpSocket.Options(IpAddress.ANY_V4, 0, 0, "", 255, 0))
                .hasMessageContaining("port 0");
        assertThatThrownBy(() -> new UdpSocket.Options(IpAddress.ANY_V4, 1, 0, "", 256, 0))
                .hasMessageContaining("ttl 256");
        assertThatThrownBy(() -> new UdpSocket.Options(IpAddress.ANY_V4, 1, 0, "x".repeat(16), 255, 0))
                .hasMessageContaining("more than 15");
    }

    @Test
    void sleepsForNanosecondsAndIsWoken() throws PortException {
        try (UdpPoller poller = UdpPoller.open(1)) {
            long start = System.nanoTime();
            assertThat(poller.await(3_300_000)).isFalse();
            assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(3_300_000);
            poller.wakeUp();
            assertThat(poller.await(60_000_000_000L)).isTrue();
            assertThat(poller.await(0)).isFalse();
        }
    }

    @Test
    void receivingAndSendingAllocateNothing() throws Exception {
        UdpTarget target = UdpTarget.of(address("10.5.0.1"), 3784, 0);
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (UdpSocket receiver = open(near, "0.0.0.0", 3784, "", 255);
                UdpSocket sender = open(far, "10.5.0.2", 50_000, "", 255)) {
            long allocated = Long.MAX_VALUE;
            long sum = 0;
            for (int attempt = 0; attempt < 200 && allocated > 0; attempt++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 1_000; i++) {
                    sender.send(hello, 5, target);
                    int count = receiver.receive();
                    for (int j = 0; j < count; j++) {
                        sum += receiver.ttl(j) + receiver.sourceLo(j) + receiver.bytes(j);
                    }
                }
                allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertThat(sum).isNotZero();
            assertThat(allocated).as("bytes in 1,000 datagrams").isZero();
            assertThat(hello.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 'h');
        }
    }
}
