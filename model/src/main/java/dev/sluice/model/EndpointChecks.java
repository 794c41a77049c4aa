package dev.sluice.model;

import dev.sluice.model.Service.Forwarding;
import dev.sluice.model.Service.Translation;
import dev.sluice.model.Service.Transport;
import dev.sluice.model.ServiceInstance.Endpoint;
import dev.sluice.model.ServiceInstance.Identifier;
import dev.sluice.model.ServiceInstance.Interfaces;
import dev.sluice.model.ServiceInstance.PolicyTags;
import dev.sluice.model.ServiceInstance.ServicePort;
import dev.sluice.wire.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** What has to hold of instances that are reached at an address in the underlay (C5). */
final class EndpointChecks {
    /** Lowest virtual network of side in that can be given. */
    static final int VNI_MIN = 2;

    /** Highest one: 24 bits, and side out has the next number. */
    static final int VNI_MAX = 0xff_fffe;

    /** Highest GRE key of side in. */
    static final int KEY_MAX = Integer.MAX_VALUE - 1;

    private static final String ENDPOINT = "spec.endpoint";

    private final Configuration all;
    private final Map<IpAddress, String> owners = new HashMap<>();

    EndpointChecks(Configuration all) {
        this.all = all;
        for (Node node : all.nodesWithUnderlay()) {
            node.spec().underlay().ifPresent(underlay -> owners.put(underlay.address(), node.title()));
        }
        for (LogicalRouter router : all.routers()) {
            router.spec().interfaces().stream()
                    .flatMap(at -> at.addresses().stream())
                    .forEach(own -> owners.putIfAbsent(own.address(), router.title()));
        }
    }

    /** Whether the instance says where it is in the way that its service's transport needs, and the service is one that can be reached so. */
    static void checkKind(ServiceInstance instance, Service.Spec service, Document at) {
        String transport = service.transport().word();
        boolean tunnel = service.transport().isTunnel();
        boolean endpoint = instance.spec().attachment() instanceof Endpoint;
        if (tunnel != endpoint && !(instance.spec().attachment() instanceof Identifier)) {
            at.error(
                    endpoint ? ENDPOINT : "spec.interfaces",
                    tunnel
                            ? "nodes of transport " + transport
                                    + " are reached at an address of their own; write endpoint instead"
                            : "nodes of transport " + transport
                                    + " are reached by interfaces; write interfaces instead",
                    tunnel ? "endpoint" : "interfaces");
        }
        if (instance.spec().attachment() instanceof Endpoint endpointAt) {
            checkNumber(service.transport(), Transport.GRE, "greKey", endpointAt.greKey(), 0, KEY_MAX, at);
            checkNumber(service.transport(), Transport.VXLAN, "vni", endpointAt.vni(), VNI_MIN, VNI_MAX, at);
        }
        boolean ofTheOverlay = tunnel || service.transport().isAware();
        boolean tagged = service.transport() == Transport.NSH_ETHERNET;
        if (ofTheOverlay && !tagged && !instance.spec().policies().isEmpty()) {
            at.error(
                    "spec.policies",
                    "transport " + transport + " has no tags: packets say themselves which chain they are of",
                    "none");
        }
        if (ofTheOverlay && (service.forwarding() == Forwarding.ROUTE || service.translation() != Translation.NONE)) {
            at.error(
                    "spec.service",
                    "nodes of transport " + transport
                            + " get packets and return them; forwarding: route and translation are not for them",
                    "a Service with forwarding bridge and translation none");
        }
    }

    /** Of the two tunnels that stand for the sides of a node: that their number is given for the transport that has them, and for no other. */
    private static void checkNumber(
            Transport transport, Transport of, String field, OptionalInt number, int min, int max, Document at) {
        if (transport != of) {
            if (number.isPresent()) {
                at.error("spec." + field, "is for transport " + of.word() + " only", "no " + field);
            }
            return;
        }
        String allowed = "an even number, " + min + ".." + max;
        if (number.isEmpty()) {
            at.error(
                    ENDPOINT,
                    "nodes of transport " + of.word() + " have a tunnel for each side; write " + field
                            + ", the number of that of side in",
                    allowed);
        } else if (number.getAsInt() % 2 != 0) {
            at.error("spec." + field, "is odd: side out has the next number after side in", allowed);
        }
    }

    /** Nodes that get the service header behind Ethernet: one interface, one MAC address, a tag per chain or none. */
    void checkOnEthernet(ServiceInstance instance, Interfaces interfaces, Document at) {
        ServicePort in = interfaces.in();
        if (interfaces.out().isPresent()) {
            at.error(
                    "spec.interfaces.out",
                    "nodes of transport nsh-ethernet return packets where they got them: the service header has the direction",
                    "no out");
        }
        List<PolicyTags> policies = instance.spec().policies();
        for (int i = 0; i < policies.size(); i++) {
            if (policies.get(i).out().isPresent()
                    || policies.get(i).in().innerVlan().isPresent()) {
                at.error(
                        "spec.policies[" + i + "]",
                        "packets for nodes of transport nsh-ethernet have one tag, in both directions",
                        "in: {vlan: " + policies.get(i).in().vlan().orElse(100) + "} alone");
            }
        }
        if (in.mac().isEmpty()) {
            at.error(
                    "spec.interfaces.in",
                    "has no mac: nodes of transport nsh-ethernet are sent to, and recognised by, their MAC address",
                    "in: {interface: " + in.interfaceName() + ", mac: 02:00:00:00:00:50}");
        }
        if (!in.addresses().isEmpty() || !in.nextHop().isEmpty()) {
            at.error(
                    in.addresses().isEmpty() ? "spec.interfaces.in.nextHop" : "spec.interfaces.in.addresses",
                    "nodes of transport nsh-ethernet have no IP address; the MAC address is all that is needed",
                    "interface and mac");
        }
        Optional<String> node = instance.spec().node();
        if (node.isEmpty()) {
            at.error(
                    "spec.node",
                    "is missing: nodes of transport nsh-ethernet are told on which path a packet is, and only paths whose instances all have a place have a number",
                    "the host that has the interface");
        } else if (all.underlay(node.get()).isEmpty()) {
            at.error(
                    "spec.node",
                    "Node/" + node.get()
                            + " has no underlay, and with it no service paths with numbers; give it spec.underlay, also if it is the only host",
                    "a Node with underlay");
        }
    }

    void check(ServiceInstance instance, IpAddress address, Document at) {
        String owner = owners.putIfAbsent(address, instance.title());
        if (owner != null) {
            at.error(ENDPOINT, owner + " has this address already", "an address of its own for each node");
        }
        Optional<String> node = instance.spec().node();
        Optional<IpAddress> underlay = node.flatMap(all::underlay).map(Node.Underlay::address);
        if (node.isEmpty()) {
            at.error(
                    "spec.node",
                    "is missing: one host is the switch of a node with endpoint",
                    "the host that sends to it");
        } else if (underlay.isEmpty()) {
            at.error(
                    "spec.node",
                    "Node/" + node.get() + " has no underlay, so nothing can be sent to endpoint " + address
                            + "; give it spec.underlay, also if it is the only host",
                    "a Node with underlay");
        } else if (underlay.get().isIpv4() != address.isIpv4()) {
            at.error(
                    ENDPOINT,
                    "is of another IP version than the underlay of Node/" + node.get() + ", " + underlay.get(),
                    underlay.get().isIpv4() ? "an IPv4 address" : "an IPv6 address");
        }
    }
}
