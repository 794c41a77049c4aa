package dev.sluice.agent.instances;

import static dev.sluice.agent.Yaml.object;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.Yaml;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.InterfaceFacts;
import dev.sluice.agent.compile.PathDraft;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.datapath.liveness.Liveness;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Which paths failed, as somebody told (V13). */
class FailedPathsTest {
    private final SnapshotCompiler compiler = new SnapshotCompiler("a", new IdRegistry());
    private final Liveness liveness = new Liveness(256, 256);
    private final FailedPaths failed = new FailedPaths(liveness);
    private final CompiledNode node = compiled(chain("[fw]"));

    private static String chain(String profiles) {
        return object("ServiceChain", "inspect", "{profiles: " + profiles + "}");
    }

    private CompiledNode compiled(String chain) {
        String objects = Yaml.text(
                object("Node", "a", "{underlay: {address: 10.0.0.1}}"),
                object("Port", "up", "{interface: eth0}"),
                object("LogicalRouter", "underlay", "{interfaces: [{port: up, addresses: [10.0.0.1/24]}]}"),
                object("Port", "left", "{interface: eth1, peer: right}"),
                object("Port", "right", "{interface: eth2}"),
                object("Service", "fw", "{transport: raw}"),
                object("ServiceInstance", "fw-1", "{service: fw, node: a, interfaces: {in: i1, out: o1}}"),
                object("ServiceInstance", "fw-2", "{service: fw, node: a, interfaces: {in: i2, out: o2}}"),
                chain,
                object("ServicePolicy", "all", "{appliedTo: [left], rules: [{name: a, action: {chain: inspect}}]}"));
        var result = compiler.compile(Yaml.parse(objects), name -> new InterfaceFacts(name.hashCode() & 0xff, 1500));
        return result.node().orElseThrow(() -> new AssertionError(result.problems()));
    }

    private static int id(CompiledNode of, String name) {
        return of.paths().stream()
                .filter(path -> path.name().equals(name))
                .mapToInt(PathDraft::id)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void pathFailsByItsNameOrByEitherIdentifier() throws NodeException {
        int first = id(node, "inspect[fw-1]");
        int second = id(node, "inspect[fw-2]");
        int reverse =
                Objects.requireNonNull(node.snapshot().plane().ofPath(second)).reverseSpi();
        assertThat(failed.fail(node, List.of("inspect[fw-1]"))).containsExactly("inspect[fw-1]");
        assertThat(liveness.isFailed(first)).isTrue();
        assertThat(liveness.isFailed(second)).isFalse();
        int generation = liveness.generation();
        assertThat(failed.fail(node, List.of(Integer.toString(reverse)))).containsExactly("inspect[fw-2]");
        assertThat(liveness.isFailed(second)).isTrue();
        assertThat(liveness.generation()).isEqualTo(generation + 1);
        assertThat(failed.fail(node, List.of("inspect[fw-2]"))).containsExactly("inspect[fw-2]");
        assertThat(liveness.generation()).as("nothing new").isEqualTo(generation + 1);
        assertThat(failed.restore(node, List.of("inspect[fw-2]"))).containsExactly("inspect[fw-2]");
        assertThat(liveness.isFailed(second)).isFalse();
        assertThat(failed.restore(node, List.of(FailedPaths.ALL))).containsExactly("inspect[fw-1]");
        assertThat(liveness.isFailed(first)).isFalse();
    }

    @Test
    void pathThatIsNotThereChangesNothing() {
        assertThatThrownBy(() -> failed.fail(node, List.of("inspect[fw-1]", "inspect[fw-3]")))
                .isInstanceOf(NodeException.class)
                .hasMessageContaining("there is no path inspect[fw-3] on this node; 'sluice paths' lists them");
        assertThat(liveness.isFailed(id(node, "inspect[fw-1]"))).isFalse();
        assertThatThrownBy(() -> failed.restore(node, List.of("12"))).isInstanceOf(NodeException.class);
    }

    @Test
    void pathHasFailedWhenItIsBackAgain() throws NodeException {
        failed.fail(node, List.of("inspect[fw-1]"));
        failed.update(compiled(object("ServiceChain", "other", "{profiles: [fw]}") + "---\n"
                + chain("[{service: fw, action: copy}]")));
        failed.update(node);
        assertThat(liveness.isFailed(id(node, "inspect[fw-1]"))).isTrue();
        failed.restore(node, List.of("inspect[fw-1]"));
        assertThat(liveness.isFailed(id(node, "inspect[fw-1]"))).isFalse();
    }
}
