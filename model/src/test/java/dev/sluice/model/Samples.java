package dev.sluice.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Valid texts for tests to break. */
final class Samples {
    private Samples() {}

    /** The example of the architecture, as it stands there. */
    static String smallNetwork() {
        try (InputStream in = Objects.requireNonNull(Samples.class.getResourceAsStream("small-network.yaml"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every kind and nearly every field. */
    static String everyKind() {
        return """
                apiVersion: sluice.dev/v1
                kind: Node
                metadata: {name: edge, labels: {rack: r1}, annotations: {note: "first"}}
                spec: {tracker: {connectionsMax: 2048, timeouts: {udp: 5m, tcpEstablished: 2h, icmp: 1500ms}}, fastPath: {journeysMax: 8192, afterPackets: 3}, io: {driver: af_packet}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: up0}, spec: {node: edge, interface: eth0, xdpMode: generic, zeroCopy: off, fastPath: tc, mac: "02:00:00:00:00:01"}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: up1}, spec: {interface: eth1, driver: tap, classify: {toPort: false}, profile: all}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: left}, spec: {interface: eth2, peer: right}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: right}, spec: {interface: eth3}}
                ---
                {apiVersion: sluice.dev/v1, kind: PortProfile, metadata: {name: all}, spec: {chain: both, direction: toPort, onFailure: open}}
                ---
                apiVersion: sluice.dev/v1
                kind: LogicalRouter
                metadata: {name: t0}
                spec:
                  node: edge
                  interfaces:
                  - {port: up0, addresses: [192.0.2.2/24, "2001:db8::2/64"]}
                  - {name: uplink, port: up1, addresses: [198.51.100.2/24]}
                  - {name: to-t1, link: t1/to-t0, addresses: [203.0.113.0/31]}
                  routes:
                  - {prefix: 0.0.0.0/0, via: [192.0.2.1, 198.51.100.1]}
                  - {prefix: 10.0.0.0/8, blackhole: true}
                ---
                apiVersion: sluice.dev/v1
                kind: LogicalRouter
                metadata: {name: t1}
                spec: {interfaces: [{name: to-t0, link: t0/to-t1, addresses: [203.0.113.1/31]}]}
                ---
                {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: vlan}}
                ---
                {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: nat}, spec: {transport: raw, forwarding: route, translation: new-flow, unmatchedReturn: route}}
                ---
                apiVersion: sluice.dev/v1
                kind: ServiceInstance
                metadata: {name: fw-1}
                spec:
                  service: fw
                  node: edge
                  weight: 10
                  interfaces: {in: {interface: svc0, vlan: 10}, out: {interface: svc0, vlan: 11}}
                  policies: [{chain: both, in: {vlan: 20}, out: {vlan: 21}}]
                ---
                apiVersion: sluice.dev/v1
                kind: ServiceInstance
                metadata: {name: nat-1}
                spec:
                  service: nat
                  adminState: down
                  interfaces:
                    in: {interface: svc1, addresses: [10.9.0.1/30], nextHop: [10.9.0.2]}
                    out: {interface: svc2, mac: "02:00:00:00:00:02"}
                ---
                {apiVersion: sluice.dev/v1, kind: VendorTemplate, metadata: {name: acme-nat}, spec: {service: nat, actions: [forward], parameters: [{name: pool, type: integer, min: 1, max: 9, default: 3}]}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: nat-small}, spec: {template: acme-nat, parameters: {pool: 1}}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceProfile, metadata: {name: fw-strict}, spec: {service: fw, parameters: {level: 3, log: "all"}, action: forward, onFailure: closed}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceAttachment, metadata: {name: plane}, spec: {svni: 5000, appliedTo: {nodes: [edge], routers: t0}}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: both}, spec: {attachment: plane, profiles: [fw-strict, {service: nat, onFailure: open, action: copy}]}}
                ---
                apiVersion: sluice.dev/v1
                kind: ServicePolicy
                metadata: {name: rules}
                spec:
                  priority: 2000
                  appliedTo: [edge/up0, t0/uplink, t0/to-t1, {interface: left, direction: fromPort}, eth3]
                  rules:
                  - name: web
                    priority: 10
                    match:
                      family: ipv4
                      etherType: 0x0800
                      sourceMac: "02:00:00:00:00:09"
                      vlan: [7, "10-20"]
                      innerVlan: 9
                      protocol: tcp
                      dscp: 46
                      source: {prefixes: [10.0.0.0/8], ports: [1024-65535]}
                      destination: {prefixes: [10.1.0.0/16, 10.2.3.4], ports: [80, "8000-8080"]}
                      hash: {buckets: 16, in: [0, 3-5]}
                    action: {chain: both}
                    onFailure: open
                    bothDirections: false
                    appliedTo: [up1]
                  - {name: dns, match: {protocol: 17, destination: {prefixes: ["2001:db8::/32"], ports: [53]}}, action: {drop: true}}
                  - {name: rest, action: {noService: true}}
                """;
    }

    /** Two hosts that share their instances and one that is alone. */
    static String twoHosts() {
        return """
                {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: b}, spec: {underlay: {address: 10.0.0.2}}}
                ---
                {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: a}, spec: {underlay: {address: 10.0.0.1}}}
                ---
                {apiVersion: sluice.dev/v1, kind: Node, metadata: {name: c}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: pa}, spec: {node: a, interface: eth0}}
                ---
                {apiVersion: sluice.dev/v1, kind: Port, metadata: {name: pb}, spec: {node: b, interface: eth0}}
                ---
                {apiVersion: sluice.dev/v1, kind: LogicalRouter, metadata: {name: ra}, spec: {node: a, interfaces: [{port: pa, addresses: [10.0.0.1/24]}]}}
                ---
                {apiVersion: sluice.dev/v1, kind: LogicalRouter, metadata: {name: rb}, spec: {node: b, interfaces: [{port: pb, addresses: [10.0.0.2/24]}]}}
                ---
                {apiVersion: sluice.dev/v1, kind: Service, metadata: {name: fw}, spec: {transport: raw}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-a}, spec: {service: fw, node: a, interfaces: {in: i, out: o}}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-b}, spec: {service: fw, node: b, interfaces: {in: i, out: o}}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceInstance, metadata: {name: fw-any}, spec: {service: fw, interfaces: {in: j, out: k}}}
                ---
                {apiVersion: sluice.dev/v1, kind: ServiceChain, metadata: {name: inspect}, spec: {profiles: [fw]}}
                """;
    }

    /** The configuration of a text that must have no problem at all. */
    static Configuration sound(String text) {
        LoadResult result = ConfigurationLoader.parse("test.yaml", text);
        assertThat(result.problems()).isEmpty();
        return result.configuration().orElseThrow();
    }
}
