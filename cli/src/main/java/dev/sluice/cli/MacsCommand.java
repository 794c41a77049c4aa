package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.MacsReport;
import dev.sluice.agent.report.MacsReport.MacReport;
import picocli.CommandLine.Command;

/** {@code sluice macs}. */
@Command(
        name = "macs",
        description = {
            "Lists the MAC addresses that the logical switches of a running node have learned, and where each one is: at a port, or at another node.",
            "An address that sends nothing for five minutes is forgotten."
        })
final class MacsCommand extends NodeCommand {
    @Override
    public Integer call() throws NodeException {
        MacsReport report = admin.client().macs();
        return answer(report, text(report));
    }

    /** The report for people. */
    static String text(MacsReport report) {
        Table table = new Table().words("SWITCH").words("MAC").words("PLACE").words("LAST FRAME");
        for (MacReport mac : report.macs()) {
            table.row(mac.logicalSwitch(), mac.mac(), mac.place(), StatusText.time(mac.idleMs()) + " ago");
        }
        return table.render("no MAC addresses").stripTrailing();
    }
}
