package dev.sluice.agent.doctor;

import dev.sluice.agent.NodeException;
import dev.sluice.agent.Remains;
import dev.sluice.agent.admin.AdminClient;
import dev.sluice.agent.doctor.Diagnosis.Line;
import dev.sluice.agent.doctor.Diagnosis.State;
import dev.sluice.agent.report.StatusReport;
import dev.sluice.fastpath.FastPath;
import dev.sluice.fastpath.Leftovers;
import dev.sluice.model.Configuration;
import dev.sluice.model.Port;
import dev.sluice.model.ServiceInstance;
import dev.sluice.ports.HostProbe;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Looks at this host as a node would find it. One user; nothing is changed. */
public final class Doctor {
    /** First kernel with everything that AF_XDP ports use. */
    private static final int KERNEL_MAJOR_MIN = 5;

    private static final int KERNEL_MINOR_MIN = 9;
    private static final int JAVA_MIN = 25;
    private static final long MIB = 1 << 20;
    /** Attaching programs by tcx. */
    private static final int FAST_PATH_MAJOR_MIN = 6;

    private static final int FAST_PATH_MINOR_MIN = 6;
    private static final int CAP_SYS_ADMIN = 21;

    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+).*", Pattern.DOTALL);

    /** Numbers of linux/capability.h. */
    private static final Map<String, Integer> CAPABILITIES = capabilities();

    private final HostFiles files;
    private final List<Line> lines = new ArrayList<>();

    private Doctor(HostFiles files) {
        this.files = files;
    }

    /**
     * Examines this host.
     *
     * @param part the objects of the node that is to run here; empty: none are known, and the interfaces of the host are looked at only as a whole
     * @param socketDirectory where administration sockets are
     */
    public static Diagnosis examine(Optional<Configuration> part, Path socketDirectory) {
        return examine(HostFiles.HOST, part, "", socketDirectory);
    }

    /**
     * The same for a node whose name is known.
     *
     * @param node its name; empty: any
     */
    public static Diagnosis examine(Optional<Configuration> part, String node, Path socketDirectory) {
        return examine(HostFiles.HOST, part, node, socketDirectory);
    }

    static Diagnosis examine(HostFiles files, Optional<Configuration> part, String node, Path socketDirectory) {
        Doctor doctor = new Doctor(files);
        doctor.process();
        doctor.drivers();
        doctor.machine();
        doctor.kernelStack();
        Set<String> interfaces = new TreeSet<>();
        part.ifPresent(objects -> interfaces.addAll(interfaces(objects)));
        InterfaceExamination examination = new InterfaceExamination(files, node, doctor.lines);
        interfaces.forEach(examination::look);
        part.ifPresent(objects -> new MtuExamination(files, doctor.lines).look(objects, node, interfaces));
        part.ifPresent(objects -> WatchExamination.look(objects, doctor.lines));
        part.ifPresent(objects -> FastPathExamination.look(objects, doctor.lines));
        doctor.sockets(socketDirectory);
        if (files.equals(HostFiles.HOST)) {
            doctor.remains();
        }
        return new Diagnosis(doctor.lines);
    }

    /** What goes on in the kernel without any process, and could be forgotten there. */
    private void remains() {
        List<Remains> all = Remains.present(Remains.MEMORY);
        if (all.isEmpty()) {
            add(
                    State.OK,
                    "flows outlive the process",
                    "no: there is no BPF file system",
                    "'sluice run --fast-path tc' mounts one at " + Remains.OWN_PINS + " if it may");
        }
        all.forEach(this::remains);
    }

    private void remains(Remains place) {
        try {
            for (Path directory : place.allPins()) {
                add(
                        State.OK,
                        "fast path in " + directory,
                        new Leftovers(directory).describe(),
                        "it goes on without a process until 'sluice uninstall'");
            }
        } catch (IOException e) {
            add(
                    State.WARNING,
                    "fast path",
                    "what is left in " + place.pins() + " cannot be read: " + e.getMessage(),
                    "run as root");
        }
    }

    private static Set<String> interfaces(Configuration part) {
        Set<String> names = new TreeSet<>();
        part.ports().stream().map(Port::spec).map(Port.Spec::interfaceName).forEach(names::add);
        for (ServiceInstance instance : part.instances()) {
            if (instance.spec().attachment() instanceof ServiceInstance.Interfaces(var in, var out)) {
                names.add(in.interfaceName());
                out.ifPresent(port -> names.add(port.interfaceName()));
            }
        }
        return names;
    }

    private static Map<String, Integer> capabilities() {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        numbers.put("CAP_NET_ADMIN", 12);
        numbers.put("CAP_NET_RAW", 13);
        numbers.put("CAP_PERFMON", 38);
        numbers.put("CAP_BPF", 39);
        return numbers;
    }

    private void add(State state, String subject, String found, String advice) {
        lines.add(new Line(state, subject, found, advice));
    }

    private void process() {
        String release = release();
        boolean enough = isAtLeast(KERNEL_MAJOR_MIN, KERNEL_MINOR_MIN);
        add(
                enough ? State.OK : State.WARNING,
                "kernel",
                "Linux " + release,
                enough
                        ? ""
                        : "AF_XDP wants Linux " + KERNEL_MAJOR_MIN + "." + KERNEL_MINOR_MIN
                                + " or later; af_packet works on older ones");
        int java = Runtime.version().feature();
        add(
                java >= JAVA_MIN ? State.OK : State.PROBLEM,
                "java",
                System.getProperty("java.vm.name") + " " + Runtime.version(),
                java >= JAVA_MIN ? "" : "install Java " + JAVA_MIN);
        long effective =
                Long.parseUnsignedLong(files.field("proc/self/status", "CapEff").orElse("0"), 16);
        CAPABILITIES.forEach((name, bit) -> {
            boolean has = isEffective(effective, name);
            boolean needed = name.startsWith("CAP_NET");
            add(
                    has ? State.OK : needed ? State.PROBLEM : State.WARNING,
                    "capability " + name,
                    has ? "effective" : "missing",
                    has ? "" : "run as root, or give it to the service: AmbientCapabilities=" + name);
        });
        lockedMemory(effective);
        fastPath(effective);
    }

    /** CAP_SYS_ADMIN is all that was split off from it. */
    private static boolean isEffective(long effective, String capability) {
        int bit = CAPABILITIES.getOrDefault(capability, 0);
        boolean splitOff = capability.equals("CAP_BPF") || capability.equals("CAP_PERFMON");
        return (effective >>> bit & 1) != 0 || (splitOff && (effective >>> CAP_SYS_ADMIN & 1) != 0);
    }

    private String release() {
        return files.read("proc/sys/kernel/osrelease").orElse("unknown");
    }

    private boolean isAtLeast(int major, int minor) {
        Matcher version = VERSION.matcher(release());
        return version.matches()
                && (number(version.group(1)) > major
                        || (number(version.group(1)) == major && number(version.group(2)) >= minor));
    }

    /** What {@code sluice run --fast-path} needs beyond what every port does. */
    private void fastPath(long effective) {
        boolean kernel = isAtLeast(FAST_PATH_MAJOR_MIN, FAST_PATH_MINOR_MIN);
        String library = FastPath.libraryTrouble();
        List<String> missing = new ArrayList<>();
        if (!kernel) {
            missing.add("Linux " + FAST_PATH_MAJOR_MIN + "." + FAST_PATH_MINOR_MIN);
        }
        // The kernel lets nobody without the second load programs that compare pointers.
        Stream.of("CAP_BPF", "CAP_PERFMON")
                .filter(name -> !isEffective(effective, name))
                .forEach(missing::add);
        if (!library.isEmpty()) {
            missing.add("libbpf 1.0 (apt-get install libbpf1)");
        }
        add(
                missing.isEmpty() ? State.OK : State.WARNING,
                "fast path",
                missing.isEmpty() ? "kernel, rights and libbpf are there" : "missing: " + String.join(", ", missing),
                missing.isEmpty()
                        ? ""
                        : "only 'sluice run --fast-path' needs it; packets go through the process without");
    }

    private void lockedMemory(long effective) {
        String limit = files.read("proc/self/limits").stream()
                .flatMap(String::lines)
                .filter(line -> line.startsWith("Max locked memory"))
                .map(line ->
                        line.substring("Max locked memory".length()).strip().split("\\s+", 2)[0])
                .findFirst()
                .orElse("unknown");
        boolean unlimited = limit.equals("unlimited") || (effective >>> 14 & 1) != 0;
        boolean enough = unlimited || (limit.matches("\\d{1,18}") && Long.parseLong(limit) >= 64 * MIB);
        add(
                enough ? State.OK : State.WARNING,
                "locked memory",
                limit + (limit.matches("\\d+") ? " bytes" : "") + (unlimited ? ", no limit for this process" : ""),
                enough ? "" : "AF_XDP locks its frames: LimitMEMLOCK=infinity in the service, or ulimit -l unlimited");
    }

    private static int number(String digits) {
        return digits.length() > 6 ? Integer.MAX_VALUE : Integer.parseInt(digits);
    }

    private void drivers() {
        String packet = HostProbe.packetTrouble();
        add(
                packet.isEmpty() ? State.OK : State.PROBLEM,
                "AF_PACKET",
                packet.isEmpty() ? "a socket can be opened" : packet,
                packet.isEmpty() ? "" : "run as root, or grant CAP_NET_RAW");
        String xdp = HostProbe.xdpTrouble();
        String program = xdp.isEmpty() ? HostProbe.bpfTrouble() : "";
        boolean works = xdp.isEmpty() && program.isEmpty();
        String found = works
                ? "a socket can be opened and a program loaded"
                : xdp.isEmpty() ? "no program can be loaded: " + program : xdp;
        add(
                works ? State.OK : State.WARNING,
                "AF_XDP",
                found,
                works
                        ? ""
                        : "ports fall back to af_packet; to have AF_XDP run as root on a kernel with CONFIG_XDP_SOCKETS");
    }

    private void machine() {
        int cores = Runtime.getRuntime().availableProcessors();
        add(
                cores >= 2 ? State.OK : State.WARNING,
                "processors",
                Integer.toString(cores),
                cores >= 2 ? "" : "the worker wants one for itself; use at least 2");
        String clock = files.read("sys/devices/system/clocksource/clocksource0/current_clocksource")
                .orElse("unknown");
        boolean fast = Set.of("tsc", "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page")
                .contains(clock);
        add(
                fast ? State.OK : State.WARNING,
                "clock source",
                clock,
                fast
                        ? ""
                        : "reading the time may be a system call: see available_clocksource in /sys/devices/system/clocksource/clocksource0");
        long pages = files.number("proc/sys/vm/nr_hugepages").orElse(0L);
        add(State.OK, "huge pages", pages + " reserved; not needed", "");
    }

    /** What the host's own network stack may do beside the node. */
    private void kernelStack() {
        forwarding("ip_forward", "proc/sys/net/ipv4/ip_forward", "sysctl -w net.ipv4.ip_forward=0");
        forwarding(
                "IPv6 forwarding", "proc/sys/net/ipv6/conf/all/forwarding", "sysctl -w net.ipv6.conf.all.forwarding=0");
        Optional<Long> filter = files.number("proc/sys/net/bridge/bridge-nf-call-iptables");
        boolean filters = filter.isPresent() && filter.get() != 0;
        add(
                filters ? State.WARNING : State.OK,
                "bridge-nf-call-iptables",
                filter.map(value -> value == 0 ? "off" : "on").orElse("not there (br_netfilter is not loaded)"),
                filters
                        ? "bridges of this host filter IP packets, service nodes that are bridges here may lose some: sysctl -w net.bridge.bridge-nf-call-iptables=0"
                        : "");
        add(State.OK, "rp_filter", "of no importance: frames of Sluice's ports are not routed by the kernel", "");
    }

    private void forwarding(String subject, String file, String command) {
        Optional<Long> value = files.number(file);
        boolean on = value.isPresent() && value.get() != 0;
        add(
                on ? State.WARNING : State.OK,
                subject,
                value.map(v -> v == 0 ? "off" : "on").orElse("not there"),
                on
                        ? "if interfaces of Sluice have addresses here, the host forwards their packets a second time: "
                                + command
                        : "");
    }

    private void sockets(Path directory) {
        List<String> names = new HostFiles(directory).names(".");
        List<String> alive = new ArrayList<>();
        for (String name : names) {
            Path socket = directory.resolve(name);
            if (name.endsWith(".sock") && answers(socket)) {
                alive.add(name.substring(0, name.length() - ".sock".length()));
            } else if (name.endsWith(".sock") || name.endsWith(".sock.new")) {
                add(
                        State.WARNING,
                        "socket " + socket,
                        "nobody listens: left from a node that was killed, or another user's",
                        "rm " + socket + "; the next start of that node replaces it too");
            }
        }
        add(
                State.OK,
                "nodes running",
                alive.isEmpty() ? "none in " + directory : String.join(", ", alive),
                alive.isEmpty() ? "sluice run -f DIR" : "");
        alive.forEach(name -> running(name, directory.resolve(name + ".sock")));
    }

    private void running(String name, Path socket) {
        try {
            StatusReport status = new AdminClient(socket).status();
            RunningExamination.fastPath(name, status.fastPath(), status.totals().frames())
                    .ifPresent(lines::add);
            lines.addAll(RunningExamination.portsOfOthers(name, status.ports()));
        } catch (NodeException e) {
            add(
                    State.WARNING,
                    "node " + name,
                    "does not say how it is: " + e.getMessage(),
                    "run as the user that runs it, or see its log");
        }
    }

    private static boolean answers(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }

    static String word(boolean on) {
        return (on ? "ON" : "OFF").toLowerCase(Locale.ROOT);
    }
}
