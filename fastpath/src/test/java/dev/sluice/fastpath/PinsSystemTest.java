package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.offload.OffloadReader;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PortCounters;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.wire.MacAddress;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What outlives the process that made it. */
@Tag("system")
class PinsSystemTest {
    @TempDir
    Path mount;

    @SuppressWarnings("NullAway.Init") // made before each test
    private PinnedNetwork network;

    @BeforeEach
    void wire() throws Exception {
        network = new PinnedNetwork(mount);
    }

    @AfterEach
    void remove() {
        network.close();
    }

    private static FramePool pool() {
        return new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(64, 8), 4096), 64, 8);
    }

    private void send(int port) throws Exception {
        network.client.in(() -> {
            try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress("10.9.0.1", 4000))) {
                socket.send(new DatagramPacket(new byte[10], 10, new InetSocketAddress("10.9.0.2", port)));
            }
            return null;
        });
    }

    private static boolean arrives(DatagramSocket socket, int waitMs) throws Exception {
        socket.setSoTimeout(waitMs);
        try {
            socket.receive(new DatagramPacket(new byte[100], 100));
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    private void holdAndKill() throws Exception {
        Process process = new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        network.middle.name(),
                        System.getProperty("java.home") + "/bin/java",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        "dev.sluice.fastpath.HoldFastPath",
                        network.directory.toString(),
                        Long.toString(network.serverMac),
                        Long.toString(network.clientMac))
                .redirectErrorStream(true)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).isEqualTo("ready");
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    /** F4: what is decided goes on without the process, what is not is dropped; the next process goes on with all of it. */
    @Test
    void establishedFlowsOutliveAKilledProcessAndAreTakenOver() throws Exception {
        holdAndKill();
        try (DatagramSocket five =
                        network.server.in(() -> new DatagramSocket(new InetSocketAddress("10.9.0.2", 5000)));
                DatagramSocket six =
                        network.server.in(() -> new DatagramSocket(new InetSocketAddress("10.9.0.2", 6000)))) {
            send(5000);
            assertThat(arrives(five, 2000)).isTrue();
            send(6000);
            assertThat(arrives(six, 200)).isFalse();
            network.middle.in(() -> {
                FramePool pool = pool();
                try (FastPath path = FastPath.open(pool, 16, network.directory);
                        FastPort right = path.attach("right", 5);
                        FastPort left = path.attach("left", 6)) {
                    assertThat(left.number()).isEqualTo(1);
                    assertThat(right.number()).isEqualTo(2);
                    Journey journey = Journey.between(1, 2, 17, "10.9.0.1", 4000, "10.9.0.2", 5000);
                    assertThat(journey.counted(path.offload())[0]).isEqualTo(1);
                    send(5000);
                    assertThat(arrives(five, 2000)).isTrue();
                    assertThat(journey.counted(path.offload())[0]).isEqualTo(2);
                    send(6000);
                    Batch batch = new Batch();
                    assertThat(Outside.next(left, batch, pool)).isNotNull();
                    assertThat(batch.port[0]).isEqualTo(6);
                }
                return null;
            });
            assertThat(network.directory).doesNotExist();
            assertThat(network.middle.output("ip -o link")).doesNotContain("sluice");
            send(5000);
            assertThat(arrives(five, 200)).isFalse();
        }
    }

    /** One that was left in another directory would go on under its own rules, in front of this one, and drop the rest. */
    @Test
    void forgottenProgramOfAnotherDirectoryIsTakenAway() throws Exception {
        holdAndKill();
        network.middle.in(() -> {
            FramePool pool = pool();
            try (FastPath path = FastPath.open(pool, 16, network.directory.resolveSibling("other"));
                    FastPort left = path.attach("left", 6)) {
                assertThat(path.takeLeftElsewhere()).singleElement().asString().contains("tc_ingress", "at left");
                assertThat(path.takeLeftElsewhere()).isEmpty();
                Batch batch = new Batch();
                for (int port = 5000; port <= 6000; port += 1000) {
                    send(port);
                    assertThat(Outside.next(left, batch, pool)).isNotNull();
                }
            }
            return null;
        });
        assertThat(network.middle.in(Leftovers::areUnnamed)).isTrue();
        assertThat(network.middle.in(Leftovers::removeUnnamed))
                .hasSize(1)
                .first()
                .asString()
                .contains("tc_ingress", "at interface right");
        assertThat(network.middle.in(Leftovers::areUnnamed)).isFalse();
    }

    /** A broadcast is for the host and for the other end of the wire. */
    @Test
    void neighborsFindEachOtherWithoutTheProcessAlsoWhereTheHostHasAnAddress() throws Exception {
        network.middle.ip("addr add 10.9.0.3/24 dev left");
        network.middle.in(() -> {
            FastPath path = FastPath.open(pool(), 16, network.directory);
            FastPort left = path.attach("left", 6);
            FastPort right = path.attach("right", 5);
            path.setAbsence(left.number(), right.number(), false, true, true);
            path.setAbsence(right.number(), left.number(), false, true, true);
            path.leave();
            return null;
        });
        network.client.ip("neigh del 10.9.0.2 dev c0");
        network.client.exec("ping -c 1 -W 2 10.9.0.2 || true");
        assertThat(network.client.output("ip neigh show 10.9.0.2 dev c0"))
                .contains(new MacAddress(network.serverMac).toString());
        network.client.exec("ping -c 1 -W 2 10.9.0.3");
    }

    private boolean takesFramesOfOthers(String interfaceName) {
        return network.middle.output("ip -d link show " + interfaceName).contains("PROMISC");
    }

    /** A card would drop the frames of a wire, which are for others, and nothing that is recorded would go on. */
    @Test
    void interfacesGoOnTakingFramesOfOthersUntilTheProgramGoes() throws Exception {
        network.middle.ip("link set right promisc on");
        holdAndKill();
        assertThat(takesFramesOfOthers("left")).isTrue();
        network.middle.in(() -> {
            FastPath path = FastPath.open(pool(), 16, network.directory);
            path.attach("left", 6);
            path.attach("right", 5);
            path.leave();
            return null;
        });
        assertThat(takesFramesOfOthers("left")).isTrue();
        network.middle.in(() -> new Leftovers(network.directory).remove(true));
        assertThat(takesFramesOfOthers("left")).isFalse();
        assertThat(takesFramesOfOthers("right")).as("somebody else said so").isTrue();
    }

    @Test
    void interfaceMadeAgainIsAttachedAnew() throws Exception {
        holdAndKill();
        network.middle.ip("link del left");
        Namespace.veth(network.client, "c0", network.middle, "left");
        network.middle.in(() -> {
            FramePool pool = pool();
            try (FastPath path = FastPath.open(pool, 16, network.directory);
                    FastPort left = path.attach("left", 6)) {
                assertThat(left.number()).isEqualTo(1);
                try (Outside outside = Outside.open(network.client, "c0")) {
                    outside.send(TestFrame.udp(1, 2, 0, 0, "10.9.0.1", 4000, "10.9.0.2", 5000, 9));
                    assertThat(Outside.next(left, new Batch(), pool)).isNotNull();
                }
            }
            return null;
        });
    }

    @Test
    @Tag("long")
    void mapsOfAnotherVersionAreMadeAnewWithAWord() throws Exception {
        network.middle.in(() -> {
            FastPath first = FastPath.open(pool(), 32, network.directory);
            first.maps().setLayoutVersion(77);
            first.leave();
            FastPath second = FastPath.open(pool(), 32, network.directory);
            assertThat(second.notice())
                    .startsWith("the maps in " + network.directory + " have layout 77, this version has "
                            + KernelMaps.LAYOUT_VERSION)
                    .endsWith("they are made anew, and what they repeated is decided anew");
            assertThat(second.offload().holdsOlder()).isFalse();
            second.leave();
            try (FastPath third = FastPath.open(pool(), 32, network.directory)) {
                assertThat(third.notice()).isEmpty();
                assertThat(third.offload().holdsOlder()).isTrue();
            }
            return null;
        });
    }

    /** Those of another size are copied, with what they counted; what does not fit is told. */
    @Test
    void journeysGoOnInMapsOfAnotherSize() throws Exception {
        network.middle.in(() -> {
            FastPath first = FastPath.open(pool(), 16, network.directory);
            for (int port = 0; port < 16; port++) {
                Journey journey = Journey.between(1, 2, 17, "10.9.0.1", 4000 + port, "10.9.0.2", 5000);
                assertThat(first.offload().install(journey.key, journey.action)).isZero();
            }
            assertThat(first.lockedBytes()).isPositive();
            first.leave();
            FastPath larger = FastPath.open(pool(), 17, network.directory);
            assertThat(larger.notice()).isEqualTo("room for 32 journeys, it was for 16: 16 go on");
            assertThat(larger.offload().holdsOlder()).isTrue();
            assertThat(count(larger)).isEqualTo(16);
            larger.leave();
            FastPath same = FastPath.open(pool(), 32, network.directory);
            assertThat(same.notice()).isEmpty();
            assertThat(count(same)).isEqualTo(16);
            same.leave();
            try (FastPath smaller = FastPath.open(pool(), 8, network.directory)) {
                assertThat(smaller.notice())
                        .isEqualTo(
                                "room for 8 journeys, it was for 32: 8 go on, 8 found no room, and their flows are decided anew");
                assertThat(count(smaller)).isEqualTo(8);
            }
            return null;
        });
    }

    /** What was said of a port holds no longer than the port: one that comes back, or another one with its number, is closed until somebody says otherwise. */
    @Test
    void portThatWasLetGoOfIsClosedWithoutTheProcess() throws Exception {
        try (DatagramSocket six =
                network.server.in(() -> new DatagramSocket(new InetSocketAddress("10.9.0.2", 6000)))) {
            network.middle.in(() -> {
                try (FastPath path = FastPath.open(pool(), 16, network.directory);
                        FastPort right = path.attach("right", 5)) {
                    FastPort left = path.attach("left", 6);
                    path.setAbsence(left.number(), right.number(), true, true, true);
                    left.close();
                    try (FastPort again = path.attach("left", 6)) {
                        assertThat(again.number()).isEqualTo(left.number());
                        path.maps().setPuntInterface(0);
                        send(6000);
                        assertThat(arrives(six, 200)).isFalse();
                        assertThat(path.counts().get(PuntReason.ABSENT_PASSED)).isZero();
                    }
                }
                return null;
            });
        }
    }

    private static int installIntoTunnel(FastPath path, int number) {
        Journey journey = Journey.between(1, 2, 17, "10.9.0.1", 4000 + number, "10.9.0.2", 5000);
        MemorySegment headers = Arena.ofAuto().allocate(OffloadHeaders.BYTES, 8);
        OffloadAction.setFlags(journey.action, 0, OffloadAction.PUSH);
        OffloadAction.setEncapsulation(journey.action, 0, number);
        OffloadAction.setCookie(journey.action, 0, number);
        OffloadHeaders.setCookie(headers, 0, number);
        OffloadHeaders.setPushedBytes(headers, 0, 66, 14);
        return path.offload().install(journey.key, journey.action, headers);
    }

    /** Nobody would ever take those headers out, and no journey with a tunnel would find room again. */
    @Test
    void headersOfJourneysThatFoundNoRoomTakeNone() throws Exception {
        network.middle.in(() -> {
            FastPath first = FastPath.open(pool(), 64, network.directory);
            for (int number = 1; number <= 64; number++) {
                assertThat(installIntoTunnel(first, number)).isZero();
            }
            first.leave();
            try (FastPath smaller = FastPath.open(pool(), 8, network.directory)) {
                assertThat(smaller.notice()).contains("8 go on, 56 found no room");
                List<MemorySegment> keys = new ArrayList<>();
                OffloadReader reader = (from, base, _, _) -> keys.add(
                        Arena.ofAuto().allocate(OffloadKey.BYTES, 8).copyFrom(from.asSlice(base, OffloadKey.BYTES)));
                while (smaller.offload().read(reader, 64) >= 0) {
                    // One walk over all.
                }
                assertThat(keys).hasSize(8);
                for (MemorySegment key : keys) {
                    assertThat(smaller.offload().remove(key)).isZero();
                }
                for (int number = 1; number <= 8; number++) {
                    assertThat(installIntoTunnel(smaller, number))
                            .as("number %d", number)
                            .isZero();
                }
            }
            return null;
        });
    }

    @Test
    void knowsUnderWhichConfigurationTheProcessBeforeRecorded() throws Exception {
        network.middle.in(() -> {
            FastPath first = FastPath.open(pool(), 16, network.directory);
            assertThat(first.recordsUnder("one")).isFalse();
            assertThat(first.recordsUnder("one")).isTrue();
            first.leave();
            try (FastPath second = FastPath.open(pool(), 16, network.directory)) {
                assertThat(second.recordsUnder("one")).isTrue();
                assertThat(second.recordsUnder("two")).isFalse();
                assertThat(second.recordsUnder("two")).isTrue();
            }
            return null;
        });
    }

    private static int count(FastPath path) {
        int all = 0;
        for (int read = 0; read >= 0; read = path.offload().read((_, _, _, _) -> {}, 64)) {
            all += read;
        }
        return all;
    }

    @Test
    @Tag("long")
    void leftoversSayWhatTheyAreAndGo() throws Exception {
        network.middle.in(() -> {
            FastPath path = FastPath.open(pool(), 16, network.directory);
            path.attach("left", 6);
            path.leave();
            assertThat(network.middle.output("ip -o link")).contains("sluice-punt");
            assertThat(new Leftovers(network.directory).remove(true))
                    .containsExactly(
                            "the program at interface left",
                            "the maps in " + network.directory,
                            "the interfaces sluice-punt and sluice-punt-rx");
            assertThat(Files.exists(network.directory)).isFalse();
            assertThat(network.middle.output("ip -o link")).doesNotContain("sluice");
            return null;
        });
    }

    @Test
    @Tag("long")
    void directoryElsewhereIsRefusedWithAWord() throws Exception {
        Path elsewhere = Files.createTempDirectory("slf");
        try {
            network.middle.in(() -> {
                assertThatThrownBy(() -> FastPath.open(pool(), 16, elsewhere))
                        .hasMessageContaining("fast path: " + elsewhere + " is not in a BPF file system");
                return null;
            });
        } finally {
            Files.deleteIfExists(elsewhere);
        }
    }

    /** A program that stays does not know frames whose tags are beside them. */
    @Test
    void tagsStayInFramesAsLongAsTheProgramStays() throws Exception {
        network.middle.exec("ethtool -K left rxvlan on");
        network.middle.in(() -> {
            FastPath path = FastPath.open(pool(), 16, network.directory);
            FastPort port = path.attach("left", 0, new PortCounters(), Hook.XDP);
            assertThat(port.hook()).isEqualTo(Hook.XDP);
            path.leaveAtClose();
            port.close();
            path.close();
            return null;
        });
        assertThat(network.middle.output("ethtool -k left | grep rx-vlan-offload"))
                .contains("off");
        network.middle.in(() -> {
            try (FastPath path = FastPath.open(pool(), 16, network.directory)) {
                path.attach("left", 0, new PortCounters(), Hook.XDP);
            }
            return null;
        });
        assertThat(network.middle.output("ethtool -k left | grep rx-vlan-offload"))
                .as("the process before knew that it was on")
                .contains("on");
    }
}
