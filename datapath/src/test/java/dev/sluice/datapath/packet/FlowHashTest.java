package dev.sluice.datapath.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FlowHashTest {
    @Test
    void isEqualForBothDirections() {
        long seed = 11;
        Random random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            long sourceHi = random.nextLong();
            long sourceLo = random.nextLong();
            long destinationHi = random.nextLong();
            long destinationLo = random.nextLong();
            int sourcePort = random.nextInt(65536);
            int destinationPort = random.nextInt(65536);
            int protocol = random.nextInt(256);
            assertThat(FlowHash.of(
                            sourceHi, sourceLo, sourcePort, destinationHi, destinationLo, destinationPort, protocol))
                    .as("seed %d, step %d", seed, i)
                    .isEqualTo(FlowHash.of(
                            destinationHi, destinationLo, destinationPort, sourceHi, sourceLo, sourcePort, protocol));
        }
    }

    @Test
    void followsTheFormulaOfItsDescription() {
        long seed = 12;
        Random random = new Random(seed);
        for (int i = 0; i < 1000; i++) {
            BigInteger[] in = new BigInteger[4];
            for (int word = 0; word < 4; word++) {
                in[word] = new BigInteger(64, random);
            }
            int sourcePort = random.nextInt(65536);
            int destinationPort = random.nextInt(65536);
            int protocol = random.nextInt(256);
            int router = random.nextInt(65536);
            BigInteger flow = fmix(endpoint(in[0], in[1], sourcePort)
                    .add(endpoint(in[2], in[3], destinationPort))
                    .add(times(protocol, "165667B19E3779F9")));
            long hash = FlowHash.of(
                    in[0].longValue(),
                    in[1].longValue(),
                    sourcePort,
                    in[2].longValue(),
                    in[3].longValue(),
                    destinationPort,
                    protocol);
            assertThat(hash).as("seed %d, step %d", seed, i).isEqualTo(flow.longValue());
            assertThat(FlowHash.withRouter(hash, router))
                    .as("seed %d, step %d", seed, i)
                    .isEqualTo(fmix(flow.add(times(router + 1, "A0761D6478BD642F")))
                            .longValue());
        }
    }

    @Test
    void tellsNeighbouringFlowsProtocolsAndRoutersApart() {
        Set<Long> seen = new HashSet<>();
        Set<Integer> upper = new HashSet<>();
        for (int host = 0; host < 64; host++) {
            for (int port = 0; port < 256; port++) {
                for (int protocol = 6; protocol <= 17; protocol += 11) {
                    long hash = FlowHash.of(
                            0, 0xffff_0a00_0000L + host, 1024 + port, 0, 0xffff_0a00_0100L + host, 80, protocol);
                    seen.add(hash);
                    upper.add((int) (hash >>> 32));
                    seen.add(FlowHash.withRouter(hash, 0));
                    seen.add(FlowHash.withRouter(hash, 1));
                }
            }
        }
        assertThat(seen).hasSize(64 * 256 * 2 * 3);
        // 32,768 values of 32 bits: about 0.1 collisions are to be expected.
        assertThat(upper).hasSizeGreaterThan(64 * 256 * 2 - 4);
    }

    private static final BigInteger MASK = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    private static BigInteger endpoint(BigInteger hi, BigInteger lo, int port) {
        BigInteger turned = lo.shiftLeft(32).or(lo.shiftRight(32)).and(MASK);
        return fmix(hi.multiply(hex("9E3779B97F4A7C15"))
                .xor(turned.multiply(hex("C2B2AE3D27D4EB4F")))
                .xor(times(port, "D6E8FEB86659FD93")));
    }

    private static BigInteger fmix(BigInteger value) {
        BigInteger k = value.and(MASK);
        k = k.xor(k.shiftRight(33)).multiply(hex("FF51AFD7ED558CCD")).and(MASK);
        k = k.xor(k.shiftRight(33)).multiply(hex("C4CEB9FE1A85EC53")).and(MASK);
        return k.xor(k.shiftRight(33));
    }

    private static BigInteger times(int factor, String constant) {
        return hex(constant).multiply(BigInteger.valueOf(factor));
    }

    private static BigInteger hex(String digits) {
        return new BigInteger(digits, 16);
    }
}
