package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.agent.report.InstanceEntry;
import dev.sluice.datapath.snapshot.Attachment;
import dev.sluice.datapath.snapshot.NodeTunnel;
import dev.sluice.datapath.snapshot.PacketCap;
import dev.sluice.datapath.snapshot.WatchedNode;
import dev.sluice.model.Configuration;
import dev.sluice.model.PlaneNumbers;
import dev.sluice.model.Service;
import dev.sluice.model.Service.Forwarding;
import dev.sluice.model.Service.Transport;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceInstance.Endpoint;
import dev.sluice.model.ServiceInstance.Identifier;
import dev.sluice.model.ServiceInstance.Interfaces;
import dev.sluice.model.ServiceInstance.PolicyTags;
import dev.sluice.model.ServiceInstance.ServicePort;
import dev.sluice.model.VlanTags;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.MacAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Service instances of a node, and of those it shares a service plane with, and their attachments: one per chain if tags are given per chain, else one for all. One writer: the compilation. */
final class InstancePlan {
    private static final int TPID_CUSTOMER = 0x8100;
    private static final int TPID_SERVICE = 0x88a8;

    private final PortPlan ports;
    private final UnderlayProbes endpoint;
    private final IdRegistry ids;
    private final CompileLog log;
    private final List<InstanceEntry> instances = new ArrayList<>();
    private final List<ProbePlan> probes = new ArrayList<>();
    private final Map<Integer, AttachmentDraft> attachments = new LinkedHashMap<>();
    private final Map<Long, AttachmentDraft> bindings = new HashMap<>();
    private final Map<IpAddress, AttachmentDraft> endpoints = new HashMap<>();

    InstancePlan(Configuration configuration, String node, PortPlan ports, IdRegistry ids, CompileLog log) {
        endpoint = new UnderlayProbes(configuration, node);
        this.ports = ports;
        this.ids = ids;
        this.log = log;
        for (ServiceInstance instance : configuration.instances()) {
            Service service = configuration.service(instance.spec().service()).orElse(null);
            if (service == null) {
                log.error(
                        instance,
                        "spec.service",
                        "there is no such Service",
                        instance.spec().service(),
                        "");
            } else if (instance.spec().attachment() instanceof Identifier) {
                log.warning(
                        instance,
                        "spec.identifier",
                        "no interface that leads to this node is known: a manager finds it by sluice:IDENTIFIER in the alias of an interface, or by a PortProfile; without a manager give spec.interfaces. The instance is not used",
                        "");
            } else {
                String host = instance.spec()
                        .node()
                        .filter(name -> !name.equals(node))
                        .orElse("");
                if (host.isEmpty() && instance.spec().attachment() instanceof Interfaces interfaces) {
                    add(instance, service, interfaces);
                } else {
                    addWithoutPorts(instance, service, host);
                }
            }
        }
    }

    /** What numbers the instance: one that moves to another host under its name is another one (ADR 14). */
    private static String key(ServiceInstance instance, String host) {
        return host.isEmpty() ? instance.name() : PlaneNumbers.place(instance.name(), host);
    }

    private void add(ServiceInstance instance, Service service, Interfaces interfaces) {
        PortDraft in = ports.servicePort(instance, interfaces.in());
        PortDraft out = ports.servicePort(instance, interfaces.outOrIn());
        if (in == null || out == null) {
            return;
        }
        int number = ids.index(Space.INSTANCE, key(instance, ""));
        instances.add(new InstanceEntry(
                number,
                instance.name(),
                service.name(),
                instance.spec().adminState(),
                instance.spec().cap().map(cap -> new PacketCap(number, cap.packetsPerSecondMax(), cap.burstMax())),
                in == out ? List.of(in.name) : List.of(in.name, out.name),
                in == out ? List.of(in.index) : List.of(in.index, out.index),
                ""));
        if (instance.spec().policies().isEmpty()) {
            VlanTags inTags = interfaces.in().tags();
            VlanTags outTags = interfaces.outOrIn().tags();
            add(
                    instance,
                    service,
                    instance.name(),
                    side(instance, service, "in", in, interfaces.in(), inTags),
                    side(instance, service, "out", out, interfaces.outOrIn(), outTags),
                    "");
        }
        for (PolicyTags tags : instance.spec().policies()) {
            add(
                    instance,
                    service,
                    attachmentName(instance, tags.chain()),
                    side(instance, service, "in", in, interfaces.in(), tags.in()),
                    side(instance, service, "out", out, interfaces.outOrIn(), tags.outOrIn()),
                    "");
        }
        attachments.values().stream()
                .filter(draft -> draft.content().instance() == number)
                .findFirst()
                .map(draft -> ProbePlans.of(instance, service, interfaces, draft, log))
                .ifPresent(probes::add);
    }

    /** An instance of another node, which has its interfaces, probes it and keeps to its cap; or one in the underlay of this one. */
    private void addWithoutPorts(ServiceInstance instance, Service service, String host) {
        int number = ids.index(Space.INSTANCE, key(instance, host));
        instances.add(new InstanceEntry(
                number,
                instance.name(),
                service.name(),
                instance.spec().adminState(),
                instance.spec()
                        .cap()
                        .filter(_ -> host.isEmpty())
                        .map(cap -> new PacketCap(number, cap.packetsPerSecondMax(), cap.burstMax())),
                List.of(),
                List.of(),
                host));
        Attachment.Side in = host.isEmpty() ? tunnelSide(instance, "in") : AttachmentDraft.ELSEWHERE;
        Attachment.Side out = host.isEmpty() ? tunnelSide(instance, "out") : AttachmentDraft.ELSEWHERE;
        if (instance.spec().policies().isEmpty()) {
            add(instance, service, instance.name(), in, out, host);
        }
        for (PolicyTags tags : instance.spec().policies()) {
            add(instance, service, attachmentName(instance, tags.chain()), in, out, host);
        }
        if (host.isEmpty() && instance.spec().attachment() instanceof Endpoint(IpAddress address, var _, var _)) {
            attachments.values().stream()
                    .filter(draft -> draft.content().instance() == number)
                    .findFirst()
                    .map(draft -> endpoint.plan(instance, service, address, draft, log))
                    .ifPresent(probes::add);
        }
    }

    /** The MAC address stands for the side, as for nodes with interfaces. */
    private static Attachment.Side tunnelSide(ServiceInstance instance, String name) {
        long mac = DerivedMac.of("instance/" + instance.name() + "/" + name);
        return new Attachment.Side(-1, 0, 0, mac, 0, 0, 0);
    }

    /** From where nodes answer what they are asked. */
    List<WatchedNode> watched() {
        return probes.stream()
                .flatMap(plan -> plan.legs().stream())
                .flatMap(leg -> Stream.ofNullable(leg.watched()))
                .toList();
    }

    /** How instances are probed. */
    List<ProbePlan> probes() {
        return probes;
    }

    private static String attachmentName(ServiceInstance instance, String chain) {
        return instance.name() + "/" + chain;
    }

    private static Attachment.Side side(
            ServiceInstance instance, Service service, String name, PortDraft port, ServicePort at, VlanTags tags) {
        boolean routes = routes(service);
        long derived = routes ? -1 : DerivedMac.of("instance/" + instance.name() + "/" + name);
        int nextHopV4 = 0;
        long nextHopV6Hi = 0;
        long nextHopV6Lo = 0;
        for (IpAddress nextHop : routes ? at.nextHop() : List.<IpAddress>of()) {
            if (nextHop.isIpv4()) {
                nextHopV4 = nextHop.ipv4Bits();
            } else {
                nextHopV6Hi = nextHop.hi();
                nextHopV6Lo = nextHop.lo();
            }
        }
        return new Attachment.Side(
                port.index,
                outerTag(tags),
                innerTag(tags),
                at.mac().map(MacAddress::bits).orElse(derived),
                nextHopV4,
                nextHopV6Hi,
                nextHopV6Lo);
    }

    private static boolean routes(Service service) {
        return service.spec().transport() != Transport.WIRE && service.spec().forwarding() == Forwarding.ROUTE;
    }

    /** One tag is a customer tag (802.1Q); of two the outer is a service tag (802.1ad). */
    private static int outerTag(VlanTags tags) {
        int tpid = tags.innerVlan().isPresent() ? TPID_SERVICE : TPID_CUSTOMER;
        return tags.vlan().isPresent() ? tpid << 16 | tags.vlan().getAsInt() : 0;
    }

    private static int innerTag(VlanTags tags) {
        return tags.innerVlan().isPresent()
                ? TPID_CUSTOMER << 16 | tags.innerVlan().getAsInt()
                : 0;
    }

    private void add(
            ServiceInstance instance,
            Service service,
            String name,
            Attachment.Side in,
            Attachment.Side out,
            String host) {
        Attachment.Kind kind = service.spec().transport() == Transport.WIRE
                ? Attachment.Kind.WIRE
                : routes(service) ? Attachment.Kind.ROUTE : Attachment.Kind.BRIDGE;
        AttachmentDraft.Content content = new AttachmentDraft.Content(
                name,
                instance.name(),
                service.name(),
                ids.index(Space.INSTANCE, key(instance, host)),
                in,
                out,
                kind,
                translation(service),
                tunnel(instance, service));
        AttachmentDraft draft = new AttachmentDraft(
                ids.id(content), content, service.spec().unmatchedReturn() == Service.UnmatchedReturn.ROUTE, host);
        AttachmentDraft clash = bind(draft);
        if (clash != null) {
            log.error(
                    instance,
                    "spec.interfaces",
                    "shares an interface and its tag with " + clash.content().name()
                            + ", so packets that come back could not be told apart; give each a VLAN tag of its own",
                    "",
                    "");
        }
    }

    private static @Nullable NodeTunnel tunnel(ServiceInstance instance, Service service) {
        NodeTunnel tunnel = tunnelOf(instance, service);
        boolean fixed = service.spec().mdType() == Service.Spec.MD_TYPE_FIXED;
        return tunnel != null && fixed ? tunnel.withFixedContext() : tunnel;
    }

    private static @Nullable NodeTunnel tunnelOf(ServiceInstance instance, Service service) {
        if (!(instance.spec().attachment() instanceof Endpoint(IpAddress address, var greKey, var vni))) {
            return service.spec().transport() == Transport.NSH_ETHERNET ? NodeTunnel.onEthernet() : null;
        }
        return switch (service.spec().transport()) {
            case NSH -> new NodeTunnel(NodeTunnel.Format.NSH, address);
            case NSH_GPE -> new NodeTunnel(NodeTunnel.Format.NSH_GPE, address);
            case GWLB -> new NodeTunnel(NodeTunnel.Format.GWLB, address);
            case GRE -> new NodeTunnel(NodeTunnel.Format.GRE, address, greKey.orElse(0));
            case VXLAN -> new NodeTunnel(NodeTunnel.Format.VXLAN, address, vni.orElse(0));
            case RAW, VLAN, QINQ, WIRE, NSH_ETHERNET -> null;
        };
    }

    private static Attachment.Translation translation(Service service) {
        return switch (service.spec().translation()) {
            case NONE -> Attachment.Translation.NONE;
            case LEARNED -> Attachment.Translation.LEARNED;
            case NEW_FLOW -> Attachment.Translation.NEW_FLOW;
        };
    }

    /** Adds an attachment unless one of its bindings is taken; the one that has it, null if added. */
    private @Nullable AttachmentDraft bind(AttachmentDraft draft) {
        NodeTunnel tunnel = draft.content().tunnel();
        if (!draft.hasPorts()) {
            IpAddress address = tunnel == null ? null : tunnel.address();
            AttachmentDraft other = address == null ? null : endpoints.putIfAbsent(address, draft);
            if (other == null) {
                attachments.put(draft.id(), draft);
            }
            return other;
        }
        long in = AttachmentDraft.binding(draft.content().in());
        long out = AttachmentDraft.binding(draft.content().out());
        AttachmentDraft clash = bindings.getOrDefault(in, bindings.get(out));
        if (clash == null) {
            bindings.put(in, draft);
            bindings.put(out, draft);
            attachments.put(draft.id(), draft);
        }
        return clash;
    }

    /**
     * Lets an instance that is gone from the objects serve on (ADR 14), if nobody else has its interfaces now and they are still there. Its attachments come with {@link #retain}.
     *
     * @param before as it was
     * @param probesBefore how instances were probed
     */
    void linger(InstanceEntry before, ServiceInstance instance, List<ProbePlan> probesBefore) {
        if (instances.stream().anyMatch(entry -> entry.number() == before.number())) {
            return;
        }
        if (!before.remote() && instance.spec().attachment() instanceof Interfaces interfaces) {
            if (!ports.canLinger(interfaces.in()) || !ports.canLinger(interfaces.outOrIn())) {
                return;
            }
            ports.servicePort(instance, interfaces.in());
            ports.servicePort(instance, interfaces.outOrIn());
        }
        instances.add(before.lingering());
        probesBefore.stream().filter(plan -> plan.instance() == before.number()).forEach(probes::add);
    }

    /** Flows leave instances that are gone from the objects, as soon as new ones do not get them. */
    void leave(Set<Integer> given) {
        instances.replaceAll(entry -> entry.lingers() && !given.contains(entry.number()) ? entry.leaving() : entry);
    }

    /**
     * Keeps attachments of earlier snapshots for the flows that pass them: while the instance exists, is of the same service, its ports are still in use and
     * nobody else got the tags; those of other hosts' nodes while they are on another host.
     */
    void retain(Iterable<AttachmentDraft> earlier) {
        for (AttachmentDraft draft : earlier) {
            AttachmentDraft.Content content = draft.content();
            Optional<InstanceEntry> stands = instances.stream()
                    .filter(i -> i.number() == content.instance()
                            && i.service().equals(content.service())
                            && i.remote() == draft.remote())
                    .findFirst();
            boolean portsStand = !draft.hasPorts()
                    || (ports.isServicePort(content.in().port())
                            && ports.isServicePort(content.out().port()));
            if (stands.isPresent()
                    && !attachments.containsKey(draft.id())
                    && portsStand
                    && bind(draft.on(stands.get().host())) == null) {
                ids.id(content); // still in use: the id must not be forgotten
            }
        }
    }

    /** The attachment by which packets of a chain reach an instance, null if the instance has tags for other chains only. */
    @Nullable
    AttachmentDraft attachment(ServiceInstance instance, String chain) {
        String name = instance.spec().policies().isEmpty() ? instance.name() : attachmentName(instance, chain);
        for (AttachmentDraft draft : attachments.values()) {
            if (draft.content().name().equals(name)) {
                return draft;
            }
        }
        return null;
    }

    Map<Integer, AttachmentDraft> attachments() {
        return attachments;
    }

    List<InstanceEntry> instances() {
        return instances;
    }
}
