package dev.sluice.agent.compile;

import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.WatchedNode;
import dev.sluice.datapath.snapshot.WatchedNode.Speech;
import dev.sluice.liveness.IpFrame;
import dev.sluice.liveness.NeighborQuestion;
import dev.sluice.liveness.ProbeFrame;
import dev.sluice.liveness.ProbeTiming;
import dev.sluice.liveness.bfd.BfdAuthentication;
import dev.sluice.liveness.bfd.BfdKey;
import dev.sluice.liveness.bfd.BfdPath;
import dev.sluice.liveness.bfd.BfdSettings;
import dev.sluice.liveness.bfd.BfdTiming;
import dev.sluice.model.InterfaceAddress;
import dev.sluice.model.Service;
import dev.sluice.model.Service.Health;
import dev.sluice.model.Service.Probe;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceInstance.Interfaces;
import dev.sluice.model.ServiceInstance.ServicePort;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Decides how one instance is probed, or says why it is not. One user: the compilation. */
final class ProbePlans {
    /** Link-local addresses, which nobody routes: "SL" and "SM". */
    private static final IpAddress SOURCE = IpAddress.ofIpv4(0xa9fe_534c);

    private static final IpAddress DESTINATION = IpAddress.ofIpv4(0xa9fe_534d);
    private static final long MS = 1_000_000;
    private static final int TTL = 64;

    private final ServiceInstance instance;
    private final Health health;
    private final AttachmentDraft draft;
    private final CompileLog log;

    /** @param draft the instance's first attachment */
    private ProbePlans(ServiceInstance instance, Service service, AttachmentDraft draft, CompileLog log) {
        this.instance = instance;
        health = service.spec().health();
        this.draft = draft;
        this.log = log;
    }

    /** The plan for an instance with interfaces of this host, whose first attachment is given; null if only its links are watched. */
    static @Nullable ProbePlan of(
            ServiceInstance instance, Service service, Interfaces interfaces, AttachmentDraft first, CompileLog log) {
        ProbePlans plans = new ProbePlans(instance, service, first, log);
        if (first.content().tunnel() != null && plans.health.probe() != Probe.LINK) {
            log.warning(
                    service,
                    "spec.health.probe",
                    "this version does not probe nodes of transport nsh-ethernet: the state of their interface is watched",
                    plans.health.probe().word());
            return null;
        }
        return plans.plan(
                switch (plans.health.probe()) {
                    case LINK -> List.of();
                    case THROUGH -> plans.through(interfaces);
                    case ICMP, ARP, BFD -> plans.sides(interfaces, 2);
                    case TCP, HTTP -> plans.sides(interfaces, 1);
                });
    }

    /**
     * The plan for an instance with an address in the underlay; null if it is not probed.
     *
     * @param endpoint where tunnels of this node end
     * @param onLink whether no router is between
     */
    static @Nullable ProbePlan ofEndpoint(
            ServiceInstance instance,
            Service service,
            IpAddress endpoint,
            IpAddress address,
            boolean onLink,
            AttachmentDraft first,
            CompileLog log) {
        ProbePlans plans = new ProbePlans(instance, service, first, log);
        Probe probe = plans.health.probe();
        if (probe == Probe.THROUGH) {
            log.warning(
                    service,
                    "spec.health.probe",
                    "nothing can be sent through a node with endpoint but what its tunnels carry, so such nodes are taken to be alive; use icmp, arp, tcp, http or bfd",
                    probe.word());
        }
        boolean beyond = probe == Probe.ARP && !onLink;
        if (beyond) {
            log.warning(
                    instance,
                    "spec.endpoint",
                    "no router carries the questions of health.probe arp, and this address is outside of the network of the address where tunnels end ("
                            + endpoint + "), so the node is taken to be alive; use icmp, tcp, http or bfd",
                    address.toString());
        }
        if (probe == Probe.THROUGH || probe == Probe.LINK || beyond || endpoint.isIpv4() != address.isIpv4()) {
            return null;
        }
        ProbePlan.Way way = new ProbePlan.Way(WatchedNode.UNDERLAY, -1, -1, address);
        return plans.plan(List.of(plans.ask(0, Attachment.IN, way, 0, 0, endpoint, address, onLink)));
    }

    private @Nullable ProbePlan plan(List<ProbePlan.Leg> legs) {
        ProbeTiming timing = new ProbeTiming(
                health.intervalMs() * MS, health.failAfter(), health.recoverAfter(), health.holdDownMs() * MS);
        return legs.isEmpty()
                ? null
                : new ProbePlan(
                        draft.content().instance(),
                        instance.name(),
                        health.probe().word(),
                        timing,
                        legs);
    }

    private void warn(String reason) {
        log.warning(instance, "spec.interfaces", reason + "; only the links are watched", "");
    }

    // In at one side, out at the other.

    private List<ProbePlan.Leg> through(Interfaces interfaces) {
        AttachmentDraft.Content first = draft.content();
        boolean routes = first.kind() == Attachment.Kind.ROUTE;
        boolean v4 = !routes || canCross(interfaces, true) || !canCross(interfaces, false);
        Optional<IpAddress> inAddress = routes ? own(interfaces.in(), v4) : Optional.of(SOURCE);
        Optional<IpAddress> outAddress = routes ? own(interfaces.outOrIn(), v4) : Optional.of(DESTINATION);
        IpAddress source = health.source().or(() -> inAddress).orElse(null);
        IpAddress destination = health.destination().or(() -> outAddress).orElse(null);
        if (source == null
                || destination == null
                || source.equals(destination)
                || source.isIpv4() != destination.isIpv4()
                || (routes && !canCross(interfaces, v4))) {
            warn(
                    "a probe through a node that routes needs an address of Sluice's own and a nextHop of one IP version on both sides, and two different addresses"
                            + "; with one interface use health.probe icmp");
            return List.of();
        }
        return List.of(
                across(0, Attachment.IN, routes, source, destination),
                across(1, Attachment.OUT, routes, destination, source));
    }

    /** Whether a node that routes has what it takes to be crossed. */
    private boolean canCross(Interfaces interfaces, boolean v4) {
        AttachmentDraft.Content first = draft.content();
        return own(interfaces.in(), v4).isPresent()
                && own(interfaces.outOrIn(), v4).isPresent()
                && canAddress(first.in(), v4)
                && canAddress(first.out(), v4);
    }

    private static boolean canAddress(Attachment.Side side, boolean v4) {
        return side.mac() >= 0 || nextHop(side, v4).isPresent();
    }

    private ProbePlan.Leg across(int leg, int entered, boolean routes, IpAddress source, IpAddress destination) {
        Attachment.Side from = draft.content().side(entered);
        int left = entered == Attachment.IN ? Attachment.OUT : Attachment.IN;
        Attachment.Side to = draft.content().side(left);
        boolean v4 = source.isIpv4();
        ProbeFrame frame = ProbeFrame.of(from.outerTag(), from.innerTag(), source, destination, health.port());
        ProbePlan.Way way = new ProbePlan.Way(
                from.port(),
                routes ? -1 : from.mac(),
                routes ? from.mac() : to.mac(),
                nextHop(from, v4).orElse(IpAddress.ANY_V4));
        ProbePlan.Back back = new ProbePlan.Back(to.port(), to.outerTag(), to.innerTag());
        return new ProbePlan.Leg(
                way,
                new ProbePlan.Frame(frame),
                v4 ? back : null,
                v4 ? null : watched(leg, to.port(), left, source, destination, Speech.THROUGH, health.port()));
    }

    private WatchedNode watched(
            int leg, int port, int side, IpAddress address, IpAddress own, Speech speech, int nodePort) {
        int key = ProbePlan.key(draft.content().instance(), leg);
        return new WatchedNode(key, port, draft.id(), side, address, own, speech, nodePort);
    }

    private static Optional<IpAddress> own(ServicePort port, boolean v4) {
        return port.addresses().stream()
                .map(InterfaceAddress::address)
                .filter(address -> address.isIpv4() == v4)
                .findFirst();
    }

    private static Optional<IpAddress> nextHop(Attachment.Side side, boolean v4) {
        if (v4) {
            return side.nextHopV4() == 0 ? Optional.empty() : Optional.of(IpAddress.ofIpv4(side.nextHopV4()));
        }
        boolean none = side.nextHopV6Hi() == 0 && side.nextHopV6Lo() == 0;
        return none ? Optional.empty() : Optional.of(new IpAddress(side.nextHopV6Hi(), side.nextHopV6Lo()));
    }

    // The node itself.

    private List<ProbePlan.Leg> sides(Interfaces interfaces, int sidesMax) {
        AttachmentDraft.Content first = draft.content();
        boolean one = first.oneArmed() || sidesMax == 1;
        List<ServicePort> places = one ? List.of(interfaces.in()) : List.of(interfaces.in(), interfaces.outOrIn());
        List<ProbePlan.Leg> legs = new ArrayList<>();
        for (int side = 0; side < places.size(); side++) {
            ProbePlan.Leg leg = toNode(side, places.get(side));
            if (leg == null) {
                warn("a probe of kind " + health.probe().word()
                        + " needs a node that routes, with an address of Sluice's own and a nextHop of the same IP version on "
                        + (sidesMax == 1 ? "side in" : "each side"));
                return List.of();
            }
            legs.add(leg);
        }
        return legs;
    }

    private ProbePlan.@Nullable Leg toNode(int side, ServicePort place) {
        Attachment.Side at = draft.content().side(side);
        boolean v4 = nextHop(at, true).isPresent() && own(place, true).isPresent();
        Optional<IpAddress> own = own(place, v4);
        Optional<IpAddress> nextHop = nextHop(at, v4);
        if (draft.content().kind() != Attachment.Kind.ROUTE || own.isEmpty() || nextHop.isEmpty()) {
            return null;
        }
        ProbePlan.Way way = new ProbePlan.Way(at.port(), -1, at.mac(), nextHop.get());
        return ask(side, side, way, at.outerTag(), at.innerTag(), own.get(), nextHop.get(), true);
    }

    private ProbePlan.Leg ask(
            int leg,
            int side,
            ProbePlan.Way way,
            int outerTag,
            int innerTag,
            IpAddress own,
            IpAddress node,
            boolean onLink) {
        boolean known = own.isIpv4() && !way.underlay();
        IpFrame headers = new IpFrame(outerTag, innerTag, own, node, TTL);
        return switch (health.probe()) {
            case TCP, HTTP -> {
                Optional<String> path = health.probe() == Probe.HTTP ? Optional.of(health.path()) : Optional.empty();
                yield new ProbePlan.Leg(
                        way,
                        new ProbePlan.Connection(headers, health.port(), path),
                        null,
                        watched(leg, way.port(), side, node, own, Speech.TCP, health.port()));
            }
            case BFD ->
                new ProbePlan.Leg(
                        way,
                        session(leg, outerTag, innerTag, own, node, onLink),
                        null,
                        watched(leg, way.port(), side, node, own, Speech.BFD, 0));
            case ARP ->
                new ProbePlan.Leg(
                        way,
                        new ProbePlan.Question(new NeighborQuestion(outerTag, innerTag, own, node)),
                        null,
                        watched(leg, way.port(), side, node, own, Speech.NEIGHBOR, 0));
            case LINK, THROUGH, ICMP ->
                new ProbePlan.Leg(
                        way,
                        new ProbePlan.Frame(ProbeFrame.of(outerTag, innerTag, own, node, -1)),
                        known ? new ProbePlan.Back(way.port(), outerTag, innerTag) : null,
                        known ? null : watched(leg, way.port(), side, node, own, Speech.ECHO, 0));
        };
    }

    private ProbePlan.Session session(
            int leg, int outerTag, int innerTag, IpAddress own, IpAddress node, boolean onLink) {
        Service.Bfd bfd = health.bfd();
        // Sessions of nodes with the same addresses, behind different tags, are told apart by the number.
        BfdPath path = onLink
                ? BfdPath.singleHop(own, node, ProbePlan.key(draft.content().instance(), leg) + 1)
                : BfdPath.multihop(own, node, bfd.ttlMin());
        BfdSettings plain = BfdSettings.of(BfdTiming.ofMs(health.intervalMs(), health.failAfter()));
        BfdSettings settings = bfd.key()
                .map(key -> plain.with(
                        new BfdAuthentication(bfd.meticulous(), List.of(BfdKey.ofText(key.id(), key.secret())))))
                .orElse(plain);
        return new ProbePlan.Session(new IpFrame(outerTag, innerTag, own, node, BfdPath.TTL), path, settings);
    }
}
