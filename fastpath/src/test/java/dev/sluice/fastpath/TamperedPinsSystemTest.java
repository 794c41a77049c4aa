package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.offload.OffloadKey;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.fuzz.network.Namespace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a process left was tampered with, or is half of it: the next one says so and names the directory, makes it anew, and no packet is repeated that it did not record itself. */
@Tag("system")
class TamperedPinsSystemTest {
    private static final int LEFT = 6;
    private static final int RIGHT = 5;

    @TempDir
    Path mount;

    private Path directory = Path.of("none");
    private final Namespace client = Namespace.make("tc");
    private final Namespace middle = Namespace.make("tm");
    private final Namespace server = Namespace.make("ts");

    @BeforeEach
    void wire() {
        Namespace.run("mount -t bpf slf-test " + mount);
        directory = mount.resolve("sluice");
        Namespace.veth(client, "c0", middle, "left");
        Namespace.veth(server, "s0", middle, "right");
    }

    @AfterEach
    void remove() {
        Namespace.run("umount " + mount);
        client.close();
        middle.close();
        server.close();
    }

    private static FramePool pool() {
        return new FramePool(Arena.ofAuto().allocate(FramePool.bytesFor(64, 8), 4096), 64, 8);
    }

    private static byte[] udp(int port) {
        return TestFrame.udp(1, 2, 0, 0, "10.9.0.1", 4000, "10.9.0.2", port, 9);
    }

    private static Journey journey(int port) {
        return Journey.between(1, 2, 17, "10.9.0.1", 4000, "10.9.0.2", port).macs(1, 2);
    }

    /** Something that somebody does to the directory while no process is there. */
    private interface Damage {
        void happen() throws Exception;
    }

    /** A process leaves what it has, something happens to that, and the next one goes on: with what word, and as it should. */
    private String next(Damage damage) throws Exception {
        middle.in(() -> {
            FastPath first = FastPath.open(pool(), 16, directory);
            first.attach("left", LEFT);
            first.attach("right", RIGHT);
            Journey journey = journey(5000);
            assertThat(first.offload().install(journey.key, journey.action)).isZero();
            first.leave();
            return null;
        });
        damage.happen();
        return middle.in(() -> {
            FramePool pool = pool();
            try (Outside from = Outside.open(client, "c0");
                    Outside to = Outside.open(server, "s0");
                    FastPath path = FastPath.open(pool, 16, directory);
                    FastPort left = path.attach("left", LEFT);
                    FastPort right = path.attach("right", RIGHT)) {
                assertThat(left.number()).isNotEqualTo(right.number());
                path.beat(System.nanoTime());
                Batch batch = new Batch();
                from.send(udp(6000));
                assertThat(Outside.next(left, batch, pool)).isNotNull();
                assertThat(batch.port[0]).isEqualTo(LEFT);
                path.beat(System.nanoTime());
                to.send(udp(6001));
                assertThat(Outside.next(left, batch, pool)).isNotNull();
                assertThat(batch.port[0]).isEqualTo(RIGHT);
                Journey own = Journey.between(left.number(), right.number(), 17, "10.9.0.1", 4000, "10.9.0.2", 7000)
                        .macs(1, 2);
                OffloadAction.setConfigGeneration(own.action, 0, path.offload().configGeneration());
                OffloadAction.setEgress(
                        own.action, 0, right.number(), path.offload().portGeneration(right.number()));
                assertThat(path.offload().install(own.key, own.action)).isZero();
                from.send(udp(7000));
                assertThat(to.receive(path)).isEqualTo(udp(7000));
                assertThat(own.counted(path.offload())[0]).isEqualTo(1);
                return path.notice();
            } finally {
                assertThat(directory).doesNotExist();
            }
        });
    }

    private Path pin(String name) {
        return directory.resolve(name);
    }

    private static String link(int number, String interfaceName) {
        return "link-" + number + "-"
                + HexFormat.of().formatHex(interfaceName.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    @Test
    void mapsOfSomebodyElseAreMadeAnew() throws Exception {
        assertThat(next(() -> {
                    Files.delete(pin("flows"));
                    Namespace.run("bpftool map create " + pin("flows")
                            + " type hash key 8 value 70000 entries 16 name foreign");
                }))
                .startsWith(pin("flows")
                        + " is not the map of this version: it has type 1, keys of 8 bytes, values of 70000 bytes")
                .endsWith("they are made anew, and what they repeated is decided anew");
    }

    /** What is read to find out about versions is not read where it would not fit into what it is read into. */
    @Test
    @Tag("long")
    void hugeValuesInThePlaceOfTheVersionAreNotRead() throws Exception {
        assertThat(next(() -> {
                    Files.delete(pin("globals"));
                    Namespace.run("bpftool map create " + pin("globals")
                            + " type array key 4 value 1000000 entries 1 name foreign");
                }))
                .startsWith(pin("globals") + " is not the map of this version");
    }

    @Test
    @Tag("long")
    void mapsThatAreMissingAreMadeAnewTogetherWithTheOthers() throws Exception {
        for (String map : Program.MAPS) {
            assertThat(next(() -> Files.delete(pin(map))))
                    .startsWith(pin(map) + " is missing or no map")
                    .endsWith("they are made anew, and what they repeated is decided anew");
        }
    }

    @Test
    @Tag("long")
    void linkInThePlaceOfAMapIsNone() throws Exception {
        assertThat(next(() -> {
                    Files.delete(pin("ports"));
                    Files.move(pin(link(1, "left")), pin("ports"));
                }))
                .startsWith(pin("ports") + " is not the map of this version: it has nothing of a map");
    }

    /** Only the programs are there, with maps that have no names any more. */
    @Test
    @Tag("long")
    void programsWithoutMapsAreReplaced() throws Exception {
        assertThat(next(() -> {
                    for (String map : Program.MAPS) {
                        Files.delete(pin(map));
                    }
                }))
                .isEmpty();
    }

    /** Their names say interfaces that they are not attached to, numbers that there are not, or nothing that anybody knows. */
    @Test
    @Tag("long")
    void namesThatLieAreNotBelieved() throws Exception {
        assertThat(next(() -> {
                    Files.move(pin(link(1, "left")), pin("somewhere"));
                    Files.move(pin(link(2, "right")), pin(link(1, "left")));
                    Files.move(pin("somewhere"), pin(link(2, "right")));
                    for (String name : new String[] {"link-x-6c", "link-9999-6c", "link-3-zz", "xdp-4-6c", "other"}) {
                        Namespace.run(
                                "bpftool map create " + pin(name) + " type array key 4 value 4 entries 1 name foreign");
                    }
                }))
                .isEqualTo("what was in " + directory
                        + " and is not this program's is removed: link-3-zz, link-9999-6c, link-x-6c, other, xdp-4-6c");
    }

    /** A program of somebody else, under the name of ours. */
    @Test
    @Tag("long")
    void programsOfSomebodyElseAreReplaced() throws Exception {
        assertThat(next(() -> {
                    Files.delete(pin(link(1, "left")));
                    middle.in(() -> {
                        Libbpf bpf = Libbpf.get();
                        try (Program foreign = Program.load(bpf, 16, java.util.Map.of())) {
                            int swallowing = bpf.attachTcx(
                                    foreign.program("tc_swallow"),
                                    dev.sluice.ports.LinkMonitor.read("left")
                                            .orElseThrow()
                                            .index());
                            assertThat(bpf.pin(swallowing, pin(link(1, "left")).toString()))
                                    .isZero();
                            bpf.closeDescriptor(swallowing);
                        }
                        return null;
                    });
                }))
                .isEmpty();
    }

    /** Ports, generations and records in which anything is written: what leads to an interface that no port is at is not repeated. */
    @Test
    void bytesThatSomebodyWroteLeadNowhere() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        Random random = new Random(seed);
        assertThat(next(() -> middle.in(() -> {
                    scribble(random);
                    leadPast(77);
                    return null;
                })))
                .as("seed " + seed)
                .isEmpty();
    }

    private void scribble(Random random) throws Exception {
        Libbpf bpf = Libbpf.get();
        // There has to be room for what the test itself records.
        for (int i = 0; i < 4; i++) {
            write(bpf, "flows", random(random, OffloadKey.BYTES), random(random, OffloadAction.BYTES));
        }
        for (int i = 0; i < 200; i++) {
            write(bpf, "headers", random(random, Integer.BYTES), random(random, OffloadHeaders.BYTES));
            write(bpf, "ingresses", random(random, Integer.BYTES), random(random, Integer.BYTES));
            write(bpf, "paths", number(random.nextInt(KernelMaps.PATHS)), random(random, Long.BYTES));
            write(bpf, "ports", number(random.nextInt(KernelMaps.PORTS)), random(random, KernelMaps.PORT_BYTES));
        }
        MemorySegment globals = random(random, KernelMaps.GLOBALS_BYTES);
        globals.set(ValueLayout.JAVA_INT, KernelMaps.GLOBALS_LAYOUT_VERSION, KernelMaps.LAYOUT_VERSION);
        globals.set(ValueLayout.JAVA_INT, KernelMaps.GLOBALS_CONFIG_GENERATION, 0);
        write(bpf, "globals", number(0), globals);
    }

    /** A record that would carry what a node is to see to the interface behind it, by a number that nobody has. */
    private void leadPast(int number) throws Exception {
        Libbpf bpf = Libbpf.get();
        MemorySegment port = Arena.ofAuto().allocate(KernelMaps.PORT_BYTES, 8);
        port.set(
                ValueLayout.JAVA_INT,
                0,
                dev.sluice.ports.LinkMonitor.read("right").orElseThrow().index());
        write(bpf, "ports", number(number), port);
        Journey past = journey(6000);
        OffloadAction.setEgress(past.action, 0, number, 0);
        write(bpf, "flows", past.key, past.action);
    }

    private void write(Libbpf bpf, String map, MemorySegment key, MemorySegment value) {
        int fd = bpf.pinned(pin(map).toString());
        assertThat(fd).isNotNegative();
        // A full map takes no more, which is as good.
        int ignored = bpf.mapUpdate(fd, key, value);
        bpf.closeDescriptor(fd);
    }

    private static MemorySegment number(int value) {
        MemorySegment all = Arena.ofAuto().allocate(Integer.BYTES, 8);
        all.set(ValueLayout.JAVA_INT, 0, value);
        return all;
    }

    private static MemorySegment random(Random random, int bytes) {
        byte[] all = new byte[bytes];
        random.nextBytes(all);
        return Arena.ofAuto().allocate(bytes, 8).copyFrom(MemorySegment.ofArray(all));
    }

    /** Whoever uses an interface without a fast path gets it without the program of the process before. */
    @Test
    @Tag("long")
    void interfaceThatIsReleasedHasNoProgram() throws Exception {
        middle.in(() -> {
            FastPath first = FastPath.open(pool(), 16, directory);
            first.attach("left", LEFT);
            first.attach("right", RIGHT);
            first.leave();
            return null;
        });
        assertThat(new Leftovers(directory).release("left")).isTrue();
        assertThat(new Leftovers(directory).release("left")).isFalse();
        assertThat(new Leftovers(directory).release("other")).isFalse();
        assertThat(pin(link(1, "left"))).doesNotExist();
        assertThat(pin(link(2, "right"))).exists();
    }
}
