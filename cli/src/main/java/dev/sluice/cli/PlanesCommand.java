package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.report.PlanesReport;
import dev.sluice.agent.report.PlanesReport.MemberReport;
import java.util.Collection;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** {@code sluice planes}. */
@Command(
        name = "planes",
        description = {
            "Lists which routers of a running node, pairs of ports and switches are on which service planes, since rules of theirs lead to chains that the plane carries: the number that all nodes know them by, the chains, where the rules apply, and how packets get to service nodes: through tunnels of the plane, and by interfaces of this host.",
            "--output json has all names. With a manager, those of all nodes: sluice get serviceinstanceruntimes."
        })
final class PlanesCommand extends NodeCommand {
    private static final int NAMED_MAX = 4;

    @Override
    public Integer call() throws NodeException {
        PlanesReport report = admin.client().planes();
        return answer(report, text(report));
    }

    /** The report for people. */
    static String text(PlanesReport report) {
        String tunnels =
                report.endpoint().isEmpty() ? "" : "tunnels from " + report.endpoint() + " (" + report.underlay() + ")";
        Table table = new Table()
                .words("ROUTER")
                .numbers("TENANT")
                .words("PLANE")
                .words("CHAINS")
                .words("RULES AT")
                .words("BY")
                .words("SERVICE NODES");
        for (MemberReport member : report.members()) {
            String interfaces = some(member.interfaces());
            table.row(
                    member.kind() + " " + member.router(),
                    member.tenant() == 0 ? "" : member.tenant(),
                    member.svni() + (member.attachment().isEmpty() ? "" : " (" + member.attachment() + ")"),
                    some(member.chains()),
                    some(member.ports()),
                    tunnels + (tunnels.isEmpty() || interfaces.isEmpty() ? "" : ", ") + interfaces,
                    some(member.instances()));
        }
        return table.render("no rule of this node leads to a chain").stripTrailing();
    }

    /** The first names, and how many there are besides. */
    static String some(Collection<String> names) {
        String first = names.stream().limit(NAMED_MAX).collect(Collectors.joining(", "));
        return names.size() <= NAMED_MAX ? first : first + " and " + (names.size() - NAMED_MAX) + " more";
    }
}
