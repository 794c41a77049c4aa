package dev.sluice.lab.system;

import static dev.sluice.lab.system.BfdSegment.toHost;
import static dev.sluice.lab.system.BfdSegment.toHost6;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.agent.bfd.BfdReport;
import dev.sluice.lab.Waits;
import dev.sluice.liveness.bfd.BfdAuthentication;
import dev.sluice.liveness.bfd.BfdDiagnostic;
import dev.sluice.liveness.bfd.BfdKey;
import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.liveness.bfd.BfdSettings;
import dev.sluice.liveness.bfd.BfdState;
import dev.sluice.liveness.bfd.BfdTiming;
import dev.sluice.liveness.bfd.BfdVerdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** BFD with FRR 8.4 and BIRD 2 (goals F1 and B2): sessions come up, deaths are noticed both ways. FRR 8.4 has no authentication; BIRD has. */
@Tag("system")
class BfdTest {
    static final BfdSettings FAST = BfdSettings.of(BfdTiming.ofMs(50, 3));
    static final BfdSettings SIGNED = FAST.with(BfdAuthentication.meticulousSha1(BfdKey.ofText(7, "open sesame")));
    static final String FRR_FAST =
            " peer 10.7.0.1 local-address 10.7.0.2 interface eth0\n  detect-multiplier 3\n  receive-interval 50\n  transmit-interval 50\n";

    /** For tests that are not about time: a busy machine must not look like an effect. */
    static final String FRR_CALM = FRR_FAST.replace("50\n", "400\n");

    static final String BIRD_FAST =
            "interface \"eth0\" { min rx interval 50 ms; min tx interval 50 ms; multiplier 3; %s };\n";
    static final String BIRD_KEY = "authentication %s keyed sha1; password \"open sesame\" { id 7; };";
    private static final String BIRD_NEIGHBOR = "neighbor 10.7.0.1 dev \"eth0\" local 10.7.0.3;";

    private static final BfdPath FRR = toHost(2);
    private static final BfdPath BIRD = toHost(3);
    private static final int ROUNDS = Integer.getInteger("sluice.bfd.rounds", 2);

    /** Three intervals are 150 ms; the rest is for machines that run other tests meanwhile. */
    private static final double WORST_MS = 250;

    /** Outages of one kind. */
    private static final class Times {
        private final String what;
        private final List<Double> ms = new ArrayList<>();

        Times(String what) {
            this.what = what;
        }

        void add(double one) {
            ms.add(one);
        }

        String words() {
            List<Double> sorted = ms.stream().sorted().toList();
            return String.format(
                    Locale.ROOT,
                    "  %-44s %3d times, median %5.1f ms, worst %5.1f ms",
                    what,
                    sorted.size(),
                    sorted.get(sorted.size() / 2),
                    sorted.getLast());
        }

        void check() {
            List<Double> sorted = ms.stream().sorted().toList();
            // From the death: the last packet went up to an interval before.
            assertThat(sorted.getFirst()).as(what).isGreaterThan(80);
            assertThat(sorted.get(sorted.size() / 2)).as(what).isLessThan(160);
            assertThat(sorted.getLast()).as(what).isLessThan(WORST_MS);
        }
    }

    static BfdPeer signedBird(BfdSegment segment) {
        return signedBird(segment, 50);
    }

    static BfdPeer signedBird(BfdSegment segment, int intervalMs) {
        String options = String.format(Locale.ROOT, BIRD_KEY, "meticulous");
        String fast = String.format(Locale.ROOT, BIRD_FAST, options);
        return BfdPeer.bird(segment.bird, "10.7.0.3", fast.replace("50 ms", intervalMs + " ms") + BIRD_NEIGHBOR);
    }

    @Test
    void deathsAreNoticedWithinThreeIntervalsBothWays() {
        Times frrKilled = new Times("bfdd of FRR killed, noticed by Sluice");
        Times birdKilled = new Times("BIRD killed, noticed by Sluice");
        Times cutFrr = new Times("cut, noticed by Sluice (FRR's session)");
        Times cutBird = new Times("cut, noticed by Sluice (BIRD's session)");
        Times frrNotices = new Times("cut, noticed by FRR");
        Times birdNotices = new Times("cut, noticed by BIRD");
        try (BfdSegment segment = new BfdSegment();
                BfdPeer frr = BfdPeer.frr(segment.frr, FRR_FAST);
                BfdPeer bird = signedBird(segment)) {
            segment.add(FRR, FAST);
            segment.add(BIRD, SIGNED);
            for (int round = 0; round < ROUNDS; round++) {
                allUp(segment, frr, bird);
                long startNs = System.nanoTime();
                frr.kill();
                frrKilled.add((segment.awaitDownNs(FRR) - startNs) / 1e6);
                startNs = System.nanoTime();
                bird.kill();
                birdKilled.add((segment.awaitDownNs(BIRD) - startNs) / 1e6);
                frr.startBfd();
                bird.startBfd();
                allUp(segment, frr, bird);
                int frrChanges = frr.changes().size();
                int birdChanges = bird.changes().size();
                startNs = System.nanoTime();
                double startMs = System.currentTimeMillis();
                segment.cut();
                cutFrr.add((segment.awaitDownNs(FRR) - startNs) / 1e6);
                cutBird.add((segment.awaitDownNs(BIRD) - startNs) / 1e6);
                frrNotices.add(frr.awaitDownMs(frrChanges) - startMs);
                birdNotices.add(bird.awaitDownMs(birdChanges) - startMs);
                segment.mend();
            }
            List<Times> all = List.of(frrKilled, birdKilled, cutFrr, cutBird, frrNotices, birdNotices);
            System.out.println("BFD 50 ms x 3:");
            all.forEach(times -> System.out.println(times.words()));
            all.forEach(Times::check);
            BfdReport report = segment.runner.report(FRR);
            assertThat(report.diagnostic()).isEqualTo(BfdDiagnostic.DETECTION_TIME_EXPIRED);
        }
    }

    private static void allUp(BfdSegment segment, BfdPeer frr, BfdPeer bird) {
        // The whole log of a daemon is read: what it says now, after both were started anew.
        for (BfdPath path : List.of(FRR, BIRD)) {
            Waits.until("the fast interval with " + path.peer(), Duration.ofSeconds(20), () -> {
                BfdReport report = segment.runner.report(path);
                return report.isUp() && report.transmitIntervalUs() == 50_000 && report.detectionUs() == 150_000;
            });
        }
        frr.awaitUp();
        bird.awaitUp();
        segment.downNs.clear();
    }

    @Test
    void deathOfSluiceIsNoticedAndItsRestartIsTakenWithNewSequenceNumbers() {
        Times frrNotices = new Times("Sluice gone without a word, noticed by FRR");
        Times birdNotices = new Times("Sluice gone without a word, noticed by BIRD");
        try (BfdSegment segment = new BfdSegment();
                BfdPeer frr = BfdPeer.frr(segment.frr, FRR_FAST);
                BfdPeer bird = signedBird(segment)) {
            for (int round = 0; round < Math.min(ROUNDS, 5); round++) {
                segment.add(FRR, FAST);
                segment.add(BIRD, SIGNED);
                allUp(segment, frr, bird);
                int frrChanges = frr.changes().size();
                int birdChanges = bird.changes().size();
                double startMs = System.currentTimeMillis();
                segment.runner.abandon();
                frrNotices.add(frr.awaitDownMs(frrChanges) - startMs);
                birdNotices.add(bird.awaitDownMs(birdChanges) - startMs);
                segment.reopen();
            }
            System.out.println(frrNotices.words() + "\n" + birdNotices.words());
            frrNotices.check();
            birdNotices.check();
        }
    }

    /** RFC 5880 6.8.16: no failure, and at once. */
    @Test
    void politeEndIsToldToThePeers() {
        try (BfdSegment segment = new BfdSegment();
                BfdPeer frr = BfdPeer.frr(segment.frr, FRR_FAST);
                BfdPeer bird = signedBird(segment)) {
            segment.add(FRR, FAST);
            segment.add(BIRD, SIGNED);
            allUp(segment, frr, bird);
            int frrChanges = frr.changes().size();
            int birdChanges = bird.changes().size();
            segment.runner.disable(FRR, BfdDiagnostic.ADMINISTRATIVELY_DOWN);
            frr.awaitDownMs(frrChanges);
            assertThat(frr.firstDown(frrChanges).orElseThrow()).doesNotContain("expired");
            segment.runner.enable(FRR);
            segment.awaitUp(FRR);
            segment.runner.close();
            bird.awaitDownMs(birdChanges);
            assertThatThrownBy(() -> segment.runner.report(FRR)).hasMessageContaining("has ended");
        }
    }

    @Test
    void birdSpeaksKeyedSha1OverIpv6AndTakesNewIntervals() {
        try (BfdSegment segment = new BfdSegment()) {
            String options = String.format(Locale.ROOT, BIRD_KEY, "");
            String protocol = String.format(Locale.ROOT, BIRD_FAST.replace("50 ms", "300 ms"), options)
                    + "neighbor fd07::1 dev \"eth0\" local fd07::3;";
            try (BfdPeer bird = BfdPeer.bird(segment.bird, "10.7.0.3", protocol)) {
                BfdPath path = toHost6(3);
                segment.add(
                        path,
                        BfdSettings.of(BfdTiming.ofMs(300, 3))
                                .with(BfdAuthentication.keyedSha1(BfdKey.ofText(7, "open sesame"))));
                BfdReport report = segment.awaitUp(path);
                assertThat(report.sourcePort()).isGreaterThanOrEqualTo(49_152);
                bird.awaitUp();
                segment.runner.setTiming(path, BfdTiming.ofMs(500, 4));
                Waits.until(
                        "BIRD reckons with the new interval",
                        Duration.ofSeconds(10),
                        () -> bird.birdc("show", "bfd", "sessions").contains("2.000"),
                        () -> bird.birdc("show", "bfd", "sessions"));
                Waits.until(
                        "BIRD's answer ends the poll (RFC 5880 6.8.3)",
                        Duration.ofSeconds(10),
                        () -> segment.runner.report(path).transmitIntervalUs() == 500_000);
                assertThat(segment.runner.report(path).downCount()).isZero();
                assertThat(bird.downCount()).isZero();
                assertThat(segment.runner.refusals()).isEmpty();
            }
        }
    }

    /** RFC 5883, with a router between: TTL 254 arrives. */
    @Test
    void multihopSessionCrossesARouterAsFarAsAllowed() {
        try (BfdSegment segment = new BfdSegment()) {
            segment.bird.configure("address", "add", "10.8.0.3/32", "dev", "lo");
            // RFC 5883 does not ask for 255, and BIRD sends multihop packets with the system's own TTL.
            segment.bird.sysctl("net.ipv4.ip_default_ttl", "255");
            segment.forger.forwarding(true);
            segment.forger.route("10.8.0.3/32", "10.7.0.3");
            segment.sluice.route("10.8.0.3/32", "10.7.0.4");
            segment.bird.configure("route", "replace", "10.7.0.1/32", "via", "10.7.0.4", "dev", "eth0");
            String protocol = "multihop { min rx interval 50 ms; min tx interval 50 ms; multiplier 3; };\n"
                    + "neighbor 10.7.0.1 local 10.8.0.3 multihop yes;";
            try (BfdPeer bird = BfdPeer.bird(segment.bird, "10.7.0.3", protocol)) {
                BfdPath strict = BfdPath.multihop(BfdSegment.address("10.7.0.1"), BfdSegment.address("10.8.0.3"), 255);
                segment.add(strict, FAST);
                Waits.until(
                        "packets with TTL 254 are refused",
                        Duration.ofSeconds(10),
                        () -> segment.runner.refusals().getOrDefault(BfdVerdict.WRONG_TTL, 0L) > 2);
                assertThat(segment.runner.report(strict).state()).isEqualTo(BfdState.DOWN);
                segment.runner.remove(strict);
                BfdPath path = BfdPath.multihop(strict.local(), strict.peer(), 254);
                segment.add(path, FAST);
                segment.awaitUp(path);
                bird.awaitUp();
            }
        }
    }

    @Test
    void wrongKeyIsRefusedAndCountedBothWays() {
        try (BfdSegment segment = new BfdSegment();
                BfdPeer bird = signedBird(segment)) {
            segment.add(BIRD, FAST.with(BfdAuthentication.meticulousSha1(BfdKey.ofText(7, "open barley"))));
            Waits.until(
                    "packets with the wrong key are counted",
                    Duration.ofSeconds(10),
                    () -> segment.runner.refusals().getOrDefault(BfdVerdict.WRONG_HASH, 0L) > 2);
            BfdReport report = segment.runner.report(BIRD);
            assertThat(report.state()).isEqualTo(BfdState.DOWN);
            assertThat(report.acceptedCount()).isZero();
            assertThat(report.refusedCount()).isPositive();
            segment.runner.remove(BIRD);
            segment.add(BIRD, FAST);
            Waits.until(
                    "a key is given where none is expected",
                    Duration.ofSeconds(10),
                    () -> segment.runner.refusals().getOrDefault(BfdVerdict.AUTHENTICATION_UNEXPECTED, 0L) > 1);
            assertThat(bird.changes()).isEmpty();
            segment.runner.remove(BIRD);
            segment.add(BIRD, SIGNED);
            segment.awaitUp(BIRD);
        }
    }
}
