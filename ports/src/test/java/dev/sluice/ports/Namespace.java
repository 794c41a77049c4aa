package dev.sluice.ports;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** A network namespace of one test; deleted on close. Each task runs in a platform thread of its own that has entered the namespace. */
final class Namespace implements AutoCloseable {
    private static int made;

    private final String name;

    private Namespace(String name) {
        this.name = name;
    }

    /** Makes a namespace whose name begins with {@code slp-} and the process id. */
    static Namespace make(String suffix) {
        Namespace made = new Namespace("slp-" + ProcessHandle.current().pid() + "-" + Namespace.made++ + suffix);
        run("ip netns add " + made.name);
        made.ip("link set lo up");
        return made;
    }

    /** Two interfaces that are the ends of one wire, both up. */
    static void veth(Namespace one, String oneName, Namespace other, String otherName) {
        run("ip -n " + one.name + " link add " + oneName + " type veth peer name " + otherName + " netns "
                + other.name);
        one.ip("link set " + oneName + " up");
        other.ip("link set " + otherName + " up");
    }

    String name() {
        return name;
    }

    void ip(String arguments) {
        run("ip -n " + name + " " + arguments);
    }

    void exec(String command) {
        run("ip netns exec " + name + " " + command);
    }

    String output(String command) {
        return run("ip netns exec " + name + " " + command);
    }

    /** Runs the task inside and waits for its answer. */
    <T> T in(Callable<T> task) throws Exception {
        return start(task).get(60, TimeUnit.SECONDS);
    }

    /** Starts the task inside, in a daemon thread. */
    <T> FutureTask<T> start(Callable<T> task) {
        FutureTask<T> future = new FutureTask<>(() -> {
            enter();
            return task.call();
        });
        Thread.ofPlatform().daemon().name(name).start(future);
        return future;
    }

    private void enter() {
        int fd = Linux.open("/run/netns/" + name, KernelConstants.O_CLOEXEC);
        if (fd < 0) {
            throw new IllegalStateException("open namespace " + name + ": " + Errno.name(-fd));
        }
        int answer = Linux.setns(fd, KernelConstants.CLONE_NEWNET);
        Linux.close(fd);
        if (answer < 0) {
            throw new IllegalStateException("enter namespace " + name + ": " + Errno.name(-answer));
        }
    }

    static String run(String command) {
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
