package dev.sluice.lab.system;

import static dev.sluice.lab.system.BfdSegment.toHost;
import static dev.sluice.lab.system.BfdSegment.toHost6;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.bfd.BfdReport;
import dev.sluice.lab.LabException;
import dev.sluice.lab.LabProcess;
import dev.sluice.lab.Waits;
import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.liveness.bfd.BfdTiming;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Goal B2: tshark reads every packet that BFD sends, complains of none, and finds in the fields what the session says of itself. */
@Tag("system")
class BfdDissectionTest {
    private static final List<String> FIELDS = List.of(
            "ip.src",
            "ip.ttl",
            "ip.dsfield.dscp",
            "udp.srcport",
            "udp.dstport",
            "udp.checksum.status",
            "bfd.version",
            "bfd.sta",
            "bfd.flags.p",
            "bfd.flags.f",
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
            "_ws.expert.message",
            "ipv6.src",
            "ipv6.hlim");

    /** One packet as tshark sees it. */
    private record Dissected(List<String> values) {
        String get(String field) {
            return values.get(FIELDS.indexOf(field));
        }

        boolean ours() {
            return get("ip.src").equals("10.7.0.1") || get("ipv6.src").equals("fd07::1");
        }

        long number(String field) {
            return Long.decode(get(field));
        }
    }

    @Test
    void tsharkReadsEveryPacketWithoutComplaint() throws IOException, InterruptedException {
        Path file = Files.createTempFile("sluice-bfd-", ".pcap");
        try (BfdSegment segment = new BfdSegment();
                BfdPeer frr = BfdPeer.frr(segment.frr, BfdTest.FRR_FAST);
                BfdPeer bird = BfdTest.signedBird(segment)) {
            LabProcess capture = Tcpdump.start(segment.cable, "to-sluice", file, "udp", "-U", "--immediate-mode");
            segment.add(toHost(2), BfdTest.FAST);
            segment.add(toHost(3), BfdTest.SIGNED);
            segment.add(toHost6(3), BfdTest.SIGNED);
            segment.awaitUp(toHost(2));
            segment.awaitUp(toHost(3));
            frr.awaitUp();
            bird.awaitUp();
            segment.runner.setTiming(toHost(2), new BfdTiming(80_000, 70_000, 4));
            Waits.until(
                    "the new interval is agreed",
                    Duration.ofSeconds(10),
                    () -> segment.runner.report(toHost(2)).transmitIntervalUs() == 80_000);
            Waits.until(
                    "there is enough to look at",
                    Duration.ofSeconds(10),
                    () -> segment.runner.reports().stream()
                            .allMatch(report -> !report.path().local().isIpv4() || report.sentCount() > 15));
            BfdReport toFrr = segment.runner.report(toHost(2));
            BfdReport toBird = segment.runner.report(toHost(3));
            segment.runner.close();
            Waits.until("the polite ends are captured", Duration.ofSeconds(10), () -> adminDownCount(file) == 3);
            capture.stop();
            List<Dissected> ours = tshark(file).stream().filter(Dissected::ours).toList();
            assertThat(ours).hasSizeGreaterThan(20);
            ours.forEach(BfdDissectionTest::assertSound);
            assertSays(of(ours, toFrr), toFrr, "80000");
            assertSays(of(ours, toBird), toBird, "50000");
            assertThat(of(ours, toBird)).allMatch(p -> p.number("bfd.auth.type") == 5);
            Set<String> ports = new HashSet<>();
            ours.forEach(p -> ports.add(p.get("udp.srcport")));
            assertThat(ports).as("one source port for each session").hasSize(3);
            assertThat(ours)
                    .as("polls and answers")
                    .anyMatch(p -> isSet(p, "bfd.flags.p"))
                    .anyMatch(p -> isSet(p, "bfd.flags.f"));
        } finally {
            Files.delete(file);
        }
    }

    private static boolean isSet(Dissected packet, String field) {
        String value = packet.get(field);
        return value.equals("1") || value.equals("True");
    }

    private static void assertSound(Dissected packet) {
        assertThat(packet.get("_ws.malformed")).as(packet.toString()).isEmpty();
        assertThat(packet.get("_ws.expert.message")).as(packet.toString()).isEmpty();
        assertThat(packet.get("udp.checksum.status"))
                .as("1 is good, 2 not checked")
                .isIn("1", "2");
        assertThat(packet.get("udp.dstport")).isEqualTo("3784");
        assertThat(packet.number("udp.srcport")).isBetween(49_152L, 65_535L);
        assertThat(packet.get("ip.ttl") + packet.get("ipv6.hlim")).isEqualTo("255");
        assertThat(packet.get("bfd.version")).isEqualTo("1");
        assertThat(packet.number("bfd.required_min_echo_interval")).isZero();
        boolean signed = !packet.get("bfd.auth.type").isEmpty();
        assertThat(packet.get("bfd.message_length")).isEqualTo(signed ? "52" : "24");
        assertThat(isSet(packet, "bfd.flags.p") && isSet(packet, "bfd.flags.f")).isFalse();
    }

    private static List<Dissected> of(List<Dissected> all, BfdReport session) {
        BfdPath path = session.path();
        List<Dissected> own = all.stream()
                .filter(p -> p.number("bfd.my_discriminator") == Integer.toUnsignedLong(session.localDiscriminator()))
                .toList();
        assertThat(own)
                .as("packets to %s", path.peer())
                .hasSizeGreaterThan(8)
                .allMatch(p -> p.number("udp.srcport") == session.sourcePort());
        return own;
    }

    /** The last packet before the polite end is Up, with everything that was agreed; the very last is AdminDown. */
    private static void assertSays(List<Dissected> packets, BfdReport session, String intervalUs) {
        assertThat(packets.getLast().number("bfd.sta")).isZero();
        Dissected last = packets.get(packets.size() - 2);
        assertThat(last.number("bfd.sta")).isEqualTo(3);
        assertThat(last.number("bfd.your_discriminator"))
                .isEqualTo(Integer.toUnsignedLong(session.remoteDiscriminator()));
        assertThat(last.get("bfd.desired_min_tx_interval")).isEqualTo(intervalUs);
        Dissected first = packets.getFirst();
        assertThat(first.get("bfd.desired_min_tx_interval")).isEqualTo("1000000");
        assertThat(first.number("bfd.your_discriminator")).isZero();
    }

    /** Of all sessions; tshark complains while the last packet is being written. */
    private static long adminDownCount(Path file) {
        try {
            Process process = new ProcessBuilder(
                            "tshark",
                            "-r",
                            file.toString(),
                            "-Y",
                            "bfd.sta == 0 && (ip.src == 10.7.0.1 || ipv6.src == fd07::1)")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.inputReader().lines().count();
        } catch (IOException e) {
            throw new LabException("tshark: " + e.getMessage());
        }
    }

    private static List<Dissected> tshark(Path file) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                "tshark", "-r", file.toString(), "-o", "udp.check_checksum:TRUE", "-T", "fields", "-E", "separator=;"));
        FIELDS.forEach(field -> command.addAll(List.of("-e", field)));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new LabException("tshark failed on " + file);
        }
        return output.lines()
                .map(line -> new Dissected(List.of(line.split(";", -1))))
                .filter(p -> !p.get("bfd.version").isEmpty() || p.ours())
                .toList();
    }
}
