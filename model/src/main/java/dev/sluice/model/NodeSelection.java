package dev.sluice.model;

import dev.sluice.model.ServicePolicy.AppliedTo;
import dev.sluice.model.ServicePolicy.Rule;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Which part of a configuration belongs to a node, and the ports that nobody wrote because appliedTo names their interfaces. */
final class NodeSelection {
    private NodeSelection() {}

    static List<String> nodes(Configuration all) {
        NavigableSet<String> names = new TreeSet<>();
        for (Resource resource : all.resources()) {
            if (resource instanceof Node) {
                names.add(resource.name());
            }
            nodeOf(resource).ifPresent(names::add);
            if (resource instanceof ServicePolicy policy) {
                for (AppliedTo at : places(policy)) {
                    at.scope().filter(scope -> all.router(scope).isEmpty()).ifPresent(names::add);
                }
            }
        }
        return List.copyOf(names);
    }

    static Configuration select(Configuration all, String node) {
        List<Resource> selected = new ArrayList<>();
        for (Resource resource : all.resources()) {
            if (resource instanceof ServicePolicy policy) {
                select(all, policy, node).ifPresent(selected::add);
            } else if (resource instanceof Node
                    || here(nodeOf(resource), node)
                    || (resource instanceof ServiceInstance instance && isShared(all, instance, node))) {
                selected.add(resource);
            }
        }
        if (portsAreImplicit(all)) {
            selected.addAll(implicitPorts(all, node));
        }
        return Configuration.of(selected);
    }

    /** Whether an instance is on another node that this one can reach. */
    private static boolean isShared(Configuration all, ServiceInstance instance, String node) {
        return all.underlay(node).isPresent()
                && instance.spec().node().flatMap(all::underlay).isPresent();
    }

    /** Without Ports and LogicalRouters, and without profiles by which ports are discovered, the interfaces in appliedTo are the ports. */
    static boolean portsAreImplicit(Configuration all) {
        return all.ports().isEmpty()
                && all.routers().isEmpty()
                && all.all(PortProfile.class).stream()
                        .noneMatch(profile -> profile.spec().discover().isPresent());
    }

    /** The Linux interfaces that appliedTo names on a node, in the order of their first mention. */
    static Set<String> appliedInterfaces(Configuration all, String node) {
        Set<String> interfaces = new LinkedHashSet<>();
        for (ServicePolicy policy : all.policies()) {
            for (AppliedTo at : places(policy)) {
                if (here(at.scope(), node) && at.profile().isEmpty()) {
                    interfaces.add(at.interfaceName());
                }
            }
        }
        return interfaces;
    }

    private static List<Port> implicitPorts(Configuration all, String node) {
        List<String> interfaces = List.copyOf(appliedInterfaces(all, node));
        List<String> names = new ArrayList<>();
        for (String interfaceName : interfaces) {
            names.add(portName(interfaceName, names));
        }
        List<Port> ports = new ArrayList<>();
        for (int i = 0; i < interfaces.size(); i++) {
            Optional<String> peer = interfaces.size() == 2 ? Optional.of(names.get(1 - i)) : Optional.empty();
            Port.Spec spec = Port.Spec.ofInterface(Optional.empty(), interfaces.get(i), peer);
            ports.add(new Port(Metadata.named(names.get(i)), spec));
        }
        return ports;
    }

    /** The interface name made an object name: lower case, other characters as '-', counted up where two would be the same. */
    private static String portName(String interfaceName, List<String> taken) {
        String base = interfaceName.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.]", "-");
        if (!Checks.isName(base)) {
            base = "port" + base + "x";
        }
        String name = base;
        for (int i = 2; taken.contains(name); i++) {
            name = base + "-" + i;
        }
        return name;
    }

    private static Optional<ServicePolicy> select(Configuration all, ServicePolicy policy, String node) {
        ServicePolicy.Spec spec = policy.spec();
        List<AppliedTo> common = select(all, spec.appliedTo(), node);
        List<Rule> rules = new ArrayList<>();
        for (Rule rule : spec.rules()) {
            List<AppliedTo> own = select(all, rule.appliedTo(), node);
            // A rule whose own places are all elsewhere must not fall back to the policy's.
            if (rule.appliedTo().isEmpty() ? !common.isEmpty() : !own.isEmpty()) {
                rules.add(new Rule(
                        rule.name(),
                        rule.priority(),
                        rule.match(),
                        rule.action(),
                        rule.onFailure(),
                        rule.bothDirections(),
                        own,
                        rule.log()));
            }
        }
        if (rules.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new ServicePolicy(
                policy.metadata(), new ServicePolicy.Spec(spec.priority(), common, spec.direction(), rules)));
    }

    private static List<AppliedTo> select(Configuration all, List<AppliedTo> places, String node) {
        return places.stream().filter(at -> isHere(all, at, node)).toList();
    }

    private static boolean isHere(Configuration all, AppliedTo at, String node) {
        Optional<LogicalRouter> router = at.scope().flatMap(all::router);
        if (router.isPresent()) {
            return here(router.get().spec().node(), node);
        }
        if (!here(at.scope(), node)) {
            return false;
        }
        List<Configuration.Place> places = all.resolve(at);
        // An interface that only other nodes' ports have is not of this node; a name that nobody has may be one that
        // Linux knows here, a profile not.
        return (places.isEmpty() && at.profile().isEmpty())
                || places.stream()
                        .anyMatch(place -> !(place instanceof Configuration.PortPlace(Port port))
                                || here(port.spec().node(), node));
    }

    /** Every entry of appliedTo, the policy's first. */
    static List<AppliedTo> places(ServicePolicy policy) {
        List<AppliedTo> places = new ArrayList<>(policy.spec().appliedTo());
        policy.spec().rules().forEach(rule -> places.addAll(rule.appliedTo()));
        return places;
    }

    static Optional<String> nodeOf(Resource resource) {
        return switch (resource) {
            case Port port -> port.spec().node();
            case LogicalRouter router -> router.spec().node();
            case ServiceInstance instance -> instance.spec().node();
            case Node _,
                    PortProfile _,
                    LogicalSwitch _,
                    Service _,
                    ServiceDeployment _,
                    ServiceManager _,
                    VendorTemplate _,
                    ServiceProfile _,
                    ServiceAttachment _,
                    ServiceChain _,
                    ServicePolicy _,
                    Traceflow _,
                    Capture _ -> Optional.empty();
        };
    }

    private static boolean here(Optional<String> scope, String node) {
        return scope.isEmpty() || scope.get().equals(node);
    }
}
