package dev.sluice.agent.compile;

import dev.sluice.datapath.Attachment;
import dev.sluice.liveness.ProbeFrame;
import dev.sluice.liveness.ProbeTiming;
import dev.sluice.model.InterfaceAddress;
import dev.sluice.model.Service;
import dev.sluice.model.Service.Health;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceInstance.Interfaces;
import dev.sluice.model.ServiceInstance.ServicePort;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decides how instances are probed, or says why they are not. Stateless; control thread. */
final class ProbePlans {
    /** Link-local addresses, which nobody routes: 169.254.83.76 and 169.254.83.77 ("SL", "SM"). */
    private static final int SOURCE = 0xa9fe_534c;

    private static final int DESTINATION = 0xa9fe_534d;
    private static final long MS = 1_000_000;

    private ProbePlans() {}

    /** The plan for an instance whose first attachment is given; null if only its links are watched. */
    static @Nullable ProbePlan of(
            ServiceInstance instance,
            Service service,
            Interfaces interfaces,
            AttachmentDraft.Content first,
            CompileLog log) {
        Health health = service.spec().health();
        String word = health.probe().word();
        if (first.tunnel() != null && health.probe() != Service.Probe.LINK) {
            log.warning(
                    service,
                    "spec.health.probe",
                    "this version does not probe nodes of transport nsh-ethernet: the state of their interface is watched",
                    word);
            return null;
        }
        return switch (health.probe()) {
            case LINK -> null;
            case TCP, HTTP, BFD -> {
                log.warning(
                        service,
                        "spec.health.probe",
                        "this version has no such probe: it watches the state of the interfaces only, so a node that hangs is not noticed",
                        word);
                yield null;
            }
            case THROUGH -> plan(instance, first, health, word, through(first, interfaces, health, instance, log));
            case ICMP -> plan(instance, first, health, word, echo(first, interfaces, instance, log));
        };
    }

    private static @Nullable ProbePlan plan(
            ServiceInstance instance,
            AttachmentDraft.Content first,
            Health health,
            String word,
            List<ProbePlan.Leg> legs) {
        ProbeTiming timing = new ProbeTiming(
                health.intervalMs() * MS, health.failAfter(), health.recoverAfter(), health.holdDownMs() * MS);
        return legs.isEmpty() ? null : new ProbePlan(first.instance(), instance.name(), word, timing, legs);
    }

    private static List<ProbePlan.Leg> through(
            AttachmentDraft.Content first,
            Interfaces interfaces,
            Health health,
            ServiceInstance instance,
            CompileLog log) {
        boolean routes = first.kind() == Attachment.Kind.ROUTE;
        Optional<Integer> inAddress = routes ? own(interfaces.in()) : Optional.of(SOURCE);
        Optional<Integer> outAddress = routes ? own(interfaces.outOrIn()) : Optional.of(DESTINATION);
        Optional<Integer> source = health.source().map(IpAddress::ipv4Bits).or(() -> inAddress);
        Optional<Integer> destination =
                health.destination().map(IpAddress::ipv4Bits).or(() -> outAddress);
        boolean reachable = !routes || (canAddress(first.in()) && canAddress(first.out()));
        if (source.isEmpty() || destination.isEmpty() || source.equals(destination) || !reachable) {
            log.warning(
                    instance,
                    "spec.interfaces",
                    "a probe through a node that routes needs an IPv4 address of Sluice's own and an IPv4 nextHop on both sides, and two different addresses;"
                            + " only the links are watched. With one interface use health.probe icmp",
                    "");
            return List.of();
        }
        return List.of(
                leg(first.in(), first.out(), routes, source.get(), destination.get(), health.port()),
                leg(first.out(), first.in(), routes, destination.get(), source.get(), health.port()));
    }

    private static boolean canAddress(Attachment.Side side) {
        return side.nextHopV4() != 0 || side.mac() >= 0;
    }

    private static Optional<Integer> own(ServicePort port) {
        return port.addresses().stream()
                .map(InterfaceAddress::address)
                .filter(IpAddress::isIpv4)
                .map(IpAddress::ipv4Bits)
                .findFirst();
    }

    private static List<ProbePlan.Leg> echo(
            AttachmentDraft.Content first, Interfaces interfaces, ServiceInstance instance, CompileLog log) {
        List<ProbePlan.Leg> legs = new ArrayList<>();
        List<ServicePort> places =
                first.oneArmed() ? List.of(interfaces.in()) : List.of(interfaces.in(), interfaces.outOrIn());
        for (int i = 0; i < places.size(); i++) {
            Attachment.Side side = i == 0 ? first.in() : first.out();
            Optional<Integer> own = own(places.get(i));
            if (first.kind() != Attachment.Kind.ROUTE || own.isEmpty() || side.nextHopV4() == 0) {
                log.warning(
                        instance,
                        "spec.interfaces",
                        "an echo probe needs a node that routes, with an IPv4 address of Sluice's own and an IPv4 nextHop on each side; only the links are watched",
                        "");
                return List.of();
            }
            legs.add(leg(side, side, true, own.get(), side.nextHopV4(), -1));
        }
        return legs;
    }

    private static ProbePlan.Leg leg(
            Attachment.Side from, Attachment.Side back, boolean routes, int source, int destination, int port) {
        return new ProbePlan.Leg(
                from.port(),
                routes ? -1 : from.mac(),
                routes ? from.mac() : back.mac(),
                from.nextHopV4(),
                new ProbeFrame(from.outerTag(), from.innerTag(), source, destination, port),
                back.port(),
                back.outerTag(),
                back.innerTag());
    }
}
