package dev.sluice.bench;

import dev.sluice.lab.Namespace;
import dev.sluice.lab.OpenVswitch;
import dev.sluice.wire.IpProtocols;
import java.util.List;
import java.util.Locale;

/**
 * Open vSwitch as a device under test. Rules by input port; flows are tracked and committed once, before the node. Static, for the benchmark's thread.
 */
final class VswitchDevice {
    private static final int CONNECTIONS_MAX = 8_000_000;
    private static final String TRACK = """
            table=0,in_port=p0,ip,actions=ct(table=1)
            table=0,in_port=p1,ip,actions=ct(table=1)
            """;
    private static final String THROUGH_NODE = TRACK + """
            table=0,in_port=p2,actions=output:p0
            table=0,in_port=p3,actions=output:p1
            table=1,in_port=p0,ct_state=+new,ip,actions=ct(commit),output:p2
            table=1,in_port=p0,ct_state=+est,ip,actions=output:p2
            table=1,in_port=p1,ct_state=+est,ip,actions=output:p3
            """;
    private static final String ARP = """
            table=0,in_port=p0,arp,actions=output:p2
            table=0,in_port=p1,arp,actions=output:p3
            """;
    private static final String THROUGH_TWO_NODES = TRACK + """
            table=0,in_port=p2,actions=output:p0
            table=0,in_port=p3,actions=output:p4
            table=0,in_port=p4,actions=output:p3
            table=0,in_port=p5,actions=output:p1
            table=1,in_port=p0,ct_state=+new,ip,actions=ct(commit),output:p2
            table=1,in_port=p0,ct_state=+est,ip,actions=output:p2
            table=1,in_port=p1,ct_state=+est,ip,actions=output:p5
            """;
    private static final String ROUTED = TRACK + """
            table=1,in_port=p0,ct_state=+new,ip,actions=ct(commit),dec_ttl,set_field:02:00:00:00:00:11->eth_src,set_field:02:00:00:00:00:33->eth_dst,output:p1
            table=1,in_port=p0,ct_state=+est,ip,actions=dec_ttl,set_field:02:00:00:00:00:11->eth_src,set_field:02:00:00:00:00:33->eth_dst,output:p1
            table=1,in_port=p1,ct_state=+est,ip,actions=dec_ttl,set_field:02:00:00:00:00:22->eth_src,set_field:02:00:00:00:00:44->eth_dst,output:p0
            """;

    /** To the other machine and back from it: which way is in the tunnel's identifier. */
    private static final String NEAR = TRACK + """
            table=0,in_port=tunnel,tun_id=1,actions=output:p1
            table=0,in_port=tunnel,tun_id=2,actions=output:p0
            table=1,in_port=p0,ct_state=+new,ip,actions=ct(commit),set_field:1->tun_id,output:tunnel
            table=1,in_port=p0,ct_state=+est,ip,actions=set_field:1->tun_id,output:tunnel
            table=1,in_port=p1,ct_state=+est,ip,actions=set_field:2->tun_id,output:tunnel
            """;

    private static final String FAR = """
            table=0,in_port=tunnel,tun_id=1,actions=output:p2
            table=0,in_port=tunnel,tun_id=2,actions=output:p3
            table=0,in_port=p3,actions=set_field:1->tun_id,output:tunnel
            table=0,in_port=p2,actions=set_field:2->tun_id,output:tunnel
            """;
    private static final String ACROSS = TRACK + """
            table=1,in_port=p0,ct_state=+new,ip,actions=ct(commit),output:p1
            table=1,in_port=p0,ct_state=+est,ip,actions=output:p1
            table=1,in_port=p1,ct_state=+est,ip,actions=output:p0
            """;

    private VswitchDevice() {}

    /** Starts it with the bed's ports as interfaces of the given type: afxdp or system (AF_PACKET). */
    static void start(Bed bed, String type) {
        start(bed, type, bed.ports().contains("p5") ? THROUGH_TWO_NODES : THROUGH_NODE);
    }

    /** The same for hosts that ask for each other's addresses and cut their segments themselves: it takes frames that fit, with complete checksums. */
    static void startForTcp(Bed bed, String type) {
        bed.topology().get("client").interfaceNamed("g0").offloads(false);
        bed.topology().get("server").interfaceNamed("g1").offloads(false);
        start(bed, type, THROUGH_NODE + ARP);
    }

    /** The same as a router between the ports of {@link Bed#routed}. */
    static void startRouter(Bed bed, String type) {
        start(bed, type, ROUTED);
    }

    /** One on each of two machines, with Geneve between them, and without a service header. */
    static void startHosts(Bed bed, String type) {
        host(bed, bed.far(), type, "u1", List.of("p2", "p3"), FAR, 2);
        host(bed, bed.namespace(), type, "u0", List.of("p0", "p1"), NEAR, 1);
    }

    private static void host(
            Bed bed, Namespace where, String type, String underlay, List<String> ports, String rules, int number) {
        OpenVswitch vswitch = start(bed, where, type, ports);
        vswitch.bridge("outside");
        vswitch.port("outside", underlay, "type=" + type);
        vswitch.rules("outside", "actions=NORMAL");
        where.interfaceNamed("outside").address("192.0.2." + number + "/24").up();
        vswitch.port("br0", "tunnel", "type=geneve", "options:remote_ip=192.0.2." + (3 - number), "options:key=flow");
        vswitch.rules("br0", rules);
    }

    /** The same without a node, with so many rules for other traffic, which a new flow is asked by. */
    static void startTracker(Bed bed, String type, int rules) {
        start(bed, type, ACROSS + others(rules));
    }

    private static void start(Bed bed, String type, String rules) {
        start(bed, bed.namespace(), type, bed.ports()).rules("br0", rules);
    }

    private static OpenVswitch start(Bed bed, Namespace where, String type, List<String> ports) {
        OpenVswitch vswitch = OpenVswitch.start(where, "pmd-cpu-mask=0x" + Integer.toHexString(1 << Bed.DEVICE_CORE));
        bed.device(vswitch.process());
        vswitch.bridge("br0");
        for (String port : ports) {
            vswitch.port("br0", port, "type=" + type);
        }
        vswitch.daemon("dpctl/ct-set-maxconns", Integer.toString(CONNECTIONS_MAX));
        return vswitch;
    }

    private static String others(int rules) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rules; i++) {
            text.append(String.format(
                    Locale.ROOT,
                    "table=1,priority=%d,in_port=p0,ct_state=+new,%s,nw_dst=%s,tp_dst=%d,actions=ct(commit),output:p1%n",
                    40_000 + i % 20_000,
                    BridgePath.otherProtocol(i) == IpProtocols.TCP ? "tcp" : "udp",
                    BridgePath.otherDestination(i),
                    BridgePath.otherPort(i)));
        }
        return text.toString();
    }
}
