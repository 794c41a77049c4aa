package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.datapath.offload.OffloadAction;
import dev.sluice.datapath.offload.OffloadHeaders;
import dev.sluice.datapath.offload.OffloadKey;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What Java writes lies where the compiled program reads it. */
class LayoutsTest {
    private static final Map<String, Btf.Struct> STRUCTS = Btf.of(Program.object(Program.OBJECT));

    private static Btf.Struct struct(String name) {
        return java.util.Objects.requireNonNull(STRUCTS.get(name), name);
    }

    private static int offset(String struct, String member) {
        return java.util.Objects.requireNonNull(struct(struct).offsets().get(member), struct + "." + member);
    }

    /** Offsets of the bytes that are not 0 after something was written. */
    private static List<Integer> written(int bytes, Consumer<MemorySegment> write) {
        MemorySegment memory = MemorySegment.ofArray(new byte[bytes]);
        write.accept(memory);
        List<Integer> at = new ArrayList<>();
        for (int i = 0; i < bytes; i++) {
            if (memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, i) != 0) {
                at.add(i);
            }
        }
        return at;
    }

    private static void key(String member, int bytes, Consumer<MemorySegment> write) {
        assertThat(written(OffloadKey.BYTES, write)).as(member).isEqualTo(range(offset("journey_key", member), bytes));
    }

    private static void action(String member, int bytes, Consumer<MemorySegment> write) {
        assertThat(written(OffloadAction.BYTES, write))
                .as(member)
                .isEqualTo(range(offset("journey_action", member), bytes));
    }

    private static List<Integer> range(int from, int count) {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(from + i);
        }
        return all;
    }

    @Test
    void keysAreThoseOfTheProgram() {
        assertThat(struct("journey_key").bytes()).isEqualTo(OffloadKey.BYTES);
        key("source", 16, m -> OffloadKey.setSource(m, 0, -1, -1));
        key("destination", 16, m -> OffloadKey.setDestination(m, 0, -1, -1));
        key("source_port", 2, m -> OffloadKey.setTransport(m, 0, 0, 0xffff, 0));
        key("destination_port", 2, m -> OffloadKey.setTransport(m, 0, 0, 0, 0xffff));
        key("protocol", 1, m -> OffloadKey.setTransport(m, 0, 255, 0, 0));
        key("kind", 1, m -> OffloadKey.setKind(m, 0, 255));
        key("ingress", 2, m -> OffloadKey.setIngress(m, 0, 0xffff));
        key("outer_tag", 4, m -> OffloadKey.setTags(m, 0, -1, 0));
        key("inner_tag", 4, m -> OffloadKey.setTags(m, 0, 0, -1));
        key("service_path", 4, m -> OffloadKey.setServicePath(m, 0, -1, 0));
        key("network", 4, m -> OffloadKey.setServicePath(m, 0, 0, -1));
    }

    @Test
    void actionsAreThoseOfTheProgram() {
        assertThat(struct("journey_action").bytes()).isEqualTo(OffloadAction.BYTES);
        action("packets", 8, m -> OffloadAction.setCounters(m, 0, -1, 0, 0));
        action("bytes", 8, m -> OffloadAction.setCounters(m, 0, 0, -1, 0));
        action("last_seen_ms", 4, m -> OffloadAction.setCounters(m, 0, 0, 0, -1));
        action("config_generation", 4, m -> OffloadAction.setConfigGeneration(m, 0, -1));
        action("path", 4, m -> OffloadAction.setPath(m, 0, -1, 0));
        action("path_generation", 4, m -> OffloadAction.setPath(m, 0, 0, -1));
        action("egress", 2, m -> OffloadAction.setEgress(m, 0, 0xffff, 0));
        action("egress_generation", 4, m -> OffloadAction.setEgress(m, 0, 0, -1));
        action("flags", 2, m -> OffloadAction.setFlags(m, 0, 0xffff));
        action("expected_macs", 12, m -> OffloadAction.setExpectedMacs(m, 0, -1, -1));
        action("new_macs", 12, m -> OffloadAction.setNewMacs(m, 0, -1, -1));
        action("new_outer_tag", 4, m -> OffloadAction.setNewTags(m, 0, -1, 0));
        action("new_inner_tag", 4, m -> OffloadAction.setNewTags(m, 0, 0, -1));
        action("ttl_decrement", 1, m -> OffloadAction.setTtlDecrement(m, 0, 255));
        action("ip_bytes_max", 2, m -> OffloadAction.setIpBytesMax(m, 0, 0xffff));
        action("encapsulation", 4, m -> OffloadAction.setEncapsulation(m, 0, -1));
        action("cookie", 8, m -> OffloadAction.setCookie(m, 0, -1));
        action("frames", 8, m -> OffloadAction.setFrames(m, 0, -1));
        assertThat(offset("journey_action", "seal")).isEqualTo(OffloadAction.BYTES - Long.BYTES);
    }

    private static void headers(String member, int from, int bytes, Consumer<MemorySegment> write) {
        assertThat(written(OffloadHeaders.BYTES, write))
                .as(member)
                .isEqualTo(range(offset("tunnel_headers", member) + from, bytes));
    }

    @Test
    void headersAreThoseOfTheProgram() {
        assertThat(struct("tunnel_headers").bytes()).isEqualTo(OffloadHeaders.BYTES);
        headers("cookie", 0, 8, m -> OffloadHeaders.setCookie(m, 0, -1));
        headers("expected_bytes", 0, 2, m -> OffloadHeaders.setExpectedBytes(m, 0, 0xffff));
        headers("pushed_bytes", 0, 2, m -> OffloadHeaders.setPushedBytes(m, 0, 0xffff, 0));
        headers("pushed_link_bytes", 0, 2, m -> OffloadHeaders.setPushedBytes(m, 0, 0, 0xffff));
        headers("source", 0, 16, m -> OffloadHeaders.setSource(m, 0, -1, -1));
        headers("destination", 0, 16, m -> OffloadHeaders.setDestination(m, 0, -1, -1));
        headers("inner_macs", 0, 12, m -> OffloadHeaders.setInnerMacs(m, 0, -1, -1));
        assertThat(offset("tunnel_headers", "expected")).isEqualTo(OffloadHeaders.EXPECTED);
        assertThat(offset("tunnel_headers", "pushed")).isEqualTo(OffloadHeaders.PUSHED);
    }

    @Test
    void sharedArraysAreThoseOfTheProgram() {
        assertThat(struct("globals").bytes()).isEqualTo(KernelMaps.GLOBALS_BYTES);
        assertThat(offset("globals", "config_generation")).isEqualTo(KernelMaps.GLOBALS_CONFIG_GENERATION);
        assertThat(offset("globals", "layout_version")).isEqualTo(KernelMaps.GLOBALS_LAYOUT_VERSION);
        assertThat(offset("globals", "punt_ifindex")).isEqualTo(KernelMaps.GLOBALS_PUNT_INTERFACE);
        assertThat(offset("globals", "configuration")).isEqualTo(KernelMaps.GLOBALS_CONFIGURATION);
        assertThat(struct("port").bytes()).isEqualTo(KernelMaps.PORT_BYTES);
        assertThat(offset("port", "ifindex")).isEqualTo(KernelMaps.PORT_INTERFACE);
        assertThat(offset("port", "generation")).isEqualTo(KernelMaps.PORT_GENERATION);
        assertThat(offset("port", "flags")).isEqualTo(KernelMaps.PORT_FLAGS);
        assertThat(offset("port", "mac")).isEqualTo(KernelMaps.PORT_MAC);
    }

    @Test
    void bothFlavoursHaveTheSameLayouts() {
        Map<String, Btf.Struct> xdp = Btf.of(Program.object(Program.XDP_OBJECT));
        for (String shared : List.of("journey_key", "journey_action", "tunnel_headers", "globals", "port")) {
            assertThat(xdp.get(shared)).as(shared).isEqualTo(struct(shared));
        }
    }

    @Test
    void numbersOfTheHeaderAreThoseOfJava() throws Exception {
        String header = Files.readString(Path.of("src/main/bpf/journey.h"), StandardCharsets.UTF_8);
        assertThat(header)
                .contains("#define LAYOUT_VERSION " + KernelMaps.LAYOUT_VERSION + "\n")
                .contains("#define PORTS_MAX " + KernelMaps.PORTS + "\n")
                .contains("#define PATHS_MAX " + KernelMaps.PATHS + " ")
                .contains("#define EXPECTED_BYTES_MAX " + OffloadHeaders.EXPECTED_BYTES_MAX + "\n")
                .contains("#define PUSHED_BYTES_MAX " + OffloadHeaders.PUSHED_BYTES_MAX + "\n")
                .contains("#define KIND_SERVICE_HEADER " + OffloadKey.SERVICE_HEADER + "\n")
                .contains("#define ACTION_REDIRECT_PEER " + OffloadAction.REDIRECT_PEER + "\n")
                .contains("#define ACTION_PUSH " + OffloadAction.PUSH + "\n")
                .contains("#define ACTION_POP " + OffloadAction.POP + "\n")
                .contains("#define PORT_SHARED " + KernelMaps.PORT_SHARED + "\n")
                .contains("#define PORT_XDP_OUT " + KernelMaps.PORT_XDP_OUT + "\n")
                .contains("#define PORT_SOCKETS " + KernelMaps.PORT_SOCKETS + "\n")
                .contains("#define QUEUES_MAX " + XdpFlavour.QUEUES_MAX + " ");
        String reasons = header.substring(header.indexOf("enum count {") + 12, header.indexOf("    COUNTS\n"));
        assertThat(reasons.replaceAll("/\\*.*?\\*/", "").strip().split(",\\s*"))
                .containsExactly(java.util.Arrays.stream(PuntReason.values())
                        .map(Enum::name)
                        .toArray(String[]::new));
    }
}
