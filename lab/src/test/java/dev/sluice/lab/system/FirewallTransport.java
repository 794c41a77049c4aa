package dev.sluice.lab.system;

import dev.sluice.lab.FrameSocket;
import java.util.List;

/** The firewall of {@link HostsNetwork}, at host B, in each transport that nodes have: what its objects say, and a program that passes everything. */
final class FirewallTransport {
    private static final String IN_AND_OUT = "interfaces: {in: fw-in, out: fw-out}";
    private static final String MAC = "02:00:00:00:00:50";
    private static final int NSH_TYPE = 0x894f;
    private static final int INDEX = 14 + 7;

    /** With a service header or tags in front, what is 1,500 bytes long inside is longer. */
    private static final int WIDE = 1700;

    private FirewallTransport() {}

    /** Its own address in the underlay. */
    static String address(int ipVersion) {
        return ipVersion == 4 ? "192.0.2.50" : "2001:db8::50";
    }

    /**
     * Objects of {@link HostsNetwork} with the firewall in a transport.
     *
     * @param more further fields of the service, each behind a comma
     */
    static String objects(String objects, String transport, int ipVersion, String more) {
        String tags = switch (transport) {
            case "vlan" -> ", vlan: 200}";
            case "qinq" -> ", vlan: 200, innerVlan: 7}";
            default -> "}";
        };
        String attached = switch (transport) {
            case "raw" -> IN_AND_OUT;
            case "wire" ->
                "interfaces: {in: {interface: fw-in, mac: \"02:aa:00:00:00:01\"},"
                        + " out: {interface: fw-out, mac: \"02:aa:00:00:00:02\"}}";
            case "vlan", "qinq" ->
                "interfaces: {in: {interface: fw-in" + tags + ", out: {interface: fw-out" + tags + "}";
            case "nsh-ethernet" -> "interfaces: {in: {interface: fw-in, mac: \"" + MAC + "\"}}";
            case "gre" -> "endpoint: \"" + address(ipVersion) + "\", greKey: 100";
            case "vxlan" -> "endpoint: \"" + address(ipVersion) + "\", vni: 100";
            default -> "endpoint: \"" + address(ipVersion) + "\"";
        };
        return objects.replace(IN_AND_OUT, attached)
                .replace(
                        Yaml.object("Service", "fw", "{transport: raw}"),
                        Yaml.object("Service", "fw", "{transport: " + transport + more + "}"));
    }

    /** Gives the firewall's namespace an interface in the underlay; once, before Sluice starts. */
    static void attach(HostsNetwork network, int ipVersion) {
        network.attach(network.fw, "eth0").address(address(ipVersion) + (ipVersion == 4 ? "/24" : "/64"));
    }

    /** Lets frames with a service header or tags in front fit at both sides of the firewall. */
    static void widen(HostsNetwork network) {
        for (String side : List.of("in", "out")) {
            network.fw.interfaceNamed(side).mtu(WIDE);
            network.hosts.get(1).interfaceNamed("fw-" + side).mtu(WIDE);
        }
    }

    /** Starts its program. */
    static AutoCloseable start(HostsNetwork network, String transport, int ipVersion) {
        String address = address(ipVersion);
        return switch (transport) {
            case "raw", "wire", "vlan", "qinq" ->
                ProgramNode.cable(network.fw.interfaceNamed("in"), network.fw.interfaceNamed("out"));
            case "nsh-ethernet" -> ProgramNode.start(FirewallTransport::answer, network.fw.interfaceNamed("in"));
            case "gre" -> PythonNode.start(network.fw, "gre_node", address);
            case "vxlan" -> {
                VxlanNodeTest.bridge(network.fw, address, ipVersion == 4 ? "192.0.2.2" : "2001:db8::2");
                yield () -> {};
            }
            case "gwlb" -> PythonNode.start(network.fw, "gateway_node", address);
            case "nsh" -> PythonNode.start(network.fw, "aware_node", address, "0");
            case "nsh-gpe" -> PythonNode.start(network.fw, "aware_node", address, "0", "gpe");
            default -> throw new IllegalArgumentException(transport);
        };
    }

    /** A service header behind Ethernet goes back to its sender with one less in the index. */
    private static void answer(int from, FrameSocket.Frame frame, ProgramNode.Sender sender) {
        byte[] back = frame.bytes().clone();
        if (back.length <= INDEX || ((back[12] & 0xff) << 8 | (back[13] & 0xff)) != NSH_TYPE) {
            return;
        }
        System.arraycopy(frame.bytes(), 0, back, 6, 6);
        System.arraycopy(frame.bytes(), 6, back, 0, 6);
        back[INDEX]--;
        sender.send(from, new FrameSocket.Frame(frame.vnetHeader(), back, false));
    }
}
