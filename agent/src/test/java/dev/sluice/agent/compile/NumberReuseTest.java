package dev.sluice.agent.compile;

import static dev.sluice.agent.Yaml.chain;
import static dev.sluice.agent.Yaml.firewall;
import static dev.sluice.agent.Yaml.inspectAll;
import static dev.sluice.agent.Yaml.instance;
import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.model.ExistingFlows;
import dev.sluice.model.Problem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Numbers of names come back when nothing refers to them, and not before; time is the test's. */
class NumberReuseTest {
    private static final long MINUTE_NS = 60_000_000_000L;
    private static final NumbersInUse NOTHING = new NumbersInUse();

    private long nowNs = 42;
    private final IdRegistry ids = new IdRegistry();
    private final SnapshotCompiler compiler = new SnapshotCompiler("edge", ids, () -> nowNs);
    private final NumberReuse reuse = new NumberReuse(ids, 1);

    private CompileResult result(ExistingFlows flows, String... documents) {
        return compiler.compile(
                Yaml.parse(documents),
                name -> new InterfaceFacts(name.hashCode() & 0xff, 1500),
                FlowsInProgress.of(Optional.of(flows)),
                BindingsCheck.NONE);
    }

    private Snapshot compile(String... documents) {
        CompileResult result = result(ExistingFlows.AUTO, documents);
        return result.node()
                .orElseThrow(() -> new AssertionError(result.problems()))
                .snapshot();
    }

    /** A pair of ports. */
    private static String[] pair(String one, String other) {
        return new String[] {
            object("Port", one, "{interface: " + one + ", peer: " + other + "}"),
            object("Port", other, "{interface: " + other + "}")
        };
    }

    private static Optional<PortEntry> port(Snapshot snapshot, String name) {
        for (int i = 0; i < snapshot.portCount(); i++) {
            if (snapshot.port(i).name().equals(name)) {
                return Optional.of(snapshot.port(i));
            }
        }
        return Optional.empty();
    }

    /** As if time went by and somebody looked through the flows each minute. */
    private void lookFor(int minutes, NumbersInUse met) {
        for (int i = 0; i < minutes; i++) {
            nowNs += MINUTE_NS;
            reuse.met(met, nowNs);
        }
    }

    @Test
    void numberOfAPortThatIsLongGoneAndThatNoFlowKnowsGoesToAnother() {
        int number = port(compile(pair("a", "b")), "a").orElseThrow().index();
        nowNs += 60 * MINUTE_NS;
        compile(pair("c", "d"));
        lookFor(14, NOTHING);
        assertThat(reuse.isWorthwhile(nowNs)).as("a neighbour may remember it").isFalse();
        assertThat(port(compile(pair("e", "f")), "e").orElseThrow().index()).isEqualTo(4);
        lookFor(20, NOTHING);
        Snapshot later = compile(pair("g", "h"));
        assertThat(port(later, "g").orElseThrow().index()).isEqualTo(number);
        assertThat(port(later, "a")).isEmpty();
        assertThat(later.portCount()).isEqualTo(6);
    }

    @Test
    void numberThatAFlowKnowsStaysWithItsName() {
        int number = port(compile(pair("a", "b")), "a").orElseThrow().index();
        NumbersInUse met = new NumbersInUse();
        met.add(Space.PORT, number);
        compile(pair("c", "d"));
        lookFor(60, met);
        assertThat(port(compile(pair("e", "f")), "e").orElseThrow().index()).isNotEqualTo(number);
        assertThat(port(compile(pair("a", "b")), "a").orElseThrow().index()).isEqualTo(number);
    }

    @Test
    void oneLookIsNotEnough() {
        compile(pair("a", "b"));
        compile(pair("c", "d"));
        nowNs += 16 * MINUTE_NS;
        reuse.met(NOTHING, nowNs);
        assertThat(port(compile(pair("e", "f")), "e").orElseThrow().index()).isEqualTo(4);
    }

    @Test
    void numberOfANameThatComesBackBetweenTwoLooksIsKept() {
        int number = port(compile(pair("a", "b")), "a").orElseThrow().index();
        compile(pair("c", "d"));
        nowNs += 16 * MINUTE_NS;
        reuse.met(NOTHING, nowNs);
        compile(pair("a", "b"));
        nowNs += MINUTE_NS;
        compile(pair("c", "d"));
        reuse.met(NOTHING, nowNs);
        assertThat(port(compile(pair("e", "f")), "e").orElseThrow().index()).isNotEqualTo(number);
    }

    @Test
    void whatASnapshotStillRefersToIsNotGone() {
        Snapshot first = compile(firewall(), instance("fw-1", ""), chain("closed"), inspectAll());
        int target = first.target(0).id();
        int left = port(first, "left").orElseThrow().index();
        // The rule is kept for its flows, and with it the port and the chain.
        CompileResult kept = result(ExistingFlows.KEEP, pair("c", "d"));
        assertThat(kept.node().orElseThrow().snapshot().retained().rules()).isNotEmpty();
        lookFor(60, NOTHING);
        Snapshot third = compile(object("ServiceChain", "other", "{profiles: [firewall]}"), firewall());
        assertThat(third.targetCount()).isGreaterThan(target + 1);
        assertThat(port(third, "left").orElseThrow().index()).isEqualTo(left);
    }

    @Test
    void namesComeAndGoForEver() {
        Set<Integer> ports = new HashSet<>();
        for (int day = 0; day < 40; day++) {
            List<String> pairs = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                pairs.addAll(List.of(pair("a" + day + "x" + i, "b" + day + "x" + i)));
            }
            Snapshot snapshot = compile(pairs.toArray(new String[0]));
            for (int i = 0; i < snapshot.portCount(); i++) {
                if (snapshot.port(i).name().startsWith("a" + day + "x")) {
                    ports.add(snapshot.port(i).index());
                }
            }
            lookFor(20, NOTHING);
        }
        assertThat(ports).as("16,000 names in all").hasSizeLessThanOrEqualTo(800);
    }

    @Test
    void configurationsWithErrorsTakeNoNumbers() {
        compile(pair("a", "b"));
        for (int i = 0; i < 50; i++) {
            CompileResult refused = compiler.compile(
                    Yaml.parse(pair("x" + i, "y" + i)),
                    name -> new InterfaceFacts(name.hashCode() & 0xff, 1500),
                    FlowsInProgress.AS_THE_NODE_SAYS,
                    (bindings, log) -> log.error("the host needs it", "x", "another one"));
            assertThat(refused.problems()).anyMatch(Problem::isError);
        }
        assertThat(port(compile(pair("c", "d")), "c").orElseThrow().index()).isEqualTo(2);
    }

    @Test
    void pairsThatAreJoinedAnewAgainAndAgainAreRefusedBeforeTheyMeetTheNumbersOfOthersAndGoBackWorks() {
        Optional<String> refused = Optional.empty();
        int ports = 150;
        List<Integer> routers = new ArrayList<>();
        for (int shift = 1; shift < ports / 2 && refused.isEmpty(); shift++) {
            List<String> objects = new ArrayList<>();
            for (int i = 0; i < ports / 2; i++) {
                int peer = ports / 2 + (i + shift) % (ports / 2);
                objects.addAll(List.of(pair("p" + i, "p" + peer)));
            }
            CompileResult result = result(ExistingFlows.AUTO, objects.toArray(new String[0]));
            result.node().ifPresent(node -> {
                for (int i = 0; i < node.snapshot().portCount(); i++) {
                    routers.add(node.snapshot().port(i).router());
                }
            });
            refused = result.problems().stream()
                    .filter(Problem::isError)
                    .map(Problem::toString)
                    .findFirst();
        }
        assertThat(refused.orElseThrow())
                .contains("so many routers, pairs of ports and switches have come and gone", "15 minutes", "4096");
        assertThat(routers).allMatch(router -> router < 4096);
        compile(pair("p0", "p76"));
        lookFor(20, NOTHING);
        compile(pair("p0", "p149"));
        lookFor(20, NOTHING);
        assertThat(compile(pair("p1", "p2")).portCount()).isLessThan(200);
    }
}
