package dev.sluice.lab.system;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.BridgeFirewall;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Machines that lack something of what the kernel's fast path needs: the node says what, and moves the packets itself or does not start, as it was told (X1). */
@Tag("system")
class FastPathMissingTest {
    /** Processes see an empty file in place of each libbpf that is installed. */
    private static final List<String> WITHOUT_LIBBPF = List.of(
            "unshare",
            "--mount",
            "sh",
            "-ec",
            "for f in /usr/lib/*/libbpf.so.1 /usr/lib64/libbpf.so.1; do [ ! -e $f ] || mount --bind /dev/null $(readlink -f $f); done;"
                    + " exec \"$@\"",
            "sh");

    private static final List<String> WITHOUT_BPF =
            List.of("setpriv", "--inh-caps=-bpf,-sys_admin,-perfmon", "--bounding-set=-bpf,-sys_admin,-perfmon");

    private final Network network = Network.transparent();
    private final BridgeFirewall firewall = network.bridge("fw");
    private final EchoHost echo = EchoHost.start(network.server, 7);

    @AfterEach
    void remove() {
        try (Network n = network;
                EchoHost e = echo) {
            // Closed in the reverse order.
        }
    }

    private static String configuration() {
        return Yaml.of(
                Yaml.PAIR, Yaml.bridge("fw"), Yaml.policy("all", "edge/left", "{name: all, action: {chain: fw}}"));
    }

    /** With auto: a line that says what is missing, and everything works; with tc: the same line, and it does not start. */
    private void checkSaid(List<String> through, String... words) {
        try (SluiceNode sluice = SluiceNode.startThrough(through, network.sluice, configuration(), "fast-path-auto");
                UdpFlow flow = UdpFlow.open(network.client, "10.0.0.2", 7)) {
            long before = firewall.filter().forward().packets();
            assertThat(flow.exchange(50).lost()).isZero();
            assertThat(firewall.filter().forward().packets() - before).isGreaterThanOrEqualTo(50);
            assertThat(sluice.port("left").fastPath()).isFalse();
            assertThat(sluice.port("left").description()).startsWith("AF_PACKET");
            assertThat(sluice.status().fastPath().mode()).isEqualTo("auto");
            assertThat(sluice.status().fastPath().trouble()).contains(words);
            sluice.checkSound();
        }
        assertThat(SluiceNode.startInVainThrough(through, network.sluice, configuration(), "fast-path-tc"))
                .contains("--fast-path tc: fast path: ", "to run without, use --fast-path auto or off")
                .contains(words);
        assertThat(network.sluice.exec("ip", "-o", "link")).doesNotContain("sluice-punt");
    }

    @Test
    void withoutLibbpfTheProcessMovesThePackets() {
        checkSaid(WITHOUT_LIBBPF, "libbpf.so.1 is not there or older than 1.0", "apt-get install libbpf1");
    }

    @Test
    void withoutTheRightTheProcessMovesThePackets() {
        checkSaid(WITHOUT_BPF, "CAP_BPF");
    }
}
