package dev.sluice.agent;

import static dev.sluice.agent.Yaml.object;

/** Hosts that reach each other, as objects. */
public final class Hosts {
    private Hosts() {}

    /** A host with an underlay at its interface eth0. */
    public static String host(String name, int number) {
        return host(name, number, "eth0");
    }

    /** The same at another interface. */
    public static String host(String name, int number, String interfaceName) {
        String address = "10.0.0." + number;
        return Yaml.text(
                object("Node", name, "{underlay: {address: " + address + "}}"),
                object("Port", "up-" + name, "{node: " + name + ", interface: " + interfaceName + "}"),
                object(
                        "LogicalRouter",
                        "underlay-" + name,
                        "{node: " + name + ", interfaces: [{port: up-" + name + ", addresses: [" + address
                                + "/24]}]}"));
    }

    /** A transparent pair of a host. */
    public static String pair(String host) {
        return Yaml.text(
                object("Port", "left", "{node: " + host + ", interface: eth1, peer: right}"),
                object("Port", "right", "{node: " + host + ", interface: eth2}"));
    }
}
