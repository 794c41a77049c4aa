package dev.sluice.agent.doctor;

import dev.sluice.agent.doctor.Diagnosis.Line;
import dev.sluice.agent.doctor.Diagnosis.State;
import dev.sluice.model.Configuration;
import dev.sluice.model.LogicalSwitch;
import dev.sluice.model.Service;
import dev.sluice.model.ServiceAction;
import dev.sluice.model.ServiceInstance;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whose packets a fast path would leave to the process, among the objects of a node (packet-life.md, fast path). Stateless. */
final class FastPathExamination {
    private static final String ADVICE =
            "nothing, unless more speed is needed there: what is repeated is in docs/guides/operating.md, The kernel's fast path";

    private FastPathExamination() {}

    /** A line for each object that has no fast path, or one line that says that all have. */
    static void look(Configuration part, List<Line> lines) {
        List<Line> without = new ArrayList<>();
        for (ServiceInstance instance : part.instances()) {
            reason(part, instance)
                    .ifPresent(why -> without.add(
                            line("fast path of " + instance.metadata().name(), "none: " + why)));
        }
        for (LogicalSwitch segment : part.switches()) {
            without.add(
                    line("fast path of " + segment.metadata().name(), "none: a logical switch learns from each frame"));
        }
        if (without.isEmpty() && !part.instances().isEmpty()) {
            lines.add(new Line(State.OK, "fast path of all nodes", "has what it needs of all service instances", ""));
        }
        lines.addAll(without);
    }

    private static Line line(String subject, String found) {
        return new Line(State.OK, subject, found, ADVICE);
    }

    private static Optional<String> reason(Configuration part, ServiceInstance instance) {
        Optional<Service> service = part.services().stream()
                .filter(one -> one.metadata().name().equals(instance.spec().service()))
                .findFirst();
        if (instance.spec().cap().isPresent()) {
            return Optional.of("it has a cap, so each packet is counted before it is sent");
        }
        if (service.isEmpty()) {
            return Optional.empty();
        }
        Service.Spec spec = service.get().spec();
        if (spec.action() == ServiceAction.COPY) {
            return Optional.of("it gets copies");
        }
        if (spec.translation() != Service.Translation.NONE) {
            return Optional.of("it rewrites addresses");
        }
        return switch (spec.transport()) {
            case NSH, NSH_GPE, NSH_ETHERNET, GWLB, GRE ->
                Optional.of("it is reached through a tunnel of its own (transport "
                        + spec.transport().word() + ")");
            case RAW, VLAN, QINQ, WIRE -> Optional.empty();
        };
    }
}
