package dev.sluice.agent.compile;

import static dev.sluice.agent.Yaml.chain;
import static dev.sluice.agent.Yaml.firewall;
import static dev.sluice.agent.Yaml.instance;
import static dev.sluice.agent.Yaml.policy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.Yaml;
import dev.sluice.datapath.rules.Group;
import dev.sluice.datapath.rules.PacketFields;
import dev.sluice.datapath.rules.Rule;
import dev.sluice.datapath.snapshot.Snapshot;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Rules that come and go live leave the classifier as if it had been built anew. */
class IncrementalRulesTest {
    private final SplittableRandom random = new SplittableRandom(11);

    private static Snapshot compile(SnapshotCompiler compiler, List<String> rules) {
        CompileResult result = compiler.compile(
                Yaml.parse(firewall(), instance("fw-1", ""), chain("closed"), policy(String.join(", ", rules))),
                name -> new InterfaceFacts(name.hashCode() & 0xff, 1500));
        return result.node()
                .orElseThrow(() -> new AssertionError(result.problems()))
                .snapshot();
    }

    private static String rule(int number, int port) {
        String action = number % 3 == 0 ? "{drop: true}" : number % 3 == 1 ? "{noService: true}" : "{chain: inspect}";
        return "{name: r" + number + ", match: {protocol: tcp, destination: {ports: [\"" + port + "-" + (port + 20)
                + "\"]}}, action: " + action + "}";
    }

    private static Group group(Snapshot snapshot) {
        return Objects.requireNonNull(snapshot.group(snapshot.port(0).fromGroup()));
    }

    private static String hit(Snapshot snapshot, int port) {
        PacketFields fields = new PacketFields();
        fields.family = 4;
        fields.etherType = 0x0800;
        fields.protocol = 6;
        fields.sourceLo = IpAddress.ofIpv4(0x0a000001).lo();
        fields.destinationLo = IpAddress.ofIpv4(0x0a000002).lo();
        fields.destinationPort = port;
        Rule rule = group(snapshot).classifier().classify(fields);
        return rule == null ? "default" : rule.name();
    }

    @Test
    void answersAsIfBuiltAnewAfterEachOfManyChanges() {
        SnapshotCompiler live = new SnapshotCompiler("edge", new IdRegistry());
        List<String> rules = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            rules.add(rule(i, 1000 + random.nextInt(200)));
        }
        compile(live, rules);
        for (int step = 40; step < 80; step++) {
            rules.add(random.nextInt(rules.size() + 1), rule(step, 1000 + random.nextInt(200)));
            int gone = random.nextInt(rules.size());
            rules.subList(gone, gone + 1).clear();
            Snapshot changed = compile(live, rules);
            Snapshot fresh = compile(new SnapshotCompiler("edge", new IdRegistry()), rules);
            for (int port = 990; port < 1230; port++) {
                assertThat(hit(changed, port)).as("step %d port %d", step, port).isEqualTo(hit(fresh, port));
            }
        }
    }
}
