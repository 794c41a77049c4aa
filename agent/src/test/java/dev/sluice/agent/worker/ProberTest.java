package dev.sluice.agent.worker;

import static dev.sluice.agent.Yaml.chain;
import static dev.sluice.agent.Yaml.inspectAll;
import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.PortBinding;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.agent.report.ProbeReport;
import dev.sluice.datapath.Datapath;
import dev.sluice.datapath.liveness.Liveness;
import dev.sluice.datapath.liveness.LivenessView;
import dev.sluice.datapath.packet.Batch;
import dev.sluice.datapath.packet.FramePool;
import dev.sluice.datapath.packet.PacketPort;
import dev.sluice.ports.MemoryFrame;
import dev.sluice.ports.MemoryPort;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What probes and BFD say of nodes when configurations change (V14). Each step is a millisecond. */
class ProberTest {
    private static final String THROUGH = "probe: through, intervalMs: 20, failAfter: 3, recoverAfter: 2";
    private static final String SLOWER = "probe: through, intervalMs: 40, failAfter: 3, recoverAfter: 2";
    private static final String BFD = "probe: bfd, intervalMs: 50";
    private static final String ARP = "probe: arp, intervalMs: 20, failAfter: 3, recoverAfter: 2, holdDownMs: 0";
    private static final long STEP_NS = 1_000_000;
    private static final long START_OF_BFD_MS = NodeBfd.START_NS / STEP_NS;

    private final Arena arena = Arena.ofConfined();
    private final FramePool pool = new FramePool(arena.allocate(FramePool.bytesFor(256, 16), 4096), 256, 16);
    private final Liveness liveness = new Liveness(64, 64);
    private final Datapath datapath = new Datapath(pool, liveness, 1024, 42);
    private final Batch batch = new Batch();
    private final SnapshotCompiler compiler = new SnapshotCompiler("edge", new IdRegistry());
    private final Map<String, MemoryPort> ports = new HashMap<>();

    /** Firewalls that pass packets on. */
    private final Set<String> working = new HashSet<>();

    /** How those answer that are asked for their MAC addresses; null: they pass packets on. */
    private @Nullable UnaryOperator<byte[]> neighbor;

    /** Whether nodes that route have IPv6 addresses only. */
    private boolean ipv6;

    /** Whether they answer at the other side. */
    private boolean crossed;

    private long nowNs = 1_000_000_000L;
    private final Prober prober = new Prober(datapath, liveness, new Random(1), nowNs);
    private CompiledNode node = compile(List.of(), "");

    ProberTest() {
        datapath.probes(prober);
    }

    @AfterEach
    void close() {
        arena.close();
    }

    private CompiledNode compile(List<String> instances, String health) {
        boolean routes = health.startsWith(BFD) || health.startsWith(ARP);
        List<String> objects = new ArrayList<>();
        objects.add(object(
                "Service",
                "firewall",
                "{transport: raw" + (routes ? ", forwarding: route" : "")
                        + (health.isEmpty() ? "" : ", health: {" + health + "}") + "}"));
        for (String name : instances) {
            objects.add(instance(name, routes));
        }
        if (!instances.isEmpty()) {
            objects.add(chain("closed"));
            objects.add(inspectAll());
        }
        return compiler.compile(
                        Yaml.parse(objects.toArray(new String[0])),
                        name -> new InterfaceFacts(name.hashCode() & 0xff, 1500))
                .node()
                .orElseThrow();
    }

    /** One that routes has addresses: it can be asked by BFD, and for its MAC addresses. */
    private String instance(String name, boolean routes) {
        int network = name.charAt(name.length() - 1) - '0';
        return routes
                ? object(
                        "ServiceInstance",
                        name,
                        "{service: firewall, interfaces: {in: " + side(name + "-in", 1, network) + ", out: "
                                + side(name + "-out", 2, network) + "}}")
                : Yaml.instance(name, "");
    }

    private String side(String port, int side, int network) {
        String block = ipv6 ? "fd0" + side + ":" + network + "::" : "10." + side + "." + network + ".";
        return "{interface: " + port + ", addresses: [\"" + block + "1/" + (ipv6 ? 64 : 24) + "\"], nextHop: \"" + block
                + "2\"}";
    }

    private void apply(List<String> instances, String health) {
        node = compile(instances, health);
        PacketPort[] byIndex = new PacketPort[node.snapshot().portCount()];
        for (PortBinding binding : node.bindings()) {
            byIndex[binding.index()] =
                    ports.computeIfAbsent(binding.interfaceName(), name -> new MemoryPort(name, binding.index(), pool));
        }
        datapath.apply(node.snapshot(), byIndex);
        prober.apply(node.probes(), nowNs);
    }

    private void run(long ms) {
        for (long i = 0; i < ms; i++) {
            nowNs += STEP_NS;
            datapath.tick(nowNs);
            prober.poll(nowNs);
            ports.keySet().stream()
                    .filter(name -> name.endsWith("-in"))
                    .map(name -> name.substring(0, name.length() - "-in".length()))
                    .toList()
                    .forEach(this::pass);
        }
    }

    private void pass(String firewall) {
        MemoryPort in = Objects.requireNonNull(ports.get(firewall + "-in"));
        MemoryPort out = Objects.requireNonNull(ports.get(firewall + "-out"));
        List<MemoryFrame> forward = in.takeSent();
        List<MemoryFrame> back = out.takeSent();
        if (working.contains(firewall)) {
            UnaryOperator<byte[]> answer = neighbor;
            if (answer == null) {
                forward.forEach(out::inject);
                back.forEach(in::inject);
            } else {
                NeighborReplies.to(forward).forEach(reply -> (crossed ? out : in).inject(answer.apply(reply)));
                NeighborReplies.to(back).forEach(reply -> (crossed ? in : out).inject(answer.apply(reply)));
            }
            for (MemoryPort port : List.of(in, out)) {
                batch.count = 0;
                port.receive(batch);
                datapath.process(batch, nowNs);
            }
        }
    }

    private int number(String instance) {
        return node.instances().stream()
                .filter(entry -> entry.name().equals(instance))
                .mapToInt(InstanceEntry::number)
                .findFirst()
                .orElseThrow();
    }

    private boolean alive(String instance) {
        return liveness.instanceAlive(number(instance));
    }

    /** Whether new flows are given to it though there are others. */
    private boolean fit(String instance) {
        return new LivenessView(liveness).instanceFit(number(instance));
    }

    private String state(String instance) {
        return Objects.requireNonNull(prober.report(number(instance), nowNs)).state();
    }

    @Test
    void anInstanceThatIsAddedDeadNeverGetsNewFlows() {
        working.add("fw-1");
        apply(List.of("fw-1"), THROUGH);
        run(100);
        apply(List.of("fw-1", "fw-2"), THROUGH);
        for (int ms = 0; ms < 500; ms++) {
            assertThat(fit("fw-1")).isTrue();
            assertThat(fit("fw-2")).isFalse();
            run(1);
        }
        assertThat(alive("fw-2")).isFalse();
        working.add("fw-2");
        run(200);
        assertThat(fit("fw-2")).isTrue();
    }

    @Test
    void anInstanceThatIsAddedServesFromItsFirstAnswerOn() {
        working.addAll(Set.of("fw-1", "fw-2"));
        apply(List.of("fw-1"), THROUGH);
        run(100);
        apply(List.of("fw-1", "fw-2"), THROUGH);
        assertThat(fit("fw-2")).isFalse();
        assertThat(alive("fw-2")).isTrue();
        assertThat(liveness.isProven(number("fw-2"))).isFalse();
        run(2);
        assertThat(fit("fw-2")).isTrue();
        assertThat(liveness.isProven(number("fw-2"))).isTrue();
    }

    @Test
    void whenTheProcessBeginsAllServeUntilOneIsFoundDead() {
        working.add("fw-1");
        apply(List.of("fw-1", "fw-2"), THROUGH);
        assertThat(fit("fw-1")).isTrue();
        assertThat(fit("fw-2")).isTrue();
        run(500);
        assertThat(fit("fw-2")).isFalse();
    }

    @Test
    void aDeadInstanceStaysDeadWhenItsSettingsChangeUntilItAnswers() {
        working.add("fw-1");
        apply(List.of("fw-1", "fw-2"), THROUGH);
        run(500);
        for (String health : List.of(SLOWER, THROUGH)) {
            apply(List.of("fw-1", "fw-2"), health);
            for (int ms = 0; ms < 300; ms++) {
                assertThat(alive("fw-2")).isFalse();
                assertThat(fit("fw-1")).isTrue();
                run(1);
            }
            assertThat(state("fw-2")).isEqualTo("silent");
        }
        working.add("fw-2");
        run(200);
        assertThat(fit("fw-2")).isTrue();
    }

    @Test
    void aNewInstanceIsStillWithoutAVerdictWhenItsSettingsChange() {
        working.add("fw-1");
        apply(List.of("fw-1"), THROUGH);
        run(100);
        apply(List.of("fw-1", "fw-2"), THROUGH);
        run(1);
        apply(List.of("fw-1", "fw-2"), SLOWER);
        assertThat(fit("fw-2")).isFalse();
        assertThat(state("fw-2")).isEqualTo("waiting");
    }

    @Test
    void anInstanceThatServedWithoutProbesServesUntilTheyFail() {
        apply(List.of("fw-1"), "");
        run(10);
        apply(List.of("fw-1"), THROUGH);
        assertThat(fit("fw-1")).isTrue();
        run(500);
        assertThat(alive("fw-1")).isFalse();
        apply(List.of("fw-1"), "");
        assertThat(fit("fw-1")).isTrue();
    }

    @Test
    void aDeadInstanceStaysDeadWhenItIsAskedInAnotherWay() {
        apply(List.of("fw-1"), THROUGH);
        run(500);
        assertThat(alive("fw-1")).isFalse();
        apply(List.of("fw-1"), BFD);
        assertThat(state("fw-1")).isEqualTo("silent");
        assertThat(alive("fw-1")).isFalse();
        run(100);
        apply(List.of("fw-1"), THROUGH);
        assertThat(alive("fw-1")).isFalse();
        working.add("fw-1");
        run(300);
        assertThat(fit("fw-1")).isTrue();
    }

    @Test
    void aNewInstanceThatIsHeldToBfdGetsNoNewFlowsBeforeItsSessionsAreUp() {
        apply(List.of("fw-1"), BFD);
        assertThat(fit("fw-1")).as("the process begins").isTrue();
        apply(List.of("fw-1", "fw-2"), BFD);
        assertThat(fit("fw-1")).isTrue();
        run(START_OF_BFD_MS - 100);
        assertThat(alive("fw-2")).isTrue();
        assertThat(fit("fw-2")).isFalse();
        run(200);
        assertThat(alive("fw-2")).isFalse();
        apply(List.of("fw-1", "fw-2"), BFD + ", failAfter: 4");
        assertThat(alive("fw-2")).isFalse();
        assertThat(fit("fw-2")).isFalse();
    }

    private void checkAsked(String name, UnaryOperator<byte[]> wrong) {
        neighbor = wrong;
        run(150);
        assertThat(state("fw-1")).as(name).isEqualTo("silent");
        neighbor = UnaryOperator.identity();
        crossed = false;
        run(200);
        assertThat(state("fw-1")).as("after " + name).isEqualTo("answers");
    }

    @Test
    void aNodeThatIsAskedForItsMacAddressesLivesWhileItAnswersAtBothSides() {
        for (boolean six : new boolean[] {false, true}) {
            ipv6 = six;
            neighbor = UnaryOperator.identity();
            working.clear();
            apply(List.of("fw-1"), ARP);
            run(200);
            assertThat(state("fw-1")).isEqualTo("silent");
            working.add("fw-1");
            // Its MAC address was never known: it is looked for once a second.
            run(1_200);
            ProbeReport report = Objects.requireNonNull(prober.report(number("fw-1"), nowNs));
            assertThat(report.state()).isEqualTo("answers");
            assertThat(report.kind()).isEqualTo("arp");
            assertThat(report.roundTripUs()).hasSize(2).allMatch(us -> us >= 0);
            assertThat(alive("fw-1")).isTrue();
            working.clear();
            run(100);
            assertThat(alive("fw-1")).isFalse();
            apply(List.of(), "");
        }
    }

    @Test
    void whatIsNoAnswerToTheQuestionKeepsNoNodeAlive() {
        neighbor = UnaryOperator.identity();
        working.add("fw-1");
        apply(List.of("fw-1"), ARP);
        run(100);
        assertThat(state("fw-1")).isEqualTo("answers");
        NeighborReplies.wrongArp().forEach(this::checkAsked);
        crossed = true;
        checkAsked("at the other side", UnaryOperator.identity());
        ipv6 = true;
        apply(List.of("fw-1"), ARP);
        run(200);
        assertThat(state("fw-1")).isEqualTo("answers");
        NeighborReplies.wrongAdvertisements().forEach(this::checkAsked);
    }
}
