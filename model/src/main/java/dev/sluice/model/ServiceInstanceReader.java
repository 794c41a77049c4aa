package dev.sluice.model;

import dev.sluice.model.ServiceInstance.AdminState;
import dev.sluice.model.ServiceInstance.Attachment;
import dev.sluice.model.ServiceInstance.Endpoint;
import dev.sluice.model.ServiceInstance.Identifier;
import dev.sluice.model.ServiceInstance.Interfaces;
import dev.sluice.model.ServiceInstance.PacketCap;
import dev.sluice.model.ServiceInstance.PolicyTags;
import dev.sluice.model.ServiceInstance.ServicePort;
import dev.sluice.model.ServiceInstance.Spec;
import dev.sluice.wire.IpAddress;
import dev.sluice.wire.MacAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads {@link ServiceInstance}. */
final class ServiceInstanceReader {
    private static final Field<Optional<Integer>> VLAN =
            Field.optional("vlan", Types.integer(1, 4094), "The only VLAN tag, or the outer one.");
    private static final Field<Optional<Integer>> INNER_VLAN =
            Field.optional("innerVlan", Types.integer(1, 4094), "The inner VLAN tag; only together with vlan.");
    private static final ObjectType<VlanTags> TAGS = ObjectType.of(ServiceInstanceReader::tags, VLAN, INNER_VLAN);

    private static final Field<Optional<String>> INTERFACE = Field.optional(
            "interface",
            Types.INTERFACE,
            "The network interface of this host that leads to the node. Required, except with identifier.");
    private static final Field<List<InterfaceAddress>> ADDRESSES = Field.defaulted(
            "addresses",
            Lists.of(Types.INTERFACE_ADDRESS, 0, 16),
            List.of(),
            "[]",
            "Sluice's own addresses towards a node that routes.");
    private static final Field<List<IpAddress>> NEXT_HOP = Field.defaulted(
            "nextHop",
            Lists.orOne(Types.HOST_ADDRESS, 0, 2),
            List.of(),
            "[]",
            "Addresses of the node, at most one of each IP version; with transport wire, the dummy next hop.");
    private static final Field<Optional<MacAddress>> MAC = Field.optional(
            "mac",
            Types.MAC,
            "The MAC address that the next hop resolves to; without it, ARP and ND ask. Transport nsh-ethernet: the node's, which it needs.");
    private static final ValueType<Side> SERVICE_PORT = Lists.either(
            new ValueType<>() {
                @Override
                public @Nullable Side read(FieldReader at) {
                    String name = Types.INTERFACE.read(at);
                    return name == null ? null : Side.ofInterface(name);
                }

                @Override
                public String allowed() {
                    return Types.INTERFACE.allowed();
                }

                @Override
                public Map<String, Object> schema() {
                    return Types.INTERFACE.schema();
                }
            },
            ObjectType.of(ServiceInstanceReader::servicePort, INTERFACE, VLAN, INNER_VLAN, ADDRESSES, NEXT_HOP, MAC));

    private static final Field<Side> IN = Field.required(
            "in", SERVICE_PORT, "Where forward packets are sent and, with nodes that bridge, reverse ones come back.");
    private static final Field<Optional<Side>> OUT = Field.optional(
            "out", SERVICE_PORT, "Where forward packets come back; without it the node is one-armed: the same as in.");

    private static final Field<String> POLICY_CHAIN = Field.required(
            "chain",
            Types.reference(Kind.SERVICE_CHAIN),
            "The chain whose packets carry these tags; it has this service.");
    private static final Field<VlanTags> POLICY_IN = Field.required("in", TAGS, "Tags on the in side.");
    private static final Field<Optional<VlanTags>> POLICY_OUT =
            Field.optional("out", TAGS, "Tags on the out side; without it the same as in.");

    private static final Field<String> SERVICE =
            Field.required("service", Types.reference(Kind.SERVICE), "What kind of node this is.");
    private static final Field<Optional<String>> NODE = Field.optional(
            "node",
            Types.NAME,
            "Host whose interfaces lead to it; if that has an underlay, all others that have one use the instance too. Without it: every host, each for itself.");
    private static final Field<Integer> WEIGHT = Field.defaulted(
            "weight", Types.integer(1, 1000), 1, "1", "Share of new flows relative to the other instances.");
    private static final Field<Integer> METRIC = Field.defaulted(
            "metric",
            Types.integer(0, 65_535),
            0,
            "0",
            "How far away the node is, in a unit of your choice; chains with selection nearest prefer the smallest.");
    private static final Field<AdminState> ADMIN_STATE = Field.defaulted(
            "adminState",
            Types.word(AdminState.class),
            AdminState.UP,
            "down, drain: it gets no new flows, those that it has stay. maintenance: those that it has move to another node that is alive, at their next packet.");
    private static final Field<Optional<Sides>> INTERFACES = Field.optional(
            "interfaces",
            ObjectType.of(v -> new Sides(v.get(IN), v.get(OUT)), IN, OUT),
            "The interfaces that lead to the node. One of interfaces, endpoint and identifier; with identifier, what else is to be said of its sides.");
    private static final Field<Optional<IpAddress>> ENDPOINT = Field.optional(
            "endpoint",
            Types.HOST_ADDRESS,
            "The node's own address in the underlay of its host, for transports that go on into the node; needs node.");
    private static final Field<Optional<Integer>> GRE_KEY = Field.optional(
            "greKey",
            Types.integer(0, EndpointChecks.KEY_MAX),
            "Transport gre: key of the tunnel that stands for side in, an even number; side out has the next one.");
    private static final Field<Optional<Integer>> VNI = Field.optional(
            "vni",
            Types.integer(EndpointChecks.VNI_MIN, EndpointChecks.VNI_MAX),
            "Transport vxlan: virtual network that stands for side in, an even number; side out has the next one.");
    private static final Field<Optional<String>> IDENTIFIER = Field.optional(
            "identifier",
            Types.text(253),
            "What the node calls itself; a manager then finds node and interfaces, and fills them in: those whose alias says sluice:IDENTIFIER, or whose PortProfile does.");
    private static final Field<List<PolicyTags>> POLICIES = Field.defaulted(
            "policies",
            Lists.of(
                    ObjectType.of(
                            v -> new PolicyTags(v.get(POLICY_CHAIN), v.get(POLICY_IN), v.get(POLICY_OUT)),
                            POLICY_CHAIN,
                            POLICY_IN,
                            POLICY_OUT),
                    0,
                    4094),
            List.of(),
            "[]",
            "Tags per chain, so that one interface carries several policies.");

    private static final Field<Optional<Integer>> PACKETS_PER_SECOND = Field.optional(
            "packetsPerSecondMax",
            Types.integer(1, PacketCap.MAX),
            "Packets per second that it is sent at most, both directions together; what is more is dropped and counted, never passed by.");
    private static final Field<Optional<Integer>> PACKETS_BURST = Field.optional(
            "packetsBurstMax",
            Types.integer(1, PacketCap.MAX),
            "Packets that may follow at once after a pause; without it a hundredth of packetsPerSecondMax, at least 32.");

    private static final Field<Optional<InstanceRuntime>> RUNTIME = Field.optional(
            "runtime",
            InstanceRuntimeReader.RUNTIME,
            "Who makes the node: its host's agent, which follows a manager. Without it the node is there already. Needs node and interfaces.");

    static final ObjectType<Spec> SPEC = ObjectType.of(
            ServiceInstanceReader::spec,
            SERVICE,
            NODE,
            WEIGHT,
            METRIC,
            ADMIN_STATE,
            INTERFACES,
            ENDPOINT,
            GRE_KEY,
            VNI,
            IDENTIFIER,
            POLICIES,
            PACKETS_PER_SECOND,
            PACKETS_BURST,
            RUNTIME);

    private ServiceInstanceReader() {}

    /** One side of a node, whose interface may have to be found. */
    private record Side(
            Optional<String> interfaceName,
            VlanTags tags,
            List<InterfaceAddress> addresses,
            List<IpAddress> nextHop,
            Optional<MacAddress> mac) {
        static Side ofInterface(String name) {
            return new Side(Optional.of(name), VlanTags.NONE, List.of(), List.of(), Optional.empty());
        }

        Optional<ServicePort> known() {
            return interfaceName.map(name -> new ServicePort(name, tags, addresses, nextHop, mac));
        }
    }

    /** Both. */
    private record Sides(Side in, Optional<Side> out) {
        /** The interfaces, if all are known. */
        Optional<Interfaces> known() {
            if (out.isEmpty()) {
                return in.known().map(port -> new Interfaces(port, Optional.empty()));
            }
            Optional<ServicePort> outPort = out.get().known();
            return in.known().flatMap(port -> outPort.map(other -> new Interfaces(port, Optional.of(other))));
        }

        /** Reports interfaces that are missing; whether there are any. */
        boolean refuseUnknown(Values v) {
            boolean unknownIn = in.interfaceName.isEmpty();
            boolean unknownOut = out.isPresent() && out.get().interfaceName.isEmpty();
            if (unknownIn) {
                v.refuse("interfaces.in.interface", "is missing", Types.INTERFACE.allowed());
            }
            if (unknownOut) {
                v.refuse("interfaces.out.interface", "is missing", Types.INTERFACE.allowed());
            }
            return unknownIn || unknownOut;
        }
    }

    private static @Nullable VlanTags tags(Values v) {
        if (v.get(INNER_VLAN).isPresent() && v.get(VLAN).isEmpty()) {
            return v.refuse("innerVlan", "stands without vlan; add the outer tag as vlan", "");
        }
        return new VlanTags(v.number(VLAN), v.number(INNER_VLAN));
    }

    private static @Nullable Side servicePort(Values v) {
        VlanTags tags = tags(v);
        List<IpAddress> nextHop = v.get(NEXT_HOP);
        if (nextHop.size() == 2 && nextHop.get(0).isIpv4() == nextHop.get(1).isIpv4()) {
            return v.refuse(
                    "nextHop[1]", "is of the same IP version as the one before", "one IPv4 and one IPv6 address");
        }
        return tags == null ? null : new Side(v.get(INTERFACE), tags, v.get(ADDRESSES), nextHop, v.get(MAC));
    }

    private static @Nullable Spec spec(Values v) {
        Optional<Sides> sides = v.get(INTERFACES);
        Optional<String> identifier = v.get(IDENTIFIER);
        boolean unsound =
                sides.isPresent() && identifier.isEmpty() && sides.get().refuseUnknown(v);
        if (unsound) {
            return null;
        }
        Optional<Interfaces> interfaces = sides.flatMap(Sides::known);
        // A manager that has found the node fills in host and interfaces beside the identifier.
        boolean found = interfaces.isPresent() && v.get(NODE).isPresent();
        Optional<IpAddress> endpoint = v.get(ENDPOINT);
        List<Attachment> attachments = Stream.of(
                        interfaces,
                        endpoint.map(address -> new Endpoint(address, v.number(GRE_KEY), v.number(VNI))),
                        identifier.filter(_ -> !found).map(Identifier::new))
                .<Attachment>flatMap(Optional::stream)
                .toList();
        if (attachments.size() != 1) {
            String message = attachments.isEmpty()
                    ? "has neither interfaces nor endpoint nor identifier"
                    : "says in more than one way where the node is";
            return v.refuse("", message, "exactly one of interfaces, endpoint, identifier");
        }
        if (endpoint.isEmpty() && v.get(GRE_KEY).isPresent()) {
            return v.refuse("greKey", "stands without endpoint", "endpoint, with a Service of transport gre");
        }
        if (endpoint.isEmpty() && v.get(VNI).isPresent()) {
            return v.refuse("vni", "stands without endpoint", "endpoint, with a Service of transport vxlan");
        }
        Attachment attachment = attachments.getFirst();
        Optional<Integer> rate = v.get(PACKETS_PER_SECOND);
        Optional<Integer> burst = v.get(PACKETS_BURST);
        if (burst.isPresent() && rate.isEmpty()) {
            return v.refuse("packetsBurstMax", "stands without packetsPerSecondMax; add it", "");
        }
        return new Spec(
                v.get(SERVICE),
                v.get(NODE),
                v.get(WEIGHT),
                v.get(METRIC),
                v.get(ADMIN_STATE),
                attachment,
                v.get(POLICIES),
                rate.map(r -> new PacketCap(r, burst.orElse(PacketCap.usualBurst(r)))),
                v.get(RUNTIME));
    }
}
