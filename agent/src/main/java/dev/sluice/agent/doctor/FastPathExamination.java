package dev.sluice.agent.doctor;

import dev.sluice.agent.doctor.Diagnosis.Line;
import dev.sluice.agent.doctor.Diagnosis.State;
import dev.sluice.model.Configuration;
import dev.sluice.model.LogicalRouter;
import dev.sluice.model.LogicalSwitch;
import dev.sluice.model.Match;
import dev.sluice.model.Port;
import dev.sluice.model.PortDriver;
import dev.sluice.model.Service;
import dev.sluice.model.ServiceAction;
import dev.sluice.model.ServiceChain;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServicePolicy;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Whose packets a fast path would leave to the process, among the objects of a node: each part of them that is known before a packet comes (packet-life.md, fast path). Stateless. */
final class FastPathExamination {
    private static final String ADVICE =
            "nothing, unless more speed is needed there: what is repeated is in docs/guides/operating.md, The kernel's fast path";

    private static final int NAMES_MAX = 5;

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
        part.policies().forEach(policy -> look(policy, lines));
        part.routers().forEach(router -> look(router, lines));
        lookForUnruled(part, lines);
        for (Port port : part.ports()) {
            reason(port.spec())
                    .ifPresent(why -> lines.add(
                            line("fast path of port " + port.metadata().name(), why)));
        }
    }

    private static void look(ServicePolicy policy, List<Line> lines) {
        String name = policy.metadata().name();
        String dropping = names(policy, rule -> rule.action() instanceof ServicePolicy.Drop);
        if (!dropping.isEmpty()) {
            lines.add(line(
                    "fast path of what policy " + name + " drops",
                    "none: each packet of a flow that is dropped comes to the process (" + dropping + ")"));
        }
        String asking = names(policy, rule -> !rule.match().context().equals(Match.Context.ANY));
        if (!asking.isEmpty()) {
            lines.add(line(
                    "fast path where policy " + name + " is asked",
                    "none, for no flow that is classified there: rules ask for attributes (" + asking + ")"));
        }
        String observing = names(policy, rule -> rule.action() instanceof ServicePolicy.Observe);
        if (!observing.isEmpty()) {
            lines.add(line(
                    "fast path where policy " + name + " observes",
                    "none, for no flow that is classified there: rules observe each packet (" + observing + ")"));
        }
    }

    /** Where no rule is asked there is no record of what passes, so nothing would end a repetition. */
    private static void lookForUnruled(Configuration part, List<Line> lines) {
        List<ServicePolicy.AppliedTo> places = part.policies().stream()
                .flatMap(policy -> Stream.concat(
                        policy.spec().appliedTo().stream(),
                        policy.spec().rules().stream().flatMap(rule -> rule.appliedTo().stream())))
                .toList();
        Set<String> named =
                places.stream().map(ServicePolicy.AppliedTo::interfaceName).collect(Collectors.toSet());
        Set<String> profiles =
                places.stream().flatMap(place -> place.profile().stream()).collect(Collectors.toSet());
        Set<String> unruled = part.ports().stream()
                .filter(port -> !named.contains(port.metadata().name())
                        && port.spec().profile().filter(profiles::contains).isEmpty())
                .map(port -> port.metadata().name())
                .collect(Collectors.toCollection(TreeSet::new));
        Set<List<String>> pairs = new LinkedHashSet<>();
        for (Port port : part.ports()) {
            // Either end names the other one, or both do.
            port.spec()
                    .peer()
                    .filter(peer -> unruled.contains(port.metadata().name()) && unruled.contains(peer))
                    .ifPresent(peer -> pairs.add(
                            Stream.of(port.metadata().name(), peer).sorted().toList()));
        }
        pairs.forEach(pair -> lines.add(unruled(pair)));
        for (LogicalRouter router : part.routers()) {
            List<String> interfaces = router.spec().interfaces().stream()
                    .filter(at -> !named.contains(at.name()))
                    .filter(at ->
                            !(at.attachment() instanceof LogicalRouter.ToPort(var port)) || unruled.contains(port))
                    .map(at -> router.metadata().name() + "/" + at.name())
                    .toList();
            if (interfaces.size() > 1) {
                lines.add(unruled(interfaces));
            }
        }
    }

    private static Line unruled(List<String> places) {
        return line(
                "fast path between " + few(places),
                "none: no rule is asked there, so nobody keeps a record of what passes");
    }

    /** Of the rules that are so, the first few. */
    private static String names(ServicePolicy policy, Predicate<ServicePolicy.Rule> which) {
        return few(policy.spec().rules().stream()
                .filter(which)
                .map(ServicePolicy.Rule::name)
                .toList());
    }

    private static String few(List<String> names) {
        int more = names.size() - NAMES_MAX;
        return String.join(", ", names.subList(0, Math.min(NAMES_MAX, names.size())))
                + (more > 0 ? " and " + more + " more" : "");
    }

    private static void look(LogicalRouter router, List<Line> lines) {
        for (LogicalRouter.RouterInterface at : router.spec().interfaces()) {
            if (at.attachment() instanceof LogicalRouter.ToRouter(var other, var _)) {
                lines.add(line(
                        "fast path of " + router.metadata().name() + "/" + at.name(),
                        "none: packets that cross the link to router " + other + " pass two routers"));
            }
        }
    }

    private static Optional<String> reason(Port.Spec port) {
        if (port.driver() == PortDriver.TAP) {
            return Optional.of("none: it has driver tap, whose frames come from a process of this host");
        }
        if (port.fastPath() == Port.FastPath.OFF) {
            return Optional.of("none: it says fastPath: off");
        }
        if (port.driver() == PortDriver.AF_XDP) {
            return port.xdpMode() == Port.XdpMode.GENERIC
                    ? Optional.of(
                            "none: it has driver af_xdp and xdpMode generic, where there is no program in the driver")
                    : Optional.of(
                            "by XDP alone, since it has driver af_xdp: with --fast-path xdp, or with auto at a physical interface");
        }
        return Optional.empty();
    }

    private static Line line(String subject, String found) {
        return new Line(State.OK, subject, found, ADVICE);
    }

    /** By what the service says, or a chain, or a profile that a chain names. */
    private static boolean getsCopies(Configuration part, String service) {
        return part.action(service, Optional.empty()) == ServiceAction.COPY
                || part.chains().stream()
                        .flatMap(chain -> chain.spec().places().stream())
                        .map(ServiceChain.Place::hop)
                        .anyMatch(hop -> hop.service().equals(service) && part.action(hop) == ServiceAction.COPY);
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
        if (getsCopies(part, instance.spec().service())) {
            return Optional.of("it gets copies");
        }
        if (spec.translation() != Service.Translation.NONE) {
            return Optional.of("it rewrites addresses");
        }
        return switch (spec.transport()) {
            case NSH, NSH_GPE, NSH_ETHERNET, GWLB, GRE, VXLAN ->
                Optional.of("it is reached through a tunnel of its own (transport "
                        + spec.transport().word() + ")");
            case RAW, VLAN, QINQ, WIRE -> Optional.empty();
        };
    }
}
