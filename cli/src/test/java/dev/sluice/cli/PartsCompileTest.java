package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.compile.CompileResult;
import dev.sluice.agent.compile.CompiledNode;
import dev.sluice.agent.compile.IdRegistry;
import dev.sluice.agent.compile.PathDraft;
import dev.sluice.agent.compile.SnapshotCompiler;
import dev.sluice.controller.Parts;
import dev.sluice.controller.WantedObject;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.Kind;
import dev.sluice.model.LoadResult;
import dev.sluice.model.WrittenObject;
import dev.sluice.model.YamlText;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** What hosts compile of their parts is what they compile of everything; so numbers of paths, and the digest by which hosts wait for each other, are equal (ADR 14, ADR 25). */
class PartsCompileTest {
    private static final String MORE = """
            ---
            {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: ips}, spec: {transport: raw}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: ips-a}, spec: {service: ips, node: host-a, interfaces: {in: ips-in, out: ips-out}}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: ips-far}, spec: {service: ips, node: far, interfaces: {in: ips-in, out: ips-out}}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: anywhere}, spec: {service: ips, interfaces: {in: any-in, out: any-out}}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: both}, spec: {profiles: [firewall, ips]}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: unused}, spec: {profiles: [ips], mode: hub}}
            ---
            {apiVersion: sluice.dev/v1, kind: LogicalSwitch, metadata: {name: blue}, spec: {vni: 7001}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: blue-a}, spec: {node: host-a, interface: vm1, switch: blue}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: blue-b}, spec: {node: host-b, interface: vm1, switch: blue}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: all}, spec: {appliedTo: [host-a/left], rules: [{name: all, action: {chain: both}}]}}
            ---
            {apiVersion: sluice.dev/v1, kind: ServicePolicy, metadata: {name: blue}, spec: {appliedTo: [vm1], rules: [{name: all, action: {chain: inspect}}]}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: far-left}, spec: {node: far, interface: left, peer: far-right}}
            ---
            {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: far-right}, spec: {node: far, interface: right}}
            """;

    private static CompiledNode compiled(Map<String, String> texts, String node) {
        LoadResult loaded = ConfigurationLoader.parse(texts);
        assertThat(loaded.configuration())
                .as(() -> loaded.problems().toString())
                .isPresent();
        CompileResult result = new SnapshotCompiler(node, new IdRegistry(), () -> 0)
                .compile(loaded.configuration().get(), _ -> null);
        assertThat(result.node()).as(() -> result.problems().toString()).isPresent();
        return result.node().get();
    }

    @Test
    void hostsMakeOfTheirPartsWhatTheyWouldMakeOfEverything() {
        Map<String, String> whole = new TreeMap<>();
        Parts parts = new Parts();
        for (WrittenObject object :
                WrittenObject.read("all", TwoHostsLab.OBJECTS + MORE).objects()) {
            WantedObject wanted = new WantedObject(
                    Kind.named(object.kind()).orElseThrow(),
                    object.name().orElseThrow(),
                    1,
                    YamlText.of(object.fields()));
            whole.put(wanted.key(), wanted.text());
            parts.change(List.of(wanted), List.of());
        }
        for (String node : List.of("host-a", "host-b", "far")) {
            Map<String, String> part = new LinkedHashMap<>();
            parts.part(node).forEach((key, piece) -> part.put(key, piece.text()));
            CompiledNode ofPart = compiled(part, node);
            CompiledNode ofWhole = compiled(whole, node);
            assertThat(ofPart.bindings()).isEqualTo(ofWhole.bindings());
            assertThat(ofPart.peers().peers()).isEqualTo(ofWhole.peers().peers());
            assertThat(ofPart.peers().own()).isEqualTo(ofWhole.peers().own());
            assertThat(ofPart.instances()).isEqualTo(ofWhole.instances());
            assertThat(ofPart.snapshot().rules().size())
                    .isEqualTo(ofWhole.snapshot().rules().size());
            if (!node.equals("far")) {
                assertThat(ofPart.peers().paths()).isNotZero();
                assertThat(ofPart.paths().stream().map(PathDraft::content).toList())
                        .isEqualTo(
                                ofWhole.paths().stream().map(PathDraft::content).toList());
            }
        }
        Map<String, String> a = texts(parts, "host-a");
        Map<String, String> b = texts(parts, "host-b");
        assertThat(compiled(a, "host-a").peers().paths())
                .isEqualTo(compiled(b, "host-b").peers().paths());
    }

    private static Map<String, String> texts(Parts parts, String node) {
        Map<String, String> texts = new LinkedHashMap<>();
        parts.part(node).forEach((key, piece) -> texts.put(key, piece.text()));
        return texts;
    }
}
