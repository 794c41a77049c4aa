package dev.sluice.cli;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.report.FollowReport;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sluice top}. */
@Command(
        name = "top",
        description = {
            "Shows what a running node does now, again and again: rates of ports and service instances, drops, the busiest rules and connections.",
            "q or Ctrl-C ends it. Without a terminal, or with --once, it measures for one interval and prints one table."
        })
final class TopCommand extends NodeCommand {
    @Option(names = "--once", description = "Measure for one interval, print, end.")
    private boolean once;

    @Option(
            names = "--interval",
            paramLabel = "S",
            description = "Seconds between two looks, 0.1..3600 (default: ${DEFAULT-VALUE}).")
    private double interval = 1;

    @Option(
            names = "--busiest",
            paramLabel = "N",
            description = "So many of the busiest connections, 0..100 (default: ${DEFAULT-VALUE}).")
    private int busiest = 10;

    private final Map<String, Object> session = new LinkedHashMap<>();

    @Override
    public Integer call() throws NodeException {
        long intervalMs = Seconds.ms(spec, "--interval", interval);
        AdminClient node = admin.client();
        PrintWriter out = spec.commandLine().getOut();
        session.put("events", 0);
        session.put("busiest", busiest);
        session.put("interval", Seconds.until(intervalMs));
        Moment before = look(node);
        Optional<Terminal> screen = once || output.json() ? Optional.empty() : Terminal.open(out);
        if (screen.isEmpty()) {
            pause(intervalMs);
            TopReport report = TopReport.between(before, look(node));
            out.println(output.json() ? Json.text(report) : TopText.of(report));
            return ExitCode.OK;
        }
        try (Terminal terminal = screen.get()) {
            terminal.draw("node " + before.status().node() + ": measuring ...");
            while (!terminal.quitWithin(intervalMs)) {
                Moment now = look(node);
                terminal.draw(TopText.of(TopReport.between(before, now)));
                before = now;
            }
        }
        return ExitCode.OK;
    }

    private static void pause(long ms) {
        try {
            Thread.sleep(ms);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Moment look(AdminClient node) throws NodeException {
        FollowReport flows = node.follow(session);
        session.put("session", flows.session());
        while (!flows.roundDone()) {
            flows = node.follow(session);
        }
        return new Moment(System.nanoTime(), node.status(), node.counters(), node.rules(), flows);
    }
}
