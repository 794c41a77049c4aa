package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.admin.TraceOverNodes;
import dev.sluice.agent.admin.TraceOverNodes.ForetoldOverNodes;
import dev.sluice.agent.admin.TraceSession;
import dev.sluice.agent.report.ForetellReport;
import dev.sluice.agent.report.JourneyReport;
import dev.sluice.agent.report.TraceReport;
import dev.sluice.agent.report.TraceReport.PacketReport;
import dev.sluice.agent.sight.Foreteller;
import dev.sluice.model.Configuration;
import dev.sluice.model.ConfigurationLoader;
import dev.sluice.model.LoadResult;
import dev.sluice.model.Problem;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** {@code sluice trace}. */
@Command(
        name = "trace",
        description = {
            "Follows the next packets through a running node: where each came in, what was decided, where it went. Slows the node down while it runs; ends by itself, or with Ctrl-C, and says what came until then.",
            "With --packet, --hex or --pcap: says what would happen to a packet that came in at --port now, through its service nodes too, by the node's own stages, without changing anything. With -f, "
                    + "on a node that has just started with these files.",
            "With --over: over these hosts as well, each packet as one story."
        })
final class TraceCommand extends NodeCommand {
    @Option(
            names = "--packets",
            paramLabel = "N",
            description = "End after so many, 1..10000 (default: ${DEFAULT-VALUE}).")
    private int packets = 20;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            description = "End after so long, 1..60 (default: ${DEFAULT-VALUE}).")
    private int seconds = 10;

    @Option(
            names = "--address",
            paramLabel = "A",
            description = "Follow only what has this source or destination address, IPv4 or IPv6.")
    private @Nullable String address;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description =
                    "Where the packet of --packet, --hex or --pcap comes in: a port by its name. Without these: follow only what has this source or destination port, 0..65535.")
    private @Nullable String port;

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE|DIR",
            description = "Ask about a node that has just started with these files, instead of a running one.")
    private @Nullable Path file;

    @Mixin
    private OverOptions over = new OverOptions();

    @Mixin
    private PacketQuestion question = new PacketQuestion();

    @Override
    public Integer call() throws NodeException {
        if (question.isAsked()) {
            return foretell();
        }
        if (file != null) {
            throw new ParameterException(spec.commandLine(), "-f needs a packet: --packet, --hex or --pcap");
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        if (address != null) {
            fields.put("address", address);
        }
        if (port != null) {
            fields.put("port", number(port));
        }
        fields.put("packets", packets);
        long begunNs = System.nanoTime();
        if (over.isGiven()) {
            TraceOverNodes nodes = new TraceOverNodes(over.nodes(admin));
            try (OnInterrupt _ = new OnInterrupt(nodes::end)) {
                JourneyReport report = nodes.trace(seconds, fields);
                return answer(report, JourneyText.text(report, secondsSince(begunNs)));
            }
        }
        AdminClient client = admin.client();
        String name = TraceSession.text(new SecureRandom().nextInt());
        fields.put("name", name);
        try (OnInterrupt _ = new OnInterrupt(() -> end(client, name))) {
            TraceReport report = client.trace(seconds, fields);
            return answer(report, text(report, secondsSince(begunNs)));
        }
    }

    /** How long it took, which is less than was asked for if somebody ended it. */
    private int secondsSince(long begunNs) {
        return (int) Math.min(seconds, Math.ceilDiv(System.nanoTime() - begunNs, 1_000_000_000L));
    }

    private static void end(AdminClient client, String name) {
        try {
            client.endTrace(name);
        } catch (NodeException _) {
            // What became of the node its answer to the trace says.
        }
    }

    private int number(String text) {
        if (!text.matches("[0-9]{1,5}")) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--port " + text
                            + " is not a number in 0..65535; the name of a port goes with --packet, --hex or --pcap");
        }
        return Integer.parseInt(text);
    }

    private int foretell() throws NodeException {
        Map<String, String> asked = question.fields();
        if (port != null) {
            asked.put("port", port);
        }
        if (over.isGiven()) {
            if (file != null) {
                throw new ParameterException(
                        spec.commandLine(), "--over asks running nodes; -f asks about one that is not running");
            }
            ForetoldOverNodes told = new TraceOverNodes(over.nodes(admin)).foretell(asked);
            return answer(told, JourneyText.text(told));
        }
        ForetellReport report =
                file == null ? admin.client().foretell(asked) : Foreteller.ofFiles(load(file), admin.node(), asked);
        return answer(report, text(report));
    }

    private static Configuration load(Path path) {
        LoadResult loaded = ConfigurationLoader.load(path);
        return loaded.configuration()
                .orElseThrow(() -> new CommandFailure(loaded.problems().stream()
                        .filter(Problem::isError)
                        .map(Problem::toString)
                        .collect(Collectors.joining("\n", path + " is not valid:\n", ""))));
    }

    /** What would happen, for people. */
    static String text(ForetellReport report) {
        StringBuilder text = new StringBuilder();
        for (PacketReport leg : report.legs()) {
            text.append(leg.received()).append('\n');
            leg.steps().forEach(step -> text.append("  ").append(step).append('\n'));
        }
        text.append("the packet ").append(report.words()).append('\n');
        text.append("assuming that ").append(String.join("; ", report.assumptions()));
        return text.append("; answered by the worker in ")
                .append(report.workerMicros())
                .append(" us")
                .toString();
    }

    /** The report for people. */
    static String text(TraceReport report, int seconds) {
        StringBuilder text = new StringBuilder();
        for (PacketReport packet : report.packets()) {
            text.append(packet.received()).append('\n');
            packet.steps().forEach(step -> text.append("  ").append(step).append('\n'));
        }
        return text.append(report.packets().size())
                .append(report.packets().size() == 1 ? " packet" : " packets")
                .append(report.full() ? "" : " in " + seconds + " s")
                .toString();
    }
}
