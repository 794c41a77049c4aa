package dev.sluice.model;

import dev.sluice.model.LogicalRouter.RouterInterface;
import dev.sluice.model.LogicalRouter.ToPort;
import dev.sluice.model.ServicePolicy.AppliedTo;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** All objects of one or several files, in the order they were read; immutable. Names are unique per kind. Chains say what the profiles and attachments say that they name. */
public final class Configuration {
    /** No object. */
    public static final Configuration EMPTY = new Configuration(List.of());

    private final List<Resource> resources;
    private final Map<Kind, Map<String, Resource>> byKind = new EnumMap<>(Kind.class);

    /** Looked up again and again while a configuration is checked; each is worked out when it is asked for first. */
    private final Map<Class<?>, List<? extends Resource>> byType = new ConcurrentHashMap<>();

    private volatile @Nullable Map<PortKey, List<Port>> portsByInterface;

    /** Where a port is: the same interface is there on many nodes. */
    private record PortKey(String interfaceName, Optional<String> node) {}

    private Configuration(List<? extends Resource> resources) {
        this.resources = ResolvedNames.in(resources);
        for (Resource resource : this.resources) {
            Resource earlier = byKind.computeIfAbsent(resource.kind(), k -> new LinkedHashMap<>())
                    .putIfAbsent(resource.name(), resource);
            Checks.require(earlier == null, "two objects are called " + resource.title());
        }
    }

    /**
     * A configuration of objects made by a program. Only names are checked here; references are not.
     *
     * @throws IllegalArgumentException if two objects have the same kind and name
     */
    public static Configuration of(List<? extends Resource> resources) {
        return new Configuration(resources);
    }

    /** Every object, in the order read. */
    public List<Resource> resources() {
        return resources;
    }

    /** The object of that kind and name. */
    public Optional<Resource> find(Kind kind, String name) {
        return Optional.ofNullable(byKind.getOrDefault(kind, Map.of()).get(name));
    }

    /** The objects of one type, in the order read. */
    @SuppressWarnings("unchecked") // a list under a type holds objects of this type
    public <T extends Resource> List<T> all(Class<T> type) {
        return (List<T>) byType.computeIfAbsent(
                type,
                _ -> resources.stream().filter(type::isInstance).map(type::cast).toList());
    }

    /** The ports with that Linux interface that may be on that node, in the order read. */
    private List<Port> portsAt(String interfaceName, Optional<String> node) {
        if (node.isEmpty()) {
            return ports().stream()
                    .filter(port -> port.spec().interfaceName().equals(interfaceName))
                    .toList();
        }
        Map<PortKey, List<Port>> ports = portsByInterface;
        if (ports == null) {
            ports = ports().stream()
                    .collect(Collectors.groupingBy(port ->
                            new PortKey(port.spec().interfaceName(), port.spec().node())));
            portsByInterface = ports;
        }
        List<Port> there = ports.getOrDefault(new PortKey(interfaceName, node), List.of());
        List<Port> anywhere = ports.getOrDefault(new PortKey(interfaceName, Optional.empty()), List.of());
        if (there.isEmpty() || anywhere.isEmpty()) {
            return there.isEmpty() ? anywhere : there;
        }
        return portsAt(interfaceName, Optional.empty()).stream()
                .filter(port ->
                        port.spec().node().isEmpty() || port.spec().node().equals(node))
                .toList();
    }

    /** The ports that are written; {@link #forNode} adds the implicit ones. */
    public List<Port> ports() {
        return all(Port.class);
    }

    /** The logical routers. */
    public List<LogicalRouter> routers() {
        return all(LogicalRouter.class);
    }

    /** The logical switches. */
    public List<LogicalSwitch> switches() {
        return all(LogicalSwitch.class);
    }

    /** The services. */
    public List<Service> services() {
        return all(Service.class);
    }

    /** The service instances. */
    public List<ServiceInstance> instances() {
        return all(ServiceInstance.class);
    }

    /** The chains. */
    public List<ServiceChain> chains() {
        return all(ServiceChain.class);
    }

    /** The rule sets. */
    public List<ServicePolicy> policies() {
        return all(ServicePolicy.class);
    }

    /** The Port of that name. */
    public Optional<Port> port(String name) {
        return find(Kind.PORT, name).map(Port.class::cast);
    }

    /** The LogicalRouter of that name. */
    public Optional<LogicalRouter> router(String name) {
        return find(Kind.LOGICAL_ROUTER, name).map(LogicalRouter.class::cast);
    }

    /** The Service of that name. */
    public Optional<Service> service(String name) {
        return find(Kind.SERVICE, name).map(Service.class::cast);
    }

    /** The ServiceChain of that name. */
    public Optional<ServiceChain> chain(String name) {
        return find(Kind.SERVICE_CHAIN, name).map(ServiceChain.class::cast);
    }

    /** The service plane of a chain, if it is an object. */
    public Optional<ServiceAttachment> attachment(ServiceChain chain) {
        return chain.spec()
                .attachment()
                .flatMap(name -> find(Kind.SERVICE_ATTACHMENT, name))
                .map(ServiceAttachment.class::cast);
    }

    /** Whether the service plane of a chain reaches a node: its attachment names the node or a router there, or nobody, or there is none. */
    public boolean reaches(ServiceChain chain, String node) {
        Optional<ServiceAttachment> attachment = attachment(chain);
        if (attachment.isEmpty() || attachment.get().spec().isForAll()) {
            return true;
        }
        ServiceAttachment.Spec plane = attachment.get().spec();
        return plane.nodes().contains(node)
                || plane.routers().stream()
                        .flatMap(name -> router(name).stream())
                        .anyMatch(router -> router.spec().node().isEmpty()
                                || router.spec().node().get().equals(node));
    }

    /** What nodes get at a hop: what hop or profile say, else what the service says. */
    public ServiceAction action(ServiceChain.Hop hop) {
        return action(hop.service(), hop.action());
    }

    /** What nodes of a service get, if it is said elsewhere or not. */
    public ServiceAction action(String service, Optional<ServiceAction> said) {
        return said.orElseGet(
                () -> service(service).map(of -> of.spec().action()).orElse(ServiceAction.FORWARD));
    }

    /** The instances of a service, in the order read. */
    public List<ServiceInstance> instancesOf(String service) {
        return instances().stream()
                .filter(i -> i.spec().service().equals(service))
                .toList();
    }

    /** The settings of a node: its Node object's, or the defaults. */
    public Node.Spec nodeSpec(String node) {
        return find(Kind.NODE, node).map(n -> ((Node) n).spec()).orElse(Node.Spec.DEFAULT);
    }

    /** How a node reaches other nodes; empty if it is alone. */
    public Optional<Node.Underlay> underlay(String node) {
        return nodeSpec(node).underlay();
    }

    /** The nodes that have an underlay, in alphabetical order. */
    public List<Node> nodesWithUnderlay() {
        return all(Node.class).stream()
                .filter(node -> node.spec().underlay().isPresent())
                .sorted(Comparator.comparing(Node::name))
                .toList();
    }

    /** The port on the other side of Sluice in transparent mode, whichever side names it. */
    public Optional<Port> peerOf(Port port) {
        return port.spec()
                .peer()
                .flatMap(this::port)
                .or(() -> ports().stream()
                        .filter(other -> other.spec().peer().equals(Optional.of(port.name())))
                        .findFirst());
    }

    /** The router interface that a port belongs to. */
    public Optional<RouterPlace> routerOf(Port port) {
        ToPort attachment = new ToPort(port.name());
        for (LogicalRouter router : routers()) {
            for (RouterInterface at : router.spec().interfaces()) {
                if (at.attachment().equals(attachment)) {
                    return Optional.of(new RouterPlace(router, at));
                }
            }
        }
        return Optional.empty();
    }

    /** Every node name that occurs: Node objects, {@code node} fields and appliedTo; in alphabetical order. */
    public List<String> nodes() {
        return NodeSelection.nodes(this);
    }

    /**
     * The part of one node: objects without a node or with this one; of rule sets, the rules applied here; the Node objects of all. A node with an
     * underlay also has the service instances of those other nodes that have one. If there is neither a Port
     * nor a LogicalRouter, the interfaces named in appliedTo become Ports (implicit ports); exactly two of them become peers of each
     * other, so that Sluice sits between them.
     */
    public Configuration forNode(String node) {
        return NodeSelection.select(this, node);
    }

    /**
     * What an entry of appliedTo means: the router's interface if the scope is a router; else the Port of that name, else every Port
     * with that Linux interface, on the node that is the scope. Empty: nothing here has that name. A profile means every Port that has it.
     */
    public List<Place> resolve(AppliedTo at) {
        if (at.profile().isPresent()) {
            return ports().stream()
                    .filter(port -> port.spec().profile().equals(at.profile()))
                    .<Place>map(PortPlace::new)
                    .toList();
        }
        Optional<LogicalRouter> scope = at.scope().flatMap(this::router);
        if (scope.isPresent()) {
            LogicalRouter router = scope.get();
            return router.interfaceNamed(at.interfaceName()).stream()
                    .<Place>map(i -> new RouterPlace(router, i))
                    .toList();
        }
        List<Place> places = new ArrayList<>();
        port(at.interfaceName()).filter(p -> onNode(p, at)).ifPresent(p -> places.add(new PortPlace(p)));
        if (places.isEmpty()) {
            portsAt(at.interfaceName(), at.scope()).forEach(port -> places.add(new PortPlace(port)));
        }
        return List.copyOf(places);
    }

    private static boolean onNode(Port port, AppliedTo at) {
        return at.scope().isEmpty()
                || port.spec().node().isEmpty()
                || port.spec().node().equals(at.scope());
    }

    /** Where rules can apply. */
    public sealed interface Place {}

    /**
     * A port.
     *
     * @param port the port
     */
    public record PortPlace(Port port) implements Place {}

    /**
     * An interface of a router; it leads to a port or to another router.
     *
     * @param router the router
     * @param at its interface
     */
    public record RouterPlace(LogicalRouter router, RouterInterface at) implements Place {}

    @Override
    public boolean equals(Object other) {
        return other instanceof Configuration that && resources.equals(that.resources);
    }

    @Override
    public int hashCode() {
        return resources.hashCode();
    }

    @Override
    public String toString() {
        return resources.stream().map(Resource::title).toList().toString();
    }
}
