package dev.sluice.bench;

import dev.sluice.lab.LabException;
import dev.sluice.lab.Namespace;
import dev.sluice.wire.IpProtocols;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Open vSwitch with the user-space data path as a peer, with a database and sockets of its own in the bed's folder. Rules by input port; flows are tracked and committed once,
 * before the node. Static, for the benchmark's thread.
 */
final class OpenVswitch {
    private static final Path SCHEMA = Path.of("/usr/share/openvswitch/vswitch.ovsschema");
    private static final Duration START = Duration.ofSeconds(15);
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

    private OpenVswitch() {}

    /** Starts it with the bed's ports as interfaces of the given type: afxdp or system (AF_PACKET). */
    static void start(Bed bed, String type) {
        start(bed, type, THROUGH_NODE);
    }

    /** The same without a node, with so many rules for other traffic, which a new flow is asked by. */
    static void startTracker(Bed bed, String type, int rules) {
        start(bed, type, ACROSS + others(rules));
    }

    private static void start(Bed bed, String type, String rules) {
        if (!Files.exists(SCHEMA)) {
            throw new LabException("Open vSwitch is not installed (Debian package openvswitch-switch)");
        }
        Namespace namespace = bed.namespace();
        String folder = bed.topology().logDirectory().toString();
        String database = folder + "/conf.db";
        String socket = folder + "/db.sock";
        namespace.exec("ovsdb-tool", "create", database, SCHEMA.toString());
        namespace.start("ovsdb", inFolder(folder, "ovsdb-server", database, "--remote=punix:" + socket));
        awaitFile(Path.of(socket));
        control(namespace, folder, "--no-wait", "init");
        control(
                namespace,
                folder,
                "--no-wait",
                "set",
                "Open_vSwitch",
                ".",
                "other_config:pmd-cpu-mask=0x" + Integer.toHexString(1 << Bed.DEVICE_CORE));
        bed.device(namespace.start(
                "vswitchd", inFolder(folder, "ovs-vswitchd", "unix:" + socket, "--unixctl=" + folder + "/ctl")));
        control(
                namespace,
                folder,
                "add-br",
                "br0",
                "--",
                "set",
                "bridge",
                "br0",
                "datapath_type=netdev",
                "fail-mode=secure");
        for (String port : bed.ports()) {
            control(namespace, folder, "add-port", "br0", port, "--", "set", "interface", port, "type=" + type);
        }
        namespace.exec(inFolder(
                folder,
                "ovs-appctl",
                "-t",
                folder + "/ctl",
                "dpctl/ct-set-maxconns",
                Integer.toString(CONNECTIONS_MAX)));
        namespace.execWithInput(inFolder(folder, "ovs-ofctl", "add-flows", "unix:" + folder + "/br0.mgmt", "-"), rules);
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

    private static void control(Namespace namespace, String folder, String... arguments) {
        List<String> command = new java.util.ArrayList<>(
                inFolder(folder, "ovs-vsctl", "--timeout=20", "--db=unix:" + folder + "/db.sock"));
        command.addAll(List.of(arguments));
        namespace.exec(command);
    }

    /** Keeps its sockets and logs in the bed's folder. */
    private static List<String> inFolder(String folder, String... command) {
        List<String> whole = new java.util.ArrayList<>(
                List.of("env", "OVS_RUNDIR=" + folder, "OVS_DBDIR=" + folder, "OVS_LOGDIR=" + folder));
        whole.addAll(List.of(command));
        return whole;
    }

    private static void awaitFile(Path file) {
        long deadline = System.nanoTime() + START.toNanos();
        while (!Files.exists(file)) {
            if (System.nanoTime() - deadline > 0) {
                throw new LabException("Open vSwitch's database did not open " + file + " within " + START);
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(20);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while waiting for Open vSwitch", e);
        }
    }
}
