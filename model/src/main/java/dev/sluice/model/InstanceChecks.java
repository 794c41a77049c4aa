package dev.sluice.model;

import dev.sluice.model.Service.Forwarding;
import dev.sluice.model.Service.Transport;
import dev.sluice.model.ServiceInstance.Interfaces;
import dev.sluice.model.ServiceInstance.PolicyTags;
import dev.sluice.model.ServiceInstance.ServicePort;
import dev.sluice.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What has to hold between an instance and its service, other instances, chains and ports. */
final class InstanceChecks {
    private static final String IN = "spec.interfaces.in";
    private static final String OUT = "spec.interfaces.out";

    private final Configuration all;
    private final EndpointChecks endpoints;
    private final Map<Place, List<Use>> uses = new HashMap<>();
    private final Map<String, List<Use>> ports = new HashMap<>();

    /** Where frames of one policy of one instance go. */
    private record Place(String interfaceName, VlanTags tags) {}

    /** Who uses a place or interface, on which node. */
    private record Use(Optional<String> node, String owner) {}

    InstanceChecks(Configuration all) {
        this.all = all;
        endpoints = new EndpointChecks(all);
        for (Port port : all.ports()) {
            portUse(port.spec().interfaceName(), new Use(port.spec().node(), port.title()));
        }
        if (NodeSelection.portsAreImplicit(all)) {
            for (ServicePolicy policy : all.policies()) {
                NodeSelection.places(policy).stream()
                        .filter(at -> at.profile().isEmpty())
                        .forEach(at ->
                                portUse(at.interfaceName(), new Use(at.scope(), "appliedTo of " + policy.title())));
            }
        }
    }

    private void portUse(String interfaceName, Use use) {
        ports.computeIfAbsent(interfaceName, name -> new ArrayList<>()).add(use);
    }

    void check(ServiceInstance instance, Document at) {
        checkPolicies(instance, at);
        Optional<Service> of = all.service(instance.spec().service());
        of.ifPresent(service -> EndpointChecks.checkKind(instance, service.spec(), at));
        if (instance.spec().attachment() instanceof ServiceInstance.Endpoint endpoint) {
            endpoints.check(instance, endpoint.address(), at);
        }
        checkRuntime(instance, at);
        if (!(instance.spec().attachment() instanceof Interfaces interfaces)) {
            return;
        }
        if (transportOf(instance) == Transport.NSH_ETHERNET) {
            endpoints.checkOnEthernet(instance, interfaces, at);
        }
        checkNextHops(IN, interfaces.in(), at);
        interfaces.out().ifPresent(out -> checkNextHops(OUT, out, at));
        of.filter(service -> !service.spec().transport().isTunnel())
                .ifPresent(service -> checkService(service.spec(), instance.spec(), interfaces, at));
        checkUses(instance, interfaces, at);
    }

    private static void checkRuntime(ServiceInstance instance, Document at) {
        boolean made = instance.spec().runtime().filter(InstanceRuntime::isMade).isPresent();
        if (made && instance.spec().node().isEmpty()) {
            at.error("spec.runtime", "stands without node: no agent would know that it is meant", "spec.node");
        }
        if (made && !(instance.spec().attachment() instanceof Interfaces)) {
            at.error("spec.runtime", "stands without interfaces, which the agent makes", "spec.interfaces");
        }
    }

    private void checkPolicies(ServiceInstance instance, Document at) {
        Set<String> chains = new HashSet<>();
        List<PolicyTags> policies = instance.spec().policies();
        for (int i = 0; i < policies.size(); i++) {
            String path = "spec.policies[" + i + "].chain";
            String name = policies.get(i).chain();
            if (!chains.add(name)) {
                at.error(path, "the chain has tags already", "each chain once");
            }
            Optional<ServiceChain> chain = all.chain(name);
            String service = instance.spec().service();
            if (chain.isPresent() && !chain.get().spec().services().contains(service)) {
                at.error(path, "the chain does not pass service " + service, "a chain that has the service");
            }
        }
    }

    private static void checkNextHops(String path, ServicePort side, Document at) {
        for (int i = 0; i < side.nextHop().size(); i++) {
            IpAddress hop = side.nextHop().get(i);
            List<InterfaceAddress> own = side.addresses().stream()
                    .filter(address -> address.address().isIpv4() == hop.isIpv4())
                    .toList();
            if (!own.isEmpty()
                    && own.stream().noneMatch(address -> address.prefix().contains(hop))) {
                String blocks = String.join(
                        ", ",
                        own.stream().map(address -> address.prefix().toString()).toList());
                at.error(path + ".nextHop[" + i + "]", "lies in no block of addresses", blocks);
            }
        }
    }

    private static void checkService(
            Service.Spec service, ServiceInstance.Spec instance, Interfaces interfaces, Document at) {
        checkTags(service.transport(), instance, interfaces, at);
        if (service.forwarding() == Forwarding.ROUTE) {
            checkReachable(IN, interfaces.in(), at);
            interfaces.out().ifPresent(out -> checkReachable(OUT, out, at));
        }
        boolean sameInterface =
                interfaces.outOrIn().interfaceName().equals(interfaces.in().interfaceName());
        if (service.transport() == Transport.WIRE && sameInterface) {
            at.error(OUT, "transport wire needs two interfaces", "an interface other than that of in");
        }
    }

    private static void checkReachable(String path, ServicePort side, Document at) {
        if (side.nextHop().isEmpty() && side.mac().isEmpty()) {
            at.error(path, "the service routes, but this side has neither nextHop nor mac", "nextHop, mac, or both");
        }
    }

    private static void checkTags(
            Transport transport, ServiceInstance.Spec instance, Interfaces interfaces, Document at) {
        int wanted = tags(transport);
        boolean tagsByPolicy = !instance.policies().isEmpty();
        checkOwnTags(transport, IN, interfaces.in().tags(), tagsByPolicy, at);
        interfaces.out().ifPresent(out -> checkOwnTags(transport, OUT, out.tags(), tagsByPolicy, at));
        for (int i = 0; i < instance.policies().size(); i++) {
            PolicyTags policy = instance.policies().get(i);
            String path = "spec.policies[" + i + "]";
            checkPolicyTags(wanted, path + ".in", policy.in(), at);
            policy.out().ifPresent(out -> checkPolicyTags(wanted, path + ".out", out, at));
        }
    }

    private static void checkOwnTags(
            Transport transport, String path, VlanTags tags, boolean tagsByPolicy, Document at) {
        int wanted = tags(transport);
        if (tags.count() == wanted || (tags.count() == 0 && tagsByPolicy)) {
            return;
        }
        String field = tags.count() > wanted
                ? (wanted == 0 ? ".vlan" : ".innerVlan")
                : tags.count() == 0 ? ".vlan" : ".innerVlan";
        String message = "the tags do not fit transport " + transport.word() + ": frames would be " + tags;
        at.error(path + field, message, expectedTags(wanted));
    }

    private static void checkPolicyTags(int wanted, String path, VlanTags tags, Document at) {
        // Frames of raw and wire services are tagged only to tell policies apart: with one tag or two.
        boolean sound = wanted == 0 ? tags.count() > 0 : tags.count() == wanted;
        if (!sound) {
            String allowed = wanted == 0 ? "vlan, or vlan and innerVlan" : expectedTags(wanted);
            at.error(path, "the policy's tags do not fit the transport: frames would be " + tags, allowed);
        }
    }

    private static int tags(Transport transport) {
        return switch (transport) {
            case RAW, WIRE, NSH, NSH_GPE, NSH_ETHERNET, GWLB, GRE, VXLAN -> 0;
            case VLAN -> 1;
            case QINQ -> 2;
        };
    }

    private static String expectedTags(int count) {
        return switch (count) {
            case 0 -> "no vlan, except in policies";
            case 1 -> "vlan without innerVlan";
            default -> "vlan and innerVlan";
        };
    }

    private void checkUses(ServiceInstance instance, Interfaces interfaces, Document at) {
        ServicePort in = interfaces.in();
        ServicePort out = interfaces.outOrIn();
        Optional<String> node = instance.spec().node();
        checkNoPort(node, in, IN, at);
        if (!out.interfaceName().equals(in.interfaceName())) {
            checkNoPort(node, out, OUT, at);
        }
        List<PolicyTags> policies = instance.spec().policies();
        // With tags per policy, an interface without tags of its own may have no untagged frames at all.
        boolean untagged = in.tags().count() == 0
                && transportOf(instance) != Transport.RAW
                && transportOf(instance) != Transport.WIRE;
        if (policies.isEmpty() || !untagged) {
            Use use = new Use(node, instance.title());
            use(new Place(in.interfaceName(), in.tags()), use, IN, at);
            if (!interfaces.oneArmed()) {
                use(new Place(out.interfaceName(), out.tags()), use, OUT, at);
            }
        }
        for (int i = 0; i < policies.size(); i++) {
            String path = "spec.policies[" + i + "]";
            Use use = new Use(
                    node, instance.title() + " for chain " + policies.get(i).chain());
            Place inPlace = new Place(in.interfaceName(), policies.get(i).in());
            Place outPlace = new Place(out.interfaceName(), policies.get(i).outOrIn());
            use(inPlace, use, path + ".in", at);
            if (!inPlace.equals(outPlace)) {
                use(outPlace, use, path + ".out", at);
            }
        }
    }

    private Transport transportOf(ServiceInstance instance) {
        return all.service(instance.spec().service())
                .map(service -> service.spec().transport())
                .orElse(Transport.RAW);
    }

    private void use(Place place, Use use, String path, Document at) {
        List<Use> earlier = uses.computeIfAbsent(place, p -> new ArrayList<>());
        for (Use other : earlier) {
            if (PortChecks.mayMeet(other.node, use.node)) {
                String message = place.interfaceName + " " + place.tags + " is used by " + other.owner + " already";
                at.error(path, message, "each combination of node, interface, vlan and innerVlan once");
                break;
            }
        }
        earlier.add(use);
    }

    private void checkNoPort(Optional<String> node, ServicePort side, String path, Document at) {
        for (Use port : ports.getOrDefault(side.interfaceName(), List.of())) {
            if (PortChecks.mayMeet(port.node, node)) {
                String message =
                        "the interface " + side.interfaceName() + " is a port for hosts too (" + port.owner + ")";
                at.error(path, message, "an interface of its own for the service node");
                return;
            }
        }
    }
}
