package dev.sluice.fuzz.network;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** A network namespace of one test; deleted on close. Each task runs in a platform thread of its own that has entered the namespace. */
public final class Namespace implements AutoCloseable {
    private static final int CLOSE_ON_EXEC = 0x80000;
    private static final int NEW_NETWORK = 0x40000000;
    private static final MethodHandle OPEN = link(
            "open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle SETNS = link("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE = link("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private static int made;

    private final String name;

    private Namespace(String name) {
        this.name = name;
    }

    /** Makes a namespace whose name begins with {@code slt-}, the process id and a number, and ends with the suffix. */
    public static Namespace make(String suffix) {
        Namespace made = new Namespace("slt-" + ProcessHandle.current().pid() + "-" + Namespace.made++ + suffix);
        run("ip netns add " + made.name);
        made.ip("link set lo up");
        return made;
    }

    /** Two interfaces that are the ends of one wire, both up. */
    public static void veth(Namespace one, String oneName, Namespace other, String otherName) {
        run("ip -n " + one.name + " link add " + oneName + " type veth peer name " + otherName + " netns "
                + other.name);
        one.ip("link set " + oneName + " up");
        other.ip("link set " + otherName + " up");
    }

    /** As ip-netns(8) knows it. */
    public String name() {
        return name;
    }

    /** Runs ip(8) in it. */
    public void ip(String arguments) {
        run("ip -n " + name + " " + arguments);
    }

    /** Runs a command of the shell in it. */
    public void exec(String command) {
        run("ip netns exec " + name + " " + command);
    }

    /** The same; what the command printed. */
    public String output(String command) {
        return run("ip netns exec " + name + " " + command);
    }

    /** Runs the task inside and waits for its answer. */
    public <T> T in(Callable<T> task) throws Exception {
        return start(task).get(60, TimeUnit.SECONDS);
    }

    /** Starts the task inside, in a daemon thread. */
    public <T> FutureTask<T> start(Callable<T> task) {
        FutureTask<T> future = new FutureTask<>(() -> {
            enter();
            return task.call();
        });
        Thread.ofPlatform().daemon().name(name).start(future);
        return future;
    }

    private void enter() {
        try (Arena arena = Arena.ofConfined()) {
            int fd = (int) OPEN.invokeExact(arena.allocateFrom("/run/netns/" + name), CLOSE_ON_EXEC, 0);
            int answer = (int) SETNS.invokeExact(fd, NEW_NETWORK);
            int ignored = (int) CLOSE.invokeExact(fd);
            if (answer < 0) {
                throw new IllegalStateException("cannot enter namespace " + name);
            }
        } catch (Throwable e) {
            throw new IllegalStateException("namespace " + name, e);
        }
    }

    private static MethodHandle link(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor, options);
    }

    /**
     * Runs a command of the shell, in the namespace of this process; what it printed.
     *
     * @throws IllegalStateException if it fails
     */
    public static String run(String command) {
        try {
            Process process = new ProcessBuilder("sh", "-c", command)
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(command + ": " + output);
            }
            return output;
        } catch (IOException e) {
            throw new IllegalStateException(command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(command, e);
        }
    }

    @Override
    public void close() {
        run("ip netns del " + name);
    }
}
