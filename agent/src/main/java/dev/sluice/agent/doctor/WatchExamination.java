package dev.sluice.agent.doctor;

import dev.sluice.agent.doctor.Diagnosis.Line;
import dev.sluice.agent.doctor.Diagnosis.State;
import dev.sluice.model.Configuration;
import dev.sluice.model.Service;
import dev.sluice.model.Service.Health;
import dev.sluice.model.Service.Probe;
import java.util.List;

/** Says how soon nodes of each service are called dead, and whether this host is likely to call one dead that is not. Stateless but for its lines. */
final class WatchExamination {
    /** A collection of garbage on a busy machine takes tens of milliseconds; a session that is shorter than a few of those goes down with it. */
    private static final int BFD_MS_MIN = 100;

    /** At most so many connections per second of one node to another are taken for granted. */
    private static final int CONNECTION_INTERVAL_MS_MIN = 50;

    private WatchExamination() {}

    static void look(Configuration part, List<Line> lines) {
        for (Service service : part.services()) {
            boolean used = part.instances().stream()
                    .anyMatch(instance -> instance.spec().service().equals(service.name()));
            if (used) {
                lines.add(line(service));
            }
        }
    }

    private static Line line(Service service) {
        Health health = service.spec().health();
        String subject = "health of service " + service.name();
        int deadMs = health.intervalMs() * health.failAfter();
        return switch (health.probe()) {
            case LINK ->
                new Line(
                        State.OK,
                        subject,
                        "links only",
                        "a node that hangs with its links up is not noticed: set health.probe of Service "
                                + service.name());
            case BFD ->
                new Line(
                        deadMs < BFD_MS_MIN ? State.WARNING : State.OK,
                        subject,
                        "bfd, dead after " + deadMs + " ms",
                        deadMs < BFD_MS_MIN
                                ? "a pause of this process as long takes the session down at the node: let intervalMs x failAfter be "
                                        + BFD_MS_MIN + " or more"
                                : "");
            case TCP, HTTP, ICMP, ARP, THROUGH -> {
                boolean often = (health.probe() == Probe.TCP || health.probe() == Probe.HTTP)
                        && health.intervalMs() < CONNECTION_INTERVAL_MS_MIN;
                yield new Line(
                        often ? State.WARNING : State.OK,
                        subject,
                        health.probe().word() + ", dead after " + deadMs + " ms",
                        often
                                ? "more than 20 connections a second to each node: is that what they are made for? Raise intervalMs"
                                : "");
            }
        };
    }
}
