package dev.sluice.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How much the kernel's verifier has to look at before it lets the programs in: each start of a node waits for that (docs/adr/0017). */
@Tag("system")
class VerifierSystemTest {
    /** Some 0.05 s of a processor's time; it takes a million at most, and a program whose parser is inlined has 400,000. */
    private static final int INSTRUCTIONS_MAX = 50_000;

    @Test
    void isDoneWithBothProgramsSoon() throws Exception {
        Libbpf bpf = Libbpf.get();
        try (Program tc = Program.load(bpf, 64, Map.of());
                Program xdp = tc.loadXdp()) {
            assertThat(bpf.verifiedInstructions(tc.program("tc_ingress"))).isBetween(1, INSTRUCTIONS_MAX);
            assertThat(bpf.verifiedInstructions(xdp.program("xdp_ingress"))).isBetween(1, INSTRUCTIONS_MAX);
        }
    }

    @Test
    void isNotAskedAboutProgramsOfTests() throws Exception {
        Libbpf bpf = Libbpf.get();
        try (Program tc = Program.load(bpf, 64, Map.of())) {
            assertThat(tc.program("tc_examined")).as("only tests run it").isNegative();
        }
    }
}
