package dev.sluice.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Open vSwitch with the data path in user space, in a namespace: with a database, sockets and logs in a folder of its own, so that it touches nothing of the machine's.
 * Ends with its topology. For the thread that builds that.
 */
public final class OpenVswitch {
    private static final Path SCHEMA = Path.of("/usr/share/openvswitch/vswitch.ovsschema");
    private static final Duration START = Duration.ofSeconds(15);
    private static final Pattern PACKETS = Pattern.compile("packet_count=(\\d+)");

    private final Namespace namespace;
    private final String folder;
    private final LabProcess daemon;

    private OpenVswitch(Namespace namespace, List<String> settings) {
        if (!Files.exists(SCHEMA)) {
            throw new LabException("Open vSwitch is not installed (Debian package openvswitch-switch)");
        }
        this.namespace = namespace;
        folder = folder(namespace.topology());
        String database = folder + "/conf.db";
        namespace.exec("ovsdb-tool", "create", database, SCHEMA.toString());
        namespace.start("ovsdb", inFolder("ovsdb-server", database, "--remote=punix:" + folder + "/db.sock"));
        await(folder + "/db.sock");
        configure("--no-wait", "init");
        for (String setting : settings) {
            configure("--no-wait", "set", "Open_vSwitch", ".", "other_config:" + setting);
        }
        daemon = namespace.start(
                "vswitchd", inFolder("ovs-vswitchd", "unix:" + folder + "/db.sock", "--unixctl=" + folder + "/ctl"));
        await(folder + "/ctl");
    }

    private static String folder(Topology topology) {
        try {
            return Files.createDirectory(topology.freshFile("ovs")).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts it without bridges. {@code settings}: such as {@code pmd-cpu-mask=0x2}. */
    public static OpenVswitch start(Namespace namespace, String... settings) {
        return new OpenVswitch(namespace, List.of(settings));
    }

    /** Runs {@code ovs-vsctl}; its output. */
    public String configure(String... arguments) {
        List<String> command =
                new ArrayList<>(inFolder("ovs-vsctl", "--timeout=20", "--db=unix:" + folder + "/db.sock"));
        command.addAll(List.of(arguments));
        return namespace.exec(command);
    }

    /** Adds a bridge without rules. Its interface of the same name is the host's. */
    public OpenVswitch bridge(String name) {
        configure("add-br", name, "--", "set", "bridge", name, "datapath_type=netdev", "fail-mode=secure");
        return this;
    }

    /** Adds a port; {@code options} are columns of its interface, such as {@code type=system}. */
    public OpenVswitch port(String bridge, String port, String... options) {
        List<String> command = new ArrayList<>(List.of("add-port", bridge, port, "--", "set", "interface", port));
        command.addAll(List.of(options));
        configure(command.toArray(String[]::new));
        return this;
    }

    /** Gives a bridge these rules, one a line, beside those that it has. */
    public OpenVswitch rules(String bridge, String text) {
        namespace.execWithInput(inFolder("ovs-ofctl", "-O", "OpenFlow13", "add-flows", socket(bridge), "-"), text);
        return this;
    }

    /** Runs {@code ovs-ofctl} for a bridge; its output. */
    public String openFlow(String command, String bridge, String... arguments) {
        List<String> whole = new ArrayList<>(inFolder("ovs-ofctl", "-O", "OpenFlow13", command, socket(bridge)));
        whole.addAll(List.of(arguments));
        return namespace.exec(whole);
    }

    /** Runs {@code ovs-appctl}; its output. */
    public String daemon(String... arguments) {
        List<String> command = new ArrayList<>(inFolder("ovs-appctl", "-t", folder + "/ctl"));
        command.addAll(List.of(arguments));
        return namespace.exec(command);
    }

    /** How many packets rules with this cookie have had; lags by up to a second. */
    public long packets(String bridge, int cookie) {
        String found = openFlow("dump-aggregate", bridge, String.format(Locale.ROOT, "cookie=0x%x/-1", cookie));
        Matcher matcher = PACKETS.matcher(found);
        if (!matcher.find()) {
            throw new LabException("ovs-ofctl says no count of packets: " + found);
        }
        return Long.parseLong(matcher.group(1));
    }

    /** The switch itself. */
    public LabProcess process() {
        return daemon;
    }

    private String socket(String bridge) {
        return "unix:" + folder + "/" + bridge + ".mgmt";
    }

    /** Keeps its sockets and logs in the folder. */
    private List<String> inFolder(String... command) {
        List<String> whole =
                new ArrayList<>(List.of("env", "OVS_RUNDIR=" + folder, "OVS_DBDIR=" + folder, "OVS_LOGDIR=" + folder));
        whole.addAll(List.of(command));
        return whole;
    }

    private static void await(String file) {
        Waits.until("Open vSwitch opened " + file, START, () -> Files.exists(Path.of(file)));
    }
}
