package dev.sluice.bench;

import dev.sluice.lab.OpenVswitch;
import dev.sluice.wire.IpProtocols;
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
    private static final String ACROSS = TRACK + """
            table=1,in_port=p0,ct_state=+new,ip,actions=ct(commit),output:p1
            table=1,in_port=p0,ct_state=+est,ip,actions=output:p1
            table=1,in_port=p1,ct_state=+est,ip,actions=output:p0
            """;

    private VswitchDevice() {}

    /** Starts it with the bed's ports as interfaces of the given type: afxdp or system (AF_PACKET). */
    static void start(Bed bed, String type) {
        start(bed, type, THROUGH_NODE);
    }

    /** The same without a node, with so many rules for other traffic, which a new flow is asked by. */
    static void startTracker(Bed bed, String type, int rules) {
        start(bed, type, ACROSS + others(rules));
    }

    private static void start(Bed bed, String type, String rules) {
        OpenVswitch vswitch =
                OpenVswitch.start(bed.namespace(), "pmd-cpu-mask=0x" + Integer.toHexString(1 << Bed.DEVICE_CORE));
        bed.device(vswitch.process());
        vswitch.bridge("br0");
        for (String port : bed.ports()) {
            vswitch.port("br0", port, "type=" + type);
        }
        vswitch.daemon("dpctl/ct-set-maxconns", Integer.toString(CONNECTIONS_MAX));
        vswitch.rules("br0", rules);
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
