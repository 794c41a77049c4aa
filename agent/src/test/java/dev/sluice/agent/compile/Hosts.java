package dev.sluice.agent.compile;

import static dev.sluice.agent.Yaml.object;

import dev.sluice.agent.Yaml;

/** Hosts that reach each other, as objects. */
final class Hosts {
    private Hosts() {}

    /** A host with an underlay. */
    static String host(String name, int number) {
        String address = "10.0.0." + number;
        return Yaml.text(
                object("Node", name, "{underlay: {address: " + address + "}}"),
                object("Port", "up-" + name, "{node: " + name + ", interface: eth0}"),
                object(
                        "LogicalRouter",
                        "underlay-" + name,
                        "{node: " + name + ", interfaces: [{port: up-" + name + ", addresses: [" + address
                                + "/24]}]}"));
    }

    /** A transparent pair of a host. */
    static String pair(String host) {
        return Yaml.text(
                object("Port", "left", "{node: " + host + ", interface: eth1, peer: right}"),
                object("Port", "right", "{node: " + host + ", interface: eth2}"));
    }
}
