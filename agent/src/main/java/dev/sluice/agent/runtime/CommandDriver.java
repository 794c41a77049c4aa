package dev.sluice.agent.runtime;

import dev.sluice.model.InstanceRuntime.Command;
import dev.sluice.model.OwnerOnly;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A process in a network namespace of its own. One user: the thread of the instance.
 *
 * <p>What is there is the record of what was made: the namespace has a name that follows from the instance, the process a mark in its environment, and which of the processes with the mark is the main one is written down. So an agent that ended at any moment finds again
 * what it made, and what is left of something unfinished is made anew.
 */
final class CommandDriver implements RunDriver {
    private static final String MARK = "SLUICE_RUNTIME";
    private static final long LOG_BYTES_MAX = 1L << 20;
    private static final int LAST_WORDS_MAX = 300;
    private static final long TICK_NS = 10_000_000L;

    /** What a node needs that takes packets from interfaces and gives them back; they reach no further than its namespace. */
    private static final String CAPABILITIES = "-all,+net_admin,+net_raw";

    private final WantedRuntime wanted;
    private final Command command;
    private final Permits permits;
    private final InstanceNamespace namespace;
    private final String mark;
    private final Path directory;
    private final Path log;

    /** Which process is the main one. */
    private final Path record;

    private @Nullable ProcessHandle main;
    private @Nullable Process started;
    private long cpuTicks = -1;
    private long cpuNs;

    /**
     * For one instance.
     *
     * @param prefix of the names of this agent's namespaces
     * @param directory for what processes say
     */
    CommandDriver(WantedRuntime wanted, Command command, Permits permits, String prefix, Path directory) {
        this.wanted = wanted;
        this.command = command;
        this.permits = permits;
        namespace = InstanceNamespace.of(prefix, wanted.name());
        String form = String.join("\n", command.argv())
                + new TreeMap<>(command.environment())
                + command.mtuBytes()
                + wanted.in()
                + wanted.out()
                + permits.user()
                + permits.group()
                // Without an image the mark is that of versions that knew none: what they started goes on.
                + wanted.image().map(image -> "\nimage " + image).orElse("");
        mark = InstanceNamespace.digest(form);
        this.directory = directory;
        log = directory.resolve(wanted.name() + ".log");
        record = directory.resolve(wanted.name() + ".main");
    }

    @Override
    public void make() throws RuntimeFailure, InterruptedException {
        Optional<String> refusal = permits.refuses(command);
        if (refusal.isPresent()) {
            // What ran before it was forbidden is not to go on.
            namespace.remove(command.stopGraceNs());
            throw new RuntimeFailure(refusal.get());
        }
        Optional<Long> own = NamespaceProcesses.in(namespace.name()).stream()
                .filter(pid -> NamespaceProcesses.startedWith(pid, MARK + "=" + mark))
                .filter(pid -> MainProcess.is(pid, record))
                .findFirst();
        ProcessHandle there = own.flatMap(ProcessHandle::of).orElse(null);
        if (there != null && there.isAlive()) {
            main = there;
            return;
        }
        // What belongs to an earlier form of the instance, or outlived its main process.
        namespace.endProcesses(command.stopGraceNs());
        namespace.make(wanted.in(), wanted.out(), command.mtuBytes());
        start();
    }

    private void start() throws RuntimeFailure {
        List<String> argv = new ArrayList<>(List.of("setsid", "ip", "netns", "exec", namespace.name(), "setpriv"));
        argv.addAll(List.of("--reuid=" + permits.user(), "--regid=" + permits.group(), "--clear-groups"));
        argv.addAll(List.of("--no-new-privs", "--inh-caps=" + CAPABILITIES, "--ambient-caps=" + CAPABILITIES));
        argv.addAll(List.of("--bounding-set=" + CAPABILITIES, "--"));
        // What the objects say stands in the environment of the node only, not of the programs before it, which still
        // have the rights of the agent.
        argv.addAll(List.of("/usr/bin/env", "-i", "PATH=" + ShortCommand.PATH));
        command.environment().forEach((name, value) -> argv.add(name + "=" + value));
        wanted.environment().forEach((name, value) -> argv.add(name + "=" + value));
        argv.add(MARK + "=" + mark);
        argv.addAll(command.argv());
        ProcessBuilder builder = new ProcessBuilder(argv);
        Map<String, String> environment = builder.environment();
        environment.clear();
        environment.put("PATH", ShortCommand.PATH);
        builder.directory(Path.of("/").toFile());
        builder.redirectInput(Redirect.from(Path.of("/dev/null").toFile()));
        // To a file, not a pipe: the process goes on when the agent does not.
        builder.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log.toFile()));
        try {
            OwnerOnly.directory(directory);
            Files.write(log, new byte[0]);
            Files.deleteIfExists(record);
            Process process = builder.start();
            started = process;
            main = process.toHandle();
            Optional<MainProcess> own = MainProcess.of(process.pid());
            if (own.isPresent()) {
                own.get().write(record);
            }
        } catch (IOException e) {
            throw new RuntimeFailure("it cannot be started: " + e.getMessage());
        }
    }

    @Override
    public Optional<String> look() {
        ProcessHandle process = main;
        if (process == null || !process.isAlive()) {
            String said = lastWords();
            return Optional.of("its process has ended" + status(process) + (said.isEmpty() ? "" : ": " + said));
        }
        if (!namespace.exists()) {
            return Optional.of("somebody removed its network namespace " + namespace.name());
        }
        cutLog();
        return Optional.empty();
    }

    private String status(@Nullable ProcessHandle process) {
        Process own = started;
        return own == null || process == null || own.pid() != process.pid() || own.isAlive()
                ? ""
                : " with status " + own.exitValue();
    }

    private void cutLog() {
        try {
            if (Files.size(log) > LOG_BYTES_MAX) {
                Files.write(log, new byte[0]);
            }
        } catch (IOException e) {
            // Nobody can read it then, but the process runs.
        }
    }

    private String lastWords() {
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
            file.seek(Math.max(0, file.length() - LAST_WORDS_MAX));
            byte[] bytes = new byte[LAST_WORDS_MAX];
            int count = Math.max(0, file.read(bytes));
            return new String(bytes, 0, count, StandardCharsets.UTF_8)
                    .strip()
                    .replaceAll("\\s*\\R\\s*", "; ")
                    .replaceAll("\\p{Cntrl}", "");
        } catch (IOException e) {
            return "";
        }
    }

    @Override
    public OptionalInt cpuPermille() {
        long nowNs = System.nanoTime();
        long ticks = NamespaceProcesses.in(namespace.name()).stream()
                .flatMap(pid -> NamespaceProcesses.stat(pid).stream())
                .mapToLong(NamespaceProcesses.Stat::cpuTicks)
                .sum();
        boolean first = cpuTicks < 0;
        long used = Math.max(0, ticks - cpuTicks) * TICK_NS * 1_000;
        long pastNs = Math.max(1, nowNs - cpuNs);
        cpuTicks = ticks;
        cpuNs = nowNs;
        return first ? OptionalInt.empty() : OptionalInt.of((int) Math.min(Integer.MAX_VALUE, used / pastNs));
    }

    @Override
    public void remove() throws RuntimeFailure, InterruptedException {
        namespace.remove(command.stopGraceNs());
        try {
            Files.deleteIfExists(log);
            Files.deleteIfExists(record);
        } catch (IOException e) {
            throw new RuntimeFailure("its log cannot be deleted: " + e.getMessage());
        }
    }
}
