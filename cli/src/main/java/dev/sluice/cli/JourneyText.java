package dev.sluice.cli;

import dev.sluice.agent.admin.TraceOverNodes.ForetoldOverNodes;
import dev.sluice.agent.report.JourneyReport;
import dev.sluice.agent.report.JourneyReport.Journey;
import dev.sluice.agent.report.JourneyReport.Leg;

/** Ways over several nodes, for people. */
final class JourneyText {
    private JourneyText() {}

    static String text(JourneyReport report, int seconds) {
        StringBuilder text = new StringBuilder();
        for (Journey packet : report.packets()) {
            append(text, packet);
        }
        return text.append(report.packets().size())
                .append(report.packets().size() == 1 ? " packet" : " packets")
                .append(report.full() ? "" : " in " + seconds + " s")
                .toString();
    }

    static String text(ForetoldOverNodes told) {
        StringBuilder text = new StringBuilder();
        append(text, told.journey());
        return text.append("assuming that ")
                .append(String.join("; ", told.assumptions()))
                .append("; answered by the workers in ")
                .append(told.workerMicros())
                .append(" us")
                .toString();
    }

    private static void append(StringBuilder text, Journey packet) {
        for (Leg leg : packet.legs()) {
            text.append(leg.node()).append(": ").append(leg.received()).append('\n');
            leg.steps().forEach(step -> text.append("  ").append(step).append('\n'));
        }
        text.append("the packet ").append(packet.end()).append('\n');
    }
}
