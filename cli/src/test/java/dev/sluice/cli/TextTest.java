package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.agent.report.CountersReport;
import dev.sluice.agent.report.CountersReport.DropReport;
import dev.sluice.agent.report.FastPathReport;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import dev.sluice.agent.report.FlowsReport;
import dev.sluice.agent.report.FlowsReport.FlowReport;
import dev.sluice.agent.report.InstructionsReport;
import dev.sluice.agent.report.InstructionsReport.InstructionReport;
import dev.sluice.agent.report.LivenessReport;
import dev.sluice.agent.report.LivenessReport.WatchedReport;
import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.PathsReport.HopReport;
import dev.sluice.agent.report.PathsReport.RoutingReport;
import dev.sluice.agent.report.PeersReport;
import dev.sluice.agent.report.PeersReport.PeerReport;
import dev.sluice.agent.report.PlanesReport;
import dev.sluice.agent.report.PlanesReport.MemberReport;
import dev.sluice.agent.report.ProbeReport;
import dev.sluice.agent.report.RebalanceReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.report.StatusReport.ChainReport;
import dev.sluice.agent.report.StatusReport.ConfigurationReport;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import dev.sluice.agent.report.StatusReport.PathReport;
import dev.sluice.agent.report.StatusReport.PortCountersReport;
import dev.sluice.agent.report.StatusReport.PortReport;
import dev.sluice.agent.report.StatusReport.SegmentReport;
import dev.sluice.agent.report.StatusReport.TotalsReport;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TextTest {
    @Test
    void fastPathThatHasSeenNothingYetHasNoEmptyTable() {
        assertThat(StatusText.fastPath(
                        new FastPathReport("auto", "", 0, 0, 0, 0, 0, 65_536, 0, -1, 0, List.of(), List.of()),
                        List.of(),
                        0))
                .endsWith("0 of 65536 journeys in the kernel (0.0 %)\n");
        assertThat(StatusText.fastPath(
                        new FastPathReport("auto", "no libbpf", 0, 0, 0, 0, 0, 0, 0, 0, 0, List.of(), List.of()),
                        List.of(),
                        0))
                .isEqualTo("\nfast path auto: none, no libbpf\n");
    }

    @Test
    void tableIsAsWideAsItsCells() {
        Table table = new Table().words("NAME").numbers("COUNT");
        assertThat(table.render("none")).isEqualTo("(none)\n");
        table.row("a", 12345678).row("longer", 1).row("", 2);
        assertThat(table.render("none")).isEqualTo("""
                NAME       COUNT
                a       12345678
                longer         1
                -              2
                """);
    }

    @Test
    void timesAreShort() {
        assertThat(StatusText.time(7_850)).isEqualTo("7.8 s");
        assertThat(StatusText.time(306_000)).isEqualTo("5 min 6 s");
        assertThat(StatusText.time(3 * 3_600_000 + 240_000)).isEqualTo("3 h 4 min");
        assertThat(StatusText.time(26 * 3_600_000L)).isEqualTo("1 d 2 h");
    }

    @Test
    void pathsAreListedWithWhereTheyLeadAndWhyTheyAreNotUsed() {
        String text = PathsCommand.text(pathsOfA());
        assertThat(text).isEqualTo("""
                PATH                     SPI  HOPS                            WEIGHT  STATE   FLOWS  PACKETS        BYTES  REASON
                inspect[fw-1,tap-1]  16 / 17  fw-1 on b, tap-1 (copy) (dead)       1  in use      2  30 / 20  3000 / 2000  -
                inspect[fw-2]              -  fw-2 (dead)                          3  dead        -        -            -  fw-2: no carrier

                FIRST AND LAST HOP         ON         STATE     ON FAILURE  CHAINS   REASON
                routing of edge            this node  alive     closed      inspect  -
                routing, if it classifies  b          dead      closed      inspect  its node does not answer
                routing, if it classifies  c          unproven  closed      inspect  -""");
        assertThat(PathsCommand.text(new PathsReport(List.of(), List.of()))).isEqualTo("(no paths)");
    }

    /** What a node does not give back shows on its own host only; the tunnels between hosts as the difference of what one sent and the other got. */
    @Test
    void hopsAreListedWithWhatEachNodeGotAndGaveBackOnItsHost() {
        PathsReport atB = new PathsReport(
                List.of(new PathsReport.PathReport(
                        "inspect",
                        "inspect[fw-1,tap-1]",
                        16,
                        17,
                        4096,
                        "direct",
                        List.of(),
                        List.of(new HopReport(
                                "fw", "fw-1", "", false, true, "both", "closed", List.of(29L, 20L), List.of(25L, 20L))),
                        1,
                        0,
                        "in use",
                        "",
                        2,
                        List.of(),
                        List.of(),
                        7,
                        0)),
                List.of());
        assertThat(HopsText.text(Map.of("a", pathsOfA()), "a")).isEqualTo("""
                PATH                 HOP           ON  FROM HERE fwd  SENT fwd  BACK fwd  MISSING  FROM HERE rev  SENT rev  BACK rev  MISSING
                inspect[fw-1,tap-1]  fw-1          b              30         -         -        -             20         -         -        -
                inspect[fw-1,tap-1]  tap-1 (copy)  a               -         5         -        -              -         -         -        -
                inspect[fw-2]        fw-2          a               -         9         7        2              -         8         8        0""");
        assertThat(HopsText.text(Map.of("a", pathsOfA(), "b", atB), "a")).contains("""
                inspect[fw-1,tap-1]  fw-1          b              30        29        25        4             20        20        20        0""");
    }

    private static PathsReport pathsOfA() {
        return new PathsReport(
                List.of(
                        new PathsReport.PathReport(
                                "inspect",
                                "inspect[fw-1,tap-1]",
                                16,
                                17,
                                4096,
                                "direct",
                                List.of("edge"),
                                List.of(
                                        new HopReport(
                                                "fw",
                                                "fw-1",
                                                "b",
                                                false,
                                                true,
                                                "both",
                                                "closed",
                                                List.of(30L, 20L),
                                                List.of(0L, 0L)),
                                        new HopReport(
                                                "tap",
                                                "tap-1",
                                                "",
                                                true,
                                                false,
                                                "both",
                                                "closed",
                                                List.of(5L, 0L),
                                                List.of(0L, 0L))),
                                1,
                                0,
                                "in use",
                                "",
                                2,
                                List.of(30L, 20L),
                                List.of(3_000L, 2_000L),
                                7,
                                0),
                        new PathsReport.PathReport(
                                "inspect",
                                "inspect[fw-2]",
                                0,
                                0,
                                -1,
                                "",
                                List.of("edge"),
                                List.of(new HopReport(
                                        "fw",
                                        "fw-2",
                                        "",
                                        false,
                                        false,
                                        "both",
                                        "closed",
                                        List.of(9L, 8L),
                                        List.of(7L, 8L))),
                                3,
                                0,
                                "dead",
                                "fw-2: no carrier",
                                -1,
                                List.of(),
                                List.of(),
                                0,
                                0)),
                List.of(
                        new RoutingReport("b", "dead", "its node does not answer"),
                        new RoutingReport("c", "unproven", "")));
    }

    @Test
    void planesAreListedWithWhoIsOnThemAndHowPacketsGetThere() {
        assertThat(PlanesCommand.text(new PlanesReport(
                        "10.0.0.1",
                        "underlay-a",
                        List.of(
                                new MemberReport(
                                        "router",
                                        "vpc-1",
                                        4_000_000_000L,
                                        5_001,
                                        "plane-1",
                                        List.of("inspect-1"),
                                        List.of("t1"),
                                        List.of("fw-i", "fw-o"),
                                        List.of("fw-a", "fw-b@b")),
                                new MemberReport(
                                        "pair",
                                        "left/right",
                                        7,
                                        4_096,
                                        "",
                                        List.of("c1", "c2", "c3", "c4", "c5", "c6"),
                                        List.of("left"),
                                        List.of(),
                                        List.of("ids-b@b"))))))
                .isEqualTo("""
                ROUTER               TENANT  PLANE           CHAINS                     RULES AT  BY                                              SERVICE NODES
                router vpc-1     4000000000  5001 (plane-1)  inspect-1                  t1        tunnels from 10.0.0.1 (underlay-a), fw-i, fw-o  fw-a, fw-b@b
                pair left/right           7  4096            c1, c2, c3, c4 and 2 more  left      tunnels from 10.0.0.1 (underlay-a)              ids-b@b""");
        assertThat(PlanesCommand.text(new PlanesReport("", "", List.of())))
                .isEqualTo("(no rule of this node leads to a chain)");
    }

    @Test
    void whoIsWatchedIsListedWithWhatCameOfIt() {
        String text = LivenessCommand.text(new LivenessReport(List.of(
                new WatchedReport("instance", "fw-1", "", "links", "dead", "no carrier", 4_200, 210, 1, 3),
                new WatchedReport("node", "b", "", "BFD, 150 ms", "up", "", -1, -1, 0, -1))));
        assertThat(text).isEqualTo("""
                WHO            WATCHED BY   STATE  FOR     ROUND TRIP  DOWNS  MISSES  REASON
                instance fw-1  links        dead   4.2 s      0.21 ms      1       3  no carrier
                node b         BFD, 150 ms  up     always           -      0       -  -""");
    }

    @Test
    void statusShowsWhatIsWrong() {
        String text = StatusText.of(new StatusReport(
                "edge",
                "0.1.0",
                7_850,
                3,
                new ConfigurationReport(
                        "conf",
                        "2026-01-01T00:00:00Z",
                        "conf/a.yaml:1:1: no",
                        List.of("doubtful"),
                        12,
                        List.of("loud")),
                List.of(new PortReport(
                        "up0",
                        "eth0",
                        "router",
                        "AF_PACKET",
                        false,
                        "no carrier",
                        false,
                        new PortCountersReport(1, 2, 3, 4, 5, 6, 7, 8))),
                List.of(
                        new InstanceReport(
                                "fw-1",
                                "firewall",
                                "",
                                false,
                                false,
                                "maintenance",
                                true,
                                "link down",
                                List.of(1L, 2L),
                                List.of(3L, 4L),
                                0,
                                0,
                                17,
                                5,
                                new ProbeReport(
                                        "through", "silent", 7_850, 99, List.of(40L, 2L), List.of(310L, -1L), 1, ""),
                                ""),
                        new InstanceReport(
                                "ips-1",
                                "ips",
                                "host-b",
                                true,
                                true,
                                "up",
                                false,
                                "",
                                List.of(1L, 2L),
                                List.of(3L, 4L),
                                0,
                                0,
                                1,
                                0,
                                null,
                                "alive, drain")),
                new PeersReport(
                        List.of(new PeerReport(
                                "host-b",
                                "192.0.2.2",
                                "up",
                                7_850,
                                "control detection time expired",
                                "up",
                                "no diagnostic",
                                150,
                                false,
                                true,
                                1,
                                400)),
                        Map.of("bfd wrong-hash", 4L)),
                List.of(
                        new ChainReport(
                                "inspect",
                                "closed",
                                "round-robin",
                                "nearest",
                                List.of(new PathReport("inspect[fw-1]", 1, 20, true, false, 4, 9, 0))),
                        new ChainReport("empty", "open", "any", "round-robin", List.of()),
                        new ChainReport(
                                "near",
                                "open",
                                "local",
                                "round-robin",
                                List.of(new PathReport("near[ips-1]", 1, 0, false, true, 0, 0, 0)))),
                List.of(new SegmentReport("red", 5001, List.of("vm-1", "vm-2"), List.of("host-b"), 17)),
                List.of(new RebalanceReport("inspect", "moving", "inspect[fw-1] serves", 100, 42, 40)),
                new TotalsReport(10, 11, 12, 13, 14, 1),
                new FastPathReport(
                        "auto",
                        "",
                        1_000,
                        64_000,
                        500,
                        2,
                        8_192,
                        65_536,
                        77,
                        35L << 20,
                        42,
                        List.of(new ReasonReport("NEW_FLOW", "It is among the first.", 5)),
                        List.of())));
        assertThat(text)
                .startsWith("node edge, Sluice 0.1.0, up 7.8 s, configuration generation 3, revision 12\n")
                .contains("\nNOTICE: loud\n")
                .contains("NOT applied, because:\n  conf/a.yaml:1:1: no\n")
                .contains("\ndoubtful\n")
                .contains("down: no carrier")
                .contains("dead: link down, takes no new flows (maintenance, given at run time)")
                .contains("through: silent for 7.8 s, lost 42, round trip 310 us, -")
                .contains("keeps old flows only")
                .contains("has no path")
                .contains("alive, on node host-b")
                .containsPattern("ips-1 .* its node says: alive, drain")
                .containsPattern("host-b +192.0.2.2 +up for 7.8 s, signed +control detection time expired")
                .contains("refused: bfd wrong-hash 4")
                .containsPattern("near +open +local, round-robin +near\\[ips-1] .* backup")
                .containsPattern("red +5001 +17 +vm-1, vm-2 +host-b")
                .containsPattern("inspect +moving +40 +42 +100 +inspect\\[fw-1] serves")
                .contains("FAULTS 1")
                .contains(
                        "fast path auto: 1000 packets with 64000 bytes repeated, 8192 of 65536 journeys in the kernel (12.5 %), 35 MiB of its memory\n")
                .contains("77 idle journeys gave way to new ones")
                .contains("\n42 frames that the kernel left to the process found no room on their way there: LOST")
                .contains("XDP repeated 500 frames of them, and left 2 to tc")
                .containsPattern("not recorded +NEW_FLOW +5 +It is among the first");
        assertThat(text).containsPattern("inspect +closed +nearest +inspect\\[fw-1] +1 +20 +4 +9 +0");
        assertThat(text.lines()
                        .filter(line -> line.startsWith("up0"))
                        .findFirst()
                        .orElseThrow())
                .matches("up0 .* 1 +3 +8 +18 +AF_PACKET");
    }

    @Test
    void flowsShowBothDirections() {
        String text = FlowsCommand.text(new FlowsReport(
                5,
                1,
                List.of(new FlowReport(
                        "r",
                        "tcp",
                        "fd00::1",
                        1000,
                        "fd00::2",
                        80,
                        "established",
                        "web/a",
                        "",
                        List.of(1L, 2L),
                        List.of(3L, 4L),
                        "accept",
                        100))));
        assertThat(text)
                .contains("[fd00::1]:1000")
                .contains("[fd00::2]:80")
                .contains("accept")
                .endsWith("1 shown, 1 match, 5 in the table");
    }

    @Test
    void instructionsSayForWhichPacketsAndHowLong() {
        String text = FlowCommand.text(new InstructionsReport(
                2,
                65_536,
                List.of(new InstructionReport(
                        "r", "udp", "fd00::1", 1000, "10.0.0.2", 80, "skip fw-1", true, 61_000, 7))));
        assertThat(text).containsPattern("\\[fd00::1\\]:1000 +10.0.0.2:80 +skip fw-1 +one packet +1 min 1 s +7");
        assertThat(text).endsWith("1 shown, 2 of at most 65536");
    }

    @Test
    void countersNameReasonPortAndMeaning() {
        String text = CountersCommand.text(new CountersReport(
                List.of(new DropReport("NO_ROUTE", "RFC 1812 5.2.4", "No route.", 7, Map.of("up0", 7L))),
                Map.of("frames", 9L)));
        assertThat(text)
                .contains("NO_ROUTE")
                .contains("up0: 7")
                .contains("No route. [RFC 1812 5.2.4]")
                .contains("frames");
    }
}
