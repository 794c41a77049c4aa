package dev.sluice.cli;

import dev.sluice.agent.report.PathsReport;
import dev.sluice.agent.report.PathsReport.HopReport;
import dev.sluice.agent.report.PathsReport.PathReport;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What each service node was sent and gave back, on the host that has it, for people. */
final class HopsText {
    private static final String UNKNOWN = "";

    private HopsText() {}

    /**
     * The hops of all paths of one node.
     *
     * @param reports what nodes say of the paths, by their names
     * @param node whose paths are listed
     */
    static String text(Map<String, PathsReport> reports, String node) {
        Table table = new Table().words("PATH").words("HOP").words("ON");
        for (String direction : new String[] {"fwd", "rev"}) {
            table.numbers("FROM HERE " + direction)
                    .numbers("SENT " + direction)
                    .numbers("BACK " + direction)
                    .numbers("MISSING");
        }
        PathsReport own = reports.get(node);
        if (own != null) {
            own.paths().forEach(path -> rows(table, reports, node, path));
        }
        return table.render("no paths").stripTrailing();
    }

    private static void rows(Table table, Map<String, PathsReport> reports, String node, PathReport path) {
        for (int i = 0; i < path.hops().size(); i++) {
            HopReport seen = path.hops().get(i);
            String on = seen.node().isEmpty() ? node : seen.node();
            HopReport there = seen.node().isEmpty() ? seen : hop(reports.get(on), path.name(), i);
            Object[] cells = new Object[11];
            cells[0] = path.name();
            cells[1] = seen.instance() + (seen.copy() ? " (copy)" : "");
            cells[2] = on;
            for (int direction = 0; direction < 2; direction++) {
                int at = 3 + 4 * direction;
                boolean copied = seen.copy() && direction == 1;
                cells[at] =
                        seen.node().isEmpty() || copied ? UNKNOWN : seen.sent().get(direction);
                cells[at + 1] = there == null || copied ? UNKNOWN : there.sent().get(direction);
                boolean back = there != null && !seen.copy();
                long sent = there == null ? 0 : there.sent().get(direction);
                long returned = there == null ? 0 : there.returned().get(direction);
                cells[at + 2] = back ? returned : UNKNOWN;
                cells[at + 3] = back ? sent - returned : UNKNOWN;
            }
            table.row(cells);
        }
    }

    private static @Nullable HopReport hop(@Nullable PathsReport report, String path, int hop) {
        if (report == null) {
            return null;
        }
        return report.paths().stream()
                .filter(other -> other.name().equals(path) && other.hops().size() > hop)
                .map(other -> other.hops().get(hop))
                .findFirst()
                .orElse(null);
    }
}
