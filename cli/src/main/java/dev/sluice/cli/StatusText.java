package dev.sluice.cli;

import dev.sluice.agent.report.FastPathReport;
import dev.sluice.agent.report.FastPathReport.ReasonReport;
import dev.sluice.agent.report.PeersReport;
import dev.sluice.agent.report.PeersReport.PeerReport;
import dev.sluice.agent.report.ProbeReport;
import dev.sluice.agent.report.RebalanceReport;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.agent.report.StatusReport.ChainReport;
import dev.sluice.agent.report.StatusReport.ConfigurationReport;
import dev.sluice.agent.report.StatusReport.InstanceReport;
import dev.sluice.agent.report.StatusReport.PathReport;
import dev.sluice.agent.report.StatusReport.PortReport;
import dev.sluice.agent.report.StatusReport.SegmentReport;
import dev.sluice.agent.report.StatusReport.TotalsReport;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A status report for people. */
final class StatusText {
    private static final int REASONS_SHOWN = 5;

    private StatusText() {}

    static String of(StatusReport status) {
        return String.join(
                "\n",
                head(status),
                configuration(status.configuration()) + totals(status.totals()),
                ports(status.ports()),
                instances(status.instances()),
                (peers(status.peers())
                                + chains(status.chains())
                                + rebalances(status.rebalances())
                                + segments(status.segments())
                                + fastPath(
                                        status.fastPath(),
                                        status.ports(),
                                        status.totals().frames()))
                        .stripTrailing());
    }

    private static String head(StatusReport status) {
        return "node " + status.node() + ", Sluice " + status.version() + ", up " + time(status.uptimeMs())
                + ", configuration generation " + status.generation() + ", revision "
                + status.configuration().revision();
    }

    private static String configuration(ConfigurationReport configuration) {
        StringBuilder text = new StringBuilder(
                "configuration " + configuration.source() + ", in force since " + configuration.appliedAt() + "\n");
        configuration
                .notices()
                .forEach(notice -> text.append("NOTICE: ").append(notice).append('\n'));
        configuration.warnings().forEach(warning -> text.append(warning).append('\n'));
        if (!configuration.problem().isEmpty()) {
            text.append("The files as they are now are NOT applied, because:\n");
            configuration
                    .problem()
                    .lines()
                    .forEach(line -> text.append("  ").append(line).append('\n'));
        }
        return text.toString();
    }

    private static String totals(TotalsReport totals) {
        return "frames " + totals.frames() + ", dropped " + totals.dropped() + ", uninspected " + totals.uninspected()
                + ", connections " + totals.connections() + " of " + totals.connectionsMax()
                + (totals.faults() == 0 ? "" : ", FAULTS " + totals.faults() + " (please report them)") + "\n";
    }

    private static String ports(List<PortReport> ports) {
        Table table = new Table()
                .words("PORT")
                .words("INTERFACE")
                .words("ROLE")
                .words("STATE")
                .numbers("RECEIVED")
                .numbers("SENT")
                .numbers("DROPPED")
                .numbers("LOST")
                .words("DRIVER");
        for (PortReport port : ports) {
            table.row(
                    port.name(),
                    port.interfaceName(),
                    port.role(),
                    port.up() ? "up" : "down: " + port.reason(),
                    port.counters().receivedFrames(),
                    port.counters().sentFrames(),
                    port.counters().dropped(),
                    port.counters().kernelDropped()
                            + port.counters().receiveDropped()
                            + port.counters().sendDropped(),
                    port.description());
        }
        return table.render("no ports");
    }

    /** Flows that move, or did; nothing if none ever had to. */
    private static String rebalances(List<RebalanceReport> rebalances) {
        if (rebalances.isEmpty()) {
            return "";
        }
        Table table = new Table()
                .words("FLOWS OF")
                .words("SPREAD")
                .numbers("MOVED")
                .numbers("TOLD TO")
                .numbers("PER SECOND")
                .words("BECAUSE");
        for (RebalanceReport one : rebalances) {
            table.row(one.chain(), one.state(), one.moved(), one.asked(), one.flowsPerSecond(), one.reason());
        }
        return "\n" + table.render("");
    }

    private static String segments(List<SegmentReport> segments) {
        if (segments.isEmpty()) {
            return "";
        }
        Table table = new Table()
                .words("SWITCH")
                .numbers("VNI")
                .numbers("MACS")
                .words("PORTS")
                .words("OTHER NODES");
        for (SegmentReport segment : segments) {
            table.row(
                    segment.name(),
                    segment.vni(),
                    segment.macs(),
                    String.join(", ", segment.ports()),
                    String.join(", ", segment.nodes()));
        }
        return "\n" + table.render("");
    }

    private static String instances(List<InstanceReport> instances) {
        Table table = new Table()
                .words("INSTANCE")
                .words("SERVICE")
                .words("STATE")
                .numbers("SENT fwd")
                .numbers("BACK fwd")
                .numbers("SENT rev")
                .numbers("BACK rev")
                .numbers("COPIES")
                .numbers("LOST")
                .numbers("FLOWS")
                .numbers("CAPPED")
                .words("PROBE");
        for (InstanceReport instance : instances) {
            String place = instance.node().isEmpty() ? "" : ", on node " + instance.node();
            String state = (instance.alive() ? "alive" : "dead: " + instance.reason()) + place;
            table.row(
                    instance.name(),
                    instance.service(),
                    instance.adminUp() ? state + given(instance) : state + ", takes no new flows" + given(instance),
                    instance.sent().get(0),
                    instance.returned().get(0),
                    instance.sent().get(1),
                    instance.returned().get(1),
                    instance.copies(),
                    instance.copiesLost(),
                    instance.flows() < 0 ? "?" : instance.flows(),
                    instance.capped(),
                    instance.node().isEmpty() ? probe(instance.probe()) : told(instance));
        }
        return table.render("no service instances");
    }

    /** The administrative state where it is not the usual one. */
    private static String given(InstanceReport instance) {
        String since = instance.adminStateGiven() ? ", given at run time" : "";
        return instance.adminUp() && since.isEmpty() ? "" : " (" + instance.adminState() + since + ")";
    }

    private static String probe(@Nullable ProbeReport probe) {
        if (probe == null) {
            return "links only";
        }
        if (!probe.note().isEmpty()) {
            return probe.kind() + ": " + probe.state() + " for " + time(probe.forMs()) + ", " + probe.note();
        }
        long lost = probe.lost().stream().mapToLong(Long::longValue).sum();
        String times = probe.roundTripUs().stream()
                .map(us -> us < 0 ? "-" : us + " us")
                .collect(Collectors.joining(", "));
        return probe.kind() + ": " + probe.state() + " for " + time(probe.forMs()) + ", lost " + lost + ", round trip "
                + times;
    }

    private static String told(InstanceReport instance) {
        return instance.told().isEmpty() ? "its node is not heard" : "its node says: " + instance.told();
    }

    /** The other nodes; nothing if there are none. */
    private static String peers(PeersReport peers) {
        if (peers.peers().isEmpty() && peers.refused().isEmpty()) {
            return "";
        }
        Table table = new Table()
                .words("NODE")
                .words("ADDRESS")
                .words("BFD")
                .words("REASON")
                .words("IT SAYS")
                .numbers("DOWNS")
                .words("TOLD STATES");
        for (PeerReport peer : peers.peers()) {
            table.row(
                    peer.name(),
                    peer.address(),
                    peer.state() + " for " + time(peer.forMs()) + (peer.signed() ? ", signed" : ""),
                    peer.diagnosis(),
                    peer.remoteState() + ", " + peer.remoteDiagnosis(),
                    peer.downs(),
                    peer.toldMs() < 0 ? "never" : time(peer.toldMs()) + " ago");
        }
        StringBuilder text = new StringBuilder(peers.peers().isEmpty() ? "" : table.render(""));
        peers.refused()
                .forEach((reason, count) -> text.append("refused: ")
                        .append(reason)
                        .append(' ')
                        .append(count)
                        .append('\n'));
        return text.append('\n').toString();
    }

    private static String chains(List<ChainReport> chains) {
        Table table = new Table()
                .words("CHAIN")
                .words("ON FAILURE")
                .words("SELECTION")
                .words("PATH")
                .numbers("WEIGHT")
                .numbers("METRIC")
                .numbers("ACTIVE")
                .numbers("FLOWS")
                .numbers("UNINSPECTED")
                .words("STATE");
        for (ChainReport chain : chains) {
            if (chain.paths().isEmpty()) {
                table.row(chain.name(), chain.onFailure(), selection(chain), "", "", "", "", "", "", "has no path");
            }
            for (PathReport path : chain.paths()) {
                table.row(
                        chain.name(),
                        chain.onFailure(),
                        selection(chain),
                        path.name(),
                        path.weight(),
                        path.metric(),
                        path.active(),
                        path.flows(),
                        path.uninspected(),
                        path.draining() ? "keeps old flows only" : path.backup() ? "backup" : "in use");
            }
        }
        return table.render("no chains");
    }

    /** How paths are chosen, with the strategy where it sets some of them behind the others, or is all that there is to say. */
    private static String selection(ChainReport chain) {
        return switch (chain.strategy()) {
            case "local", "cluster" -> chain.strategy() + ", " + chain.selection();
            case "any" -> chain.strategy();
            default -> chain.selection();
        };
    }

    /** What the kernel repeats; nothing if nobody asked for it. */
    static String fastPath(FastPathReport fastPath, List<PortReport> ports, long framesOfProcess) {
        if (fastPath.mode().equals("off")) {
            return "";
        }
        String head = "\nfast path " + fastPath.mode() + ": ";
        if (fastPath.journeysMax() == 0) {
            String why = fastPath.trouble().isEmpty() ? "no port has it" : fastPath.trouble();
            return head + "none, " + why + "\n";
        }
        Table table =
                new Table().words("PACKETS").words("REASON").numbers("COUNT").words("WHICH MEANS");
        fastPath.refused().stream().limit(REASONS_SHOWN).forEach(r -> row(table, "not recorded", r));
        fastPath.punted().stream().limit(REASONS_SHOWN).forEach(r -> row(table, "not repeated", r));
        return head + fastPath.packets() + " packets with " + fastPath.bytes() + " bytes repeated, "
                + room(fastPath)
                + hitRate(fastPath.packets(), framesOfProcess)
                + byXdp(fastPath)
                + lost(fastPath)
                + without(ports)
                + (fastPath.refused().isEmpty() && fastPath.punted().isEmpty() ? "" : table.render(""));
    }

    /** How full it is. */
    private static String room(FastPathReport fastPath) {
        String full = String.format(
                Locale.ROOT,
                "%d of %d journeys in the kernel (%.1f %%)",
                fastPath.journeys(),
                fastPath.journeysMax(),
                100.0 * fastPath.journeys() / fastPath.journeysMax());
        return full
                + (fastPath.lockedBytes() <= 0 ? "" : ", " + (fastPath.lockedBytes() >>> 20) + " MiB of its memory")
                + "\n"
                + (fastPath.gaveWay() == 0
                        ? ""
                        : fastPath.gaveWay()
                                + " idle journeys gave way to new ones: there is no room for more (fastPath.journeysMax of the Node object)\n");
    }

    /** Frames, which packets in super-frames are not: so no share of the figure above. */
    private static String byXdp(FastPathReport fastPath) {
        return fastPath.byXdp() == 0 && fastPath.leftByXdp() == 0
                ? ""
                : "XDP repeated " + fastPath.byXdp() + " frames of them, and left " + fastPath.leftByXdp()
                        + " to tc (partial checksums, ports that take nothing from XDP, no room)\n";
    }

    private static String lost(FastPathReport fastPath) {
        return fastPath.lost() == 0
                ? ""
                : fastPath.lost()
                        + " frames that the kernel left to the process found no room on their way there: LOST, more came at once than it has room for\n";
    }

    private static String hitRate(long repeated, long others) {
        return repeated == 0
                ? ""
                : String.format(
                        Locale.ROOT,
                        "%.2f %% of what came in since the start was repeated\n",
                        100.0 * repeated / (repeated + others));
    }

    /** Ports whose packets all come to the process, and by what: their driver says why. */
    private static String without(List<PortReport> ports) {
        return ports.stream()
                .filter(port -> !port.fastPath())
                .map(port -> "without fast path: " + port.name() + ", "
                        + (port.up() ? port.description() : port.reason()) + "\n")
                .collect(Collectors.joining());
    }

    private static void row(Table table, String what, ReasonReport reason) {
        table.row(what, reason.reason(), reason.packets(), reason.sentence());
    }

    /** 1 d 2 h, 3 h 4 min, 5 min 6 s, 7.8 s. */
    static String time(long ms) {
        Duration time = Duration.ofMillis(ms);
        if (time.toDays() > 0) {
            return time.toDays() + " d " + time.toHoursPart() + " h";
        }
        if (time.toHours() > 0) {
            return time.toHours() + " h " + time.toMinutesPart() + " min";
        }
        if (time.toMinutes() > 0) {
            return time.toMinutes() + " min " + time.toSecondsPart() + " s";
        }
        return time.toSeconds() + "." + time.toMillisPart() / 100 + " s";
    }
}
