package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.fuzz.network.Namespace;
import dev.sluice.ports.LinkMonitor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A version whose maps have another layout gives way to this one under traffic (docs/guides/upgrading.md): nothing is lost, and each datagram arrives once. The other version is the source in the tree with
 * another number and other sizes, compiled by the test.
 */
@Tag("system")
class OtherLayoutSystemTest {
    private static final int DATAGRAMS_PER_SECOND = 2_000;
    private static final int PORT = 5000;

    @TempDir
    Path mount;

    @TempDir
    Path source;

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

    /** Another version of the program. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Version(int layout, int actionBytes, String[][] changes) {}

    /** One to which this one is the next. */
    private static final Version OLDER = new Version(
            3, OffloadAction.BYTES, new String[][] {{"#define PATHS_MAX 65536", "#define PATHS_MAX 32768"}});

    /** One that somebody goes back from. */
    private static final Version NEWER =
            new Version(KernelMaps.LAYOUT_VERSION + 1, OffloadAction.BYTES + 8, new String[][] {
                {"see copy_of in fastpath.c */\n};", "see copy_of in fastpath.c */\n    __u64 other;\n};"},
                {"sizeof(struct journey_action) == 104", "sizeof(struct journey_action) == 112"}
            });

    private byte[] compiled(Version version) throws IOException {
        Path tree = Path.of("src/main/bpf");
        try (Stream<Path> files = Files.list(tree)) {
            for (Path file : files.toList()) {
                Files.copy(file, source.resolve(String.valueOf(file.getFileName())));
            }
        }
        Path header = source.resolve("journey.h");
        String text = Files.readString(header, StandardCharsets.UTF_8);
        text = changed(
                text,
                "#define LAYOUT_VERSION " + KernelMaps.LAYOUT_VERSION + "\n",
                "#define LAYOUT_VERSION " + version.layout + "\n");
        for (String[] change : version.changes) {
            text = changed(text, change[0], change[1]);
        }
        Files.writeString(header, text);
        Path object = source.resolve("other.o");
        Namespace.run(
                "cd " + source + " && clang -O2 -g -target bpf -mcpu=v3 -Wall -I/usr/include/$(uname -m)-linux-gnu"
                        + " -c fastpath.c -o " + object);
        return Files.readAllBytes(object);
    }

    private static String changed(String text, String from, String to) {
        assertThat(text).contains(from);
        return text.replace(from, to);
    }

    /** What a process of the other version leaves: its program at both ports, and a record of the datagrams on their way to the server. */
    private void otherVersion(Version version) throws Exception {
        byte[] bytes = compiled(version);
        network.middle.in(() -> {
            Libbpf bpf = Libbpf.get();
            Pins pins = new Pins(network.directory);
            Files.createDirectories(network.directory);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment object = bpf.open(arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
                Program.SIZED_MAPS.forEach(map -> bpf.setMaxEntries(bpf.map(object, map), 16));
                pins.maps().forEach((map, path) -> bpf.setPinPath(bpf.map(object, map), path));
                assertThat(bpf.load(object)).isZero();
                int program = bpf.programFd(bpf.program(object, "tc_ingress"));
                attach(bpf, pins, object, program, 1, "left", arena);
                attach(bpf, pins, object, program, 2, "right", arena);
                MemorySegment globals = arena.allocate(KernelMaps.GLOBALS_BYTES, 8);
                globals.set(ValueLayout.JAVA_INT, KernelMaps.GLOBALS_LAYOUT_VERSION, version.layout);
                assertThat(bpf.mapUpdate(
                                bpf.mapFd(bpf.map(object, "globals")),
                                arena.allocateFrom(ValueLayout.JAVA_INT, 0),
                                globals))
                        .isZero();
                Journey journey = Journey.between(1, 2, 17, "10.9.0.1", 4000, "10.9.0.2", PORT)
                        .macs(network.serverMac, network.clientMac);
                OffloadAction.seal(journey.action, 0, journey.key, 0);
                MemorySegment action = arena.allocate(version.actionBytes, 8);
                MemorySegment.copy(journey.action, 0, action, 0, OffloadAction.BYTES);
                assertThat(bpf.mapUpdate(bpf.mapFd(bpf.map(object, "flows")), journey.key, action))
                        .isZero();
                bpf.close(object);
            }
            return null;
        });
    }

    private static void attach(
            Libbpf bpf, Pins pins, MemorySegment object, int program, int number, String interfaceName, Arena arena)
            throws Exception {
        int index = LinkMonitor.read(interfaceName).orElseThrow().index();
        MemorySegment port = arena.allocate(KernelMaps.PORT_BYTES, 8);
        port.set(ValueLayout.JAVA_INT, 0, index);
        MemorySegment numbered = arena.allocateFrom(ValueLayout.JAVA_INT, number);
        assertThat(bpf.mapUpdate(bpf.mapFd(bpf.map(object, "ports")), numbered, port))
                .isZero();
        MemorySegment indexed = arena.allocateFrom(ValueLayout.JAVA_INT, index);
        assertThat(bpf.mapUpdate(bpf.mapFd(bpf.map(object, "ingresses")), indexed, numbered))
                .isZero();
        int link = bpf.attachTcx(program, index);
        assertThat(link).isNotNegative();
        pins.keepLink(bpf, Hook.TC, link, number, interfaceName);
        bpf.closeDescriptor(link);
    }

    /** How many datagrams were sent until it was told to end. */
    private FutureTask<Integer> stream(AtomicBoolean end) {
        return network.client.start(() -> {
            int sent = 0;
            try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress("10.9.0.1", 4000))) {
                InetSocketAddress to = new InetSocketAddress("10.9.0.2", PORT);
                while (!end.get()) {
                    socket.send(new DatagramPacket(new byte[10], 10, to));
                    sent++;
                    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1) / DATAGRAMS_PER_SECOND);
                }
            }
            return sent;
        });
    }

    private static int received(DatagramSocket socket) throws IOException {
        int count = 0;
        socket.setSoTimeout(500);
        try {
            while (true) {
                socket.receive(new DatagramPacket(new byte[100], 100));
                count++;
            }
        } catch (SocketTimeoutException e) {
            return count;
        }
    }

    private void comesInto(Version version) throws Exception {
        otherVersion(version);
        AtomicBoolean end = new AtomicBoolean();
        try (DatagramSocket socket =
                network.server.in(() -> new DatagramSocket(new InetSocketAddress("10.9.0.2", PORT)))) {
            socket.setReceiveBufferSize(1 << 24);
            FutureTask<Integer> receiving = new FutureTask<>(() -> {
                int count = 0;
                while (!end.get()) {
                    count += received(socket);
                }
                return count + received(socket);
            });
            Thread.ofPlatform().daemon().start(receiving);
            FutureTask<Integer> sending = stream(end);
            Recorder recorder = new Recorder();
            String notice = network.middle.in(() -> {
                FramePool pool = new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(512, 8), 4096), 512, 8);
                try (FastPath path = FastPath.open(pool, 16, network.directory);
                        FastPort left = path.attach("left", 0);
                        FastPort right = path.attach("right", 1)) {
                    Thread ender = Thread.ofPlatform().daemon().unstarted(new Ender(Thread.currentThread(), end));
                    ender.start();
                    recorder.run(path, left, right, pool);
                    assertThat(Thread.interrupted()).isTrue();
                    return path.notice();
                }
            });
            assertThat(notice)
                    .isEqualTo("the maps in " + network.directory + " have layout " + version.layout
                            + ", this version has "
                            + KernelMaps.LAYOUT_VERSION
                            + "; they are made anew, and what they repeated is decided anew");
            int sent = sending.get(10, TimeUnit.SECONDS);
            assertThat(recorder.carried).as("by the process").isPositive().isLessThan(sent);
            assertThat(receiving.get(10, TimeUnit.SECONDS)).as("of %d", sent).isEqualTo(sent);
        }
    }

    /** Lets the new version carry for a moment, then ends the stream, then the carrying. */
    private record Ender(Thread carrying, AtomicBoolean end) implements Runnable {
        @Override
        public void run() {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
            end.set(true);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300));
            carrying.interrupt();
        }
    }

    @Test
    void upgradeToAnotherLayoutLosesNothing() throws Exception {
        assumeTrue(ObjectTest.isThere("clang"), "clang is not installed: there is no other version to come from");
        comesInto(OLDER);
    }

    @Test
    @Tag("long")
    void goingBackFromALaterLayoutLosesNothing() throws Exception {
        assumeTrue(ObjectTest.isThere("clang"), "clang is not installed: there is no other version to come from");
        comesInto(NEWER);
    }
}
