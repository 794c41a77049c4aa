package dev.sluice.manager.paths;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.manager.objects.Caller;
import dev.sluice.manager.objects.Edit;
import dev.sluice.manager.objects.Generated.Content;
import dev.sluice.manager.objects.Inventory;
import dev.sluice.manager.objects.Trees;
import dev.sluice.manager.store.MemoryStore;
import dev.sluice.model.Kind;
import dev.sluice.model.ServiceChain;
import dev.sluice.model.WrittenObject;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Chains whose instances make more paths than a chain may have say so (V17). */
class ChainCutsTest {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final Caller USER = new Caller("user", "user");

    private final Inventory inventory = new Inventory(new MemoryStore(), InstantSource.fixed(NOON));
    private final ChainCuts cuts = new ChainCuts();

    @BeforeEach
    void objects() {
        StringBuilder text = new StringBuilder();
        for (String service : List.of("fw", "ips")) {
            text.append(object("Service", service, "{transport: vlan}"));
            for (int i = 0; i < 33; i++) {
                String at = service + i;
                text.append(object(
                        "ServiceInstance",
                        at,
                        "{service: " + service + ", interfaces: {in: {interface: " + at
                                + "i, vlan: 5}, out: {interface: " + at + "o, vlan: 6}}}"));
            }
        }
        text.append(object("ServiceChain", "inspect", "{profiles: [fw, ips]}"));
        apply(text.toString());
    }

    private static String object(String kind, String name, String spec) {
        return "{apiVersion: sluice.dev/v1, kind: " + kind + ", metadata: {name: " + name + "}, spec: " + spec
                + "}\n---\n";
    }

    private void apply(String text) {
        List<Edit> edits = new ArrayList<>();
        WrittenObject.read("", text).objects().forEach(object -> edits.add(new Edit.Apply(object, true)));
        inventory.change(edits, USER, false);
        cuts.objects(inventory.all().objects());
    }

    private static Content path(String state) {
        ObjectNode spec = Trees.object();
        spec.put("chain", "inspect");
        spec.putArray("hops").addObject().put("service", "fw");
        spec.withArray("hops").addObject().put("service", "ips");
        return new Content(spec, Trees.object().put("state", state));
    }

    private static List<Content> paths(int count) {
        List<Content> paths = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            paths.add(path("in use"));
        }
        return paths;
    }

    private JsonNode conditions(List<Content> paths) {
        List<Edit> edits = cuts.edits(paths, () -> inventory.all().objects(), NOON);
        if (!edits.isEmpty()) {
            inventory.change(edits, USER, false);
        }
        return inventory
                .get(Kind.SERVICE_CHAIN, "inspect")
                .orElseThrow()
                .tree()
                .path("status")
                .path("conditions");
    }

    @Test
    void aChainThatIsCutSaysFromHowMany() {
        assertThat(conditions(List.of())).as("no host has it yet").isEmpty();
        JsonNode cut = conditions(paths(ServiceChain.PATHS_MAX)).get(0);
        assertThat(cut.path("type").asString()).isEqualTo("AllPaths");
        assertThat(cut.path("status").asString()).isEqualTo("False");
        assertThat(cut.path("reason").asString()).isEqualTo("Cut");
        assertThat(cut.path("message").asString()).startsWith("1024 of 1089 paths are chosen");
        assertThat(cuts.edits(
                        paths(ServiceChain.PATHS_MAX), () -> inventory.all().objects(), NOON))
                .as("it says that already")
                .isEmpty();
        cuts.again();
        assertThat(cuts.edits(
                        paths(ServiceChain.PATHS_MAX), () -> inventory.all().objects(), NOON))
                .isEmpty();
    }

    @Test
    void nothingIsSaidOfAChainThatHasAllItsPaths() {
        conditions(paths(ServiceChain.PATHS_MAX));
        inventory.change(List.of(new Edit.Remove(Kind.SERVICE_INSTANCE, "fw0", 0)), USER, false);
        inventory.change(List.of(new Edit.Remove(Kind.SERVICE_INSTANCE, "fw1", 0)), USER, false);
        cuts.objects(inventory.all().objects());
        List<Content> left = paths(1_023);
        left.add(path("retired"));
        assertThat(conditions(left)).isEmpty();
    }

    /** Tags for other chains take an instance out of this one. */
    @Test
    void instancesThatDoNotServeTheChainMakeNoPaths() {
        apply(object("ServiceChain", "other", "{profiles: [fw]}")
                + object(
                        "ServiceInstance",
                        "fw0",
                        "{service: fw, interfaces: {in: fw0i, out: fw0o},"
                                + " policies: [{chain: other, in: {vlan: 5}, out: {vlan: 6}}]}"));
        assertThat(conditions(paths(ServiceChain.PATHS_MAX))
                        .path(0)
                        .path("message")
                        .asString(""))
                .startsWith("1024 of 1056 paths");
    }
}
