package dev.sluice.cli;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.sluice.lab.Namespace;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Work of this JVM in a network namespace (setns(2)): sockets that it opens belong to that host. */
final class InsideNamespace {
    private static final int CLONE_NEWNET = 0x4000_0000;
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle OPEN =
            call("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle SETNS = call("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle CLOSE = call("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private InsideNamespace() {}

    /** Does something inside, on a thread of its own, and waits for it. */
    static <T> T call(Namespace namespace, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(() -> {
            enter(namespace);
            return work.call();
        });
        Thread.ofPlatform().name("in-" + namespace.name()).daemon().start(task);
        try {
            return task.get();
        } catch (ExecutionException | InterruptedException e) {
            throw new AssertionError("work in " + namespace + " failed: " + e, e);
        }
    }

    private static void enter(Namespace namespace) throws Exception {
        try (Arena arena = Arena.ofConfined()) {
            int fd = (int) OPEN.invokeExact(arena.allocateFrom("/run/netns/" + namespace.fullName()), 0);
            int result = (int) SETNS.invokeExact(fd, CLONE_NEWNET);
            int closed = (int) CLOSE.invokeExact(fd);
            if (result != 0 || closed != 0) {
                throw new IllegalStateException("cannot enter " + namespace);
            }
        } catch (Throwable e) {
            throw new IllegalStateException("cannot enter " + namespace, e);
        }
    }

    private static MethodHandle call(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        return LINKER.downcallHandle(LINKER.defaultLookup().find(name).orElseThrow(), descriptor, options);
    }
}
