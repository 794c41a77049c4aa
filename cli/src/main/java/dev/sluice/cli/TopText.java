package dev.sluice.cli;

import dev.sluice.agent.report.FlowsReport.FlowReport;
import java.util.Locale;

/** A screen of {@code sluice top}. */
final class TopText {
    private static final String[] SCALES = {"", "k", "M", "G", "T"};

    private TopText() {}

    static String of(TopReport report) {
        return head(report) + "\n" + ports(report) + "\n" + instances(report) + "\n" + drops(report) + "\n"
                + rules(report) + "\n" + busiest(report).stripTrailing();
    }

    private static String head(TopReport report) {
        return String.format(
                Locale.ROOT,
                "node %s, generation %d, connections %d of %d, uninspected %s/s%s, over %.1f s%n",
                report.node(),
                report.generation(),
                report.connections(),
                report.connectionsMax(),
                number(report.uninspected()),
                report.faults() == 0 ? "" : ", FAULTS " + report.faults(),
                report.seconds());
    }

    private static String ports(TopReport report) {
        Table table = new Table()
                .words("PORT")
                .words("STATE")
                .numbers("IN pkt/s")
                .numbers("bit/s")
                .numbers("OUT pkt/s")
                .numbers("bit/s")
                .numbers("DROPPED/s")
                .numbers("LOST/s");
        report.ports()
                .forEach(port -> table.row(
                        port.port(),
                        port.up() ? "up" : "down",
                        number(port.packetsIn()),
                        number(port.bitsIn()),
                        number(port.packetsOut()),
                        number(port.bitsOut()),
                        number(port.dropped()),
                        number(port.lost())));
        return table.render("no ports");
    }

    private static String instances(TopReport report) {
        Table table = new Table()
                .words("INSTANCE")
                .words("STATE")
                .numbers("SENT pkt/s")
                .numbers("BACK pkt/s");
        report.instances()
                .forEach(instance -> table.row(
                        instance.instance(),
                        instance.alive() ? "alive" : "dead",
                        number(instance.sent()),
                        number(instance.returned())));
        return table.render("no service instances");
    }

    private static String drops(TopReport report) {
        Table table = new Table().words("DROPPED BECAUSE").numbers("pkt/s");
        report.drops().forEach(drop -> table.row(drop.reason(), number(drop.packets())));
        return table.render("nothing was dropped");
    }

    private static String rules(TopReport report) {
        Table table = new Table()
                .words("RULE")
                .words("ACTION")
                .numbers("FLOWS/s")
                .numbers("pkt/s")
                .numbers("bit/s");
        report.rules()
                .forEach(rule -> table.row(
                        rule.rule(), rule.action(), number(rule.flows()), number(rule.packets()), number(rule.bits())));
        return table.render("no rule met a packet");
    }

    private static String busiest(TopReport report) {
        Table table = new Table()
                .numbers("bit/s")
                .numbers("pkt/s")
                .words("PROTOCOL")
                .words("SOURCE")
                .words("DESTINATION")
                .words("STATE")
                .words("RULE")
                .words("PATH");
        report.busiest().forEach(busy -> {
            FlowReport flow = busy.flow();
            table.row(
                    number(busy.bits()),
                    number(busy.packets()),
                    flow.protocol(),
                    FlowsCommand.end(flow.source(), flow.sourcePort()),
                    FlowsCommand.end(flow.destination(), flow.destinationPort()),
                    flow.state(),
                    flow.rule(),
                    flow.path());
        });
        return table.render("no connection carried anything");
    }

    /** 0, 7, 12.3k, 4.5M: three digits are enough to look at. */
    static String number(double value) {
        int scale = 0;
        double rest = value;
        while (rest >= 999.5 && scale < SCALES.length - 1) {
            rest /= 1000;
            scale++;
        }
        boolean whole = scale == 0 && (rest >= 10 || rest == Math.rint(rest));
        return String.format(Locale.ROOT, whole || rest >= 100 ? "%.0f%s" : "%.1f%s", rest, SCALES[scale]);
    }
}
