package dev.sluice.cli.support;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What a bundle says of the host: kernel, interfaces, settings, logs. Looks only. Stateless. */
public final class Host {
    private static final int COMMAND_S = 10;
    private static final int LOG_LINES = 20_000;
    private static final int FILES_MAX = 2_000;

    /** Settings of the kernel that change what becomes of packets. */
    private static final List<String> SETTINGS = List.of(
            "net.ipv4.ip_forward",
            "net.ipv6.conf.all.forwarding",
            "net.ipv4.conf.all.rp_filter",
            "net.bridge.bridge-nf-call-iptables",
            "net.core.bpf_jit_enable",
            "net.core.rmem_max",
            "kernel.unprivileged_bpf_disabled");

    private Host() {}

    /** Adds all of it. */
    public static void add(Bundle bundle) throws IOException {
        bundle.add("host/kernel.txt", () -> files("/proc/version", "/proc/cmdline", "/etc/os-release"));
        bundle.add("host/machine.txt", () -> files("/proc/meminfo", "/proc/loadavg", "/proc/uptime", "/proc/stat"));
        bundle.add("host/settings.txt", Host::settings);
        bundle.add("host/links.json", () -> said("ip", "-details", "-statistics", "-json", "link", "show"));
        bundle.add("host/addresses.json", () -> said("ip", "-json", "address", "show"));
        bundle.add("host/routes.json", () -> said("ip", "-json", "route", "show", "table", "all"));
        bundle.add("host/bpf.json", () -> said("bpftool", "-json", "net", "show"));
        bundle.add("host/files.txt", Host::own);
        bundle.add("host/units.txt", () -> said("systemctl", "--no-pager", "--full", "status", "sluice*"));
        bundle.add(
                "host/journal.log",
                () -> said(
                        "journalctl",
                        "--no-pager",
                        "--output=short-iso-precise",
                        "--lines=" + LOG_LINES,
                        "--unit=sluice*"));
    }

    private static String files(String... names) throws IOException {
        StringBuilder text = new StringBuilder();
        for (String name : names) {
            Path file = Path.of(name);
            if (Files.isReadable(file)) {
                text.append("== ")
                        .append(name)
                        .append('\n')
                        .append(Files.readString(file))
                        .append('\n');
            }
        }
        return text.toString();
    }

    private static String settings() throws IOException {
        StringBuilder text = new StringBuilder();
        for (String name : SETTINGS) {
            Path file = Path.of("/proc/sys", name.replace('.', '/'));
            text.append(name).append(" = ");
            text.append(Files.isReadable(file) ? Files.readString(file).strip() : "not there")
                    .append('\n');
        }
        return text.toString();
    }

    /** Names, sizes and rights of what nodes and the manager keep; nothing that is in them. */
    private static String own() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String folder : List.of("/etc/sluice", "/run/sluice", "/var/lib/sluice")) {
            if (!Files.isDirectory(Path.of(folder))) {
                lines.add(folder + ": not there");
                continue;
            }
            try (Stream<Path> tree = Files.walk(Path.of(folder))) {
                tree.limit(FILES_MAX).forEach(file -> lines.add(describe(file)));
            }
        }
        return String.join("\n", lines) + "\n";
    }

    private static String describe(Path file) {
        try {
            return String.join(
                    " ",
                    Files.getOwner(file).getName(),
                    java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(file)),
                    String.valueOf(Files.size(file)),
                    Files.getLastModifiedTime(file).toString(),
                    file.toString());
        } catch (IOException e) {
            return file + ": " + e;
        }
    }

    /** What a program says, within bounds of time and length; where it is not there, that. */
    static String said(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        // A program that says nothing more is ended from here; one that says more than is wanted is not heard to its
        // end.
        Thread end = Thread.ofVirtual().start(() -> {
            try {
                if (!process.waitFor(COMMAND_S, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
            }
        });
        try (InputStream in = process.getInputStream()) {
            return new String(in.readNBytes(2 * Bundle.PART_BYTES_MAX), StandardCharsets.UTF_8);
        } finally {
            end.interrupt();
            process.waitFor();
        }
    }
}
