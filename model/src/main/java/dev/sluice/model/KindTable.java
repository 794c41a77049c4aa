package dev.sluice.model;

import java.util.List;

/** The kinds with their readers, and what the documentation says about each. */
final class KindTable {
    private KindTable() {}

    static List<KindReader> rows() {
        return List.of(
                service(),
                instance(),
                deployment(),
                manager(),
                vendorTemplate(),
                serviceProfile(),
                attachment(),
                chain(),
                policy(),
                port(),
                profile(),
                router(),
                segment(),
                node(),
                traceflow(),
                capture());
    }

    private static KindReader service() {
        return KindReader.row(Kind.SERVICE, ServiceReader.SPEC, null, Service::new, """
                A kind of service node, e.g. a firewall: how frames reach its nodes and what the nodes do with them.""", """
                apiVersion: sluice.dev/v1
                kind: Service
                metadata: {name: firewall}
                spec: {transport: raw, health: {probe: through, intervalMs: 50, failAfter: 3}}
                """);
    }

    private static KindReader instance() {
        return KindReader.row(Kind.SERVICE_INSTANCE, ServiceInstanceReader.SPEC, null, ServiceInstance::new, """
                One node of a service. Transport `vlan` needs `vlan` on both sides (or in every entry of `policies`), `qinq` needs \
                `vlan` and `innerVlan`, `raw` and `wire` take no tags of the interface. A node that routes needs `nextHop` or \
                `mac` on both sides, and transport `wire` two different interfaces. No two instances or policies use the same tags \
                on the same interface of a node; an interface that leads to a service node can't be a Port.""", """
                apiVersion: sluice.dev/v1
                kind: ServiceInstance
                metadata: {name: fw-1}
                spec:
                  service: firewall
                  node: host-b
                  interfaces: {in: fw1-in, out: fw1-out}
                """);
    }

    private static KindReader deployment() {
        return KindReader.row(
                Kind.SERVICE_DEPLOYMENT, ServiceDeploymentReader.SPEC, null, ServiceDeployment::new, """
                So many instances of a service, which the manager makes, places on hosts, drains and deletes: \
                [instances that come and go](../guides/instances.md). Nodes that read files leave it alone.""", """
                apiVersion: sluice.dev/v1
                kind: ServiceDeployment
                metadata: {name: fw}
                spec:
                  service: firewall
                  replicas: 2
                  placement: {hosts: [host-a, host-b], spread: hosts}
                  command: {argv: [/usr/libexec/fw, --quiet]}
                """);
    }

    private static KindReader manager() {
        return KindReader.row(Kind.SERVICE_MANAGER, ServiceManagerReader.SPEC, null, ServiceManager::new, """
                A program of a vendor that has to know which chains pass its nodes, and what they are to do there: \
                [service managers](../guides/service-managers.md). Nodes that read files leave it alone.""", """
                apiVersion: sluice.dev/v1
                kind: ServiceManager
                metadata: {name: acme}
                spec:
                  vendor: Acme Security
                  services: [firewall]
                  callback: {url: "https://acme-manager.example:8443/sluice"}
                """);
    }

    private static KindReader vendorTemplate() {
        return KindReader.row(Kind.VENDOR_TEMPLATE, VendorTemplateReader.SPEC, null, VendorTemplate::new, """
                What a vendor's product can be told: the parameters that service profiles of it set, with types, defaults and allowed values, and whether its nodes can get \
                packets, copies or either: [templates](../guides/service-managers.md#templates).""", """
                apiVersion: sluice.dev/v1
                kind: VendorTemplate
                metadata: {name: acme-firewall}
                spec:
                  service: firewall
                  actions: [forward, copy]
                  parameters:
                  - {name: policy, values: [strict, log-all], default: strict}
                  - {name: sample, type: integer, min: 1, max: 1000, default: 1}
                  - {name: tenant-key}
                """);
    }

    private static KindReader serviceProfile() {
        return KindReader.row(Kind.SERVICE_PROFILE, ServiceProfileReader.SPEC, null, ServiceProfile::new, """
                One way in which the nodes of a service are used: parameters for them, packets or copies, open or closed. Chains name it in place of the service: \
                [profiles](../guides/service-managers.md#profiles). No Service has the name of a profile.""", """
                apiVersion: sluice.dev/v1
                kind: ServiceProfile
                metadata: {name: firewall-record}
                spec:
                  service: firewall
                  parameters: {policy: log-all, sample: 10}
                  action: copy
                """);
    }

    private static KindReader attachment() {
        return KindReader.row(
                Kind.SERVICE_ATTACHMENT, ServiceAttachmentReader.SPEC, null, ServiceAttachment::new, """
                A service plane: the virtual network that carries chains between hosts, and the hosts and routers that are on it: \
                [service planes](../guides/several-hosts.md#service-planes).""", """
                apiVersion: sluice.dev/v1
                kind: ServiceAttachment
                metadata: {name: production}
                spec:
                  svni: 5000
                  appliedTo: {nodes: [host-a, host-b]}
                """);
    }

    private static KindReader chain() {
        return KindReader.row(Kind.SERVICE_CHAIN, ServiceChainReader.SPEC, null, ServiceChain::new, """
                Services that packets pass one after the other, each by itself or in one of its profiles. A service without an instance gives a warning.""", """
                apiVersion: sluice.dev/v1
                kind: ServiceChain
                metadata: {name: inspect}
                spec:
                  profiles: [firewall, {service: ips, onFailure: open}]
                  onFailure: closed
                """);
    }

    private static KindReader policy() {
        return KindReader.row(Kind.SERVICE_POLICY, ServicePolicyReader.SPEC, null, ServicePolicy::new, """
                A rule set: which packets pass which chain. In `appliedTo`, `a/b` means interface `b` of the router `a` if there is \
                a LogicalRouter of that name, else port `b` of the node `a`; `b` is the name of a Port, else of a Linux \
                interface.""", """
                apiVersion: sluice.dev/v1
                kind: ServicePolicy
                metadata: {name: web}
                spec:
                  appliedTo: [edge-1/uplink0, {interface: edge-1/uplink1, direction: fromPort}]
                  rules:
                  - name: inspect-web
                    match: {protocol: tcp, destination: {prefixes: [10.1.0.0/16], ports: [80, 443, "8000-8080"]}}
                    action: {chain: inspect}
                  - {name: no-telnet, match: {protocol: tcp, destination: {ports: [23]}}, action: {drop: true}}
                  - {name: rest, action: {noService: true}}
                """);
    }

    private static KindReader port() {
        return KindReader.row(Kind.PORT, PortReader.SPEC, null, Port::new, """
                An interface over which Sluice receives and sends frames of hosts. A port is one side of a transparent pair \
                (`peer`), belongs to one LogicalRouter or is one of a LogicalSwitch (`switch`), at most one of the three. No two ports use the same interface of a \
                node.""", """
                apiVersion: sluice.dev/v1
                kind: Port
                metadata: {name: uplink0}
                spec: {node: edge-1, interface: enp1s0, peer: uplink1}
                """);
    }

    private static KindReader profile() {
        return KindReader.row(Kind.PORT_PROFILE, PortProfileReader.SPEC, null, PortProfile::new, """
                What ports with this profile are: workloads, whose traffic passes a chain without a rule, or sides of a service node. With `discover` \
                interfaces get it by themselves, as soon as they appear and wherever they go: [discovery](../guides/discovery.md).""", """
                apiVersion: sluice.dev/v1
                kind: PortProfile
                metadata: {name: protected}
                spec: {chain: inspect, direction: both}
                """);
    }

    private static KindReader router() {
        return KindReader.row(Kind.LOGICAL_ROUTER, LogicalRouterReader.SPEC, null, LogicalRouter::new, """
                A router (VRF) between ports and other routers of one host. Next hops lie in a connected block of the router; the \
                blocks of different routers may overlap. Two routers are joined by interfaces whose `link`s name each other.""", """
                apiVersion: sluice.dev/v1
                kind: LogicalRouter
                metadata: {name: t0}
                spec:
                  node: edge-1
                  interfaces:
                  - {port: uplink0, addresses: [192.0.2.2/30, "2001:db8:1::2/64"]}
                  - {name: to-t1, link: t1/to-t0, addresses: [198.51.100.1/31]}
                  routes:
                  - {prefix: 0.0.0.0/0, via: [192.0.2.1]}
                  - {prefix: 10.9.0.0/16, blackhole: true}
                """);
    }

    private static KindReader segment() {
        return KindReader.row(Kind.LOGICAL_SWITCH, LogicalSwitchReader.SPEC, null, LogicalSwitch::new, """
                One L2 segment for all ports that name it (`switch`), whatever their hosts: \
                [segments over several hosts](../guides/several-hosts.md#segments-over-several-hosts).""", """
                apiVersion: sluice.dev/v1
                kind: LogicalSwitch
                metadata: {name: web}
                spec: {vni: 5001}
                """);
    }

    private static KindReader traceflow() {
        return KindReader.row(Kind.TRACEFLOW, TraceflowReader.SPEC, null, Traceflow::new, """
                A question: what would happen to this packet? The manager has it answered by the host where the packet comes in, and by those that it goes on to; \
                the story is in the status: [traces from one place](../guides/tracing.md#from-one-place). Nodes that read files leave it alone.""", """
                apiVersion: sluice.dev/v1
                kind: Traceflow
                metadata: {name: why-no-web}
                spec: {port: uplink0, packet: "tcp 10.0.0.1:1234 > 10.1.0.2:80 syn"}
                """);
    }

    private static KindReader capture() {
        return KindReader.row(Kind.CAPTURE, CaptureReader.SPEC, null, Capture::new, """
                Packets that hosts capture for a while, and whose file the manager keeps in memory as long as the object is there: \
                [captures from one place](../guides/tracing.md#captures-from-one-place). All hosts of one together have 1 MiB. Nodes that read files leave it alone.""", """
                apiVersion: sluice.dev/v1
                kind: Capture
                metadata: {name: web-at-the-edge}
                spec: {port: uplink0, portNumber: 443, packets: 100, duration: 1m}
                """);
    }

    private static KindReader node() {
        return KindReader.row(Kind.NODE, NodeReader.SPEC, Node.Spec.DEFAULT, Node::new, """
                Settings of one host that runs Sluice. A host without this object has the defaults. Durations are a whole number \
                and a unit: `ms`, `s`, `m`, `h`, `d`. With `underlay` a node shares its service instances with all others that \
                have one: [service nodes on several hosts](../guides/several-hosts.md).""", """
                apiVersion: sluice.dev/v1
                kind: Node
                metadata: {name: edge-1}
                spec:
                  tracker: {connectionsMax: 4194304, timeouts: {tcpEstablished: 2h, udp: 30s}}
                  io: {driver: af_xdp}
                """);
    }
}
