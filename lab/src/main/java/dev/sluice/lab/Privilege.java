package dev.sluice.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * By what right this process may make namespaces, and how to get that right without root.
 *
 * @param kind which case this is
 * @param missing what stands in the way, in sentences; empty unless the kind is {@link Kind#NONE}
 */
public record Privilege(Kind kind, List<String> missing) {
    /** The cases. */
    public enum Kind {
        /** Real root with the capabilities needed. */
        ROOT,
        /** Inside a user namespace that has the capabilities over its own network. */
        IN_USER_NAMESPACE,
        /** Not privileged, but able to start again inside a user namespace: {@link Privilege#reexecCommand}. */
        CAN_REEXEC,
        /** No way; see {@link Privilege#missing}. */
        NONE
    }

    private enum Capability {
        CAP_NET_ADMIN(12),
        CAP_NET_RAW(13),
        CAP_SYS_ADMIN(21);

        private final int bit;

        Capability(int bit) {
            this.bit = bit;
        }
    }

    private static final String INITIAL_UID_MAP = "0 0 4294967295";

    /** Keeps its lists to itself. */
    public Privilege {
        missing = List.copyOf(missing);
    }

    /** Looks at this process and this machine; changes nothing. */
    public static Privilege decide() {
        List<String> missing = new ArrayList<>();
        for (Capability capability : Capability.values()) {
            if ((effectiveCapabilities() >>> capability.bit & 1) == 0) {
                missing.add("this process has no " + capability);
            }
        }
        if (missing.isEmpty()) {
            return new Privilege(inInitialUserNamespace() ? Kind.ROOT : Kind.IN_USER_NAMESPACE, List.of());
        }
        Optional<String> obstacle = userNamespaceObstacle();
        if (obstacle.isEmpty()) {
            return new Privilege(Kind.CAN_REEXEC, List.of());
        }
        missing.add(obstacle.get());
        return new Privilege(Kind.NONE, missing);
    }

    /**
     * The command that runs another one as root of a user namespace of its own, with own network, mounts, processes and an own empty
     * {@code /run}; everything made there is gone when it ends.
     */
    public static List<String> reexecCommand(List<String> command) {
        List<String> whole = new ArrayList<>(List.of(
                Tool.UNSHARE.path(),
                "--user",
                "--map-root-user",
                "--net",
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "--mount-proc",
                "sh",
                "-c",
                // The only shell line of the lab; it is fixed, the command comes as arguments.
                "mount -t tmpfs tmpfs /run && exec \"$@\"",
                "sluice-lab"));
        whole.addAll(command);
        return whole;
    }

    /** Makes sure that namespaces can be made from here on, or says what is missing. */
    static void prepare() {
        Privilege privilege = decide();
        List<String> packages = Tool.missingPackages(Tool.BASIC);
        if (!packages.isEmpty()) {
            throw new LabException("the lab needs programs that are missing; install them: apt-get install "
                    + String.join(" ", packages));
        }
        switch (privilege.kind) {
            case ROOT -> {}
            case IN_USER_NAMESPACE -> mountPrivateRun();
            case CAN_REEXEC ->
                throw new LabException("the lab needs root, or a user namespace: run it under\n"
                        + "  unshare --user --map-root-user --net --mount --pid --fork --mount-proc");
            case NONE -> throw new LabException("no namespaces can be made here: " + privilege.explain());
        }
    }

    /** One sentence on the case, for people. */
    public String explain() {
        return switch (kind) {
            case ROOT -> "running as root";
            case IN_USER_NAMESPACE -> "running as root of a user namespace";
            case CAN_REEXEC -> "not root; a user namespace will do";
            case NONE -> String.join("; ", missing) + "; run as root, or allow user namespaces";
        };
    }

    /** Inside a user namespace {@code /run} belongs to someone else: covers it, in this mount namespace only. */
    private static void mountPrivateRun() {
        Path probe = Files.isDirectory(Namespaces.FOLDER) ? Namespaces.FOLDER : Path.of("/run");
        if (Files.isWritable(probe)) {
            return;
        }
        Commands.Result mounted = Commands.tryRun(List.of(Tool.MOUNT.path(), "-t", "tmpfs", "tmpfs", "/run"), "");
        if (mounted.status() != 0) {
            throw new LabException("in this user namespace /run is not writable and cannot be covered by a tmpfs ("
                    + mounted.errors().strip() + "); start it with a mount namespace too: unshare --mount ...");
        }
    }

    private static Optional<String> userNamespaceObstacle() {
        if (Tool.UNSHARE.find().isEmpty()) {
            return Optional.of("program 'unshare' is missing (apt-get install " + Tool.UNSHARE.debianPackage() + ")");
        }
        Commands.Result tried = Commands.tryRun(reexecCommand(List.of("true")), "");
        if (tried.status() == 0) {
            return Optional.empty();
        }
        String why = tried.errors().strip();
        String hint = settingThatForbids().map(setting -> " (" + setting + ")").orElse("");
        return Optional.of("user namespaces are refused: " + why + hint);
    }

    /** The settings by which distributions forbid user namespaces to ordinary users. */
    private static Optional<String> settingThatForbids() {
        if (readTrimmed(Path.of("/proc/sys/kernel/unprivileged_userns_clone")).equals("0")) {
            return Optional.of("kernel.unprivileged_userns_clone is 0");
        }
        if (readTrimmed(Path.of("/proc/sys/user/max_user_namespaces")).equals("0")) {
            return Optional.of("user.max_user_namespaces is 0");
        }
        if (readTrimmed(Path.of("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"))
                .equals("1")) {
            return Optional.of("kernel.apparmor_restrict_unprivileged_userns is 1");
        }
        return Optional.empty();
    }

    private static boolean inInitialUserNamespace() {
        return readTrimmed(Path.of("/proc/self/uid_map"))
                .replaceAll("\\s+", " ")
                .equals(INITIAL_UID_MAP);
    }

    private static long effectiveCapabilities() {
        return readTrimmed(Path.of("/proc/self/status"))
                .lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith("capeff:"))
                .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
                .findFirst()
                .orElse(0);
    }

    private static String readTrimmed(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
