package dev.sluice.agent.compile;

import dev.sluice.agent.compile.IdRegistry.Space;
import dev.sluice.datapath.packet.NonUnicast;
import dev.sluice.datapath.snapshot.PortEntry;
import dev.sluice.datapath.snapshot.PortEntry.Role;
import dev.sluice.model.Configuration;
import dev.sluice.model.Configuration.Place;
import dev.sluice.model.Configuration.PortPlace;
import dev.sluice.model.Configuration.RouterPlace;
import dev.sluice.model.LogicalRouter;
import dev.sluice.model.LogicalRouter.RouterInterface;
import dev.sluice.model.LogicalRouter.ToPort;
import dev.sluice.model.LogicalRouter.ToRouter;
import dev.sluice.model.LogicalRouter.ToSwitch;
import dev.sluice.model.Port;
import dev.sluice.model.Port.FastPath;
import dev.sluice.model.Port.XdpMode;
import dev.sluice.model.Port.ZeroCopy;
import dev.sluice.model.PortDriver;
import dev.sluice.model.Resource;
import dev.sluice.model.ServiceInstance;
import dev.sluice.model.ServiceInstance.ServicePort;
import dev.sluice.wire.MacAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The ports of a node: of routers, of transparent pairs, of links between routers, towards service nodes. One writer: the compilation.
 *
 * <p>A key names a port for the registry: {@code port/NAME}, {@code link/ROUTER/INTERFACE}, {@code service/INTERFACE}.
 */
final class PortPlan {
    /** Largest packet that routers send into segments: what tenants have if nobody says otherwise. */
    private static final int GATE_MTU_BYTES = 1500;

    private final Configuration configuration;
    private final PortDriver nodeDriver;
    private final IdRegistry ids;
    private final InterfaceDirectory interfaces;
    private final CompileLog log;
    private final Map<String, PortDraft> drafts = new LinkedHashMap<>();
    private final Map<String, Resource> interfaceUsers = new LinkedHashMap<>();

    PortPlan(
            Configuration configuration,
            PortDriver nodeDriver,
            IdRegistry ids,
            InterfaceDirectory interfaces,
            CompileLog log) {
        this.configuration = configuration;
        this.nodeDriver = nodeDriver;
        this.ids = ids;
        this.interfaces = interfaces;
        this.log = log;
        configuration.ports().forEach(this::addPort);
        configuration.routers().forEach(this::addLinks);
        joinPairs();
        joinLinks();
    }

    private static String key(Port port) {
        return "port/" + port.name();
    }

    private static String key(String router, String interfaceName) {
        return "link/" + router + "/" + interfaceName;
    }

    private void addPort(Port port) {
        Resource other = interfaceUsers.putIfAbsent(port.spec().interfaceName(), port);
        if (other != null) {
            log.error(
                    port,
                    "spec.interface",
                    "is used by " + other.title() + " already; give each Port an interface of its own",
                    port.spec().interfaceName(),
                    "");
            return;
        }
        Optional<RouterPlace> place = configuration.routerOf(port);
        Optional<Port> peer = configuration.peerOf(port);
        if (place.isPresent() && peer.isPresent()) {
            log.error(
                    port,
                    "spec.peer",
                    "the port is also an interface of " + place.get().router().title() + "; remove one of the two",
                    peer.get().name(),
                    "");
        } else if (place.isPresent()) {
            addRouterPort(port, place.get());
        } else if (port.spec().logicalSwitch().isPresent()) {
            PortDraft draft = draft(key(port), port.name(), Role.SWITCH);
            bind(draft, port);
            refuse(draft, port);
            draft.router = ids.index(
                    Space.ROUTER, SegmentPlan.KEY + port.spec().logicalSwitch().get());
        } else if (peer.isPresent()) {
            PortDraft draft = draft(key(port), port.name(), Role.TRANSPARENT);
            bind(draft, port);
            refuse(draft, port);
        } else {
            log.warning(
                    port,
                    "spec",
                    "has neither a peer nor a switch nor a router, so nothing can be forwarded to or from it; it is not used",
                    port.spec().interfaceName());
        }
    }

    private static void refuse(PortDraft draft, Port port) {
        port.spec()
                .refused()
                .forEach(kind ->
                        draft.refusedKinds |= NonUnicast.valueOf(kind.name()).bit());
    }

    private void addRouterPort(Port port, RouterPlace place) {
        PortDraft draft = draft(key(port), port.name(), Role.ROUTER);
        bind(draft, port);
        draft.router = ids.index(Space.ROUTER, "router/" + place.router().name());
        draft.addAddresses(place.at().addresses());
        place.at().mac().ifPresent(mac -> draft.mac = mac.bits());
        if (!port.spec().refused().isEmpty()) {
            log.warning(
                    port,
                    "spec.nonUnicast",
                    "is for ports with a peer or a switch; a router port passes nothing across",
                    "");
        }
    }

    private void bind(PortDraft draft, Port port) {
        Port.Spec spec = port.spec();
        PortDriver driver = spec.driver() == PortDriver.AUTO ? nodeDriver : spec.driver();
        draft.bind(
                spec.interfaceName(),
                facts(port, spec.interfaceName()),
                driver,
                spec.xdpMode(),
                spec.zeroCopy(),
                spec.fastPath());
        spec.mac().ifPresent(mac -> draft.mac = mac.bits());
        draft.classifyFromPort = spec.classify().fromPort();
        draft.classifyToPort = spec.classify().toPort();
    }

    private @Nullable InterfaceFacts facts(Resource user, String interfaceName) {
        InterfaceFacts facts = interfaces.find(interfaceName);
        if (facts == null) {
            log.warning(
                    user,
                    "spec",
                    "the host has no such interface now; it is used as soon as it appears",
                    interfaceName);
        }
        return facts;
    }

    private PortDraft draft(String key, String name, Role role) {
        PortDraft draft = new PortDraft(ids.index(Space.PORT, key), name, role);
        drafts.put(key, draft);
        return draft;
    }

    private void addLinks(LogicalRouter router) {
        for (RouterInterface at : router.spec().interfaces()) {
            if (at.attachment() instanceof ToRouter) {
                PortDraft draft = draft(key(router.name(), at.name()), router.name() + "/" + at.name(), Role.LINK);
                draft.router = ids.index(Space.ROUTER, "router/" + router.name());
                draft.addAddresses(at.addresses());
                draft.mac = at.mac().map(MacAddress::bits).orElseGet(() -> DerivedMac.of("link/" + draft.name));
                draft.classifyFromPort = true;
                draft.classifyToPort = true;
            } else if (at.attachment() instanceof ToSwitch(String segment)) {
                addGate(router, at, segment);
            } else if (at.attachment() instanceof ToPort(String port)
                    && configuration.port(port).isEmpty()) {
                log.error(
                        router, "spec.interfaces", "interface " + at.name() + ": this node has no such Port", port, "");
            }
        }
    }

    /** A wire between a router and a segment, inside: the router's end and the segment's. */
    private void addGate(LogicalRouter router, RouterInterface at, String segment) {
        PortDraft own = draft(key(router.name(), at.name()), router.name() + "/" + at.name(), Role.ROUTER);
        own.router = ids.index(Space.ROUTER, "router/" + router.name());
        own.addAddresses(at.addresses());
        // All hosts make the same one of the name, so that tenants may move.
        own.mac = at.mac().map(MacAddress::bits).orElseGet(() -> DerivedMac.of("gate/" + router.name()));
        own.mtuBytes = GATE_MTU_BYTES;
        PortDraft far = draft("gate/" + router.name() + "/" + at.name(), segment + "/" + router.name(), Role.SWITCH);
        far.router = ids.index(Space.ROUTER, SegmentPlan.KEY + segment);
        own.peer = far.index;
        far.peer = own.index;
    }

    private void joinPairs() {
        for (Port port : configuration.ports()) {
            PortDraft draft = drafts.get(key(port));
            if (draft == null || draft.role != Role.TRANSPARENT) {
                continue;
            }
            Optional<Port> peer = configuration.peerOf(port);
            PortDraft other = peer.map(p -> drafts.get(key(p))).orElse(null);
            if (other == null || other == draft || other.role != Role.TRANSPARENT) {
                log.error(
                        port,
                        "spec.peer",
                        "is not a port of this node that can be a peer; name another Port without a router",
                        peer.map(Port::name).orElse(""),
                        "");
                continue;
            }
            draft.peer = other.index;
            String first = draft.index < other.index ? draft.name : other.name;
            String second = draft.index < other.index ? other.name : draft.name;
            draft.router = ids.index(Space.ROUTER, "pair/" + first + "/" + second);
        }
    }

    private void joinLinks() {
        for (LogicalRouter router : configuration.routers()) {
            for (RouterInterface at : router.spec().interfaces()) {
                if (at.attachment() instanceof ToRouter(String otherRouter, String otherInterface)) {
                    PortDraft draft = drafts.get(key(router.name(), at.name()));
                    PortDraft other = drafts.get(key(otherRouter, otherInterface));
                    if (draft == null || other == null || other == draft) {
                        log.error(
                                router,
                                "spec.interfaces",
                                "interface " + at.name() + " links to an interface that this node does not have",
                                otherRouter + "/" + otherInterface,
                                "");
                    } else {
                        draft.peer = other.index;
                    }
                }
            }
        }
    }

    /** The port towards a side of a service node; several nodes share one by tags. Null (and a problem) if a Port has the interface. */
    @Nullable
    PortDraft servicePort(ServiceInstance instance, ServicePort side) {
        String interfaceName = side.interfaceName();
        Resource user = interfaceUsers.get(interfaceName);
        if (user != null) {
            log.error(
                    instance,
                    "spec.interfaces",
                    "is used by " + user.title() + "; hosts and service nodes need interfaces of their own",
                    interfaceName,
                    "");
            return null;
        }
        String key = "service/" + interfaceName;
        PortDraft draft = drafts.get(key);
        if (draft == null) {
            draft = draft(key, interfaceName, Role.SERVICE);
            draft.bind(
                    interfaceName,
                    facts(instance, interfaceName),
                    nodeDriver,
                    XdpMode.AUTO,
                    ZeroCopy.AUTO,
                    FastPath.AUTO);
        }
        draft.addAddresses(side.addresses());
        return draft;
    }

    /** Whether an interface may go on leading to a service node that is gone from the objects. */
    boolean canLinger(ServicePort side) {
        String interfaceName = side.interfaceName();
        return !interfaceUsers.containsKey(interfaceName) && interfaces.find(interfaceName) != null;
    }

    /** The port that a place of appliedTo means, null if it is not in use. */
    @Nullable
    PortDraft at(Place place) {
        return switch (place) {
            case PortPlace(Port port) -> drafts.get(key(port));
            case RouterPlace(LogicalRouter router, RouterInterface at) -> at(router, at);
        };
    }

    /** The port of a router's interface, null if it is not in use. */
    @Nullable
    PortDraft at(LogicalRouter router, RouterInterface at) {
        return switch (at.attachment()) {
            case ToPort(String port) -> drafts.get("port/" + port);
            case ToRouter _, ToSwitch _ -> drafts.get(key(router.name(), at.name()));
        };
    }

    /** The port of a Port object, null if it is not in use. */
    @Nullable
    PortDraft of(Port port) {
        return drafts.get(key(port));
    }

    /** Whether an index is that of a port towards service nodes. */
    boolean isServicePort(int index) {
        return drafts.values().stream().anyMatch(d -> d.index == index && d.role == Role.SERVICE);
    }

    Collection<PortDraft> all() {
        return drafts.values();
    }

    /** Entries for every index that was ever given. */
    List<PortEntry> entries() {
        List<PortEntry> entries = new ArrayList<>();
        for (String key : ids.allNames(Space.PORT)) {
            int index = entries.size();
            PortDraft draft = drafts.get(key);
            entries.add(
                    draft == null ? PortDraft.vanished(index, key.substring(key.indexOf('/') + 1)) : draft.toEntry());
        }
        return entries;
    }

    List<PortBinding> bindings() {
        List<PortBinding> bindings = new ArrayList<>();
        for (PortDraft draft : drafts.values()) {
            if (draft.binding != null) {
                bindings.add(draft.binding);
            }
        }
        return bindings;
    }
}
