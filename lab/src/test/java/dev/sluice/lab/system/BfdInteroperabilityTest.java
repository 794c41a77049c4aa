package dev.sluice.lab.system;

import static dev.sluice.lab.system.BfdNodes.INTERVAL_MS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.lab.Waits;
import dev.sluice.wire.Bfd;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * BFD between Sluice and service nodes that run FRR 8.4 or BIRD 2 (goals B2 and S1; RFC 5880, 5881, 5883): every kind of session that an operator can configure comes up and goes
 * on through changes, deaths are noticed, ends are told, tshark reads all that is sent, and forgeries change nothing. How soon flows leave a node: {@link NodeBfdTest}.
 */
@Tag("system")
class BfdInteroperabilityTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    /** From the death to the word of it: the last packet left up to an interval before, or two on a machine without a free processor. */
    private static final double NOTICED_MS_MIN = INTERVAL_MS;

    /** Three intervals; the rest is for a machine that runs other tests meanwhile. */
    private static final double NOTICED_MS_MAX = 3 * INTERVAL_MS + 600;

    private static final List<String> FIELDS = List.of(
            "ip.src",
            "ipv6.src",
            "ip.dst",
            "ip.ttl",
            "ipv6.hlim",
            "ip.dsfield.dscp",
            "ipv6.tclass.dscp",
            "udp.srcport",
            "udp.dstport",
            "udp.checksum.status",
            "bfd.version",
            "bfd.diag",
            "bfd.sta",
            "bfd.flags.p",
            "bfd.flags.f",
            "bfd.flags.d",
            "bfd.detect_time_multiplier",
            "bfd.message_length",
            "bfd.my_discriminator",
            "bfd.your_discriminator",
            "bfd.desired_min_tx_interval",
            "bfd.required_min_rx_interval",
            "bfd.required_min_echo_interval",
            "bfd.auth.type",
            "bfd.auth.len",
            "bfd.auth.key",
            "_ws.malformed",
            "_ws.expert.message");

    @Test
    void sessionsOfEachKindComeUpGoOnThroughChangesAndEnd() throws IOException, InterruptedException {
        try (BfdNodes nodes = new BfdNodes()) {
            checkMultihopAsFarAsAllowed(nodes);
            nodes.awaitAllUp();
            new BfdForger(nodes).checkNothingForgedIsTaken();
            checkIntervalsChangeWithoutADeath(nodes);
            checkNodeSaysThatItGoes(nodes);
            checkKeyChanges(nodes);
            checkDeathOfSluiceIsNoticed(nodes);
            checkEndIsTold(nodes);
            checkDissection(nodes);
        }
    }

    /** RFC 5883, with a router between: TTL 254 arrives. */
    private static void checkMultihopAsFarAsAllowed(BfdNodes nodes) {
        Waits.until("packets with TTL 254 are refused", SOON, () -> nodes.refused("wrong-ttl") > 1);
        assertThat(nodes.watched("far").how()).contains("198.51.100.7 down").contains("refused");
        nodes.configure(Map.of("far", BfdNodes.bfd("ttlMin: 254")));
    }

    /** RFC 5880 6.8.3: a poll makes sure that both sides know. */
    private static void checkIntervalsChangeWithoutADeath(BfdNodes nodes) {
        Map<String, Long> downs = nodes.downs();
        long frrDowns = nodes.frr.downCount();
        long birdDowns = nodes.bird.downCount();
        nodes.configure(Map.of(
                "plain", BfdNodes.bfd(500, 4, ""),
                "keyed", BfdNodes.bfd(500, 4, "meticulous: false, " + BfdNodes.KEY)));
        Waits.until(
                "BIRD reckons with the new interval",
                SOON,
                () -> nodes.bird.birdc("show", "bfd", "sessions").contains("2.000"),
                () -> nodes.bird.birdc("show", "bfd", "sessions"));
        nodes.awaitUp("plain", 1_500);
        nodes.awaitUp("keyed", 1_500);
        assertThat(nodes.frr.downCount() - frrDowns).isZero();
        assertThat(nodes.bird.downCount() - birdDowns).isZero();
        assertThat(nodes.downs()).isEqualTo(downs);
        nodes.configure(Map.of(
                "plain", BfdNodes.bfd(""),
                "keyed", BfdNodes.bfd("meticulous: false, " + BfdNodes.KEY)));
        nodes.awaitUp("plain", 3 * INTERVAL_MS);
    }

    /** RFC 5880 6.8.16, the other way round: the node is left at once. */
    private static void checkNodeSaysThatItGoes(BfdNodes nodes) {
        String peer = "peer 10.100.0.1 local-address 10.100.0.2 interface in";
        nodes.frr.vtysh(peer, "shutdown");
        nodes.sluice.awaitInstance("plain", false);
        assertThat(nodes.watched("plain").how()).contains("neighbor signaled session down");
        nodes.frr.vtysh(peer, "no shutdown");
        nodes.awaitUp("plain", 3 * INTERVAL_MS);
    }

    /** While one side has another key, both go on, and even agree on other intervals, with packets of the key that both have. */
    private static void checkKeyChanges(BfdNodes nodes) {
        String key = "key: {id: 7, secret: open barley}";
        Map<String, Long> downs = nodes.downs();
        long birdDowns = nodes.bird.downCount();
        nodes.configure(Map.of("signed", BfdNodes.bfd(500, 4, key)));
        Waits.until(
                "BIRD, with the old key, reckons with the new interval",
                SOON,
                () -> nodes.bird.birdc("show", "bfd", "sessions").contains("2.000"),
                () -> nodes.bird.birdc("show", "bfd", "sessions"));
        nodes.awaitUp("signed", 1_500);
        assertThat(nodes.bird.downCount() - birdDowns).isZero();
        assertThat(nodes.downs()).isEqualTo(downs);
        nodes.bird.reconfigure("10.110.0.2", BfdNodes.birdSessions("open barley"));
        nodes.configure(Map.of("signed", BfdNodes.bfd(key)));
        nodes.awaitAllUp();
    }

    /** Nobody says a word: the daemons find out, and take up sessions whose sequence numbers begin anywhere. */
    private static void checkDeathOfSluiceIsNoticed(BfdNodes nodes) {
        nodes.awaitAllUp();
        int frrChanges = nodes.frr.changes().size();
        int birdChanges = nodes.bird.changes().size();
        double startMs = System.currentTimeMillis();
        nodes.sluice.process().kill();
        double frrMs = nodes.frr.awaitDownMs(frrChanges) - startMs;
        double birdMs = nodes.bird.awaitDownMs(birdChanges) - startMs;
        System.out.printf(
                Locale.ROOT,
                "Sluice gone without a word, BFD %d ms x 3: noticed by FRR after %.0f ms, by BIRD after %.0f ms%n",
                INTERVAL_MS,
                frrMs,
                birdMs);
        assertThat(List.of(frrMs, birdMs)).allMatch(ms -> ms > NOTICED_MS_MIN && ms < NOTICED_MS_MAX);
        assertThat(nodes.frr.firstDown(frrChanges).orElseThrow()).contains("expired");
        nodes.sluice.startAgain();
        nodes.sluice.prefer();
        nodes.awaitAllUp();
    }

    /** RFC 5880 6.8.16: no failure, and at once; where a node is asked otherwise from now on, and where Sluice ends. */
    private static void checkEndIsTold(BfdNodes nodes) {
        int frrChanges = nodes.frr.changes().size();
        int birdChanges = nodes.bird.changes().size();
        nodes.configure(Map.of("plain", "{probe: link}"));
        nodes.frr.awaitDownMs(frrChanges);
        assertThat(nodes.frr.firstDown(frrChanges).orElseThrow()).doesNotContain("expired");
        assertThat(nodes.sluice.instance("plain").alive()).isTrue();
        nodes.sluice.end();
        nodes.bird.awaitDownMs(birdChanges);
        for (String source :
                List.of("ip.src == 10.110.0.1", "ip.src == 10.111.0.1", "ipv6.src == fd66::1", "ipv6.src == fd67::1")) {
            nodes.atBird.awaitCaptured("bfd.sta == 0 && " + source, 1);
        }
        // Three of the session that a change of TTL ended, and some of the last one.
        nodes.atBird.awaitCaptured("bfd.sta == 0 && ip.src == 192.0.2.1", 4);
    }

    // What was sent, as tshark sees it.

    private static boolean ours(Dissection.Packet p) {
        return Set.of("10.100.0.1", "10.101.0.1", "10.110.0.1", "10.111.0.1", "192.0.2.1", "fd66::1", "fd67::1")
                .contains(p.get("ip.src") + p.get("ipv6.src"));
    }

    private static void checkDissection(BfdNodes nodes) throws IOException, InterruptedException {
        List<Dissection.Packet> all = new ArrayList<>(nodes.atFrr.read(FIELDS));
        all.addAll(nodes.atBird.read(FIELDS));
        Map<Long, List<Dissection.Packet>> sessions = new LinkedHashMap<>();
        all.stream().filter(BfdInteroperabilityTest::ours).forEach(p -> {
            checkSound(p);
            sessions.computeIfAbsent(p.number("bfd.my_discriminator"), _ -> new ArrayList<>())
                    .add(p);
        });
        assertThat(sessions)
                .as("before and after the death, and those that changes ended")
                .hasSizeGreaterThan(14);
        sessions.values().forEach(BfdInteroperabilityTest::checkSession);
        List<Dissection.Packet> ours =
                sessions.values().stream().flatMap(List::stream).toList();
        assertThat(ours)
                .as("polls and answers")
                .anyMatch(p -> p.flag("bfd.flags.p"))
                .anyMatch(p -> p.flag("bfd.flags.f"))
                .as("beginnings, when nobody is known")
                .anyMatch(p -> p.number("bfd.your_discriminator") == 0)
                .as("the interval that was changed")
                .anyMatch(p -> p.number("bfd.desired_min_tx_interval") == 500_000
                        && p.number("bfd.detect_time_multiplier") == 4);
        assertThat(sessions.values().stream().filter(BfdInteroperabilityTest::endsUntold))
                .as("sessions whose end was not told: those that were killed")
                .hasSize(7);
        Set<String> ports = new HashSet<>();
        ours.forEach(p -> ports.add(p.get("udp.srcport") + " " + p.get("bfd.my_discriminator")));
        assertThat(ports).as("one source port for each session").hasSameSizeAs(sessions.keySet());
    }

    private static boolean endsUntold(List<Dissection.Packet> session) {
        return session.getLast().number("bfd.sta") != Bfd.ADMIN_DOWN;
    }

    private static void checkSound(Dissection.Packet p) {
        boolean far = p.get("ip.src").equals("192.0.2.1");
        boolean plain = p.get("ip.dst").startsWith("10.10");
        assertThat(p.get("_ws.malformed") + p.get("_ws.expert.message"))
                .as(p.toString())
                .isEmpty();
        assertThat(p.number("udp.checksum.status")).as(p.toString()).isEqualTo(1);
        assertThat(p.number("udp.dstport")).isEqualTo(far ? Bfd.PORT_MULTIHOP : Bfd.PORT_SINGLE_HOP);
        assertThat(p.number("udp.srcport")).isBetween((long) Bfd.SOURCE_PORT_MIN, 65_535L);
        assertThat(p.get("ip.ttl") + p.get("ipv6.hlim")).isEqualTo(far ? "254" : "255");
        assertThat(p.get("ip.dsfield.dscp") + p.get("ipv6.tclass.dscp"))
                .as("CS6")
                .isEqualTo("48");
        assertThat(p.number("bfd.version")).isEqualTo(1);
        assertThat(p.number("bfd.required_min_echo_interval")).isZero();
        assertThat(p.flag("bfd.flags.d")).isFalse();
        assertThat(p.flag("bfd.flags.p") && p.flag("bfd.flags.f")).isFalse();
        String type = far || plain ? "" : p.get("ipv6.src").isEmpty() ? "5" : "4";
        assertThat(p.get("bfd.auth.type")).as(p.toString()).isEqualTo(type);
        assertThat(p.number("bfd.message_length")).isEqualTo(type.isEmpty() ? 24 : 52);
        assertThat(p.get("bfd.auth.key")).isEqualTo(type.isEmpty() ? "" : "7");
    }

    /** It begins slowly, and then says what was agreed. */
    private static void checkSession(List<Dissection.Packet> packets) {
        Dissection.Packet first = packets.getFirst();
        assertThat(first.number("bfd.sta")).isIn((long) Bfd.DOWN, (long) Bfd.INIT);
        for (Dissection.Packet p : packets) {
            if (p.number("bfd.sta") == Bfd.UP) {
                assertThat(p.number("bfd.your_discriminator")).isNotZero();
                assertThat(p.number("bfd.desired_min_tx_interval")).isIn(400_000L, 500_000L);
            } else {
                assertThat(p.number("bfd.desired_min_tx_interval")).isEqualTo(1_000_000);
            }
        }
    }
}
